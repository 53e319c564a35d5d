"""The stored lists: each format's list in memory and, for all processes of the host, on disk.

A format's slot goes through these states::

    empty ──take_copy()──▶ copy from disk ──refresh()──▶ list ──the catalog moves──▶ outdated ──refresh()──▶ list
                                                          │
                                                          └─ another process writes a newer file ──▶ behind ──refresh()──▶ list
                                                                                                       └─take_copy()──▶ copy from disk

Only a list is sent as current (``fresh``); anything else is a last good copy (``last_good``), marked as stale. No process of a host
sends an older list than another: a list is on disk before it is sent, and ``fresh`` checks whether the file is still the one that
the slot knows. If not, the database is asked; if it does not answer, the newer file is sent.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connections

from catalog.formats import FORMATS
from catalog.publication import metrics, source
from catalog.publication.last_good_copies import (
    LastGoodCopies,
    Mark,
    NoBytes,
    Overtaken,
    is_same_catalog,
    is_same_content,
    may_be_newer,
)
from catalog.publication.rebuilding import Rebuilder, Refused, state_of
from catalog.publication.rendering import Publication, Unavailable
from catalog.publication.source import Known, Source

logger = logging.getLogger(__name__)

LONGEST_WRITE = 1.0
"""Seconds that a new list waits at most until it is on disk. A disk that hangs must not delay anybody."""


class Cause(StrEnum):
    """Why a list is not known to be right."""

    UNREACHABLE = "database-unreachable"
    FAILED = "rebuild-failed"
    LATE = "rebuild-late"


class Stale(NamedTuple):
    """About a last good copy: why it is one, and how many seconds ago this process last knew that it was right. For a copy from
    disk: how many seconds ago it was made."""

    cause: Cause
    age: int


class Served(NamedTuple):
    """The answer to a request."""

    publication: Publication
    stale: Stale | None


@dataclass(slots=True)
class Slot:
    """One format's publication, and its state. Times are monotonic."""

    publication: Publication | None = None
    verified_at: float = 0
    """When it was last known to be right."""
    failure: str = ""
    is_loss: bool = False
    """Whether the failure is that entries would be lost."""
    retry_at: float = 0
    seen: Mark | None = None
    """The file on disk that this process checked last: its publication is not older than that one."""


