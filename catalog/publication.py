"""Bytes: a format's listing as it is sent, made once per revision and process."""

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime

import orjson

from catalog.formats import FORMATS
from catalog.listing import listing, revision


@dataclass(frozen=True, slots=True)
class Publication:
    """One format's bytes at one revision. ``etag`` is strong, and the same on every host for the same bytes."""

    body: bytes
    etag: str
    revision: int
    changed_at: datetime | None
    valid_until: datetime | None


def render(format_name: str) -> Publication:
    """Read and write a listing now. ``format_name`` is a key of ``FORMATS``."""
    format_ = FORMATS[format_name]
    content = listing(format_.selection)
    body = orjson.dumps(format_.document(content.entries))
    etag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    return Publication(body, etag, content.revision, content.changed_at, content.valid_until)


class Publisher:
    """Keeps each format's last publication, and renders again when the catalog moved or a scheduled moment has come."""

    def __init__(self) -> None:
        self._kept: dict[str, Publication] = {}
        self._guards = {name: threading.Lock() for name in FORMATS}

    def current(self, format_name: str) -> Publication:
        """The publication that is right now: one small query, and a rendering only if something changed."""
        if kept := self._still_right(format_name):
            return kept
        with self._guards[format_name]:  # of several that find it outdated, one renders
            if kept := self._still_right(format_name):
                return kept
            self._kept[format_name] = render(format_name)
            return self._kept[format_name]

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _still_right(self, format_name: str) -> Publication | None:
        kept = self._kept.get(format_name)
        if kept is None:
            return None
        number, _, now = revision()
        if number != kept.revision or (kept.valid_until is not None and kept.valid_until <= now):
            return None
        return kept


publisher = Publisher()
