"""The limit on the bytes of long answers: shared by addresses, taken from those that read slowly."""

import asyncio
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from catalog_site.serving import bodies
from catalog_site.serving.application import Application
from catalog_site.serving.limits import Refused
from catalog_site.serving.send_budget import SendBudget
from tests.asgi import scope
from tests.serving.common import until

KIB = 1024


def test_an_address_has_a_quarter_and_one_answer_always_fits(settings: Settings) -> None:
    settings.MAX_SENDING = 4000
    budget = SendBudget()
    with budget.reserve("a", 600):
        with budget.reserve("a", 400), pytest.raises(Refused) as refused, budget.reserve("a", 1):
            pass
        assert refused.value.status == 429
    with budget.reserve("a", 9000):
        assert budget.bytes == 1000
    assert (budget.bytes, budget.held, budget.reservations) == (0, {}, {})


def test_a_full_budget_takes_from_the_address_with_most_for_one_with_less(settings: Settings) -> None:
    settings.MAX_SENDING = 4000

    async def main() -> None:
        budget, ended = SendBudget(), []

        async def slow(name: str, address: str | None, size: int) -> None:
            with budget.reserve(address, size) as reservation:
                try:
                    async with asyncio.timeout(60) as reservation.timeout:
                        await asyncio.Event().wait()
                except TimeoutError:
                    ended.append(name)

        tasks = [asyncio.create_task(slow(f"{address}{number}", address, 500)) for number in (1, 2) for address in "abcd"]
        await asyncio.sleep(0)
        assert budget.bytes == 4000
        with budget.reserve("poller", 100):
            await asyncio.sleep(0.01)
            assert len(ended) == 1
            assert ended[0].endswith("1")  # its oldest
            with budget.reserve("poller", 100):
                assert budget.bytes <= 4000
        with pytest.raises(Refused) as refused, budget.reserve("e", 1000):  # as much as those with most
            pass
        assert refused.value.status == 503
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (budget.bytes, budget.held, budget.reservations) == (0, {}, {})

    asyncio.run(main())


def test_clients_that_cannot_be_told_apart_lose_nothing_to_others(settings: Settings) -> None:
    settings.MAX_SENDING = 4000
    budget = SendBudget()
    with budget.reserve(None, 1000), budget.reserve(None, 1000), budget.reserve(None, 1000), budget.reserve(None, 1000):
        with pytest.raises(Refused) as refused, budget.reserve("a", 1):
            pass
        assert refused.value.status == 503


LONG = 500 * KIB
"""More than one chunk."""


def long_answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"x" * LONG]


class Reader:
    """A client that takes so many messages, and no more until it is let."""

    def __init__(self, site: Application, address: str, takes: int = 2) -> None:
        self.messages: list[dict[str, Any]] = []
        self.goes_on = asyncio.Event()
        self.takes = takes

        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            return {}

        async def send(message: dict[str, Any]) -> None:
            if len(self.messages) >= self.takes:
                await self.goes_on.wait()
            self.messages.append(message)

        headers = {"host": "localhost"}
        self.task = asyncio.ensure_future(site(scope("GET", "/x", headers, address), receive, send))

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def length(self) -> int:
        return sum(len(message.get("body", b"")) for message in self.messages)


def test_slow_readers_are_refused_at_their_share_and_cut_off_for_others(settings: Settings) -> None:
    settings.MAX_SENDING = 4 * 2 * LONG

    async def main() -> None:
        site = Application(long_answer)
        slow = [Reader(site, f"198.51.100.{number % 4}") for number in range(12)]
        await until(lambda: sum(reader.task.done() for reader in slow) == 4)
        refused = [reader.status for reader in slow if reader.task.done() and reader.length < 64 * KIB]
        assert refused == [429] * 4  # each address has room for two
        assert site.send_budget.bytes <= settings.MAX_SENDING
        poller = Reader(site, "203.0.113.1", takes=1000)
        await until(poller.task.done)
        assert (poller.status, poller.length) == (200, LONG)
        assert len(site.connections.abandoned) == 1
        for reader in slow:
            reader.goes_on.set()
        await asyncio.gather(*(reader.task for reader in slow))
        assert site.send_budget.bytes == 0
        complete = [reader.length for reader in slow if reader.status == 200]
        assert complete.count(LONG) == len(complete) - 1 == 7

    asyncio.run(main())


def test_a_reader_that_takes_a_little_at_a_time_is_let_go(settings: Settings) -> None:
    settings.CLIENT_TIMEOUT, settings.CLIENT_MIN_RATE = 0.1, 10_000_000

    async def main() -> None:
        async def send(message: dict[str, Any]) -> None:
            if message.get("body"):
                await asyncio.sleep(0.08)  # in time for each piece, at less than half of the rate

        with SendBudget().reserve("a", KIB) as reservation:
            assert not await bodies.write_long(send, 200, [], b"x" * 1024 * KIB, reservation)

    asyncio.run(main())
