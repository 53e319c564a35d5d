"""The most frequent query: the catalog's revision, with the least overhead and a limited wait.

It uses libpq directly, because neither Django nor psycopg's ``execute`` stops waiting for a server that does not answer (stopped,
or behind a network that drops packets). A statement timeout runs in the server and does not help then.
"""

import select
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import OperationalError, connections

QUESTION = b"""
    SELECT coalesce(max(revision), 0), (extract(epoch FROM max(changed_at)) * 1000000)::bigint,
        extract(epoch FROM clock_timestamp()) FROM catalog_catalogrevision
"""
NAME = b"catalog_revision"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class State(NamedTuple):
    """A revision's number, and the time at which it changed: after a failover or a restore the same number may come again, with
    different data."""

    revision: int
    changed_at: datetime | None


class RevisionAnswer(NamedTuple):
    """The revision with the time of its last change, and the database's clock in seconds since 1970."""

    state: State
    now: float


class NoAnswer(OperationalError):
    """The database is connected, but does not answer."""


class Probe:
    """A connection only for that query, which all threads share; the thread that uses it holds ``lock``."""

    def __init__(self, alias: str) -> None:
        """Connect. Raises what Django raises if that fails."""
        self.alias = alias
        self.lock = threading.Lock()
        self._database = connections.create_connection(alias)
        self._database.inc_thread_sharing()
        self._database.connect()
        self._libpq = self._database.connection.pgconn
        self._libpq.prepare(NAME, QUESTION)
        self._poll = select.poll()
        self._poll.register(self._libpq.socket, select.POLLIN)

    def ask(self, patience: float) -> RevisionAnswer:
        """Query, and wait for at most this many seconds. Raises ``OperationalError``, which is ``NoAnswer`` after that time; then the
        probe cannot be used again."""
        deadline = time.monotonic() + patience
        try:
            self._libpq.send_query_prepared(NAME, None)
            self._libpq.flush()
            while True:
                if not self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                    raise NoAnswer(f"The database has not answered for {patience:.0f} s.")
                self._libpq.consume_input()
                if not self._libpq.is_busy():
                    break
            answer = self._libpq.get_result()
            if answer is None or answer.ntuples != 1 or self._libpq.get_result() is not None:
                raise OperationalError(answer.get_error_message() if answer else "The database has closed the connection.")
            revision, changed_at, now = (answer.get_value(0, column) for column in range(3))
            assert revision is not None
            assert now is not None
            moment = None if changed_at is None else EPOCH + timedelta(microseconds=int(changed_at))
            return RevisionAnswer(State(int(revision), moment), float(now))
        except OperationalError:
            raise
        except Exception as error:  # psycopg's own error, when the connection is lost
            raise OperationalError(str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._database.close()
