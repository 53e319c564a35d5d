"""The form fields for days, times in UTC, numbers as people type them, and a row of another table."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES, UnfoldAdminTextInputWidget

from catalog import decimals
from catalog.models.conditions import EARLIEST, LATEST
from catalog.models.fields import PERCENT_PLACES

BOX = " ".join(INPUT_CLASSES)
"""The style of the theme's own boxes."""


class UTCDateTimeInput(forms.DateTimeInput):
    """A box for a date and time as 2026-05-17 14:00, with a button for the browser's calendar (``admin.js``).

    The browser's own box for both shows a 12-hour clock in some languages. ``css_class`` is its style. With ``is_day``, a time is
    shown only where there is one besides midnight; ``time`` is added to a selected day. With ``is_hour``, there is a list of the
    hours next to the box.
    """

    def __init__(
        self, css_class: str = "mc-input", *, is_day: bool = False, is_hour: bool = False, time: str = "00:00"
    ) -> None:
        example = "YYYY-MM-DD" if is_day else "YYYY-MM-DD HH:00" if is_hour else "YYYY-MM-DD HH:MM"
        super().__init__({"class": css_class, "placeholder": example, "autocomplete": "off"}, format="%Y-%m-%d %H:%M:%S")
        self.is_day, self.is_hour, self.time = is_day, is_hour, "" if is_day else time

    def format_value(self, value: Any) -> str | None:
        """The value without seconds, or a time, that are zero."""
        text: str | None = super().format_value(value)
        if text and isinstance(value, datetime):
            text = text.removesuffix(":00")
            text = text.removesuffix(" 00:00") if self.is_day else text
        return text

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """With the button beside it."""
        box = picked(super().render(name, value, attrs, renderer), self.time)
        return format_html('<span class="mc-hours">{}{}</span>', box, HOURS) if self.is_hour else box


class DayInput(forms.DateInput):
    """A box for a day as 2026-05-17, with the same button."""

    def __init__(self, css_class: str = "mc-input") -> None:
        super().__init__({"class": css_class, "placeholder": "YYYY-MM-DD", "autocomplete": "off"}, format="%Y-%m-%d")

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """With the button beside it."""
        return picked(super().render(name, value, attrs, renderer))


def picked(box: SafeString, time: str = "") -> SafeString:
    """A box and the button that opens the browser's calendar. ``time`` is added to the selected day."""
    return format_html(
        '<span class="mc-moment" data-time="{}">{}<input type="date" class="mc-unseen" tabindex="-1" aria-hidden="true">'
        '<button type="button" class="mc-pick" aria-label="Choose a date"><span class="material-symbols-outlined" '
        'aria-hidden="true">calendar_today</span></button></span>',
        time,
        box,
    )


HOURS = format_html(
    '<select class="{}" aria-label="Hour (UTC)"><option value="">Hour</option>{}</select>',
    " ".join(SELECT_CLASSES),
    format_html_join("", "<option>{}</option>", ((f"{hour:02}:00",) for hour in range(24))),
)
"""The hours of a day. They are no field of the form: ``admin.js`` writes the chosen one into the box."""


class UTCDateTimeField(forms.DateTimeField):
    """A time in UTC: typed to the second, or the exact time of a link."""

    widget = UTCDateTimeInput
    default_error_messages = {
        "invalid": "Enter a date and time in UTC, such as 2026-05-17 14:00.",
        "required": "Enter a date and time in UTC, such as 2026-05-17 14:00.",
    }

    def clean(self, value: Any) -> Any:
        """The time, in UTC; None if it is empty."""
        moment: datetime | None = super().clean(value)
        if moment is None:
            return None
        # Checked before the conversion to UTC: with an offset it may lie in a year that Python and PostgreSQL do not have.
        if not EARLIEST <= moment <= LATEST:
            raise ValidationError(f"The date must be between {EARLIEST.year} and {LATEST.year}.", code="range")
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


class ExactField(forms.DecimalField):
    """A decimal as people type it. With ``percent``, 10% is read too (``decimals.plain``)."""

    def __init__(self, *, percent: int | None = None, **kwargs: Any) -> None:
        self.percent = percent
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """The number, or the sentence that says which character to leave out."""
        return super().to_python(_plain(value, percent=self.percent))


class CountField(forms.IntegerField):
    """A whole number as people type it, commas between the thousands included."""

    def to_python(self, value: Any) -> Any:
        """The number, or the sentence that says which character to leave out."""
        return super().to_python(_plain(value, is_whole=True))


def _plain(value: Any, **options: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return decimals.plain(value, **options)
    except ValueError as error:
        raise ValidationError(str(error), code="invalid") from None


def number_input(mode: str) -> UnfoldAdminTextInputWidget:
    """A box for a number; ``mode`` is what a telephone's keyboard shows, HTML's ``inputmode``."""
    return UnfoldAdminTextInputWidget({"inputmode": mode, "autocomplete": "off"})


def number_box(db_field: Any) -> dict[str, Any]:
    """The arguments of a form field that accept numbers as people type them; a browser's number input would send nothing instead.
    Empty for other columns, and for those with their own form field."""
    if isinstance(db_field, models.DecimalField):
        own = partial(ExactField, percent=PERCENT_PLACES.get(db_field.name))
        return {"form_class": own, "widget": number_input("decimal")}
    if isinstance(db_field, models.IntegerField):
        return {"form_class": CountField, "widget": number_input("numeric")}
    return {}


class RowChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A row chosen by its key. What is not a key gets an error and an empty box; Django's autocomplete would fail on it."""

    def prepare_value(self, value: Any) -> Any:
        """The key."""
        value = super().prepare_value(value)
        return value if is_key(str(value)) else None


class StoredRowField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The key of a row that its formset has read already."""

    def __init__(self, row: models.Model, *, widget: forms.Widget) -> None:
        super().__init__(type(row)._default_manager.all(), initial=row.pk, required=False, widget=widget)
        self.row = row

    def to_python(self, value: Any) -> models.Model:
        """The row: the formset has found it by this key."""
        return self.row


def is_key(text: str) -> bool:
    """Whether a text from outside can be the key of a row."""
    return text.isascii() and text.isdigit() and len(text) < 19
