"""Untrusted values of a source: which are valid, and how to show them in a sentence."""

import re
import reprlib
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from catalog.formats import openrouter
from catalog.models.conditions import ID_SENTENCE, LARGEST_EXACT_INTEGER, MODEL_ID, NFC_SENTENCE

LARGEST_INTEGER = 2**31 - 1

MOST_SHOWN = 10
"""How many values of one kind a sentence names."""


def is_model_id(value: Any) -> bool:
    """Whether it can be a model's id."""
    return isinstance(value, str) and len(value) <= 200 and why_no_id(value) is None


def why_no_id(value: str) -> str | None:
    """Why a text cannot be a model's id, None if it can."""
    if not re.fullmatch(MODEL_ID, value) or value.endswith("\n"):
        return ID_SENTENCE
    return None if unicodedata.is_normalized("NFC", value) else NFC_SENTENCE


def integer(value: Any) -> int | None:
    """A whole number, in any JSON notation."""
    if (
        isinstance(value, Decimal)
        and value.is_finite()
        and abs(value.adjusted()) < 20
        and value == value.to_integral_value()
    ):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def whole(value: Any) -> int | None:
    """A whole number, from a number or a text."""
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"[+-]?\d{1,19}", value.strip(), re.ASCII) else None
    return integer(value)


def decimal(value: Any) -> Decimal | None:
    """A number, from a number or a text; None for anything else, or for an absurd number of digits."""
    if isinstance(value, str):
        return _typed(value) if len(value) <= LONGEST_NUMBER else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if isinstance(value, int) and abs(value) > 10**40:
        return None
    if isinstance(value, Decimal) and (len(value.as_tuple().digits) > 60 or not -1000 < value.adjusted() < 1000):
        return None  # written out, it would fill the memory
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


LONGEST_NUMBER = 130
"""Characters; ``NUMBER`` allows fewer."""

NUMBER = re.compile(r"[+-]?(\d{1,60}(\.\d{0,60})?|\.\d{1,60})([eE][+-]?\d{1,3})?", re.ASCII)


@lru_cache(maxsize=4096)
def _typed(text: str) -> Decimal | None:
    """A number that was written as text. Cached, because many models have the same few prices."""
    return Decimal(text) if NUMBER.fullmatch(text) else None


def plain(value: Any) -> Any:
    """A text, number or boolean as JSON columns store it, or a list of them. Raises ``ValueError`` for anything else, and
    for a number that would lose a digit."""
    if isinstance(value, list) and not any(isinstance(item, list) for item in value):
        return [plain(item) for item in value]
    if isinstance(value, Decimal) and value.adjusted() < 300:
        if value.adjusted() < 20 and value == value.to_integral_value() and abs(value) <= LARGEST_EXACT_INTEGER:
            return int(value)
        if value.adjusted() > -300 and Decimal(repr(float(value))) == value:
            return float(value)
    elif (
        isinstance(value, bool)
        or (isinstance(value, int) and abs(value) <= LARGEST_EXACT_INTEGER)
        or (isinstance(value, str) and is_storable(value))
    ):
        return value
    raise ValueError(f"{shown(value)} is not a plain value.")


def deprecation_moment(value: Any) -> datetime | None:
    """The time of a deprecation, a whole hour; a date means 13:00 UTC."""
    moment = moment_of(value, hour=openrouter.DEPRECATION_HOUR)
    return moment if moment is not None and moment == moment.replace(minute=0, second=0, microsecond=0) else None


def moment_of(value: Any, hour: int = 0) -> datetime | None:
    """A time with its offset, in UTC, or a day, which means ``hour`` UTC; None for anything else."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:.+)?", value, re.ASCII):
        return None
    try:
        moment = datetime.fromisoformat(value if len(value) > 10 else f"{value}T{hour:02}:00:00Z")
        in_utc = None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return in_utc if in_utc is not None and 1970 <= in_utc.year < 9999 else None


def day_of(value: Any) -> date | None:
    """A day; of a month alone the first, of a time its own; None for anything else."""
    match = re.fullmatch(r"(\d{4}-\d\d)(-\d\d)?(T.+)?", value, re.ASCII) if isinstance(value, str) else None
    try:
        found = date.fromisoformat(f"{match[1]}{match[2] or '-01'}") if match else None
    except ValueError:
        return None
    return found if found is not None and 1970 <= found.year < 9999 else None


def is_storable(value: str) -> bool:
    """PostgreSQL cannot store NUL, and half a surrogate pair is not a character."""
    return "\0" not in value and (value.isascii() or re.search("[\ud800-\udfff]", value) is None)


def is_text(value: Any) -> bool:
    """Whether it is a text that the database can store."""
    return isinstance(value, str) and is_storable(value)


def entry_label(number: int, name: object = None) -> str:
    """The name of an entry in messages: its position, and its id if it states one."""
    return f"entry {number}" if name is None else f"entry {number} ({printable(str(name))})"


def printable(text: str) -> str:
    """A source's text for a terminal: on one line, without control characters, and cut if long."""
    text = text[:301]
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= 300 else f"{text[:297]}…"


def shown(value: Any) -> str:
    """A value in a sentence, cut if long. Only the shown part of a large value is read."""
    if isinstance(value, Decimal):
        text = str(value)
    elif isinstance(value, datetime):
        text = f"{value:%Y-%m-%d %H:%M} UTC"
    elif value is None:
        text = "none"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str):
        text = readable(value[:60])
    elif isinstance(value, dict | list):
        text = _FEW.repr(value)
    else:
        text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def readable(text: str) -> str:
    """A text in quotes: letters of every script as they are, invisible characters by their numbers."""
    return repr(text) if text.isprintable() else ascii(text)


def listed(values: Iterable[Any]) -> str:
    """Several values in a sentence; if there are many, the first ten and the number of the others."""
    found = list(values)
    more = f" and {len(found) - MOST_SHOWN:,} more" if len(found) > MOST_SHOWN else ""
    return ", ".join(map(shown, found[:MOST_SHOWN])) + more


class _Few(reprlib.Repr):
    """The first parts of a large value."""

    maxlevel, maxdict, maxlist, maxstring, maxlong = 3, 8, 8, 60, 60

    def repr_str(self, text: str, level: int) -> str:
        """A text, cut."""
        return readable(text[: self.maxstring])

    def repr_Decimal(self, number: Decimal, level: int) -> str:
        """A number by its digits."""
        return str(number)


_FEW = _Few()
