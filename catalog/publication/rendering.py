"""From a listing to the bytes of one format."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from catalog.formats import FORMATS
from catalog.formats.format import Record, by_name
from catalog.listing import Entry, EntryKey, Listing, listing, without_garbage_collection
from catalog.publication import encodings


class Unavailable(Exception):
    """There is no copy of the requested list, and it cannot be made now."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list: its id or group, the entries that it shows, and its bytes."""

    key: str
    entries: tuple[Entry, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """The content that a list was made from. ``items`` are in its order; ``by_name`` finds one by its id, else by another of its
    names, else by a slug that it alone has. ``derived`` has what other packages have computed from the items, by their own keys,
    and is dropped with them."""

    listing: Listing
    items: tuple[Item, ...]
    by_name: Mapping[str, Item]
    derived: dict[str, Any] = field(default_factory=dict, compare=False)


class Identity(NamedTuple):
    """The publication that something was made of."""

    format_name: str
    revision: int
    at: datetime


class Variant(NamedTuple):
    """The bytes of a list in one content coding (None: plain), and their strong entity tag."""

    encoding: str | None
    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Publication:
    """One format's list at one revision.

    ``at`` is the time it was read for, ``since`` the time of its last change, ``valid_until`` the time of its next scheduled
    change; all by the database's clock. ``content`` is None for a copy from disk, and ``restore`` reads what the copy was made of,
    if that is known. Plain bytes and codings are made once, when they are first needed.
    """

    format_name: str
    body: bytes
    etag: str
    catalog_id: UUID | None
    revision: int
    changed_at: datetime | None
    at: datetime
    since: datetime | None
    valid_until: datetime | None
    entries: frozenset[EntryKey]
    content: Content | None = None
    restore: Callable[[], Content | None] = lambda: None
    _variants: dict[str | None, Variant] = field(default_factory=dict)
    _encoding: Any = field(default_factory=threading.Lock)

    @property
    def identity(self) -> Identity:
        """The identity of the publication, without a reference to it."""
        return Identity(self.format_name, self.revision, self.at)

    @property
    def made_of(self) -> Content:
        """The items. Raises ``Unavailable`` for a copy from disk whose items are not known."""
        content = self.known_content
        if content is None:
            raise Unavailable("Only whole lists can be sent until the database answers again.")
        return content

    @property
    def known_content(self) -> Content | None:
        """The same, but None if the items are not known."""
        return self.content or self.restore()

    def variant(self, encoding: str | None) -> Variant:
        """The list in that coding, or plain if coding it saves nothing."""
        if encoding is None or len(self.body) < encodings.WORTH_IT:
            return Variant(None, self.body, self.etag)
        if encoding not in self._variants:
            with self._encoding:
                if encoding not in self._variants:
                    body = encodings.ENCODERS[encoding](self.body)
                    # Strong: other bytes have another tag, and the same bytes the same tag on every host.
                    self._variants[encoding] = Variant(encoding, body, f'{self.etag[:-1]}-{encoding}"')
        return self._variants[encoding]


def etag_of(body: bytes) -> str:
    """A strong entity tag: equal bytes have equal ones."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


@without_garbage_collection()
def render(format_name: str, content: Listing | None = None) -> Publication:
    """Write a list now, from the given listing or a new one. ``format_name`` is a key of ``FORMATS``."""
    format_ = FORMATS[format_name]
    content = content or listing(format_.selection)
    items: list[Item] = []

    def written() -> Iterator[tuple[Record, Item]]:
        for entries in content.models():
            for record in format_.records(entries, content.provider):
                items.append(Item(record.key, record.entries, orjson.dumps(record.document)))
                yield record, items[-1]

    names = by_name(written())
    body = enclose(format_name, items, content)
    return Publication(
        format_name,
        body,
        etag_of(body),
        content.catalog_id,
        content.revision,
        content.changed_at,
        content.at,
        content.since,
        content.valid_until,
        content.keys,
        Content(content, tuple(items), names),
    )


def enclose(format_name: str, items: Iterable[Item], content: Listing, **more: Any) -> bytes:
    """A format's document with these items. ``more`` are the other arguments of its envelope."""
    fragments = [(item.key, orjson.Fragment(item.body)) for item in items]
    return orjson.dumps(FORMATS[format_name].envelope(fragments, content.provider, **more))
