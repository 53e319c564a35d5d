"""One state of the database for all queries of a read, and which state that is."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction


@contextmanager
def snapshot(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let every query inside see one state of the database (REPEATABLE READ, read only).

    Inside an existing transaction this does nothing: the caller wants that transaction's view.
    """
    if connections[using].in_atomic_block:
        yield
        return
    with transaction.atomic(using):
        with connections[using].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


_garbage_collection_off = threading.Lock()


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Turn off the search for reference cycles: entries, documents and what a review compares have none, and searching hundreds of
    thousands of new objects, again and again while they are made, takes a third of the time.

    Only one thread at a time does it: if many overlapped without a pause, garbage would never be collected.
    """
    if not _garbage_collection_off.acquire(blocking=False):
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _garbage_collection_off.release()


class Revision(NamedTuple):
    """The row of ``CatalogRevision``, and the database's clock."""

    revision: int
    changed_at: datetime | None
    now: datetime
    losses_accepted_revision: int | None
    catalog_id: UUID | None


def revision(using: str = DEFAULT_DB_ALIAS) -> Revision:
    """Ask for the revision: one row, whatever the size of the catalog."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(revision, 0), changed_at, clock_timestamp(), losses_accepted_revision, catalog_id "
            "FROM (VALUES (1)) AS one (id) LEFT JOIN catalog_catalogrevision USING (id)"
        )
        return Revision(*cursor.fetchone())
