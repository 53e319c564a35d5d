"""What is sent now: the publication of each format, how it is known to be right, and what is done where it cannot be known.

Requests ask the database for the catalog's revision, of many at once one for all. One thread of each process renders what is
outdated, for all that wait for it, and finds out by itself whether a database that failed is back; so a process needs one
connection for its lists, and a second one while it renders, however many requests it answers. Where the database does not
answer, or what it answers cannot be right, the last good copy goes on being sent, marked as such; never a shorter list. Nobody
waits for a database that is known to fail.

No process of a host goes behind another. Each writes a list to disk before it sends it, and looks, before each answer, whether the
file there is still the one that it knows (``Slot.seen``). If not, it asks the database; where that is silent it sends that file.
"""

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections

from catalog.formats import FORMATS
from catalog.listing import EntryKey, Listing, Revision, Selection, listing, revision, snapshot
from catalog.publication import metrics
from catalog.publication.drops import unexplained
from catalog.publication.last_good_copies import (
    LastGoodCopies,
    Mark,
    NoBytes,
    Overtaken,
    is_same_catalog,
    is_same_content,
    may_be_newer,
)
from catalog.publication.probe import Probe, Said, Silent, State
from catalog.publication.rendering import Publication, Unavailable, render

logger = logging.getLogger(__name__)

REPLICA = "replica"
ABANDONED = 40.0
"""Seconds after which a round that does not end is given up, with its thread."""
PATIENCE = 5.0
"""Seconds, from its arrival, that a request waits at most for its list where there is a copy to send instead."""
SILENCE = 2.0
"""Seconds after which a database that does not say its revision is taken for one that hangs. The question takes it a
millisecond; what takes longer is connecting and rendering."""
LONGEST_WAIT = 60.0
"""Seconds that it waits where there is none."""
LONGEST_WRITE = 1.0
"""Seconds that a new list waits at most until it is on disk. A disk that hangs must hold up nobody."""
RETRY = 1.0
"""Seconds after a failure until the database is asked again, or a list is rendered again."""
REPLICA_RETRY = 15.0
"""Seconds after a failure of the replica for which the primary is asked in its place: each question to one that is silent takes
seconds."""
BEHIND = "The replica is behind what was sent already."
SESSION = """
    SET default_transaction_read_only = on;
    SET statement_timeout = '20s';
    SET lock_timeout = '3s';  -- it does not wait for a migration
    SET enable_nestloop = off;  -- its queries read whole tables, also where the server has not counted them yet
"""
"""How the publisher's connection is set up."""


class Refused(Exception):
    """A rebuilt list lacks entries that no recorded change explains."""


class Cause(StrEnum):
    """Why a list is not known to be right."""

    UNREACHABLE = "database-unreachable"
    FAILED = "rebuild-failed"
    LATE = "rebuild-late"


class Stale(NamedTuple):
    """What is said of a last good copy: why it is one, and how many seconds ago this process last knew it to be right. Of a copy
    that was found on disk: how many ago it was made."""

    cause: Cause
    age: int


class Served(NamedTuple):
    """What a request gets."""

    publication: Publication
    stale: Stale | None


class Known(NamedTuple):
    """What the database said last: the revision, when that was asked (monotonic), and how its clock stands to ours: early
    rather than late, by what the answer took."""

    state: State
    asked_at: float
    clock: float


class Sent(NamedTuple):
    """The entries that readers of a selection were last sent, of which revision, and read at which moment."""

    entries: frozenset[EntryKey]
    revision: int
    at: datetime


@dataclass(slots=True)
class Slot:
    """One format's publication, and how it stands with it. Times are monotonic."""

    publication: Publication | None = None
    verified_at: float = 0
    """When it was last known to be right."""
    answered_at: float = 0
    """When the last round began that had a look at it."""
    failure: str = ""
    retry_at: float = 0
    seen: Mark | None = None
    """The file on disk that this process has last looked at: its publication is not behind that one."""


