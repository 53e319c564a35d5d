"""Results computed from the history, cached while the published catalog does not change."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection

from catalog.publication import Cause, Served, Stale, Unavailable

Value = TypeVar("Value")

TIMEOUT = 5.0
"""Seconds that a request waits for its turn to compute something."""

MOST_WAITING = 4
"""How many requests wait for each turn; further ones are refused immediately, so that they hold no thread."""


class _State(NamedTuple):
    """What an answer depends on: formats of one selection share it."""

    revision: int
    changed_at: datetime | None
    since: datetime | None


class _Entry(NamedTuple, Generic[Value]):
    made_of: _State
    made_at: float
    value: Value


class PublicationCache(Generic[Value]):
    """Values by key, each made once for a publication. At most ``most`` are kept, and ``at_once`` made at a time, with a ``pause``
    (seconds) after each, so that queries about the past do not take memory and CPU time from the lists, or overload the
    database."""

    def __init__(self, *, most: int, at_once: int = 1, pause: float = 0.0) -> None:
        self._most = most
        self._pause = pause
        self._rested_at = 0.0
        self._entries: OrderedDict[Hashable, _Entry[Value]] = OrderedDict()
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(at_once)
        self._admitted = threading.Semaphore(at_once * (1 + MOST_WAITING))

    def get(self, served: Served, key: Hashable, make: Callable[[], Value]) -> tuple[Value, Served]:
        """The value for what is served, and how to send it: marked as stale if it is an older one.

        ``make`` may query the database. Raises ``Unavailable`` if that fails and no value is cached, and if too many are being
        made already.
        """
        if connection.in_atomic_block:
            return make(), served  # only this transaction may see its uncommitted rows
        of = served.publication
        made_of = _State(of.revision, of.changed_at, of.since)
        entry = self._find(key)
        if entry is not None and (entry.made_of == made_of or served.stale is not None):
            return entry.value, served
        if served.stale is not None:
            raise Unavailable("The database does not answer, and there is no copy of this.")
        with self._slot():
            entry = self._find(key)
            try:
                if entry is None or entry.made_of != made_of:
                    entry = _Entry(made_of, time.monotonic(), self._made(make))
                    self._keep(key, entry)
            except (Error, ImproperlyConfigured) as error:
                if entry is None:
                    raise Unavailable("The database does not answer, and there is no copy of this.") from error
                served = Served(served.publication, Stale(Cause.FAILED, int(time.monotonic() - entry.made_at)))
            return entry.value, served

    def _made(self, make: Callable[[], Value]) -> Value:
        time.sleep(max(0.0, self._rested_at - time.monotonic()))
        try:
            return make()
        finally:
            self._rested_at = time.monotonic() + self._pause

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Wait until another value can be computed. Raises ``Unavailable``."""
        busy = Unavailable("Too many requests for past data are being answered. Try again later.")
        if not self._admitted.acquire(blocking=False):
            raise busy
        try:
            if not self._slots.acquire(timeout=TIMEOUT):
                raise busy
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._admitted.release()

    def clear(self) -> None:
        """Remove all values."""
        with self._lock:
            self._entries.clear()

    def _find(self, key: Hashable) -> _Entry[Value] | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
            return entry

    def _keep(self, key: Hashable, entry: _Entry[Value]) -> None:
        with self._lock:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
