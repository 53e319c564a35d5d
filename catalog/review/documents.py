"""The JSON of entries in the OpenRouter feeds before and after a change, line by line."""

import difflib
from collections.abc import Iterator
from typing import Any

import orjson

from catalog.formats import openrouter, openrouter_v2
from catalog.listing import Entry, EntryKey, Listing
from catalog.review.review import Document

DOCUMENTS_SHOWN = 20
"""How many entries a review shows as JSON; nobody reads more."""

FEEDS = (openrouter, openrouter_v2)


def add_documents(documents: dict[tuple[EntryKey, str], Document], keys: set[EntryKey], old: Listing, new: Listing) -> None:
    """Add the documents of these entries in each feed, unless they are there already or there are too many."""
    sides = [{entry.key: entry for entry in side.entries} for side in (old, new)]
    for key in sorted(keys):
        for feed in FEEDS:
            if (key, feed.FORMAT.name) not in documents and len(documents) < DOCUMENTS_SHOWN * len(FEEDS):
                texts = [_json(feed, side.get(key)) for side in sides]
                documents[key, feed.FORMAT.name] = Document(key, feed.FORMAT.name, tuple(_lines(*texts)))


def _lines(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for kind, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            yield from ((" ", line) for line in old[start:end])
        else:
            yield from (("-", line) for line in old[start:end])
            yield from (("+", line) for line in new[new_start:new_end])


def _json(feed: Any, entry: Entry | None) -> list[str]:
    if entry is None:
        return []
    text: bytes = orjson.dumps(feed.entry_document(entry), option=orjson.OPT_INDENT_2)
    return text.decode().splitlines()
