"""The result of a check of doctor."""

from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class CheckResult(NamedTuple):
    """The result of a check. ``remedy`` is empty if there is nothing to do."""

    check: str
    level: Outcome
    says: str
    remedy: str = ""


def ok(says: str) -> CheckResult:
    """A result that needs no action."""
    return CheckResult("", Outcome.OK, says)


def warning(says: str, remedy: str) -> CheckResult:
    """A result for what works, but needs attention."""
    return CheckResult("", Outcome.WARNING, says, remedy)


def wrong(says: str, remedy: str) -> CheckResult:
    """A result for what does not work, or will soon stop working."""
    return CheckResult("", Outcome.WRONG, says, remedy)
