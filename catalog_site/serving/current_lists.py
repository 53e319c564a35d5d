"""Which list is current, for requests that the event loop answers. Of simultaneous requests one asks for all."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from catalog.formats import FORMATS
from catalog.publication import Identity, Served, publisher


class Arrivals:
    """The arrival times of requests. Those that wait for the event loop together get the same time, so that the publisher is asked
    once for all of them."""

    def __init__(self) -> None:
        self._now: float | None = None

    def now(self) -> float:
        """The time (monotonic) by which the request that the loop begins with has arrived."""
        if self._now is None:
            # Called before the clock is read, so that everything that is now in the loop's queue came before that time.
            asyncio.get_running_loop().call_soon(self._reset)
            self._now = time.monotonic()
        return self._now

    def _reset(self) -> None:
        self._now = None


class CurrentLists:
    """Asks the publisher which list is current, without blocking the loop."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(len(FORMATS), "current")
        self.asking: dict[str, asyncio.Future[Served]] = {}
        self.found: dict[str, tuple[float, Identity]] = {}
        """By format, what the publisher said last, and the arrival time for which it was asked."""

    async def identity(self, format_name: str, arrived: float) -> Identity | None:
        """The publication to send to a request that came at that time; None if there is none, or only a copy."""
        while (identity := self._known(format_name, arrived)) is None:
            job = self.asking.get(format_name)
            # A finished job was started before this request came. Waiting for it again would block the loop.
            is_mine = job is None or job.done()
            if job is None or is_mine:
                job = asyncio.get_running_loop().run_in_executor(self.threads, publisher.current, format_name, arrived)
                self.asking[format_name] = job
                job.add_done_callback(partial(self._remove, format_name))
            try:
                served = await asyncio.shield(job)
            except Exception:
                return None  # Django answers with the error
            if served.stale is not None:
                return None
            if is_mine:
                return self._note(format_name, arrived, served)
        return identity

    def _known(self, format_name: str, arrived: float) -> Identity | None:
        """The publication, if it is known without waiting."""
        found = self.found.get(format_name)
        if found is not None and found[0] >= arrived:
            return found[1]
        served = publisher.current_if_known(format_name, arrived)
        return None if served is None else self._note(format_name, arrived, served)

    def _note(self, format_name: str, arrived: float, served: Served) -> Identity:
        identity = served.publication.identity
        self.found[format_name] = arrived, identity
        return identity

    def _remove(self, format_name: str, job: asyncio.Future[Served]) -> None:
        if self.asking.get(format_name) is job:
            del self.asking[format_name]
