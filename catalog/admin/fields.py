"""The form field for a time in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from catalog.models.conditions import EARLIEST, LATEST


class UTCDateTimeInput(forms.DateTimeInput):
    """The browser's own input for a date and time, to the second. ``css_class`` is its style."""

    def __init__(self, css_class: str = "mc-input") -> None:
        super().__init__({"type": "datetime-local", "step": "1", "class": css_class}, format="%Y-%m-%dT%H:%M:%S")


class UTCDateTimeField(forms.DateTimeField):
    """A time in UTC: typed to the second, or the exact time that a link holds."""

    widget = UTCDateTimeInput
    default_error_messages = {
        "invalid": "This is no moment. Write it as 2026-05-17T14:00, in UTC.",
        "required": "Give a moment, as 2026-05-17T14:00, in UTC.",
    }

    def clean(self, value: Any) -> Any:
        """The time, in UTC; None if it is empty."""
        moment: datetime | None = super().clean(value)
        if moment is None:
            return None
        # Checked before the conversion to UTC: with an offset it may lie in a year that Python and PostgreSQL do not have.
        if not EARLIEST <= moment <= LATEST:
            raise ValidationError(f"The moment must lie between {EARLIEST.year} and {LATEST.year}.", code="range")
        return moment.astimezone(UTC)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """As the input can show it: rounded up to a whole second, so that everything up to the exact time has happened."""
        if self.disabled:
            return initial
        try:
            moment = self.clean(data)
        except ValidationError:
            return data
        return moment.replace(microsecond=0) + timedelta(seconds=1) if moment and moment.microsecond else moment
