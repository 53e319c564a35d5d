"""What a check of doctor finds."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class Finding(NamedTuple):
    """The result of a check. ``remedy`` is empty if there is nothing to do."""

    check: str
    level: Level
    says: str
    remedy: str = ""


def ok(says: str) -> Finding:
    """Nothing to do."""
    return Finding("", Level.OK, says)


def warning(says: str, remedy: str) -> Finding:
    """It works, but needs attention."""
    return Finding("", Level.WARNING, says, remedy)


def wrong(says: str, remedy: str) -> Finding:
    """It does not work, or will soon stop working."""
    return Finding("", Level.WRONG, says, remedy)
