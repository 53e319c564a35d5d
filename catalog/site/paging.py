"""Long lists in pages, by the query's ``offset``: a page that shows thousands of models takes seconds to make, and nobody reads it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, QueryDict
from django.utils.encoding import escape_uri_path

from catalog.publication import Item
from catalog.site import numbers

SIZE = 250
"""Models on a page that has no filters."""


def offset_of(query: QueryDict) -> int:
    """How many to skip; 0 for what is no number."""
    text = query.get("offset", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


def position(query: QueryDict, shown: int, offset: int, size: int, total: int) -> dict[str, Any]:
    """What ``pages.html`` says of a page: which part it is, and where its neighbours begin."""
    return {
        "query": query,
        "found": numbers.whole(total),
        "first_shown": numbers.whole(offset + 1),
        "last_shown": numbers.whole(offset + shown),
        "earlier": max(0, offset - size) if offset else None,
        "later": offset + size if offset + size < total else None,
    }


class Part(NamedTuple):
    """What one page shows of a list. ``address`` is the page's one address, where it was asked for at another one: else anybody could
    have it made again and again."""

    items: list[Item]
    context: dict[str, Any]
    address: str | None


def part(request: HttpRequest, items: Sequence[Item]) -> Part:
    """The part of a list that is asked for. It begins at a multiple of ``SIZE``."""
    offset = min(offset_of(request.GET), max(0, len(items) - 1)) // SIZE * SIZE
    some = list(items[offset : offset + SIZE])
    query = f"offset={offset}" if offset else ""
    address = f"{escape_uri_path(request.path)}{'?' if query else ''}{query}"
    is_here = request.META.get("QUERY_STRING", "") == query
    return Part(some, position(request.GET, len(some), offset, SIZE, len(items)), None if is_here else address)
