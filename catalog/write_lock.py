"""The write lock: one transaction writes at a time. Others wait, for a limited time; readers never wait.

The lock is the row of ``CatalogRevision``, which triggers update in every transaction that writes. Forms, bulk actions and imports
take it first, so that the catalog does not change while they compare with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from catalog.models import CatalogRevision, ScheduledSwitch

MAX_WAITING = 2
"""How many requests of one process may wait for the lock: fewer than its threads, because the others answer the feeds."""

SET_LOCK_TIMEOUT = "SELECT set_config('lock_timeout', %s, true)"
"""Sets it until the transaction ends."""

_waiting = BoundedSemaphore(MAX_WAITING)


class Busy(Exception):
    """Another transaction has held the lock for longer than the timeout. Nothing was changed."""


@contextmanager
def held(timeout: int | None = None) -> Iterator[None]:
    """A transaction that holds the write lock, after applying the scheduled switches that are due.

    ``timeout`` is how many seconds to wait for the lock, None without limit. Raises ``Busy``.
    """
    if not connection.in_atomic_block:
        wait(timeout)
    with transaction.atomic():
        _lock(timeout)
        ScheduledSwitch.objects.apply_due()
        yield


def wait(timeout: int | None = None) -> None:
    """Wait until nobody holds the lock. Raises ``Busy``.

    In a separate transaction: a change counts from the start of its transaction, which must not be before the wait.
    """
    with transaction.atomic():
        if CatalogRevision.objects.lock_if_free():
            return
    if timeout is not None and not _waiting.acquire(blocking=False):
        raise Busy
    try:
        with transaction.atomic():
            _lock(timeout)
    finally:
        if timeout is not None:
            _waiting.release()


def _lock(timeout: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(SET_LOCK_TIMEOUT, [f"{timeout or 0}s"])
        try:
            CatalogRevision.objects.lock()
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise Busy from error
            raise
        cursor.execute(SET_LOCK_TIMEOUT, [usual])
