"""The bytes of a source, and parsing them as JSON. Nothing in it is trusted."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from catalog.fetching import FetchError, fetch

LARGEST = 64 * 1024 * 1024
"""The most bytes of a source; ten thousand models take about ten million."""

MOST_CONTAINERS = 1_000_000
"""The most lists and objects of a JSON source; ten thousand models take about a hundred thousand."""

MOST_VALUES = 5_000_000
"""The most values of a JSON source, counted by the commas before them."""

DEEPEST = 50
"""The most levels of nested lists and objects."""

CONTAINERS = (dict, list)
"""What can be nested."""

LONGEST_NUMBER = 1000
"""The most characters of a number with a point or an exponent."""

TIME = 120
"""Seconds that fetching a source may take."""


class SourceError(Exception):
    """The source cannot be read at all: it is missing, is neither JSON nor a table, or has an unknown format."""


def read(source: str) -> bytes:
    """Read a file, an ``http`` or ``https`` URL, or standard input (``-``). Raises ``SourceError``."""
    try:
        if source == "-":
            content = sys.stdin.buffer.read(LARGEST + 1)
        elif urlsplit(source).scheme in {"http", "https"}:
            content = fetch(source, largest=LARGEST, seconds=TIME)
        else:
            with Path(source).open("rb") as file:
                content = file.read(LARGEST + 1)
    except FetchError as error:
        raise SourceError(f"{source} cannot be read: {error}") from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{source} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if len(content) > LARGEST:
        raise SourceError(f"{source} is larger than {LARGEST // 1024 // 1024} MiB.")
    return content


KINDS = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"PK\x03\x04": "a ZIP archive, or a document of another program",
    b"\x1f\x8b": "compressed by gzip",
    b"<": "a web page or XML",
}
"""The first bytes of files that people upload by mistake, and what they are."""


def kind_of(content: bytes) -> str:
    """What a file of another kind is, in words; empty for text that may be JSON."""
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    for first, kind in KINDS.items():
        if start.startswith(first):
            return kind
    return "a file of another program" if b"\0" in start else ""


def _not_read(kind: str) -> SourceError:
    return SourceError(f"The source is {kind}, not JSON or a table in CSV or XLSX.")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def parse(content: bytes, constant: Callable[[str], Any] = _refuse_constant) -> Any:
    """Parse JSON. Numbers with a point or an exponent become ``Decimal``.

    Raises ``SourceError`` also for errors that Python's parser accepts: a repeated key, and NaN and Infinity unless ``constant``
    gives their values; and for documents that would fill the memory.
    """
    if kind := kind_of(content):
        raise _not_read(kind)
    # Counted in the text, so that nothing is parsed if there is too much. Brackets and commas in texts count, too.
    if content.count(b"[") + content.count(b"{") > MOST_CONTAINERS or content.count(b",") > MOST_VALUES:
        raise SourceError(
            f"The source has more than {MOST_CONTAINERS:,} lists and objects, or {MOST_VALUES:,} values: split it."
        )
    try:
        document = json.loads(
            content.decode("utf-8-sig"), parse_float=_number, parse_constant=constant, object_pairs_hook=_unique
        )
    except RecursionError as error:
        raise SourceError("The source is nested too deeply.") from error
    except UnicodeDecodeError as error:
        raise _not_read("text in an encoding other than UTF-8") from error
    except json.JSONDecodeError as error:
        if not error.doc.lstrip().startswith(("{", "[")):
            raise _not_read("plain text" if error.doc.strip() else "empty") from error
        raise SourceError(f"The source is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except (ValueError, ArithmeticError) as error:
        raise SourceError(f"The source is not JSON: {error}.") from error
    _check_depth(document)
    return document


def _number(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number has more than {LONGEST_NUMBER} digits")
    return Decimal(text)


def _check_depth(document: Any) -> None:
    """Refuse nesting that is too deep for later work, which recurses into each level."""
    level = [document] if isinstance(document, CONTAINERS) else []
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, CONTAINERS) and inner
        ]
        if not level:
            return
    raise SourceError(f"The source is nested more than {DEEPEST} levels deep.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        ((twice, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice!a} appears twice in one object")
    return found
