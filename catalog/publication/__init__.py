"""Bytes: each format's list as it is sent, made once per revision and process, and the last good copy of it."""

from catalog.publication.publishing import Served, publisher
from catalog.publication.rendering import Identity, Item, Publication, Unavailable, enclose, etag_of, render

__all__ = ["Identity", "Item", "Publication", "Served", "Unavailable", "enclose", "etag_of", "publisher", "render"]