class ListStore:
    """The slots of all formats, and the copies in a directory."""

    def __init__(self, databases: Source, directory: Path) -> None:
        self._source = databases
        self.slots = {name: Slot() for name in FORMATS}
        self.copies = LastGoodCopies(directory)
        self._rebuilder = Rebuilder(databases, self.copies, self._forget_others)
        self._changing = threading.Lock()
        self._reading = threading.Lock()
        self._writer = ThreadPoolExecutor(1, "copies")
        self._writing: Future[Mark | None] | None = None
        self._listing_writer = ThreadPoolExecutor(1, "listings")
        self._listings: dict[str, Future[None]] = {}

    def close(self) -> None:
        """Wait until all writes are on disk."""
        self._writer.shutdown()
        self._listing_writer.shutdown()

    def keep_listing(self, publication: Publication) -> None:
        """Write to disk what a list was made of, without waiting. One that has not been written yet is replaced by the newer one."""
        name = publication.format_name
        if (before := self._listings.get(name)) is not None:
            before.cancel()
        self._listings[name] = self._listing_writer.submit(self.copies.keep_listing, publication)

    def fresh(self, format_name: str, arrived: float) -> Served | None:
        """The list, if it is known to be right without asking. Takes no lock: each value is replaced as a whole."""
        slot, known = self.slots[format_name], self._source.known
        publication = slot.publication
        if publication is None or known is None or slot.failure or known.asked_at < arrived - settings.FEED_MAX_STALENESS:
            return None
        if not _is_current(publication, known, arrived) or self._is_behind(format_name, slot, publication):
            return None
        return Served(publication, None)

    def last_good(self, format_name: str, cause: Cause) -> Served:
        """The last good copy of all processes of this host. Raises ``Unavailable`` if there is none."""
        self.take_copy(format_name)
        slot, known = self.slots[format_name], self._source.known
        publication = slot.publication
        if publication is None:
            raise Unavailable("The list cannot be made now, and there is no copy of it.")
        verified_at = slot.verified_at
        if known is not None:
            verified_at = max(verified_at, _right_until(publication, known))
        age = time.monotonic() - verified_at if verified_at else time.time() - publication.at.timestamp()
        return Served(publication, Stale(Cause.FAILED if slot.failure else cause, max(0, int(age))))

    def take_copy(self, format_name: str) -> None:
        """Load the copy on disk to send until there is a list: if this process has none, or if another process wrote it."""
        slot = self.slots[format_name]
        with self._reading:
            mark, mine = self.copies.mark(format_name), slot.publication
            if mark == slot.seen:
                return
            copy: Publication | None = None
            try:
                copy = self.copies.read(format_name)
                is_taken = copy is not None and (mine is None or may_be_newer(copy, mine))
            except NoBytes as error:
                is_taken = mine is None or may_be_newer(error.head, mine)
                logger.critical("The list %s cannot be sent: %s", format_name, error)
            except ValueError as error:
                is_taken = False
                logger.error("%s", error)
            with self._changing:
                if slot.publication is mine:
                    slot.seen = mark
                    if is_taken:
                        slot.publication, slot.verified_at = copy, 0

    def look(self, format_name: str) -> Mark | None:
        """The file on disk, before the database is asked: a replica must not be behind what another process sent."""
        mark = self.copies.mark(format_name)
        if mark != self.slots[format_name].seen and (head := self.copies.head(format_name)) is not None:
            self._source.require(head.revision)
        return mark

    def refresh(
        self, format_name: str, alias: str, began: float, seen: Mark | None, is_given_up: Callable[[], bool]
    ) -> bool:
        """Bring a format's list up to date with what the database ``alias`` said since ``began``; on failure the old one stays.

        ``seen`` is the file on disk from before the database was asked. Returns False where another process has meanwhile written a
        newer one: the database has to be asked again. Nothing is changed by a thread that ``is_given_up`` by then.
        """
        slot, known = self.slots[format_name], self._source.known
        assert known is not None
        publication = slot.publication
        is_current = publication is not None and _is_current(publication, known, began)
        try:
            if publication is None or not is_current:
                with metrics.REBUILD_SECONDS.labels(format_name).time():
                    publication = self._rebuilder.rebuild(format_name, alias)
            mark = slot.seen if is_current and seen == slot.seen else self._keep(publication, seen)
        except Overtaken:
            return False
        except Exception as error:
            self._note_failure(format_name, slot, error)
            connections[alias].close()
            return True
        with self._changing:
            if not is_given_up():
                slot.publication, slot.seen, slot.verified_at = publication, mark, began
                slot.failure, slot.retry_at = "", 0
                self._source.note_read(state_of(publication))
        return True

    def note_moved(self, known: Known) -> None:
        """Record until when each list was right, because the catalog has changed."""
        for slot in self.slots.values():
            if slot.publication is not None:
                slot.verified_at = max(slot.verified_at, _right_until(slot.publication, known))

    def _is_behind(self, format_name: str, slot: Slot, publication: Publication) -> bool:
        """Whether another process may have sent a newer list: the file on disk is different."""
        mark = self.copies.mark(format_name)
        if mark == slot.seen:
            return False
        head = self.copies.head(format_name)
        if head is None or not is_same_content(head, publication):
            return True
        slot.seen = mark
        return False

    def _keep(self, publication: Publication, seen: Mark | None) -> Mark | None:
        """Write a list to disk before it is sent, and return the mark of the file there. Raises ``Overtaken``."""
        if self._writing is None or self._writing.done():
            self._writing = self._writer.submit(self.copies.keep, publication, seen)
            try:
                return self._writing.result(LONGEST_WRITE)
            except TimeoutError:
                pass
        logger.error("The disk does not answer; the list %s is sent before it is stored.", publication.format_name)
        return seen

    def _forget_others(self, catalog_id: UUID | None) -> None:
        """Ignore a copy of another catalog's list in the same directory."""
        for slot in self.slots.values():
            copy = slot.publication
            if copy is not None and copy.content is None and not is_same_catalog(copy.catalog_id, catalog_id):
                slot.publication = None

    def _note_failure(self, format_name: str, slot: Slot, error: Exception) -> None:
        slot.failure, slot.retry_at = source.error_text(error), time.monotonic() + source.RETRY
        metrics.FAILED_REBUILDS.labels(format_name).inc()
        slot.is_loss = isinstance(error, Refused)
        if slot.is_loss:
            metrics.REFUSED_LOSSES.labels(format_name).inc()
        logger.critical("The list %s could not be rebuilt; sending the last good copy: %s", format_name, slot.failure)
        if not isinstance(error, Refused | DatabaseError):
            logger.exception("The list %s", format_name, exc_info=error)


def _is_current(publication: Publication, known: Known, at: float) -> bool:
    """Whether a list is current by the database's last answer, at a time of this process (monotonic)."""
    is_list = publication.content is not None and state_of(publication) == known.state
    return is_list and not known.has_come(publication.valid_until, at)


def _right_until(publication: Publication, known: Known) -> float:
    """The last time (monotonic) at which a list is known to have been right, by the database's answer; 0 if the answer was about
    another state."""
    if state_of(publication) != known.state:
        return 0
    if publication.valid_until is None or not known.has_come(publication.valid_until, known.asked_at):
        return known.asked_at
    return known.ours(publication.valid_until)
