"""What is kept of the past, and what is sent of it while the database is away."""

import pytest
from django.db import OperationalError
from django.test import Client

from catalog import public_history
from catalog.public_history.cache import PublicationCache
from catalog.publication import Cause, Served, Stale, Unavailable, publisher
from tests.factories import make_model

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ADDRESSES = ("/api/v1/models/acme/one/prices", "/api/v1/changes", "/changes.atom", "/api/v1/models?at=2020-01-01")


def fail() -> int:
    raise OperationalError("gone")


def test_while_the_database_is_away_the_last_answer_goes_on_and_says_so() -> None:
    make_model()
    kept = PublicationCache[int](most=2)
    served = publisher.current("openrouter-api")
    stale = Served(served.publication, Stale(Cause.UNREACHABLE, 7))
    with pytest.raises(Unavailable):
        kept.get(stale, "one", lambda: 1)
    assert kept.get(served, "one", lambda: 1) == (1, served)
    assert kept.get(stale, "one", fail) == (1, stale)
    make_model("acme/two")
    moved = publisher.current("openrouter-api")
    assert kept.get(Served(moved.publication, stale.stale), "one", fail)[0] == 1  # an older one is better than none
    value, sent = kept.get(moved, "one", fail)
    assert (value, sent.stale and sent.stale.cause) == (1, Cause.FAILED)
    assert kept.get(moved, "one", lambda: 2) == (2, moved)
    with pytest.raises(Unavailable):
        kept.get(moved, "other", fail)


def test_between_two_that_are_made_there_is_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    make_model()
    served = publisher.current("openrouter-api")
    slept: list[float] = []
    monkeypatch.setattr("catalog.public_history.cache.time.sleep", slept.append)
    kept = PublicationCache[int](most=2, pause=1000)
    for key in (1, 2, 2):
        kept.get(served, key, lambda: 0)
    assert [seconds > 0 for seconds in slept] == [False, True]


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_cannot_be_read_is_a_503_or_the_last_answer_marked_as_stale(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    make_model()
    good = client.get(address)
    assert good.status_code == 200
    served = publisher.current("openrouter-api")
    stale = Served(served.publication, Stale(Cause.UNREACHABLE, 7))
    monkeypatch.setattr(publisher, "current", lambda name, arrived=None: stale)
    answer = client.get(address)
    assert (answer.status_code, answer.content, answer["Age"]) == (200, good.content, "7")
    assert "database-unreachable" in answer["Cache-Status"]
    public_history.clear_cache()
    answer = client.get(address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["error"]["code"] == 503
