"""Listings as bytes: what a copy was made from, stored on disk with it."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

from catalog.listing import entry, without_garbage_collection

TOGETHER = 100
"""Entries that are written in one go; in between, other threads have their turn."""

_KNOWN: dict[tuple[str, str], Any] = {
    (one.__module__, one.__qualname__): one
    for one in (
        entry.Listing, entry.ProviderFacts, entry.Entry, entry.EntryKey, entry.ModelFacts, entry.PriceLine, entry.Parameter,
        entry.Location, entry.Status, datetime, date, timezone, timedelta, Decimal, UUID, frozenset,
    )
}  # fmt: skip
"""What a listing consists of. Nothing else is made from a file, so no file can run code."""


def written(listing: entry.Listing) -> bytes:
    """The listing as bytes: everything but its entries, and then the entries, some at a time."""
    parts: list[Any] = [replace(listing, entries=(), keys=frozenset())]
    parts += [listing.entries[start : start + TOGETHER] for start in range(0, len(listing.entries), TOGETHER)]
    return b"".join(pickle.dumps(part, protocol=pickle.HIGHEST_PROTOCOL) for part in parts)


@without_garbage_collection()
def read(body: bytes) -> entry.Listing:
    """The listing of these bytes. Raises ``ValueError`` if they are not those of a listing of this version."""
    file, entries = BytesIO(body), []
    try:
        listing: entry.Listing = _Unpickler(file).load()
        while file.tell() < len(body):
            entries += _Unpickler(file).load()
        return replace(listing, entries=tuple(entries), keys=frozenset(one.key for one in entries))
    except Exception as error:  # damaged bytes can raise any
        raise ValueError(repr(error)) from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        """One of ``_KNOWN``."""
        try:
            found: Callable[..., Any] = _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a listing") from None
        return found
