"""Live examples: a published entry in the format that programs get."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from catalog.publication import Item, Publication, enclose

LARGEST = 4_000
"""The most characters of a shown entry, if there is a smaller one."""

LOOKED_AT = 300
"""How many entries are considered."""

_from_copies: dict[str, tuple[str, str]] = {}


def example(publication: Publication) -> str:
    """A list with one entry, the one with the most facts; empty if nothing is published."""
    content = publication.known_content
    if content is None:
        return _of_copy(publication)
    if "example" not in content.derived:
        content.derived["example"] = _of_items(publication, content.items)
    text: str = content.derived["example"]
    return text


def _of_items(publication: Publication, items: Iterable[Item]) -> str:
    some = list(items)[:LOOKED_AT]
    if not some:
        return ""
    chosen = _fullest(some, lambda item: item.body)
    return _written(_exact(enclose(publication.format_name, [chosen], publication.made_of.listing)))


def _of_copy(publication: Publication) -> str:
    """A copy from disk has no items, so its JSON is cut."""
    known = _from_copies.get(publication.format_name)
    if known is None or known[0] != publication.etag:
        document = _exact(publication.body)
        text = _written(document) if _cut(document) else ""
        known = _from_copies[publication.format_name] = publication.etag, text
    return known[1]


def _cut(document: Any) -> bool:
    """Keep only the entry with the most facts of each list. Returns whether there is any."""
    found = False
    for value in document.values():
        if not isinstance(value, list) or not value or not isinstance(value[0], dict):
            continue
        if "models" in value[0]:
            found = _cut(value[0]) or found
        else:
            value[:] = [_fullest(value[:LOOKED_AT], orjson.dumps)]
            found = True
    return found


def _fullest(entries: list[Any], written: Callable[[Any], bytes]) -> Any:
    """The first of those with the most keys that is not too long to read."""
    bodies = [written(entry) for entry in entries]
    short = [number for number, body in enumerate(bodies) if len(body) <= LARGEST]
    if not short:
        return entries[min(range(len(bodies)), key=lambda number: len(bodies[number]))]
    return entries[max(short, key=lambda number: (bodies[number].count(b'":'), -number))]


def _exact(body: bytes) -> Any:
    """JSON whose numbers keep their notation."""
    return json.loads(body, parse_float=lambda text: orjson.Fragment(text))


def _written(document: Any) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
