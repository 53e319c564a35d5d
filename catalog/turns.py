"""Writers take turns: one writes, the others wait for a while, and who reads waits for nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from catalog.models import CatalogRevision, ScheduledSwitch

WAITERS = 2
"""Requests of one process that may wait for another writer: fewer than its threads, for the others answer the feeds."""

LOCK_TIMEOUT = "SELECT set_config('lock_timeout', %s, true)"
"""Sets it until the transaction ends."""

_waiting = BoundedSemaphore(WAITERS)


class Busy(Exception):
    """Somebody else writes, for longer than one would wait. Nothing was changed."""


@contextmanager
def taken(patience: int | None = None) -> Iterator[None]:
    """A transaction in which nobody else writes, with what has come by schedule settled.

    ``patience`` is how many seconds to wait for who writes, None for ever. Raises ``Busy``.
    """
    if not connection.in_atomic_block:
        wait(patience)
    with transaction.atomic():
        _lock(patience)
        ScheduledSwitch.objects.settle()
        yield


def wait(patience: int | None = None) -> None:
    """Wait until nobody writes. Raises ``Busy``.

    In a transaction of its own: what is changed counts from the moment its transaction began, and that is not to be before
    the wait.
    """
    with transaction.atomic():
        if CatalogRevision.objects.take_if_free():
            return
    if patience is not None and not _waiting.acquire(blocking=False):
        raise Busy
    try:
        with transaction.atomic():
            _lock(patience)
    finally:
        if patience is not None:
            _waiting.release()


def _lock(patience: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(LOCK_TIMEOUT, [f"{patience or 0}s"])
        try:
            CatalogRevision.objects.take()
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise Busy from error
            raise
        cursor.execute(LOCK_TIMEOUT, [usual])
