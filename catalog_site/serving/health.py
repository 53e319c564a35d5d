"""``/health/live`` and ``/health/ready``, answered by the event loop, before every limit and every queue.

However many requests there are, one separate thread queries the database once a second. They answer under any ``Host``: a probe
knows an address, not a name.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import orjson

from catalog.health import NO_ANSWER, Checked, check, health
from catalog_site.serving.answer_cache import Answer
from catalog_site.serving.request import Request

PREFIX, LIVE, READY = "/health/", "/health/live", "/health/ready"
"""Their common prefix, and the two addresses."""
RENEWED_AFTER = 1.0
"""Seconds for which an answer of the database is valid."""
TIMEOUT = 2.0
"""Seconds after which the database counts as silent. Probes give up soon after."""


class Probes:
    """The answers of one process. Used only by its event loop."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, "health")
        self.checking: asyncio.Future[Checked] | None = None
        self.checking_since = 0.0
        self.checked = NO_ANSWER
        self.checked_at = 0.0
        self.was_ready = False

    async def answer(self, request: Request) -> Answer | None:
        """The answer at one of the two addresses; None at any other, and for methods other than GET and HEAD."""
        path = request.path
        if request.method not in ("GET", "HEAD"):
            return None
        if path == LIVE:
            return document(200, {"status": "live"})
        if path != READY:
            return None
        found = health(await self.current(), was_ready=self.was_ready)
        self.was_ready |= found.is_ready
        return document(200 if found.is_ready else 503, found.document)

    async def current(self) -> Checked:
        """What the database says now; ``NO_ANSWER`` if it does not answer in time."""
        now = time.monotonic()
        if now - self.checked_at < RENEWED_AFTER:
            return self.checked
        if self.checking is None:
            self.checking_since = now
            self.checking = asyncio.get_running_loop().run_in_executor(self.thread, check)
            self.checking.add_done_callback(self._note)
        await asyncio.wait({self.checking}, timeout=max(0.0, self.checking_since + TIMEOUT - now))
        return self.checked if self.checking is None else NO_ANSWER

    def _note(self, done: asyncio.Future[Checked]) -> None:
        self.checking = None
        self.checked, self.checked_at = done.result(), time.monotonic()


def document(status: int, content: dict[str, object]) -> Answer:
    """A JSON answer that must not be cached."""
    body = orjson.dumps(content)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    return Answer(status, headers, body)
