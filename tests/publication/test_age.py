"""How old a stale list says it is."""

import threading
import time
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from catalog.models import AIModel
from catalog.publication import publisher, rebuilding, source
from catalog.publication.probe import Probe
from tests.clock import MoveClock, soon
from tests.factories import make_listed, make_price
from tests.publication.common import FEED, Outage

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_304_of_a_copy_says_that_it_is_one(client: Client, outage: Outage) -> None:
    make_listed()
    etag = client.get(FEED).headers["ETag"]
    outage.is_on = True
    answer = client.get(FEED, headers={"if-none-match": etag})
    assert answer.status_code == 304
    assert "detail=database-unreachable" in answer.headers["Cache-Status"]


def test_the_age_counts_from_when_it_was_last_checked(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    make_listed()
    publisher.current("openrouter")
    time.sleep(1.2)
    before = time.monotonic()
    publisher.current("openrouter")  # by the probe alone
    outage.is_on = True
    stale = publisher.current("openrouter").stale
    assert stale is not None
    assert stale.age <= time.monotonic() - before


@pytest.mark.parametrize("moment", ["a change", "a scheduled price"])
def test_the_age_of_a_list_that_cannot_be_rebuilt_counts_from_when_it_was_last_right(
    monkeypatch: pytest.MonkeyPatch, move_clock: MoveClock, moment: str
) -> None:
    model, scheduled = make_listed(), soon()
    make_price(model, "prompt", "0.0000077", effective_from=scheduled)
    publisher.current("openrouter")

    def broken(*args: Any) -> Any:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(rebuilding, "listing", broken)
    built = time.monotonic()
    while True:
        before = time.monotonic()
        stale = publisher.current("openrouter").stale  # by the probe alone, until it is outdated
        if stale is not None:
            break
        last_right = before
        if before - built > 1.5:
            AIModel.objects.update(name="Two") if moment == "a change" else move_clock(scheduled)
        time.sleep(0.05)
    assert stale.cause == "rebuild-failed"
    assert stale.age <= time.monotonic() - last_right


def test_the_age_of_a_format_that_a_change_outdated_unseen_counts_from_its_own_last_check(
    outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_listed()
    publisher.current("openrouter")
    before_catalog = time.monotonic()
    publisher.current("catalog")
    time.sleep(1.2)
    AIModel.objects.update(name="Two")
    before_openrouter = time.monotonic()
    publisher.current("openrouter")
    outage.is_on = True
    ages = {}
    for format_name in ("openrouter", "catalog"):
        stale = publisher.current(format_name).stale
        assert stale is not None
        ages[format_name] = stale.age
    now = time.monotonic()
    assert ages["openrouter"] <= now - before_openrouter
    assert 1 <= ages["catalog"] <= now - before_catalog


def test_after_a_restart_nobody_waits_longer_than_with_a_list(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    make_listed()
    publisher.current("openrouter")
    publisher.clear()
    monkeypatch.setattr(source, "REQUEST_TIMEOUT", 0.3)
    let_go, gave_up = threading.Event(), threading.Event()

    def silent(probe: Probe, patience: float) -> Any:
        if not let_go.wait(30):
            gave_up.set()
        raise OperationalError("no answer")

    monkeypatch.setattr(Probe, "ask", silent)
    try:
        assert publisher.current("openrouter").stale is not None
        assert not gave_up.is_set()
    finally:
        let_go.set()
