"""A source's bytes, and these as JSON. Nothing that it says is trusted."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from http.client import HTTPException
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

LARGEST = 64 * 1024 * 1024
"""Bytes that a source may have; ten thousand models take about ten million."""

TIMEOUT = 30
"""Seconds that a server may be silent."""


class SourceError(Exception):
    """The source cannot be read at all: not there, neither JSON nor a table, or not of a known format."""


def read(source: str) -> bytes:
    """Read a file, an ``http`` or ``https`` URL, or standard input (``-``). Raises ``SourceError``."""
    try:
        if source == "-":
            content = sys.stdin.buffer.read(LARGEST + 1)
        elif urlsplit(source).scheme in {"http", "https"}:
            request = Request(source, headers={"Accept": "application/json, */*;q=0.5", "User-Agent": "model-catalog"})  # noqa: S310
            with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                content = answer.read(LARGEST + 1)
        else:
            with Path(source).open("rb") as file:
                content = file.read(LARGEST + 1)
    except (OSError, URLError, HTTPException, ValueError) as error:
        raise SourceError(f"{source} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if len(content) > LARGEST:
        raise SourceError(f"{source} is larger than {LARGEST // 1024 // 1024} MiB.")
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def parse(content: bytes, constant: Callable[[str], Any] = _refuse_constant) -> Any:
    """Parse JSON. Numbers with a point or an exponent come as ``Decimal``.

    Raises ``SourceError`` also for what Python's parser lets through: a key twice, and NaN and Infinity unless ``constant``
    says what they are to be.
    """
    try:
        return json.loads(
            content.decode("utf-8-sig"), parse_float=Decimal, parse_constant=constant, object_pairs_hook=_unique
        )
    except RecursionError as error:
        raise SourceError("The source is nested too deeply.") from error
    except (ValueError, ArithmeticError) as error:
        raise SourceError(f"The source is not JSON: {error}.") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        ((twice, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice!a} stands twice in one object")
    return found
