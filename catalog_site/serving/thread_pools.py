"""Threads for what blocks, and the queue in front of them."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
Left = Callable[[], Awaitable[None]]


class Busy(Exception):
    """The queue is full, or the request has waited in it for too long."""


class Gone(Exception):
    """The client left while its request waited."""


class ThreadPool:
    """A number of threads. Who waits for one waits in the order of addresses, so that many requests of one address hold up that
    address. A full queue refuses the latest request of the address that has the most in it. ``share``: threads that one address may
    have at the same time; all, unless it is given."""

    def __init__(self, name: str, threads: int, most_waiting: int, patience: float, share: int | None = None) -> None:
        self.executor = ThreadPoolExecutor(threads, name)
        self.free = threads
        self.share = share or threads
        self.running: Counter[str] = Counter()
        self.most_waiting = most_waiting
        self.patience = patience
        self.waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.number_waiting = 0

    async def run(self, address: str, work: Callable[[], Result], left: Left | None = None) -> Result:
        """What ``work`` returns, run in a thread. ``left`` ends when the client leaves. Raises ``Busy`` and ``Gone``."""
        if self._is_next(address):
            self._take(address)
        else:
            await self._wait(address, left)
        running = asyncio.get_running_loop().run_in_executor(self.executor, work)
        running.add_done_callback(lambda _: self._release(address))
        return await asyncio.shield(running)

    async def _wait(self, address: str, left: Left | None) -> None:
        if self.number_waiting >= self.most_waiting:
            self._refuse_one(address)
        turn = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(address, deque()).append(turn)
        self.number_waiting += 1
        gone = asyncio.ensure_future(left()) if left is not None else asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait({turn, gone}, timeout=self.patience, return_when=asyncio.FIRST_COMPLETED)
            if not turn.done():
                raise Gone if gone.done() else Busy
            turn.result()
        finally:
            gone.cancel()
            if not turn.done():
                self._remove(address, turn)

    def _refuse_one(self, address: str) -> None:
        longest = max(self.waiting, key=lambda one: len(self.waiting[one]))
        if len(self.waiting[longest]) <= len(self.waiting.get(address, ())) + 1:
            raise Busy
        turn = self.waiting[longest][-1]
        self._remove(longest, turn)
        turn.set_exception(Busy)

    def _remove(self, address: str, turn: asyncio.Future[None]) -> None:
        self.waiting[address].remove(turn)
        self.number_waiting -= 1
        if not self.waiting[address]:
            del self.waiting[address]

    def _is_next(self, address: str) -> bool:
        return self.free > 0 and self.running[address] < self.share

    def _take(self, address: str) -> None:
        self.free -= 1
        self.running[address] += 1

    def _release(self, address: str) -> None:
        """Give the thread to the first request of the address whose turn it is."""
        self.free += 1
        self.running[address] -= 1
        if not self.running[address]:
            del self.running[address]
        while (following := next(filter(self._is_next, self.waiting), None)) is not None:
            turn = self.waiting[following][0]
            self._remove(following, turn)
            if following in self.waiting:
                self.waiting.move_to_end(following)
            self._take(following)
            turn.set_result(None)
