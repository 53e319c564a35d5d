"""What every format has."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog.listing import Entry, Selection


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format.

    ``document`` turns entries into what is written as JSON: dictionaries, lists, strings, integers, booleans, None and
    ``orjson.Fragment`` for exact decimal numbers; never a float. ``schema`` is the JSON Schema of that document, with
    which the API is described and the tests check what is sent.
    """

    name: str
    title: str
    selection: Selection
    document: Callable[[tuple[Entry, ...]], dict[str, Any]]
    schema: dict[str, Any]
