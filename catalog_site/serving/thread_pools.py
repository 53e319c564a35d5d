"""Threads for functions that block, and the queue in front of them."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
Disconnection = Callable[[], Awaitable[None]]


class Busy(Exception):
    """The queue is full, or the request has waited in it for too long."""


class ClientDisconnected(Exception):
    """The client disconnected while its request waited."""


class ThreadPool:
    """A number of threads, which addresses get in turn, so that many requests of one address delay only that address. A full queue
    refuses the latest request of the address that has the most in it. ``share``: the threads that one address may use at the same
    time, by default all."""

    def __init__(self, name: str, threads: int, most_waiting: int, timeout: float, share: int | None = None) -> None:
        self.executor = ThreadPoolExecutor(threads, name)
        self.free = threads
        self.share = share or threads
        self.running: Counter[str] = Counter()
        self.most_waiting = most_waiting
        self.timeout = timeout
        self.waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.number_waiting = 0

    async def run(self, address: str, work: Callable[[], Result], disconnection: Disconnection | None = None) -> Result:
        """Run ``work`` in a thread, and return its result. ``disconnection`` ends when the client disconnects. Raises ``Busy`` and
        ``ClientDisconnected``."""
        if self._is_next(address):
            self._take(address)
        else:
            await self._wait(address, disconnection)
        running = asyncio.get_running_loop().run_in_executor(self.executor, work)
        running.add_done_callback(lambda _: self._release(address))
        return await asyncio.shield(running)

    async def _wait(self, address: str, disconnection: Disconnection | None) -> None:
        if self.number_waiting >= self.most_waiting:
            self._refuse_one(address)
        waiter = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(address, deque()).append(waiter)
        self.number_waiting += 1
        disconnected = (
            asyncio.ensure_future(disconnection())
            if disconnection is not None
            else asyncio.get_running_loop().create_future()
        )
        try:
            await asyncio.wait({waiter, disconnected}, timeout=self.timeout, return_when=asyncio.FIRST_COMPLETED)
            if not waiter.done():
                raise ClientDisconnected if disconnected.done() else Busy
            waiter.result()
        finally:
            disconnected.cancel()
            if not waiter.done():
                self._remove(address, waiter)

    def _refuse_one(self, address: str) -> None:
        longest = max(self.waiting, key=lambda one: len(self.waiting[one]))
        if len(self.waiting[longest]) <= len(self.waiting.get(address, ())) + 1:
            raise Busy
        waiter = self.waiting[longest][-1]
        self._remove(longest, waiter)
        waiter.set_exception(Busy)

    def _remove(self, address: str, waiter: asyncio.Future[None]) -> None:
        self.waiting[address].remove(waiter)
        self.number_waiting -= 1
        if not self.waiting[address]:
            del self.waiting[address]

    def _is_next(self, address: str) -> bool:
        return self.free > 0 and self.running[address] < self.share

    def _take(self, address: str) -> None:
        self.free -= 1
        self.running[address] += 1

    def _release(self, address: str) -> None:
        """Give the thread to the first request of the next address."""
        self.free += 1
        self.running[address] -= 1
        if not self.running[address]:
            del self.running[address]
        while (following := next(filter(self._is_next, self.waiting), None)) is not None:
            waiter = self.waiting[following][0]
            self._remove(following, waiter)
            if following in self.waiting:
                self.waiting.move_to_end(following)
            self._take(following)
            waiter.set_result(None)
