"""What is published: how fresh it is, and how often the database is read for it."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.models import AIModel
from catalog.publication import Unavailable, publisher, rebuilding, source
from tests.clock import MoveClock, soon
from tests.factories import make_listed, make_price
from tests.publication.common import FEED, Outage, name
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the database was read for a list."""
    reads: list[Any] = []
    read: Any = vars(rebuilding)["listing"]

    def counted(*args: Any, **kwargs: Any) -> Any:
        reads.append(args)
        return read(*args, **kwargs)

    monkeypatch.setattr(rebuilding, "listing", counted)
    return lambda: len(reads)


def test_a_list_is_read_once_while_nothing_moves_and_shared_by_formats_of_one_selection(count: Callable[[], int]) -> None:
    make_listed()
    first = publisher.current("openrouter").publication
    assert publisher.current("openrouter").publication is first
    publisher.current("openrouter-v2")
    assert count() == 1
    AIModel.objects.update(name="Two")
    assert publisher.current("openrouter").publication is not first
    assert count() == 2


def test_many_at_once_are_answered_by_one_rebuild(count: Callable[[], int]) -> None:
    make_listed()
    found = []
    threads = [threading.Thread(target=lambda: found.append(publisher.current("openrouter").publication)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({id(publication) for publication in found}) == 1
    assert (len(found), count()) == (20, 1)


def test_a_change_is_seen_at_once_without_staleness_and_at_its_bound_with_it(settings: Settings, outage: Outage) -> None:
    make_listed()
    assert name() == "Acme One"
    AIModel.objects.update(name="Two")
    assert name() == "Two"
    settings.FEED_MAX_STALENESS = 3600
    asked = outage.questions
    AIModel.objects.update(name="Three")
    assert name() == "Two"
    assert outage.questions == asked  # within the bound nobody asks
    settings.FEED_MAX_STALENESS = 0
    assert name() == "Three"


def test_what_is_known_without_waiting_is_given_without_a_question(settings: Settings, outage: Outage) -> None:
    make_listed()
    assert publisher.current_if_known("openrouter") is None
    current = publisher.current("openrouter")
    assert publisher.current_if_known("openrouter") is None  # each request has to ask
    settings.FEED_MAX_STALENESS = 3600
    asked = outage.questions
    assert publisher.current_if_known("openrouter") == current
    assert publisher.current_if_known("catalog") is None
    assert outage.questions == asked


def test_a_scheduled_moment_ends_a_list_whatever_the_staleness(settings: Settings, move_clock: MoveClock) -> None:
    settings.FEED_MAX_STALENESS = 3600
    model, moment = make_listed(), soon()
    make_price(model, "prompt", "0.0000077", effective_from=moment)
    assert b"0.0000077" not in publisher.current("openrouter").publication.body
    move_clock(moment)
    assert b"0.0000077" not in publisher.current("openrouter").publication.body  # nobody has asked the database
    known = publisher.source.known
    assert known is not None
    publisher.source.known = known._replace(clock=known.clock + 3600)  # as if the time had passed for this process too
    assert eventually(lambda: b"0.0000077" in publisher.current("openrouter").publication.body)


def test_inside_a_transaction_its_own_view_is_seen_and_nobody_elses_list_is_touched() -> None:
    make_listed()
    before = publisher.current("openrouter").publication
    with transaction.atomic():
        AIModel.objects.update(name="Never")
        assert b"Never" in publisher.current("openrouter").publication.body
        transaction.set_rollback(True)
    assert publisher.current("openrouter").publication is before


def test_a_failed_rebuild_leaves_the_next_one_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    make_listed()
    render: Any = vars(rebuilding)["render"]
    seen: list[str] = []

    def look(name: str, content: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout') || current_setting('default_transaction_read_only')")
            seen.append(cursor.fetchone()[0])
        if len(seen) == 1:
            raise AssertionError("broken row")
        return render(name, content)

    monkeypatch.setattr(rebuilding, "render", look)
    monkeypatch.setattr(source, "RETRY", 0.0)
    with pytest.raises(Unavailable):
        publisher.current("openrouter")
    publisher.current("openrouter")
    assert seen == ["3son", "3son"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_web_hosts_clock_that_is_an_hour_off_changes_no_list(
    client: Client, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    model = make_listed()
    make_price(model, "prompt", "0.0000077", effective_from=timezone.now() + timedelta(minutes=30))
    good = client.get(FEED)

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Shifted":
            return cls.fromtimestamp(time.time() + hours * 3600, tz)

    monkeypatch.setattr("catalog.sending.datetime", Shifted)
    publisher.clear()
    answer = client.get(FEED)
    assert (answer.status_code, answer.content) == (200, good.content)
    assert "Age" not in answer.headers
