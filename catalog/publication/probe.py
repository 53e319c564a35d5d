"""The question that is asked most: the catalog's revision, by the shortest way, and with an end to the waiting.

libpq is spoken to directly, because neither Django nor psycopg's ``execute`` gives up on a server that is there and says
nothing (stopped, or behind a network that swallows packets); a statement timeout is the server's own and does not help then.
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
    """A revision's number, and the moment at which it was moved: after a failover or a restore the same number may come again,
    with something else."""

    revision: int
    changed_at: datetime | None


class Said(NamedTuple):
    """The revision with when it last moved, and the database's clock in seconds since 1970."""

    state: State
    now: float


class Silent(OperationalError):
    """The database is there, and says nothing."""


class Probe:
    """A connection for that question alone, which all threads share; ``lock`` is for one who asks."""

    def __init__(self, alias: str) -> None:
        """Connect. Raises what Django raises where that fails."""
        self.alias = alias
        self.lock = threading.Lock()
        self._database = connections.create_connection(alias)
        self._database.inc_thread_sharing()
        self._database.connect()
        self._libpq = self._database.connection.pgconn
        self._libpq.prepare(NAME, QUESTION)
        self._poll = select.poll()
        self._poll.register(self._libpq.socket, select.POLLIN)

    def ask(self, patience: float) -> Said:
        """Ask, and wait for so many seconds at most. Raises ``OperationalError``, which is ``Silent`` after that time; the probe is
        of no use then."""
        deadline = time.monotonic() + patience
        try:
            self._libpq.send_query_prepared(NAME, None)
            self._libpq.flush()
            while True:
                if not self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                    raise Silent(f"The database has not answered for {patience:.0f} s.")
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
            return Said(State(int(revision), moment), float(now))
        except OperationalError:
            raise
        except Exception as error:  # psycopg's own, when the connection is gone
            raise OperationalError(str(error)) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._database.close()
