"""The one read: from the database to immutable entries.

It owns which models are read, their order, what belongs to them, and "as of when". Formats, screens and checks get
``Entry`` values and never ask the database themselves.

To see what a change that is not saved yet would do, save it inside a transaction, read here, and roll back: there is no
second way from a form to an entry.
"""

from catalog.listing.entry import (
    Entry,
    EntryKey,
    Listing,
    Location,
    ModelFacts,
    Parameter,
    PriceLine,
    ProviderFacts,
    Selection,
    Status,
)
from catalog.listing.reading import listed_at, listing
from catalog.listing.snapshots import Revision, revision, snapshot, uncollected

__all__ = [
    "Entry",
    "EntryKey",
    "Listing",
    "Location",
    "ModelFacts",
    "Parameter",
    "PriceLine",
    "ProviderFacts",
    "Revision",
    "Selection",
    "Status",
    "listed_at",
    "listing",
    "revision",
    "snapshot",
    "uncollected",
]
