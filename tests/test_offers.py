"""What an offer states for itself is its own: in every list, at every time, and nobody else's."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.formats import FORMATS, openrouter
from catalog.history import apply, differences, states
from catalog.listing import Entry, Selection, Status, listed_at, listing
from catalog.models import AIModel
from catalog.openrouter.readiness.checklist import checklist
from catalog.publication.rendering import render
from tests.factories import BASE, OFFER_ENDS, OFFER_FACTS, let_deferred_rules_speak, make_datacenter, make_listed, make_price

pytestmark = pytest.mark.django_db


def make_offered(*tiers: str, **facts: Any) -> AIModel:
    """A listed model that is sold in these tiers too."""
    model = make_listed(**facts)
    for tier in tiers:
        for kind, usd in BASE.items():
            make_price(model, kind, usd, service_tier=tier)
    return model


def entries(selection: Selection = Selection.PUBLIC) -> dict[str, Entry]:
    return {"free" if entry.is_free else entry.service_tier: entry for entry in listing(selection).entries}


def test_an_offer_says_for_itself_what_it_states_and_everything_else_as_the_model() -> None:
    model = make_offered("flex", "priority", has_free_variant=True, capacity_tpm=5)
    before = entries()
    place = make_datacenter("nrt1", country="JP")
    model.offers.create(variant="flex", datacenters=[place.pk], **OFFER_FACTS)
    after = entries()
    assert {name: after[name] for name in ("default", "priority", "free")} == {
        name: before[name] for name in ("default", "priority", "free")
    }
    flex = after["flex"].model
    for name, value in OFFER_FACTS.items():
        assert getattr(flex, name) == (tuple(value) if isinstance(value, list) else value)
    assert [place.code for place in flex.datacenters] == ["nrt1"]
    assert flex.status is Status.DEPRECATED
    assert set(after["flex"].own) == {*OFFER_FACTS, "datacenters"}
    changed = {name for name in flex._fields if getattr(flex, name) != getattr(before["flex"].model, name)}
    assert changed == {*OFFER_FACTS, "datacenters", "status"}


@pytest.mark.parametrize("variant", ["flex", "free"])
def test_the_free_variant_and_a_tier_do_not_speak_for_each_other(variant: str) -> None:
    make_offered("flex", has_free_variant=True).offers.create(variant=variant, is_ready=False, capacity_tpm=3)
    found = entries(Selection.LISTED)
    assert {name for name, entry in found.items() if not entry.model.is_ready} == {variant}
    documents = {name: openrouter.entry_document(entry) for name, entry in found.items()}
    assert {name for name, document in documents.items() if "capacity_tpm" in document} == {variant}


def test_an_offer_can_be_without_what_its_model_has() -> None:
    lacks = {"capacity_tpm": 9, "discount_to_user": Decimal("0.1"), "deprecation_at": OFFER_ENDS, "max_prompt_length": 10}
    words = {"supported_sampling_parameters": ["seed"], "supported_features": ["tools"]}
    model = make_offered("flex", **lacks, **words)
    model.offers.create(variant="flex", without=[*lacks, *words])
    found = entries()
    assert [getattr(found["flex"].model, name) for name in lacks] == [None] * 4
    assert [getattr(found["flex"].model, name) for name in words] == [(), ()]
    assert found["flex"].model.status is Status.AVAILABLE
    assert found["default"].model.status is Status.DEPRECATED


def test_what_an_offer_takes_over_fits_its_own_context() -> None:
    model = make_offered("flex", "priority", max_prompt_length=100_000)
    model.offers.create(variant="flex", context_length=1000)
    model.offers.create(variant="priority", max_output_length=131_073)
    found = entries(Selection.LISTED)
    flex = found["flex"].model
    assert (flex.context_length, flex.max_prompt_length, flex.max_output_length) == (1000, 1000, 1000)
    assert found["priority"].model.max_output_length == 131_072
    let_deferred_rules_speak()


def test_an_offer_that_is_not_sold_is_in_no_list() -> None:
    model = make_offered()
    before = {name: render(name).body for name in FORMATS}
    for variant in ("flex", "batch", "free"):
        model.offers.create(variant=variant, is_ready=False)
    assert {name: render(name).body for name in FORMATS} == before


def test_the_end_of_an_offer_is_a_moment_at_which_the_list_changes() -> None:
    make_offered("flex").offers.create(variant="flex", deprecation_at=OFFER_ENDS)
    assert listing(Selection.LISTED).valid_until == OFFER_ENDS
    after = {entry.service_tier: entry.model.status for entry in listing(Selection.LISTED, at=OFFER_ENDS).entries}
    assert after == {"default": Status.AVAILABLE, "flex": Status.RETIRED}
    assert listed_at([(OFFER_ENDS, ["acme/one"])])[0].entries == listing(Selection.LISTED, at=OFFER_ENDS).entries


def test_as_many_queries_for_many_offers_as_for_none() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            listing(Selection.LISTED)
        return len(captured)

    model = make_offered("flex", "priority")
    none = queries()
    for variant in ("flex", "priority", "free"):
        model.offers.create(variant=variant, capacity_tpm=1)
    assert queries() == none


def test_batch_is_a_tier_of_its_own_that_openrouter_has_not() -> None:
    make_offered()
    before = {name: render(name).body for name in ("openrouter", "openrouter-v2", "wandb")}
    make_price(AIModel.objects.get(), "prompt", "0.00000005", service_tier="batch")
    let_deferred_rules_speak()  # a listed model needs no complete prices in it
    assert {name: render(name).body for name in before} == before
    assert set(entries()) == {"default", "batch"}
    lost = {name: " ".join(format_.lost(entries()["batch"])) for name, format_ in FORMATS.items()}
    assert all("batch tier" in lost[name] for name in before if name != "wandb")
    costs = orjson.loads(render("litellm").body)["acme/one"]
    assert costs["input_cost_per_token_batches"] == 5e-08
    (row,) = (row for row in orjson.loads(render("catalog").body)["data"][0]["pricing_rows"] if "service_tier" in row)
    assert row["service_tier"] == "batch"
    assert "tier-not-on-openrouter" in {finding.code for finding in checklist(Selection.EVERY)[1]}


def test_formats_carry_an_offers_facts_or_say_that_they_do_not() -> None:
    make_offered("flex", has_free_variant=True).offers.create(variant="flex", **{**OFFER_FACTS, "is_ready": None})
    flex = entries()["flex"]
    said = {name for name, format_ in FORMATS.items() if any("states for itself" in one for one in format_.lost(flex))}
    assert said == {"litellm", "models-dev", "wandb", "app", "openrouter-api"}
    (offer,) = orjson.loads(render("catalog").body)["data"][0]["offers"]
    assert offer == {
        "service_tier": "flex",
        "status": "deprecated",
        "deprecation_date": "2030-01-01",
        "context_length": 1000,
        "max_prompt_tokens": 900,
        "max_output_tokens": 100,
        "capacity_tpm": 7,
        "discount_to_user": 0.5,
        "supported_parameters": [{"name": "seed", "type": "integer"}],
        "features": ["function_calling"],
    }


def test_readiness_names_the_offer_that_a_fact_is_of() -> None:
    make_offered("flex").offers.create(variant="flex", is_ready=False)
    found = [finding.sentence for finding in checklist(Selection.LISTED)[1] if finding.code == "not-ready"]
    assert found == ["The flex tier: It is not ready: OpenRouter hides it."]


def test_differences_of_offers_can_be_restored() -> None:
    model = make_offered("flex", has_free_variant=True, capacity_tpm=1)
    place = make_datacenter("nrt1", country="JP")
    nothing = states([model.pk])[model.pk]
    model.offers.create(variant="flex", datacenters=[place.pk], **OFFER_FACTS)
    model.offers.create(variant="free", without=["capacity_tpm"])
    full = states([model.pk])[model.pk]
    assert full["offer", "flex", "datacenters"] == ["nrt1"]
    apply(model, differences(full, nothing))
    assert states([model.pk])[model.pk] == nothing
    assert not model.offers.exists()
    apply(model, differences(nothing, full))
    assert states([model.pk])[model.pk] == full
    let_deferred_rules_speak()


def test_the_standard_catalog_has_the_capacity_that_an_offer_states_for_itself() -> None:
    model = make_offered("flex", "priority", has_free_variant=True, capacity_tpm=1)
    model.offers.create(variant="flex", capacity_tpm=7)
    model.offers.create(variant="priority", is_ready=False)
    model.offers.create(variant="free", without=["capacity_tpm"])
    (item,) = orjson.loads(render("catalog").body)["data"]
    assert "capacity_tpm" not in item
    assert {one.get("service_tier", "free"): one.get("capacity_tpm", "as the model") for one in item["offers"]} == {
        "flex": 7,
        "priority": "as the model",
        "free": None,
    }
    lost = {name: list(FORMATS["catalog"].lost(entry)) for name, entry in entries().items()}
    assert {name for name, sentences in lost.items() if any("capacity" in one for one in sentences)} == {
        "default",
        "priority",
    }
