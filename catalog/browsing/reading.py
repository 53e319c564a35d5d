"""How the text of a query parameter is read. Each function raises ``ValueError`` with a sentence."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

LARGEST = 10**17
"""The bound of numbers without another one."""

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt](\d\d:\d\d(?::\d\d)?)(\.\d+)?([Zz]|[+-]\d\d:\d\d))?", re.ASCII)


def choices(vocabulary: Iterable[str]) -> Callable[[str], list[str]]:
    """Words of a closed vocabulary, separated by commas."""
    known = tuple(vocabulary)

    def read(text: str) -> list[str]:
        chosen = [word.strip() for word in text.split(",") if word.strip()]
        for one in chosen:
            if one not in known:
                raise ValueError(f"{one!r} is not one of {', '.join(known)}.")
        return chosen

    return read


def choice(vocabulary: Iterable[str]) -> Callable[[str], str]:
    """One word of a closed vocabulary."""
    known = tuple(vocabulary)

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"{text!r} is not one of {', '.join(known)}.")
        return text

    return read


def texts(text: str) -> list[str]:
    """Words of an open vocabulary, separated by commas, in lower case."""
    return [one.strip().lower() for one in text.split(",") if one.strip()]


def flag(text: str) -> bool:
    """``true`` or ``false``."""
    return choice(("true", "false"))(text) == "true"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds, which its schema states."""

    minimum: int
    maximum: int

    def __call__(self, text: str) -> int:
        """Read it."""
        if re.fullmatch(r"\d{1,18}", text, re.ASCII) and self.minimum <= int(text) <= self.maximum:
            return int(text)
        raise ValueError(f"{text!r} is not a whole number from {self.minimum} to {self.maximum}.")

    @property
    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


def amount(text: str) -> Decimal:
    """A decimal number of 0 or more, as JSON writes it: up to 400 digits before the point, or an exponent."""
    if re.fullmatch(r"\+?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?", text, re.ASCII):
        return Decimal(text)
    raise ValueError(f"{text!r} is not an amount of 0 or more.")


def moment(text: str) -> datetime:
    """A time as RFC 3339 writes it, with ``Z`` or an offset; a date alone is the start of the day in UTC. Digits finer than a
    microsecond are dropped."""
    match = _MOMENT.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        day, clock, fraction, offset = match.groups(default="")
        at = datetime.fromisoformat(f"{day}T{clock}{fraction[:7]}{offset.upper()}" if clock else f"{day}T00:00Z")
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a time such as 2026-08-01T00:00:00Z.") from None
