"""Threads for what blocks, and the queue in front of them."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
Left = Callable[[], Awaitable[None]]


class Busy(Exception):
    """The queue is full, or the request has waited in it for too long."""


class Gone(Exception):
    """The client left while its request waited."""


class Lane:
    """A number of threads. Who waits for one waits in the order of addresses, so that many requests of one address hold up that
    address. A full queue refuses the latest request of the address that has the most in it."""

    def __init__(self, name: str, threads: int, most_waiting: int, patience: float) -> None:
        self.pool = ThreadPoolExecutor(threads, name)
        self.free = threads
        self.most_waiting = most_waiting
        self.patience = patience
        self.waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.number_waiting = 0

    async def run(self, address: str, work: Callable[[], Result], left: Left | None = None) -> Result:
        """What ``work`` returns, run in a thread. ``left`` ends when the client leaves. Raises ``Busy`` and ``Gone``."""
        if self.free:
            self.free -= 1
        else:
            await self._wait(address, left)
        running = asyncio.get_running_loop().run_in_executor(self.pool, work)
        running.add_done_callback(lambda _: self._release())
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

    def _release(self) -> None:
        """Give the thread to the first request of the address whose turn it is."""
        if not self.waiting:
            self.free += 1
            return
        address, turns = next(iter(self.waiting.items()))
        turn = turns[0]
        self._remove(address, turn)
        if address in self.waiting:
            self.waiting.move_to_end(address)
        turn.set_result(None)
