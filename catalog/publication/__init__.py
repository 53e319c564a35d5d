"""The published bytes: each format's list, rendered once per revision and process, and its last good copy."""

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
