"""Entries that go without a recorded change stay in what is sent."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from catalog.models import AIModel, Price
from catalog.publication import publisher, source
from tests.factories import make_listed, make_price
from tests.publication.common import FEED, write_round_the_triggers
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)

LOSSES = {
    "deleted": "DELETE FROM catalog_price; DELETE FROM catalog_aimodel",
    "unlisted": "UPDATE catalog_aimodel SET is_listed_on_openrouter = false",
    "renamed": "UPDATE catalog_aimodel SET model_id = 'acme/other' WHERE model_id = 'acme/one'",
    "its tier lost": "DELETE FROM catalog_price WHERE service_tier = 'flex'",
    "its free variant lost": "UPDATE catalog_aimodel SET has_free_variant = false",
}


@pytest.mark.parametrize("sql", LOSSES.values(), ids=LOSSES.keys())
@pytest.mark.parametrize("is_restarted", [False, True])
def test_entries_that_no_recorded_change_explains_do_not_go(
    client: Client, caplog: pytest.LogCaptureFixture, sql: str, is_restarted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "RETRY", 0.05)
    model = make_listed("acme/one", has_free_variant=True)
    with transaction.atomic():
        make_price(model, "prompt", "0.00000005", service_tier="flex")
        make_price(model, "completion", "0.00000006", service_tier="flex")
    good = client.get(FEED)
    write_round_the_triggers(sql)
    if is_restarted:
        publisher.clear()
    else:
        make_listed("acme/zwei")  # moves the revision
    answer = client.get(FEED)
    assert answer.content == good.content
    assert "detail=rebuild-failed" in answer.headers["Cache-Status"]
    assert "without a recorded change: acme/one" in caplog.text
    call_command("accept_losses", verbosity=0)
    assert eventually(lambda: "Cache-Status" not in client.get(FEED).headers)
    assert client.get(FEED).content != good.content


CHANGES: dict[str, Callable[[AIModel], Any]] = {
    "unlisted": lambda model: AIModel.objects.update(is_listed_on_openrouter=False),
    "unlisted and deleted": lambda model: (AIModel.objects.update(is_listed_on_openrouter=False), model.delete()),
    "renamed": lambda model: AIModel.objects.update(model_id="acme/other"),
    "no longer free": lambda model: AIModel.objects.update(has_free_variant=False),
    "its tier ended": lambda model: Price.objects.bulk_create(
        [Price(ai_model=model, kind=kind, usd=None, service_tier="flex") for kind in ("prompt", "completion")]
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_entries_go_by_a_recorded_change(client: Client, change: Callable[[AIModel], Any]) -> None:
    model = make_listed("acme/one", has_free_variant=True)
    with transaction.atomic():
        make_price(model, "prompt", "0.00000005", service_tier="flex")
        make_price(model, "completion", "0.00000006", service_tier="flex")
    before = len(client.get(FEED).json()["data"])
    change(model)
    answer = client.get(FEED)
    assert "Cache-Status" not in answer.headers
    ids = [entry["id"] for entry in answer.json()["data"]]
    assert len(ids) < before or ids == ["acme/other"] * before


def test_losses_are_accepted_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "RETRY", 0.05)
    for number in range(3):
        make_listed(f"m{number}")
    client.get(FEED)
    call_command("accept_losses", verbosity=0)  # though there are none
    good = client.get(FEED)
    write_round_the_triggers("UPDATE catalog_aimodel SET is_listed_on_openrouter = false WHERE model_id = 'm1'")
    make_listed("m4")
    answer = client.get(FEED)
    assert answer.content == good.content
    assert "detail=rebuild-failed" in answer.headers["Cache-Status"]
