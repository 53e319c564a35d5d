"""Each fact that an offer states for itself is in a format, as that offer's alone, or the format says that it cannot carry it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from catalog.formats import FORMATS
from catalog.formats.format import Format
from catalog.listing import Entry, Listing, Selection, listing
from catalog.models import OFFER_FIELDS, AIModel, Lack, Variant
from catalog.openrouter.readiness.checklist import checklist
from tests.factories import OFFER_FACTS, make_datacenter, make_listed, make_price

pytestmark = pytest.mark.django_db

HAS: dict[str, Any] = {
    "deprecation_at": datetime(2031, 1, 1, 13, tzinfo=UTC),
    "max_prompt_length": 2000,
    "capacity_tpm": 9,
    "discount_to_user": Decimal("0.25"),
    "supported_sampling_parameters": ["stop"],
    "supported_features": ["reasoning"],
}
"""What the model has, so that an offer can be without it."""


def offer_of(entry: Entry) -> str:
    return "free" if entry.is_free else entry.service_tier


def shown() -> dict[str, dict[tuple[Any, ...], dict[str, Any]]]:
    """By format, the documents as they are written, by their keys and the offers that they are of."""
    read = {selection: listing(selection) for selection in Selection}
    return {name: documents(format_, read[format_.selection]) for name, format_ in FORMATS.items()}


def documents(format_: Format, content: Listing) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {
        (record.key, number, *map(offer_of, record.entries)): orjson.loads(orjson.dumps(record.document))
        for entries in content.models()
        for number, record in enumerate(format_.records(entries, content.provider))
    }


def stated(model: AIModel, variant: Variant) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each fact that an offer can state, and each that it can be without."""
    yield from ((name, {name: value}) for name, value in OFFER_FACTS.items())
    yield "datacenters", {"datacenters": [make_datacenter("nrt1", country="JP", name="Tokyo").pk]}
    yield from ((lack, {"without": [lack]}) for lack in Lack.values)


@pytest.mark.parametrize("variant", [Variant.FLEX, Variant.BATCH, Variant.FREE])
def test_each_fact_of_an_offer_is_its_own_in_each_format_or_the_format_says_what_it_leaves_out(variant: Variant) -> None:
    model = make_listed(has_free_variant=True, datacenters=(make_datacenter(),))
    for tier in ("flex", "batch"):
        for kind in ("prompt", "completion"):
            make_price(model, kind, "0.0000003", service_tier=tier)
    tested = set()
    for fact, own in stated(model, variant):
        has = {fact: HAS[fact]} if "without" in own else {}
        AIModel.objects.filter(pk=model.pk).update(**dict.fromkeys(HAS, None) | NOTHING | has)
        before = shown()
        offer = model.offers.create(variant=variant, **own)
        after = shown()
        (entry,) = (one for one in listing(Selection.EVERY).entries if offer_of(one) == variant)
        assert entry.own == (fact,)
        for name, format_ in FORMATS.items():
            assert after[name].keys() == before[name].keys()
            changed = [key for key, document in after[name].items() if document != before[name][key]]
            said = " ".join(format_.lost(entry))
            if not changed:
                # Not even of its model; and what costs nothing has no discount.
                is_nowhere = has and (fact in format_.without or (variant, fact) == (Variant.FREE, "discount_to_user"))
                assert fact in said or "not in it" in said or is_nowhere, (name, fact, said)
                continue
            tested.add((name, fact))
            assert f"states for itself has no key in it: {fact}" not in said, (name, fact)
            for key in changed:
                old, new = before[name][key], after[name][key]
                differ = {part for part in old.keys() | new.keys() if old.get(part) != new.get(part)}
                assert set(key[2:]) == {variant} or differ == {"offers"}, (name, fact, key, differ)
        offer.delete()
    assert {fact for name, fact in tested if name == "catalog"} == set(OFFER_FIELDS)
    feeds = {name for name, _ in tested} & {"openrouter", "openrouter-v2"}
    assert bool(feeds) is (variant is not Variant.BATCH)


NOTHING: dict[str, Any] = {"supported_sampling_parameters": [], "supported_features": []}


def test_the_checklist_names_the_offer_whose_fact_a_feed_cannot_carry() -> None:
    model = make_listed(
        input_modalities=["image"], output_modalities=["embeddings"], capacity_tpm=5, prices={"prompt": "0.0000001"}
    )
    make_price(model, "prompt", "0.0000003", service_tier="flex")
    make_price(model, "prompt", "0.0000004", service_tier="flex", min_prompt_tokens=2000)
    model.offers.create(variant="flex", context_length=1000, capacity_tpm=7)
    found = {finding.sentence for finding in checklist(Selection.LISTED)[1]}
    cannot = "Without text input, Model Document V2 cannot express"
    assert {f"{cannot} capacity_tpm.", f"The flex tier: {cannot} capacity_tpm."} <= found
    assert "The flex tier: A price for prompts above 2,000 tokens never applies: the context is 1,000." in found
    said = set(FORMATS["openrouter-v2"].lost(next(one for one in listing(Selection.LISTED).entries if one.own)))
    assert f"{cannot} capacity_tpm." in said
