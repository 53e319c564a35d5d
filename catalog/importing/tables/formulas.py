"""Texts that a spreadsheet would take for formulas: escaped when a table is written, and unescaped when it is read."""

import re

_SIGN = "[=+\\-@＝＋－＠]"
_START = re.compile(rf"""['"\s]*+{_SIGN}|'*+[\t\r\n]""")

_INSIDE = re.compile(rf"""(?<!['"\s,;|])['"\s,;|]++(?={_SIGN})""")
"""Text that a spreadsheet takes for a formula: at the start, and inside after a sign at which some spreadsheet splits lines into
cells. The sign depends on the country, and quotes inside of a cell are ignored."""

_BREAK, _GUARDED_BREAK = re.compile(r"([\t\r\n])"), re.compile(r"([\t\r\n])'")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def escaped(text: str) -> str:
    """A text that no spreadsheet takes for a formula, wherever it splits: it has an apostrophe where one would begin."""
    if _NUMBER.fullmatch(text):
        return text
    inside = _INSIDE.sub(lambda found: _with_apostrophes(found[0]), text)
    return f"'{inside}" if _START.match(text) else inside


def unescaped(text: str) -> str:
    """The original text; the inverse of ``escaped``."""
    text = text[1:] if text.startswith("'") and _START.match(text) else text
    return _INSIDE.sub(lambda found: _without_apostrophes(found[0]), text)


def _with_apostrophes(run: str) -> str:
    """Signs before a formula, with an apostrophe after the last one that separates cells, and after each that breaks lines."""
    at = max(map(run.rfind, ",;|")) + 1
    return run[:at] + ("'" if at else "") + _BREAK.sub(r"\1'", run[at:])


def _without_apostrophes(run: str) -> str:
    at = max(map(run.rfind, ",;|")) + 1
    return run[:at] + _GUARDED_BREAK.sub(r"\1", run[at:].removeprefix("'") if at else run)
