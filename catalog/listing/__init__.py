"""What is published, read from the database as immutable entries.

It decides which models are read, their order, their parts, and the time. Formats, public pages and reviews get ``Entry``
values, so that their prices never differ. Staff's screens that show single rows query the tables.

To see what an unsaved change would do, save it inside a transaction, read here, and roll back; there is no other way from a form to
an entry.
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
from catalog.listing.over_time import listed_at
from catalog.listing.reading import listing
from catalog.listing.snapshots import Revision, revision, snapshot, without_garbage_collection

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
    "without_garbage_collection",
]
