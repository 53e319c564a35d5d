"""Checking values of a repository, which are not trusted."""

import unicodedata
from typing import Any


def line_of(value: Any, longest: int = 100) -> str | None:
    """A text on one line, without control characters and characters that reverse the direction of writing."""
    if not isinstance(value, str):
        return None
    seen = "".join(
        "" if unicodedata.category(char) in {"Cf", "Cs", "Co", "Cn"} else char if char.isprintable() else " "
        for char in value[: 2 * longest]
    )
    return " ".join(seen.split())[:longest] or None


def object_of(value: Any) -> dict[str, Any]:
    """The object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}
