"""The values of the cells of the three tables: read from a text or a spreadsheet's value, and written back."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from import_export.widgets import Widget

from catalog import decimals
from catalog.importing.tables.formulas import escaped, unescaped
from catalog.importing.tables.sheets import Unreadable, fits_xlsx
from catalog.importing.values import (
    decimal,
    integer,
    is_storable,
    listed,
    shown,
)
from catalog.models import AIModel
from catalog.models.conditions import MODEL_ID, REPOSITORY, SLUG, repository_id
from catalog.models.fields import PERCENT_PLACES
from catalog.models.rules import Rule

SHAPES = {
    "model_id": MODEL_ID,
    "aliases": MODEL_ID,
    "author": SLUG,
    "hugging_face_id": REPOSITORY,
    "openrouter_slug": REPOSITORY,
}
"""The patterns of the database's rules, so that a cell that breaks one is reported with the others."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


class Cell(Widget):
    """The type of a column's cells.

    ``field`` is the model's field whose limits apply, None if there is none. ``empty`` makes the value of an empty cell; without it
    the field decides, and raises if it must not be empty.
    """

    def __init__(self, field: Any = None, empty: Callable[[], Any] | None = None) -> None:
        super().__init__()
        self.field, self.empty = field, empty

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """The value that a cell states. Raises ``ValueError``."""
        if isinstance(value, Unreadable):
            raise ValueError(value.sentence)
        value = self.bare(value) if isinstance(value, str) else value
        if value is None or value == "":
            return self.nothing()
        found = self.parse(value)
        if self.field is not None:
            try:
                self.field.clean(found, None)
            except ValidationError as error:
                raise ValueError(" ".join(error.messages)) from error
        return found

    def bare(self, text: str) -> str:
        """A text without the spaces around it, if they cannot be intended."""
        return text.strip()

    def nothing(self) -> Any:
        """The value of an empty cell."""
        if self.empty is not None:
            return self.empty()
        if self.field is not None and self.field.null:
            return None
        if self.field is not None and self.field.blank:
            return [] if isinstance(self.field, ArrayField) else ""
        raise ValueError("It must not be empty.")

    def parse(self, value: Any) -> Any:
        """The value of a cell that is not empty."""
        raise NotImplementedError

    def render(self, value: Any, obj: Any = None, *, force_native_type: bool = False, **kwargs: Any) -> Any:
        """A text; with ``force_native_type`` a number or boolean if a spreadsheet stores it exactly."""
        return "" if value is None else self.spell(value, force_native_type)

    def spell(self, value: Any, native: bool) -> Any:
        """The text for a value."""
        return escaped(str(value))


class Text(Cell):
    """A name or prose, with its spaces."""

    def bare(self, text: str) -> str:
        """As it is written."""
        return unescaped(text)

    def parse(self, value: Any) -> Any:
        """A text; a spreadsheet's whole number becomes its digits."""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise ValueError(f"{_shown(value)} is not a text: format the column as text and enter it again.")
        if not is_storable(value):
            raise ValueError(f"{shown(value)} has invalid characters.")
        return value


class Word(Text):
    """An id, in the form that its rule requires."""

    def bare(self, text: str) -> str:
        """Without the spaces around it, and without the apostrophe against formulas."""
        return unescaped(text.strip())

    def parse(self, value: Any) -> Any:
        """One id."""
        return self.shaped(super().parse(value))

    def shaped(self, word: str) -> str:
        """The id. Raises the rule's sentence."""
        name = getattr(self.field, "name", "")
        word = repository_id(word) if name == "hugging_face_id" else word
        pattern = SHAPES.get(name)
        if pattern and not re.fullmatch(pattern.strip("^$"), word):
            rules = (rule for rule in AIModel._meta.constraints if isinstance(rule, Rule) and rule.field == self.field.name)
            raise ValueError(f"{shown(word)}: {next(rules).violation_error_message}")
        return word


class Choice(Word):
    """A word of a vocabulary."""

    def parse(self, value: Any) -> Any:
        """One of them, in any case."""
        known = {choice.lower(): choice for choice, _ in self.field.choices}
        found = known.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f"{_shown(value)} is not one of {', '.join(known.values())}.")
        return found


