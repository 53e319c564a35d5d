"""Threads and who waits for them: order, limits, shares."""

import asyncio

import pytest
from pytest_django.fixtures import Settings

from catalog_site.serving.limits import Limits, Refused
from catalog_site.serving.thread_pools import Busy, ClientDisconnected, ThreadPool
from tests.serving.common import Held, until


def test_who_waits_for_a_thread_waits_in_the_order_of_addresses() -> None:
    async def main() -> list[str]:
        pool, held = ThreadPool("test", 1, 10, 30), Held()
        first = asyncio.create_task(pool.run("a", held.work("a1")))
        await until(lambda: held.started == ["a1"])
        tasks = []
        for name in ("a2", "a3", "a4", "b1", "c1", "b2"):
            tasks.append(asyncio.create_task(pool.run(name[0], held.work(name))))
            await until(lambda: pool.number_waiting == len(tasks))
        held.gate.set()
        await asyncio.gather(first, *tasks)
        assert (pool.free, pool.number_waiting, dict(pool.waiting)) == (1, 0, {})
        return held.started

    assert asyncio.run(main()) == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


def test_one_address_does_not_take_every_thread() -> None:
    async def main() -> None:
        pool, held = ThreadPool("test", 4, 10, 30, share=2), Held()
        tasks = [asyncio.create_task(pool.run("a", held.work(f"a{n}"))) for n in range(4)]
        await until(lambda: pool.number_waiting == 2 and len(held.started) == 2)
        tasks.append(asyncio.create_task(pool.run("b", held.work("b0"))))
        await until(lambda: len(held.started) == 3)
        assert (held.started, pool.free) == (["a0", "a1", "b0"], 1)
        held.gate.set()
        assert await asyncio.gather(*tasks) == ["a0", "a1", "a2", "a3", "b0"]
        assert (pool.free, dict(pool.running), pool.number_waiting) == (4, {}, 0)

    asyncio.run(main())


def test_a_full_queue_refuses_the_address_that_has_most_in_it() -> None:
    async def main() -> None:
        pool, held = ThreadPool("test", 1, 3, 30), Held()
        first = asyncio.create_task(pool.run("a", held.work("a1")))
        waiting = [asyncio.create_task(pool.run("a", held.work(f"a{n}"))) for n in (2, 3, 4)]
        await until(lambda: pool.number_waiting == 3)
        with pytest.raises(Busy):
            await pool.run("a", held.work("a5"))
        other = asyncio.create_task(pool.run("b", held.work("b1")))
        with pytest.raises(Busy):
            await waiting.pop()
        held.gate.set()
        assert await asyncio.gather(first, *waiting, other) == ["a1", "a2", "a3", "b1"]
        assert pool.free == 1

    asyncio.run(main())


def test_who_waits_too_long_or_leaves_is_not_run() -> None:
    async def main() -> None:
        pool, held = ThreadPool("test", 1, 3, 0.05), Held()
        first = asyncio.create_task(pool.run("a", held.work("a1")))
        await until(lambda: held.started == ["a1"])
        with pytest.raises(Busy):
            await pool.run("b", held.work("b1"))

        async def left() -> None:
            return

        with pytest.raises(ClientDisconnected):
            await pool.run("b", held.work("b2"), left)
        held.gate.set()
        await first
        assert held.started == ["a1"]
        assert (pool.free, pool.number_waiting) == (1, 0)

    asyncio.run(main())


def test_work_that_fails_gives_its_thread_back() -> None:
    async def main() -> None:
        pool = ThreadPool("test", 1, 3, 1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await pool.run("a", lambda: 1 / 0)
        assert await pool.run("a", lambda: 1) == 1

    asyncio.run(main())


def test_an_address_has_its_share_and_the_site_a_limit(settings: Settings) -> None:
    settings.MAX_REQUESTS, settings.MAX_REQUESTS_PER_ADDRESS = 3, 2
    limits = Limits()
    with limits.request("a"), limits.request("a"):
        with pytest.raises(Refused) as refused, limits.request("a"):
            pass
        assert refused.value.status == 429
        with limits.request("b"), pytest.raises(Refused) as refused, limits.request(None):
            pass
        assert refused.value.status == 503
    with limits.request("a"):
        assert limits.at_once == {"a": 1}
    assert (limits.total, limits.at_once) == (0, {})


def test_a_rate_comes_back_evenly(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REQUESTS_PER_MINUTE = 2
    now = 1000.0
    monkeypatch.setattr("catalog_site.serving.limits.time.monotonic", lambda: now)
    limits = Limits()
    limits.spend("a")
    limits.spend("a")
    with pytest.raises(Refused) as refused:
        limits.spend("a")
    assert (refused.value.status, refused.value.retry_after) == (429, 30)
    limits.spend("b")
    limits.spend(None)
    now += 31
    limits.spend("a")
    with pytest.raises(Refused):
        limits.spend("a")