class Publisher:
    """Keeps each format's last publication, and renders again when the catalog moved or a scheduled moment has come."""

    def __init__(self) -> None:
        self._state = threading.Condition()
        self._clear()

    def _clear(self) -> None:
        self._slots = {name: Slot() for name in FORMATS}
        self._read: dict[Selection, Listing] = {}
        self._sent: dict[Selection, Sent] = {}
        self._known: Known | None = None
        self._newest = 0
        self._failure, self._failed_at, self._retry_at = "", 0.0, 0.0
        self._busy_since: float | None = None
        self._asking_since: float | None = None
        self._wanted: set[str] = set()
        self._thread: threading.Thread | None = None
        self._probe: Probe | None = None
        self._replica_failure, self._replica_retry_at = "", 0.0
        self._copies = LastGoodCopies(settings.DATA_DIR / "copies")
        self._reading = threading.Lock()
        self._writer = ThreadPoolExecutor(1, "copies")
        self._writing: Future[Mark | None] | None = None

    def clear(self) -> None:
        """Forget everything, and end the thread."""
        with self._state:
            thread, self._thread = self._thread, None
            self._state.notify_all()
        if thread is not None:
            thread.join()
        if self._probe is not None:
            self._probe.close()
        self._writer.shutdown()
        self._clear()

    def current(self, format_name: str, arrived: float | None = None) -> Served:
        """The list to send to a request that arrived at that moment (monotonic), which is now if none is given.

        It holds every change that was committed ``FEED_MAX_STALENESS`` seconds ago, unless ``stale`` says why not. Raises
        ``Unavailable`` where there is none.
        """
        if connection.in_atomic_block:
            # What that transaction sees is asked for, and nobody else may: it is not kept.
            return Served(render(format_name), None)
        if arrived is None:
            arrived = time.monotonic()
        if served := self._fresh(format_name, arrived):
            return served
        if self._is_asked(arrived) and (served := self._fresh(format_name, arrived)):
            return served
        return self._wait(format_name, arrived)

    def current_if_known(self, format_name: str, arrived: float | None = None) -> Served | None:
        """What ``current`` would return, if that is known without asking, waiting or rendering; otherwise None.

        For an event loop, which must not wait. Always None inside a transaction, and where a copy would be stale.
        """
        if connection.in_atomic_block:
            return None
        return self._fresh(format_name, time.monotonic() if arrived is None else arrived)

    def _fresh(self, format_name: str, arrived: float) -> Served | None:
        """The list, if it is known to be right without asking. Takes no lock: each value is replaced as a whole."""
        slot, known = self._slots[format_name], self._known
        publication = slot.publication
        if publication is None or known is None or slot.failure or known.asked_at < arrived - settings.FEED_MAX_STALENESS:
            return None
        if publication.content is None or _state(publication) != known.state or _is_due(publication, known, arrived):
            return None
        return None if self._is_behind_file(format_name, slot, publication) else Served(publication, None)

    def _is_behind_file(self, format_name: str, slot: Slot, publication: Publication) -> bool:
        """Whether another process may have sent something newer: the file on disk is another one, with something else."""
        mark = self._copies.mark(format_name)
        if mark == slot.seen:
            return False
        head = self._copies.head(format_name)
        if head is None or not is_same_content(head, publication):
            return True
        slot.seen = mark
        return False

    def _is_asked(self, arrived: float) -> bool:
        """Ask for the revision here and now. Of many requests at once one asks, for all that came before it did."""
        probe, remaining = self._probe, arrived + PATIENCE - time.monotonic()
        if probe is None or remaining <= 0 or not probe.lock.acquire(timeout=remaining):
            return False
        try:
            known = self._known
            if probe is not self._probe or known is None:
                return False
            if known.asked_at >= arrived:
                return True
            began = time.monotonic()
            said = probe.ask(SILENCE)
            if self._is_behind(probe.alias, said.state.revision):
                return False  # the primary is asked
            self._learn(said, began)
            return True
        except DatabaseError as error:
            is_mine = self._probe is probe
            if is_mine:
                self._probe = None  # the thread finds out what is wrong, and makes another one
            probe.close()
            if probe.alias == REPLICA:
                self._note_replica_failure(error)  # the primary is asked
            elif is_mine and isinstance(error, Silent):
                self._note_failure(began, error)
            return False
        finally:
            probe.lock.release()

    def _learn(self, said: Said, asked_at: float) -> None:
        """Know what the database said, and of lists that are outdated by it until when they were right."""
        known = self._known
        if known is not None and known.state != said.state:
            for slot in self._slots.values():
                if slot.publication is not None:
                    slot.verified_at = max(slot.verified_at, _right_until(slot.publication, known))
        self._known = Known(said.state, asked_at, said.now - asked_at)

    def _wait(self, format_name: str, arrived: float) -> Served:
        slot = self._slots[format_name]
        if slot.publication is None:
            self._take_copy(format_name, slot)
        silent_for = 0.0
        with self._state:
            busy_for = 0.0 if self._busy_since is None else arrived - self._busy_since
            is_stuck = busy_for > PATIENCE
            if busy_for > ABANDONED:
                self._thread = self._busy_since = None  # it may never come back; the next one takes its place
            # While a list cannot be made, one request at a time finds out whether that is still so; the others take the copy.
            is_tried = slot.failure and (arrived < slot.retry_at or self._busy_since is not None)
            if slot.publication is None:
                self._ask_for(format_name)
                remaining = arrived + LONGEST_WAIT - time.monotonic()
                self._state.wait_for(lambda: max(slot.answered_at, self._failed_at) >= arrived, remaining)
            elif not (self._failure or is_stuck or is_tried):
                self._ask_for(format_name)
                remaining = arrived + PATIENCE - time.monotonic()
                ended = self._state.wait_for(lambda: slot.answered_at >= arrived or self._failure, remaining)
                if not ended and self._asking_since is not None:
                    silent_for = time.monotonic() - self._asking_since
            elif self._failure:
                self._ensure_thread()
        if silent_for >= SILENCE:
            self._note_failure(arrived, Silent(f"No database has answered for {silent_for:.0f} s."))
        verified_at, publication = slot.verified_at, slot.publication
        if publication is not None and verified_at >= arrived:
            return Served(publication, None)
        return self._last_good(format_name, slot)

    def _take_copy(self, format_name: str, slot: Slot) -> None:
        """Have the copy on disk to send, until there is a list: where this process has none, and where another process wrote it."""
        with self._reading:
            mark, mine = self._copies.mark(format_name), slot.publication
            if mark == slot.seen:
                return
            copy: Publication | None = None
            try:
                copy = self._copies.read(format_name)
                is_taken = copy is not None and (mine is None or may_be_newer(copy, mine))
            except NoBytes as error:
                is_taken = mine is None or may_be_newer(error.head, mine)
                logger.critical("The list %s cannot be sent: %s", format_name, error)
            except ValueError as error:
                is_taken = False
                logger.error("%s", error)
            with self._state:
                if slot.publication is mine:
                    slot.seen = mark
                    if is_taken:
                        slot.publication, slot.verified_at = copy, 0

    def _last_good(self, format_name: str, slot: Slot) -> Served:
        """The last good copy of all processes of this host."""
        self._take_copy(format_name, slot)
        publication, known = slot.publication, self._known
        if publication is None:
            raise Unavailable("The list cannot be made now, and no copy of it is kept.")
        verified_at = slot.verified_at
        if known is not None:
            verified_at = max(verified_at, _right_until(publication, known))
        age = time.monotonic() - verified_at if verified_at else time.time() - publication.at.timestamp()
        cause = Cause.FAILED if slot.failure else Cause.UNREACHABLE if self._failure or self._probe is None else Cause.LATE
        return Served(publication, Stale(cause, max(0, int(age))))

    def _ask_for(self, format_name: str) -> None:
        self._wanted.add(format_name)
        self._ensure_thread()
        self._state.notify_all()

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="publisher", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        """The thread: one round after the other, each for all that was asked for before it began; also for nobody, to find out
        whether a database that failed is back."""
        me = threading.current_thread()
        while True:
            with self._state:
                while not self._wanted and self._thread is me and (remaining := self._until_retry()) > 0:
                    self._state.wait(None if remaining == float("inf") else remaining)
                if self._thread is not me:
                    return
                wanted, self._wanted = self._wanted, set()
                began = self._busy_since = time.monotonic()
            try:
                self._round(began, wanted)
            except Exception as error:  # whatever it is, the copies go on
                self._note_failure(began, error)
            finally:
                # The next round reads on a new connection: one that was kept may have lost its server without a word.
                connections.close_all()
                with self._state:
                    if self._thread is me:
                        self._busy_since = None
                        self._state.notify_all()

    def _until_retry(self) -> float:
        """Seconds until a database that failed is to be asked again; infinite while none has."""
        due = [(self._failure, self._retry_at), (self._replica_failure, self._replica_retry_at)]
        return min((retry_at for failure, retry_at in due if failure), default=float("inf")) - time.monotonic()

    def _round(self, began: float, wanted: set[str]) -> None:
        """Ask the database, and render what is outdated."""
        seen = {name: self._look(name) for name in wanted}
        self._asking_since = began
        try:
            alias, said, asked_at = self._ask()
        finally:
            self._asking_since = None
        self._learn(said, asked_at)
        self._newest = said.state.revision if alias == DEFAULT_DB_ALIAS else max(self._newest, said.state.revision)
        with self._state:
            had_failed, self._failure, self._retry_at = bool(self._failure), "", 0
        if had_failed:
            logger.warning("The database answers again.")
        for format_name in wanted:
            slot = self._slots[format_name]
            try:
                self._refresh(slot, format_name, alias, began, seen[format_name])
            except Overtaken:
                with self._state:
                    self._wanted.add(format_name)  # the database is asked again, for what the other process saw
                continue
            with self._state:
                slot.answered_at = began
                self._state.notify_all()

    def _look(self, format_name: str) -> Mark | None:
        """The file on disk, before the database is asked: a replica must not be behind what another process sent."""
        mark = self._copies.mark(format_name)
        if mark != self._slots[format_name].seen and (head := self._copies.head(format_name)) is not None:
            self._newest = max(self._newest, head.revision)
        return mark

    def _keep(self, publication: Publication, seen: Mark | None) -> Mark | None:
        """Write a list to disk before it is sent, and return the mark of the file there. Raises ``Overtaken``."""
        if self._writing is None or self._writing.done():
            self._writing = self._writer.submit(self._copies.keep, publication, seen)
            try:
                return self._writing.result(LONGEST_WRITE)
            except TimeoutError:
                pass
        logger.error("The disk does not answer; the list %s is sent before it is kept.", publication.format_name)
        return seen

    def _ask(self) -> tuple[str, Said, float]:
        """What a database said, which one, and when it was asked: the replica, unless it is behind what was sent already."""
        failure: Exception = DatabaseError("No database is configured.")
        for alias in self._readers():
            try:
                said, asked_at = self._asked_at(alias)
                if self._is_behind(alias, said.state.revision):
                    raise DatabaseError(BEHIND)
            except Exception as error:
                failure = error
                if alias == REPLICA:
                    self._note_replica_failure(error)
                continue
            if alias == REPLICA and self._replica_failure:
                self._replica_failure = ""
                logger.warning("The replica is read again.")
            return alias, said, asked_at
        raise failure

    def _asked_at(self, alias: str) -> tuple[Said, float]:
        """Ask on the probe's connection; on a new one if that one is another database's, or has failed."""
        probe = self._probe
        if probe is not None and probe.alias == alias and probe.lock.acquire(timeout=PATIENCE):
            try:
                began = time.monotonic()
                return probe.ask(SILENCE), began
            except DatabaseError:
                probe.close()
                self._probe = None
            finally:
                probe.lock.release()
        new = Probe(alias)
        began = time.monotonic()
        try:
            said = new.ask(SILENCE)
        except DatabaseError:
            new.close()
            raise
        old, self._probe = self._probe, new
        if old is not None and old.lock.acquire(timeout=PATIENCE):
            old.close()
            old.lock.release()
        return said, began

    def _is_behind(self, alias: str, revision: int) -> bool:
        """Whether a database lags behind what was sent. The primary's word is right, whatever it is."""
        return alias == REPLICA and revision < self._newest

    def _readers(self) -> Sequence[str]:
        """The databases, in the order in which they are asked; one that failed just now comes last."""
        if REPLICA not in connections.settings:
            return (DEFAULT_DB_ALIAS,)
        if time.monotonic() < self._replica_retry_at:
            return (DEFAULT_DB_ALIAS, REPLICA)
        return (REPLICA, DEFAULT_DB_ALIAS)

    def _refresh(self, slot: Slot, format_name: str, alias: str, began: float, seen: Mark | None) -> None:
        """Make a format's list right, if it is not; on failure the old one stays. ``seen`` is the file on disk from before the
        database was asked. Raises ``Overtaken`` where another process has meanwhile written a newer one."""
        known = self._known
        assert known is not None
        publication = slot.publication
        if (
            publication is not None
            and publication.content is not None
            and _state(publication) == known.state
            and not _is_due(publication, known, began)
        ):
            if seen != slot.seen:
                slot.seen = self._keep(publication, seen)
            slot.verified_at = began
            slot.failure, slot.retry_at = "", 0
            return
        try:
            with metrics.REBUILD_SECONDS.labels(format_name).time():
                new = self._rebuild(format_name, alias)
            mark = self._keep(new, seen)
        except Overtaken:
            raise
        except Exception as error:
            slot.failure, slot.retry_at = _sentence(error), time.monotonic() + RETRY
            metrics.FAILED_REBUILDS.labels(format_name).inc()
            logger.critical("The list %s could not be rebuilt; the last good copy goes on: %s", format_name, slot.failure)
            if not isinstance(error, Refused | DatabaseError):
                logger.exception("The list %s", format_name, exc_info=error)
            connections[alias].close()
            return
        with self._state:
            if self._thread is not threading.current_thread():
                return  # this one was given up, and another one has taken its place
            slot.publication, slot.seen = new, mark
            slot.verified_at, slot.failure, slot.retry_at = began, "", 0
            if new.revision > known.state.revision:  # somebody committed between the question and the reading
                self._known = known._replace(state=_state(new))
                self._newest = max(self._newest, new.revision)

    def _rebuild(self, format_name: str, alias: str) -> Publication:
        """A new list of what is there now. Formats of one selection share what was read."""
        selection = FORMATS[format_name].selection
        _connect(alias)
        with snapshot(alias):
            state = revision(alias)
            if self._is_behind(alias, state.revision):
                raise DatabaseError(BEHIND)
            self._forget_others(state)
            content = self._read.get(selection)
            if content is None or _state(content) != _state(state) or _is_over(content, state.now):
                content = listing(selection, using=alias)
                self._refuse_losses(content, selection, state, alias)
        new = render(format_name, content)
        self._read[selection] = content
        self._sent[selection] = Sent(new.entries, new.revision, new.at)
        return new

    def _forget_others(self, state: Revision) -> None:
        """A copy of another catalog's list, from the same directory, is none of ours."""
        for slot in self._slots.values():
            copy = slot.publication
            if copy is not None and copy.content is None and not is_same_catalog(copy.catalog_id, state.catalog_id):
                slot.publication = None

    def _refuse_losses(self, content: Listing, selection: Selection, state: Revision, alias: str) -> None:
        """Compare with what was sent last, by this process, another one or one before. Raises ``Refused``."""
        heads = [self._copies.head(name) for name, format_ in FORMATS.items() if format_.selection == selection]
        kept = [head for head in heads if head is not None and is_same_catalog(head.catalog_id, state.catalog_id)]
        sent = max(
            [Sent(head.entries, head.revision, head.at) for head in kept] + [*filter(None, [self._sent.get(selection)])],
            key=lambda one: one.at,
            default=None,
        )
        accepted = state.losses_accepted_revision
        if sent is None or (accepted is not None and accepted > sent.revision):
            return
        gone = sent.entries - content.keys
        if gone and (lost := unexplained(gone, selection, alias)):
            named = ", ".join(sorted({key.model_id for key in lost})[:10])
            raise Refused(
                f"{len(lost)} entries would be gone that no recorded change explains: {named}. If that is meant, "
                "say so with manage.py accept_losses."
            )

    def _note_replica_failure(self, error: Exception) -> None:
        """Count it, and say so once."""
        metrics.REPLICA_FAILURES.inc()
        with self._state:
            had_failed, self._replica_failure = bool(self._replica_failure), _sentence(error)
            self._replica_retry_at = time.monotonic() + REPLICA_RETRY
            self._state.notify_all()
        if not had_failed:
            logger.warning("The replica cannot be read; the primary is asked in its place: %s", self._replica_failure)

    def _note_failure(self, began: float, error: Exception) -> None:
        """Know that the database fails, say so once, and let all go that wait; the thread asks again by itself."""
        with self._state:
            had_failed, self._failure = bool(self._failure), _sentence(error)
            self._failed_at, self._retry_at = max(self._failed_at, began), time.monotonic() + RETRY
            self._state.notify_all()
        if not had_failed:
            logger.critical("The database cannot be asked; the last good copies go on: %s", _sentence(error))


def _connect(alias: str) -> None:
    """A connection that is set up as the publisher's."""
    database = connections[alias]
    if database.connection is None:
        database.connect()
        with database.cursor() as cursor:
            cursor.execute(SESSION)


def _state(of: Publication | Listing | Revision) -> State:
    return State(of.revision, of.changed_at)


def _is_due(publication: Publication, known: Known, moment: float) -> bool:
    return publication.valid_until is not None and moment + known.clock >= publication.valid_until.timestamp()


def _right_until(publication: Publication, known: Known) -> float:
    """The last moment (monotonic) at which a list is known to have been right, by what the database said; 0 where that was
    something else."""
    if _state(publication) != known.state:
        return 0
    if not _is_due(publication, known, known.asked_at) or publication.valid_until is None:
        return known.asked_at
    return publication.valid_until.timestamp() - known.clock


def _is_over(content: Listing | Publication, now: datetime) -> bool:
    return content.valid_until is not None and now >= content.valid_until


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


publisher = Publisher()
