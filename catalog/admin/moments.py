"""Moments that people type, in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from catalog.models.conditions import EARLIEST, LATEST


class MomentInput(forms.DateTimeInput):
    """The browser's own box, to the second. The look may be another."""

    def __init__(self, look: str = "mc-input") -> None:
        super().__init__({"type": "datetime-local", "step": "1", "class": look}, format="%Y-%m-%dT%H:%M:%S")


class MomentField(forms.DateTimeField):
    """A moment in UTC: typed to the second, or the exact one of a link."""

    widget = MomentInput
    default_error_messages = {
        "invalid": "This is no moment. Write it as 2026-05-17T14:00, in UTC.",
        "required": "Give a moment, as 2026-05-17T14:00, in UTC.",
    }

    def clean(self, value: Any) -> Any:
        """The moment, in UTC; None where it is empty."""
        moment: datetime | None = super().clean(value)
        if moment is None:
            return None
        # Looked at before it is moved to UTC: with an offset it may lie in a year that Python and PostgreSQL do not have.
        if not EARLIEST <= moment <= LATEST:
            raise ValidationError(f"The moment must lie between {EARLIEST.year} and {LATEST.year}.", code="range")
        return moment.astimezone(UTC)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """As the box can show it: the first whole second by which all of that moment has happened."""
        if self.disabled:
            return initial
        try:
            moment = self.clean(data)
        except ValidationError:
            return data
        return moment.replace(microsecond=0) + timedelta(seconds=1) if moment and moment.microsecond else moment
