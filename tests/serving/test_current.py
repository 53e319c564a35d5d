"""Many requests at once, one of which asks the database for all."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.publication import Identity, publisher
from catalog_site.serving.current_lists import Arrivals, CurrentLists

NAME = "openrouter"


def served(revision: int) -> Any:
    identity = Identity(NAME, revision, datetime(2026, 1, 1, tzinfo=UTC))
    return SimpleNamespace(stale=None, publication=SimpleNamespace(identity=identity))


def test_a_request_that_comes_when_the_question_of_others_was_just_answered_asks_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[float] = []

    def known(format_name: str, arrived: float) -> None:
        looks.append(arrived)
        assert len(looks) < 10, "It goes round and round, and no other request is answered."

    monkeypatch.setattr(publisher, "current_if_known", known)
    monkeypatch.setattr(publisher, "current", lambda format_name, arrived: served(2))

    async def ask() -> Any:
        current = CurrentLists()
        current.asking[NAME] = answered = asyncio.get_running_loop().create_future()
        answered.set_result(served(1))
        return await current.identity(NAME, 5.0)

    assert asyncio.run(ask()) == served(2).publication.identity
    assert looks == [5.0]


def test_requests_that_come_while_one_asks_wait_for_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def current(format_name: str, arrived: float) -> Any:
        asked.append(arrived)
        return served(1)

    monkeypatch.setattr(publisher, "current_if_known", lambda format_name, arrived: served(1) if asked else None)
    monkeypatch.setattr(publisher, "current", current)

    async def ask() -> list[Any]:
        one = CurrentLists()
        return await asyncio.gather(*(one.identity(NAME, 5.0) for _ in range(20)))

    assert asyncio.run(ask()) == [served(1).publication.identity] * 20
    assert asked == [5.0]


def test_requests_that_wait_for_the_loop_together_have_one_arrival_time_and_later_ones_a_later_one() -> None:
    async def main() -> tuple[list[float], list[float]]:
        loop, arrivals = asyncio.get_running_loop(), Arrivals()
        together: list[float] = []
        later: list[float] = []

        def first() -> None:
            together.append(arrivals.now())
            loop.call_soon(lambda: later.append(arrivals.now()))  # comes after the clock was read

        loop.call_soon(first)
        loop.call_soon(lambda: together.append(arrivals.now()))
        while not later:
            await asyncio.sleep(0)
        return together, later

    together, later = asyncio.run(main())
    assert together[0] == together[1] < later[0]


def test_what_is_known_of_an_arrival_time_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def known(format_name: str, arrived: float) -> Any:
        looks.append(arrived)
        return served(len(looks))

    monkeypatch.setattr(publisher, "current_if_known", known)

    async def ask() -> list[Any]:
        current = CurrentLists()
        return [await current.identity(NAME, arrived) for arrived in (5.0, 5.0, 6.0, 6.0)]

    assert [found.revision for found in asyncio.run(ask())] == [1, 1, 2, 2]
    assert looks == [5.0, 6.0]
