"""The thread that asks the database and renders outdated lists, and how requests wait for it.

It works in rounds, each for all formats that were requested before it began; also without requests, to find out whether a failed
database is back::

    idle ──wanted, or RETRY is over──▶ asking ──answered──▶ rendering each format ──▶ idle
      ▲                                  │ fails
      └──────────── failed ◀─────────────┘     nobody waits where there is a copy

A round that takes longer than ``ABANDONED`` is abandoned with its thread; the next request starts another one.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import connections

from catalog.publication import source
from catalog.publication.probe import NoAnswer

logger = logging.getLogger(__name__)

ABANDONED = 40.0
"""Seconds after which an unfinished round is abandoned, with its thread."""
LONGEST_WAIT = 60.0
"""Seconds that a request waits at most if there is no copy."""

Answer = TypeVar("Answer")


class Renewal(Generic[Answer]):
    """``ask`` takes the requested formats and raises if no database answers; ``renew`` takes a format, the result of ``ask`` and
    the start of the round, and returns whether the format is done: if not, it is part of the next round. ``retry_at`` says when
    something else must be asked again (monotonic). ``afterwards`` is called when a round is over and nobody waits for it."""

    def __init__(
        self,
        ask: Callable[[set[str]], Answer],
        renew: Callable[[str, Answer, float], bool],
        retry_at: Callable[[], float],
        afterwards: Callable[[], None] = lambda: None,
    ) -> None:
        self._ask, self._renew, self._other_retry_at, self._afterwards = ask, renew, retry_at, afterwards
        self._changed = threading.Condition()
        self._wanted: set[str] = set()
        self._answered_at: dict[str, float] = {}
        self._failure, self._failed_at, self._retry_at = "", 0.0, 0.0
        self._busy_since: float | None = None
        self._asking_since: float | None = None
        self._thread: threading.Thread | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the database is known to fail."""
        return bool(self._failure)

    @property
    def is_given_up(self) -> bool:
        """Whether another thread has replaced the calling one."""
        return self._thread is not threading.current_thread()

    def end(self) -> None:
        """End the thread."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def wake(self) -> None:
        """Let the thread check again when it has something to do."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, format_name: str, arrived: float, *, has_copy: bool, failed_until: float | None) -> None:
        """Request a new list of a format, and wait for it: if there is a copy for ``REQUEST_TIMEOUT``, and not while the database is known
        to fail. ``failed_until`` is the time until which a list that could not be made is not tried again; None if it could."""
        silent_for = 0.0
        with self._changed:
            busy_for = 0.0 if self._busy_since is None else arrived - self._busy_since
            is_stuck = busy_for > source.REQUEST_TIMEOUT
            if busy_for > ABANDONED:
                self._thread = self._busy_since = None  # it may never return; the next one replaces it
            # While a list cannot be made, one request at a time tries again; the others take the copy.
            is_tried = failed_until is not None and (arrived < failed_until or self._busy_since is not None)
            if not has_copy:
                self._want(format_name)
                remaining = arrived + LONGEST_WAIT - time.monotonic()
                self._changed.wait_for(lambda: max(self._answered(format_name), self._failed_at) >= arrived, remaining)
            elif not (self._failure or is_stuck or is_tried):
                self._want(format_name)
                remaining = arrived + source.REQUEST_TIMEOUT - time.monotonic()
                ended = self._changed.wait_for(lambda: self._answered(format_name) >= arrived or self._failure, remaining)
                if not ended and self._asking_since is not None:
                    silent_for = time.monotonic() - self._asking_since
            elif self._failure:
                self._ensure_thread()
        if silent_for >= source.QUERY_TIMEOUT:
            self.note_failure(arrived, NoAnswer(f"No database has answered for {silent_for:.0f} s."))

    def note_failure(self, began: float, error: Exception) -> None:
        """Record that the database fails, log it once, and release all waiting requests; the thread asks again automatically."""
        with self._changed:
            had_failed, self._failure = bool(self._failure), source.error_text(error)
            self._failed_at, self._retry_at = max(self._failed_at, began), time.monotonic() + source.RETRY
            self._changed.notify_all()
        if not had_failed:
            logger.critical("The database cannot be reached; sending the last good copies: %s", source.error_text(error))

    def _answered(self, format_name: str) -> float:
        return self._answered_at.get(format_name, 0.0)

    def _want(self, format_name: str) -> None:
        self._wanted.add(format_name)
        self._ensure_thread()
        self._changed.notify_all()

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="publisher", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._wanted and not self.is_given_up and (remaining := self._until_retry()) > 0:
                    self._changed.wait(None if remaining == float("inf") else remaining)
                if self.is_given_up:
                    return
                wanted, self._wanted = self._wanted, set()
                began = self._busy_since = time.monotonic()
            try:
                self._round(began, wanted)
            except Exception as error:  # after any error, the copies are still sent
                self.note_failure(began, error)
            finally:
                # The next round reads on a new connection: the old one may have lost its server unnoticed.
                connections.close_all()
                with self._changed:
                    if not self.is_given_up:
                        self._busy_since = None
                        self._changed.notify_all()
            try:
                self._afterwards()
            except Exception:
                logger.exception("The preparation for the new lists failed; it is done when it is first needed.")

    def _until_retry(self) -> float:
        """Seconds until something must be asked again; infinite while nothing has failed."""
        mine = self._retry_at if self._failure else float("inf")
        return min(mine, self._other_retry_at()) - time.monotonic()

    def _round(self, began: float, wanted: set[str]) -> None:
        self._asking_since = began
        try:
            answer = self._ask(wanted)
        finally:
            self._asking_since = None
        with self._changed:
            had_failed, self._failure, self._retry_at = bool(self._failure), "", 0
        if had_failed:
            logger.warning("The database answers again.")
        for format_name in wanted:
            is_done = self._renew(format_name, answer, began)
            with self._changed:
                if is_done:
                    self._answered_at[format_name] = began
                    self._changed.notify_all()
                else:
                    self._wanted.add(format_name)
