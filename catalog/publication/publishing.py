"""The publisher: the one object that gives every format's current list.

It puts three together: ``Source`` knows which database answers and what it said, ``ListStore`` keeps what there is to send,
``Renewal`` is the thread that brings the lists up to date. If the database does not answer, or its answer cannot be right, the
last good copy is still sent, marked as such, never a shorter list. No request waits for a database that is known to fail. A
process needs one connection for its lists, and a second one while it renders, however many requests it answers.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from catalog.publication.last_good_copies import Mark
from catalog.publication.list_store import Cause, ListStore, Served
from catalog.publication.probe import NoAnswer
from catalog.publication.rendering import Publication, render
from catalog.publication.renewal import Renewal
from catalog.publication.source import Source


class Answer(NamedTuple):
    """Which database answered, and which files were on disk before it was asked."""

    alias: str
    seen: dict[str, Mark | None]


class Publisher:
    """Gives each format's current list."""

    def __init__(self) -> None:
        self._preparations = defaultdict[str, list[Callable[[Publication], None]]](list)
        self._start()

    def _start(self) -> None:
        self._prepared: dict[str, Publication] = {}
        self.source = Source(lambda known: self.store.note_moved(known), lambda: self.renewal.wake())
        self.store = ListStore(self.source, settings.DATA_DIR / "copies")
        self.renewal = Renewal(self._ask, self._renew, lambda: self.source.retry_at, self._prepare)

    def prepare_each(self, format_name: str, prepare: Callable[[Publication], None]) -> None:
        """Call ``prepare`` with each new list of a format, in the thread that made it and after the waiting requests are answered,
        to do in advance what queries of that list need."""
        self._preparations[format_name].append(prepare)

    def keep_listing(self, publication: Publication) -> None:
        """Keep on disk what a list was made of, for a process that has only its copy."""
        self.store.keep_listing(publication)

    def _prepare(self) -> None:
        for format_name, preparations in self._preparations.items():
            publication = self.store.slots[format_name].publication
            if (
                publication is not None
                and publication.content is not None
                and self._prepared.get(format_name) is not publication
            ):
                self._prepared[format_name] = publication
                for prepare in preparations:
                    prepare(publication)

    def clear(self) -> None:
        """Remove all lists from memory, and end the thread."""
        self.renewal.end()
        self.source.close()
        self.store.close()
        self._start()

    def current(self, format_name: str, arrived: float | None = None) -> Served:
        """The list to send to a request that arrived at that time (monotonic), by default now.

        It has every change that was committed ``FEED_MAX_STALENESS`` seconds ago, unless ``stale`` says why not. Raises
        ``Unavailable`` if there is none.
        """
        if connection.in_atomic_block:
            # Only this transaction may see its uncommitted rows, so the list is not stored.
            return Served(render(format_name), None)
        if arrived is None:
            arrived = time.monotonic()
        if served := self.store.fresh(format_name, arrived):
            return served
        if self._is_confirmed(arrived) and (served := self.store.fresh(format_name, arrived)):
            return served
        return self._renewed(format_name, arrived)

    def current_if_known(self, format_name: str, arrived: float | None = None) -> Served | None:
        """What ``current`` would return, if that is known without asking, waiting or rendering; otherwise None.

        For an event loop, which must not wait and never has an open transaction: checking for one would create a connection object
        for each request, which took half of the time. None if a copy would be stale.
        """
        return self.store.fresh(format_name, time.monotonic() if arrived is None else arrived)

    def sendable(self) -> dict[str, str]:
        """What can be sent of each format without the database: a ``list``, or a ``copy``, in memory; empty if there is neither.
        Makes no query."""
        return {
            name: "" if slot.publication is None else "copy" if slot.publication.content is None or slot.failure else "list"
            for name, slot in self.store.slots.items()
        }

    def failures(self) -> dict[str, tuple[str, bool]]:
        """Why lists cannot be made, by their formats, and whether the reason is lost entries."""
        return {name: (slot.failure, slot.is_loss) for name, slot in self.store.slots.items() if slot.failure}

    def take_a_copy(self) -> None:
        """If nothing can be sent, load the first copy on disk."""
        for name in self.store.slots:
            if any(self.sendable().values()):
                return
            self.store.take_copy(name)

    def _is_confirmed(self, arrived: float) -> bool:
        try:
            return self.source.is_confirmed(arrived)
        except NoAnswer as error:
            self.renewal.note_failure(arrived, error)
            return False

    def _renewed(self, format_name: str, arrived: float) -> Served:
        """The list once the thread has brought it up to date, or the last good copy."""
        slot = self.store.slots[format_name]
        if slot.publication is None:
            self.store.take_copy(format_name)
        failed_until = slot.retry_at if slot.failure else None
        self.renewal.wait(format_name, arrived, has_copy=slot.publication is not None, failed_until=failed_until)
        verified_at, publication = slot.verified_at, slot.publication
        if publication is not None and verified_at >= arrived:
            return Served(publication, None)
        is_away = self.renewal.has_failed or self.source.probe is None
        return self.store.last_good(format_name, Cause.UNREACHABLE if is_away else Cause.LATE)

    def _ask(self, wanted: set[str]) -> Answer:
        seen = {name: self.store.look(name) for name in wanted}
        return Answer(self.source.ask(), seen)

    def _renew(self, format_name: str, answer: Answer, began: float) -> bool:
        seen, renewal = answer.seen[format_name], self.renewal
        return self.store.refresh(format_name, answer.alias, began, seen, lambda: renewal.is_given_up)


publisher = Publisher()