class Words(Word):
    """Words separated by commas, of a vocabulary if the field has one."""

    def parse(self, value: Any) -> Any:
        """Each word once, in the vocabulary's order."""
        words = list(dict.fromkeys(filter(None, map(str.strip, Text.parse(self, value).split(",")))))
        known = [choice for choice, _ in getattr(getattr(self.field, "base_field", None), "choices", None) or []]
        if known:
            if unknown := [word for word in words if word.lower() not in known]:
                raise ValueError(f"{listed(unknown)}: not one of {', '.join(known)}.")
            return [word for word in known if word in map(str.lower, words)]
        return [self.shaped(word) for word in words]

    def spell(self, value: Any, native: bool) -> Any:
        """With commas."""
        return escaped(", ".join(value))


class Number(Cell):
    """An exact decimal."""

    is_whole = False

    def parse(self, value: Any) -> Any:
        """The number, digit for digit."""
        if isinstance(value, str):
            try:
                value = decimals.plain(
                    value, is_whole=self.is_whole, percent=PERCENT_PLACES.get(getattr(self.field, "name", ""))
                )
            except ValueError as error:
                raise ValueError(f"{shown(value)} is not a number. {error}") from None
        found = decimal(value)
        if found is not None and isinstance(value, str) and re.search("[eE]", value):
            # A spreadsheet shortens numbers in CSV like this; digits may be lost.
            raise ValueError(f"{shown(value)} has an exponent: write all digits.")
        if found is None or not found.is_finite() or abs(found.adjusted()) > 60:
            raise ValueError(f"{_shown(value)} is not a number.")
        return Decimal(decimals.wire(found))

    def spell(self, value: Any, native: bool) -> Any:
        """Plain digits."""
        return value if native and fits_xlsx(Decimal(value)) else decimals.wire(Decimal(value))


class Whole(Number):
    """A whole number."""

    is_whole = True

    def parse(self, value: Any) -> Any:
        """The number."""
        found = integer(super().parse(value))
        if found is None:
            raise ValueError(f"{_shown(value)} is not a whole number.")
        return found


class Boolean(Cell):
    """True or false."""

    def parse(self, value: Any) -> Any:
        """A spreadsheet's own, or the word."""
        found = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else value
        if not isinstance(found, bool):
            raise ValueError(f"{_shown(value)} is not true or false.")
        return found

    def spell(self, value: Any, native: bool) -> Any:
        """The word."""
        return bool(value) if native else str(bool(value)).lower()


class Moment(Cell):
    """A time in UTC; a date alone is the start of the day."""

    def parse(self, value: Any) -> Any:
        """ISO 8601, or a spreadsheet's own."""
        try:
            if isinstance(value, str) and _MOMENT.fullmatch(value):
                value = datetime.fromisoformat(value)
            if isinstance(value, datetime):
                return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise ValueError(f"{_shown(value)} is not a time such as 2026-12-31T13:00:00Z.")

    def spell(self, value: Any, native: bool) -> Any:
        """ISO 8601 in UTC, in XLSX as a text too: a spreadsheet rounds times."""
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Day(Cell):
    """A day."""

    def parse(self, value: Any) -> Any:
        """ISO 8601, or a spreadsheet's own."""
        try:
            if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
                return date.fromisoformat(value)
            if isinstance(value, datetime) and value == datetime(value.year, value.month, value.day):
                return value.date()
        except ValueError:
            pass
        raise ValueError(f"{_shown(value)} is not a day such as 2026-12-31.")

    def spell(self, value: Any, native: bool) -> Any:
        """ISO 8601."""
        return value.isoformat()


def _shown(value: Any) -> str:
    return shown(str(value)) if isinstance(value, date | datetime) else shown(value)


def cell_of(field: Any) -> Cell:
    """The type of the cells of a model's field."""
    if isinstance(field, ArrayField):
        return Words(field)
    if field.choices:
        return Choice(field)
    by_type: list[tuple[type[models.Field[Any, Any]], type[Cell]]] = [
        (models.BooleanField, Boolean),
        (models.DateTimeField, Moment),
        (models.DateField, Day),
        (models.DecimalField, Number),
        (models.IntegerField, Whole),
    ]
    kinds = (kind for type_, kind in by_type if isinstance(field, type_))
    return next(kinds, Word if field.name in SHAPES else Text)(field)
