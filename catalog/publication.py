"""Bytes: a format's list as it is sent, made once per revision and process."""

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from catalog.formats import FORMATS
from catalog.listing import Entry, Listing, Selection, listing, revision


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list: its id or group, the entries that it shows, and its bytes."""

    key: str
    entries: tuple[Entry, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Publication:
    """One format's bytes at one revision. ``etag`` is strong, and the same on every host for the same bytes.

    ``items`` are the list's, in its order; ``by_name`` finds one by its id, else by another of its
    names, else by a slug that it alone has.
    """

    body: bytes
    etag: str
    listing: Listing
    items: tuple[Item, ...]
    by_name: Mapping[str, Item]


def etag_of(body: bytes) -> str:
    """A strong entity tag: equal bytes have equal ones."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def render(format_name: str, content: Listing | None = None) -> Publication:
    """Write a list now, of what is read now if nothing is given. ``format_name`` is a key of ``FORMATS``."""
    format_ = FORMATS[format_name]
    content = content or listing(format_.selection)
    items: list[Item] = []
    by_id: dict[str, Item] = {}
    by_name: dict[str, Item] = {}
    by_slug: dict[str, Item | None] = {}
    for entries in content.models():
        for record in format_.records(entries, content.provider):
            item = Item(record.key, record.entries, orjson.dumps(record.document))
            items.append(item)
            by_id.setdefault(record.key, item)
            by_name |= dict.fromkeys(record.names, item)
            for slug in record.slugs:
                by_slug[slug] = None if slug in by_slug else item  # one that several have finds none
    found_by_slug = {slug: item for slug, item in by_slug.items() if item is not None}
    body = enclose(format_name, items, content)
    return Publication(body, etag_of(body), content, tuple(items), {**found_by_slug, **by_name, **by_id})


def enclose(format_name: str, items: Iterable[Item], content: Listing, **more: Any) -> bytes:
    """A format's document with these items. ``more`` is what its envelope takes besides."""
    fragments = [(item.key, orjson.Fragment(item.body)) for item in items]
    return orjson.dumps(FORMATS[format_name].envelope(fragments, content.provider, **more))


class Publisher:
    """Keeps each format's last publication, and renders again when the catalog moved or a scheduled moment has come.

    Formats of one selection share what was read.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Publication] = {}
        self._read: dict[Selection, Listing] = {}
        self._rendering = {name: threading.Lock() for name in FORMATS}
        self._reading = {selection: threading.Lock() for selection in Selection}

    def current(self, format_name: str) -> Publication:
        """The publication that is right now: one small query, and a rendering only if something changed."""
        kept = self._kept.get(format_name)
        if kept is not None and _still_right(kept.listing):
            return kept
        with self._rendering[format_name]:  # of several that find it outdated, one renders
            content = self._current_listing(FORMATS[format_name].selection)
            kept = self._kept.get(format_name)
            if kept is None or kept.listing is not content:
                kept = self._kept[format_name] = render(format_name, content)
            return kept

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._read.clear()

    def _current_listing(self, selection: Selection) -> Listing:
        with self._reading[selection]:
            read = self._read.get(selection)
            if read is None or not _still_right(read):
                read = self._read[selection] = listing(selection)
            return read


def _still_right(content: Listing) -> bool:
    number, _, now = revision()
    return number == content.revision and (content.valid_until is None or now < content.valid_until)


publisher = Publisher()
