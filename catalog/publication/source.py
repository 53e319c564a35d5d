"""The database that the lists are read from, and its last answer.

If there is a replica, it is asked, unless it has just failed or is behind what was already sent; otherwise the primary. All threads
share one connection for the query (``Probe``)::

    no probe ──ask()──▶ probe of the replica or the primary ──fails, or is silent──▶ no probe
                          │        ▲
                          └─is_confirmed()

"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from catalog.publication import metrics
from catalog.publication.probe import NoAnswer, Probe, RevisionAnswer, State

logger = logging.getLogger(__name__)

REPLICA = "replica"
REQUEST_TIMEOUT = 5.0
"""Seconds, from its arrival, that a request waits at most for its list if there is a copy to send instead."""
QUERY_TIMEOUT = 2.0
"""Seconds after which a database that does not return its revision counts as hanging. The query takes a millisecond; connecting and
rendering take longer."""
RETRY = 1.0
"""Seconds after a failure until the database is asked again, or a list is made again."""
REPLICA_RETRY = 15.0
"""Seconds after a failure of the replica for which the primary is asked instead: each query to a silent replica takes seconds."""
BEHIND = "The replica is behind what was already sent."


class Known(NamedTuple):
    """The database's last answer: the revision, when it was asked (monotonic), and the offset of its clock: rather too early than
    too late, by the duration of the query."""

    state: State
    asked_at: float
    clock: float

    def has_come(self, moment: datetime | None, at: float) -> bool:
        """Whether the database's clock shows at least that time, at a time of this process (monotonic)."""
        return moment is not None and at >= self.ours(moment)

    def ours(self, moment: datetime) -> float:
        """The time of this process (monotonic) at which the database's clock shows that time."""
        return moment.timestamp() - self.clock


class Source:
    """The databases. When the catalog has changed, ``note_moved`` is called with the previous answer; when the replica failed and
    is not asked until ``retry_at``, ``note_replica_failed`` is called."""

    def __init__(self, note_moved: Callable[[Known], None], note_replica_failed: Callable[[], None]) -> None:
        self._note_moved, self._note_replica_failed = note_moved, note_replica_failed
        self.known: Known | None = None
        self.probe: Probe | None = None
        self._newest = 0
        self._replica_failure, self._replica_retry_at = "", 0.0

    def close(self) -> None:
        """Close the connection."""
        if self.probe is not None:
            self.probe.close()

    def is_confirmed(self, arrived: float) -> bool:
        """Ask for the revision immediately, on the existing connection. Of simultaneous requests one asks, for all that came before
        it. Raises ``NoAnswer`` if this one has found out that the primary does not answer."""
        probe, remaining = self.probe, arrived + REQUEST_TIMEOUT - time.monotonic()
        if probe is None or remaining <= 0 or not probe.lock.acquire(timeout=remaining):
            return False
        try:
            known = self.known
            if probe is not self.probe or known is None:
                return False
            if known.asked_at >= arrived:
                return True
            began = time.monotonic()
            answer = probe.ask(QUERY_TIMEOUT)
            if self.is_behind(probe.alias, answer.state.revision):
                return False  # the primary is asked
            self._learn(answer, began)
            return True
        except DatabaseError as error:
            is_mine = self.probe is probe
            if is_mine:
                self.probe = None  # the thread finds out what is wrong, and makes another connection
            probe.close()
            if probe.alias == REPLICA:
                self._note_replica_failure(error)  # the primary is asked
            elif is_mine and isinstance(error, NoAnswer):
                raise
            return False
        finally:
            probe.lock.release()

    def ask(self) -> str:
        """Ask the databases in turn, and return which one answered: the replica, unless it is behind what was sent already."""
        failure: Exception = DatabaseError("No database is configured.")
        for alias in self._readers():
            try:
                answer, asked_at = self._ask(alias)
                if self.is_behind(alias, answer.state.revision):
                    raise DatabaseError(BEHIND)
            except Exception as error:
                failure = error
                if alias == REPLICA:
                    self._note_replica_failure(error)
                continue
            if alias == REPLICA and self._replica_failure:
                self._replica_failure = ""
                logger.warning("Reading from the replica again.")
            self._learn(answer, asked_at)
            self._newest = answer.state.revision if alias == DEFAULT_DB_ALIAS else max(self._newest, answer.state.revision)
            return alias
        raise failure

    def is_behind(self, alias: str, revision: int) -> bool:
        """Whether a database is behind what was sent. The primary is always right."""
        return alias == REPLICA and revision < self._newest

    def require(self, revision: int) -> None:
        """From now on, reject a replica that is behind this revision, because it was sent."""
        self._newest = max(self._newest, revision)

    def note_read(self, state: State) -> None:
        """Record that somebody committed between the query and the reading."""
        if self.known is not None and state.revision > self.known.state.revision:
            self.known = self.known._replace(state=state)
            self.require(state.revision)

    @property
    def retry_at(self) -> float:
        """When a failed replica is asked again (monotonic); infinite while none has failed."""
        return self._replica_retry_at if self._replica_failure else float("inf")

    def _learn(self, answer: RevisionAnswer, asked_at: float) -> None:
        known = self.known
        if known is not None and known.state != answer.state:
            self._note_moved(known)
        self.known = Known(answer.state, asked_at, answer.now - asked_at)

    def _ask(self, alias: str) -> tuple[RevisionAnswer, float]:
        """Ask on the probe's connection; on a new one if it belongs to another database, or has failed."""
        probe = self.probe
        if probe is not None and probe.alias == alias and probe.lock.acquire(timeout=REQUEST_TIMEOUT):
            try:
                began = time.monotonic()
                return probe.ask(QUERY_TIMEOUT), began
            except DatabaseError:
                probe.close()
                self.probe = None
            finally:
                probe.lock.release()
        new = Probe(alias)
        began = time.monotonic()
        try:
            answer = new.ask(QUERY_TIMEOUT)
        except DatabaseError:
            new.close()
            raise
        old, self.probe = self.probe, new
        if old is not None and old.lock.acquire(timeout=REQUEST_TIMEOUT):
            old.close()
            old.lock.release()
        return answer, began

    def _readers(self) -> Sequence[str]:
        """The databases, in the order in which they are asked; one that has just failed comes last."""
        if REPLICA not in connections.settings:
            return (DEFAULT_DB_ALIAS,)
        if time.monotonic() < self._replica_retry_at:
            return (DEFAULT_DB_ALIAS, REPLICA)
        return (REPLICA, DEFAULT_DB_ALIAS)

    def _note_replica_failure(self, error: Exception) -> None:
        """Count it, and log it once."""
        metrics.REPLICA_FAILURES.inc()
        had_failed, self._replica_failure = bool(self._replica_failure), error_text(error)
        self._replica_retry_at = time.monotonic() + REPLICA_RETRY
        self._note_replica_failed()
        if not had_failed:
            logger.warning("The replica cannot be read; using the primary instead: %s", self._replica_failure)


def error_text(error: Exception) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__
