"""The question that is asked most: the catalog's revision, by the shortest way, and with an end to the waiting.

libpq is spoken to directly, because neither Django nor psycopg's ``execute`` gives up on a server that is there and says
nothing (stopped, or behind a network that swallows packets); a statement timeout is the server's own and does not help then.
"""

import select
import threading
import time
from typing import NamedTuple

from django.db import OperationalError, connections

QUESTION = b"""
    SELECT coalesce(max(revision), 0), extract(epoch FROM clock_timestamp()) FROM catalog_catalogrevision
"""
NAME = b"catalog_revision"


class Said(NamedTuple):
    """The revision, and the database's clock in seconds since 1970."""

    revision: int
    now: float


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
        """Ask, and wait for so many seconds at most. Raises ``OperationalError``; the probe is of no use then."""
        deadline = time.monotonic() + patience
        try:
            self._libpq.send_query_prepared(NAME, None)
            self._libpq.flush()
            while True:
                if not self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                    raise OperationalError(f"The database has not answered for {patience:.0f} s.")
                self._libpq.consume_input()
                if not self._libpq.is_busy():
                    break
            answer = self._libpq.get_result()
            revision, now = (None, None) if answer is None else (answer.get_value(0, 0), answer.get_value(0, 1))
            if revision is None or now is None or self._libpq.get_result() is not None:
                raise OperationalError(answer.get_error_message() if answer else "The database has closed the connection.")
            return Said(int(revision), float(now))
        except OperationalError:
            raise
        except Exception as error:  # psycopg's own, when the connection is gone
            raise OperationalError(str(error)) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._database.close()
