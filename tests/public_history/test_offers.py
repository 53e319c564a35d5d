"""What is told of the offers of models: that they come and go, and what they state for themselves, each for itself alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pghistory
import pytest
from django.test import Client

from catalog.models import AIModel, Offer
from tests import clock
from tests.clock import MoveClock
from tests.factories import make_datacenter, make_model, make_price
from tests.public_history.test_changes import changes
from tests.site.common import page
from tests.site.test_changes import items

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
FAR = datetime(2099, 12, 26, 14, tzinfo=UTC)
LATER = timedelta(hours=2)
WHICH = ("service_tier", "is_free", "from", "to")


def offers_of(client: Client) -> list[tuple[Any, ...]]:
    """The changes of offers, oldest first, those of one moment backwards: the kind, and what is said of the offer."""
    told = changes(client, kind="offer_added,offer_removed,offer_changed", model="acme/one")
    return [(one["kind"], {name: one[name] for name in WHICH if name in one}) for one in told[::-1]]


def test_the_life_of_an_offer_is_told_and_its_model_is_not_spoken_of(client: Client, move_clock: MoveClock) -> None:
    model = make_model(has_free_variant=True)
    place = make_datacenter()
    model.offers.create(variant="free", context_length=7)  # a part of the model's being added

    def later() -> datetime:
        move_clock(clock.now() + LATER)
        return clock.now()

    make_price(model, "prompt", "0.0000005", service_tier="flex", effective_from=later())
    offer = model.offers.create(variant="flex", context_length=1000)  # a part of the offer's being added
    later()
    facts: dict[str, Any] = {"context_length": 2000, "discount_to_user": Decimal("0.25"), "deprecation_at": FAR}
    Offer.objects.filter(pk=offer.pk).update(is_ready=False, datacenters=[place.pk], without=["capacity_tpm"], **facts)
    later()
    Offer.objects.filter(pk=offer.pk).update(deprecation_at=None, supported_features=["tools"])
    make_price(model, "prompt", None, service_tier="flex", effective_from=later())
    Offer.objects.filter(pk=offer.pk).update(context_length=4711)
    AIModel.objects.filter(pk=model.pk).update(has_free_variant=False)
    flex = {"service_tier": "flex"}
    told = offers_of(client)
    assert told == [
        ("offer_added", flex),
        (
            "offer_changed",
            flex
            | {
                "from": {"context_length": 1000},
                "to": {
                    "is_ready": False,
                    "deprecation_at": "2099-12-26T14:00:00Z",
                    "context_length": 2000,
                    "capacity_tpm": None,
                    "discount_to_user": "0.25",
                },
            },
        ),
        (
            "offer_changed",
            flex | {"from": {"deprecation_at": "2099-12-26T14:00:00Z"}, "to": {"supported_features": ["tools"]}},
        ),
        ("offer_removed", flex),
        ("offer_removed", {"is_free": True}),
    ]
    assert not changes(client, kind="deprecated,undeprecated")
    entries = ElementTree.fromstring(client.get("/changes.atom?kind=offer_changed,offer_added").content).findall("{*}entry")
    titles = [entry.findtext("{*}title") for entry in entries]
    assert titles == ["Offer changed: Acme One, Flex (acme/one)"] * 2 + ["New offer: Acme One, Flex (acme/one)"]
    assert entries[1].findtext("{*}summary") == (
        "Ready: same as the model → no<br>Deprecation: same as the model → 2099-12-26 14:00 UTC<br>Context length: 1000 → 2000<br>"
        "Capacity (tokens per minute): same as the model → none<br>Discount to user: same as the model → 0.25"
    )
    assert len({entry.findtext("{*}id") for entry in entries}) == 3
    shown = items(page(client, "/changes?kind=offer_changed"))
    assert shown[1].startswith("Offer changed Acme One acme/one · Flex Status: same as the model Not available now")
    assert "Context length: 1,000 tokens 2,000 tokens" in shown[1]
    assert "Discount: same as the model 25%" in shown[1]
    assert "Offre modifiée Acme One acme/one · Flex" in items(page(client, "/changes?kind=offer_changed", "fr"))[0]


def test_nothing_is_told_of_an_offer_that_is_not_sold_or_whose_model_is_not_public(
    client: Client, move_clock: MoveClock
) -> None:
    model = make_model(is_public=False)
    with pghistory.context(user=4711, source="nobody-may-know"):
        offer = model.offers.create(variant="flex", context_length=4242, deprecation_at=FAR + LATER)
        Offer.objects.filter(pk=offer.pk).update(context_length=4243, deprecation_at=FAR)
    assert offers_of(client) == []
    move_clock(clock.now() + LATER)
    AIModel.objects.filter(pk=model.pk).update(is_public=True)
    assert offers_of(client) == []  # public, and not sold
    move_clock(clock.now() + LATER)
    make_price(model, "prompt", "0.0000005", service_tier="flex", effective_from=clock.now())
    make_price(model, "prompt", None, service_tier="flex", effective_from=FAR)  # ahead
    assert offers_of(client) == [
        (
            "offer_changed",
            {"service_tier": "flex", "from": {}, "to": {"deprecation_at": "2099-12-26T14:00:00Z"}},
        ),
        ("offer_added", {"service_tier": "flex"}),
    ]
    for address in ("/api/v1/changes", "/changes.atom", "/changes.rss", "/changes"):
        content = client.get(address).content
        assert b"acme/one" in content
        assert not [one for one in (b"nobody-may-know", b"4711", b"4242", b"4,242") if one in content], address
    AIModel.objects.filter(pk=model.pk).update(is_public=False, is_mentioned_after_removal=True)
    Offer.objects.filter(pk=offer.pk).update(deprecation_at=FAR + LATER)
    assert [kind for kind, _ in offers_of(client)] == ["offer_changed", "offer_added"]
