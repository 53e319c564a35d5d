"""Bytes: each format's list as it is sent, made once per revision and process, and the last good copy of it."""

from catalog.publication.list_store import Cause, Served, Stale
from catalog.publication.publishing import publisher
from catalog.publication.rendering import Identity, Item, Publication, Unavailable, enclose, etag_of, render

__all__ = [
    "Cause",
    "Identity",
    "Item",
    "Publication",
    "Served",
    "Stale",
    "Unavailable",
    "enclose",
    "etag_of",
    "publisher",
    "render",
]
