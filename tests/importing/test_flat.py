"""Reading OpenRouter's flat listing as it occurs in the wild, and what becomes of the catalog."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pghistory.models
import pytest
from django.utils import timezone

from catalog.listing import revision
from catalog.models import AIModel, Datacenter, Price
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.importing.flat import Import, entry, in_force

pytestmark = pytest.mark.django_db


def test_a_new_model_is_imported_unlisted_with_all_its_facts(run: Import) -> None:
    answer = run(entry(openrouter={"slug": "acme/one-slug"}, datacenters=[{"country_code": "JP"}], capacity_tpm=5))
    assert (answer.code, answer.plan["created"]) == (0, ["acme/one"])
    model = AIModel.objects.get()
    assert not model.is_listed_on_openrouter
    assert (model.author, model.category, model.capacity_tpm) == ("acme", "text", 5)
    assert model.released_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert [place.country.code for place in model.datacenters.all()] == ["JP"]
    assert in_force() == {"prompt": Decimal("0.0000001"), "completion": Decimal("0.0000002")}


def test_listing_is_asked_for_and_only_of_complete_models(run: Import) -> None:
    answer = run(entry(), entry(id="bare", quantization=..., pricing=...), list_on_openrouter=True)
    assert answer.plan["listed"] == ["acme/one"]
    assert {said["field"] for said in answer.plan["missing"]} == {"quantization", "prices"}
    assert list(AIModel.objects.listed().values_list("model_id", flat=True)) == ["acme/one"]


def test_the_second_run_changes_nothing_at_all(run: Import) -> None:
    run(entry(datacenters=[{"country_code": "DE"}]), list_on_openrouter=True)
    before = revision()[0], pghistory.models.Events.objects.count()
    answer = run(entry(datacenters=[{"country_code": "DE"}]), list_on_openrouter=True)
    assert answer.plan["unchanged"] == ["acme/one"]
    assert (answer.plan["created"], answer.plan["changes"]) == ([], [])
    assert (revision()[0], pghistory.models.Events.objects.count()) == before


def test_a_dry_run_says_the_same_and_changes_nothing(run: Import) -> None:
    before = revision()[0]
    rehearsed = run(entry(), dry_run=True, list_on_openrouter=True).plan
    assert (AIModel.objects.count(), revision()[0]) == (0, before)
    assert [one["code"] for one in rehearsed.pop("openrouter")] == ["entry-new"]
    assert run(entry(), list_on_openrouter=True).plan == rehearsed


def test_what_differs_is_changed_and_said_and_the_flag_is_kept(run: Import) -> None:
    make_listed("acme/one", description="Ours", supported_features=["tools"], hugging_face_id="Acme/One")
    answer = run(entry(name="Acme Two", pricing={"prompt": "0.0000005", "completion": "0.0000002"}), confirm="acme/one")
    changes = {(change["field"], change["old"], change["new"]) for change in answer.plan["changes"]}
    assert ("name", "Acme One", "Acme Two") in changes
    assert ("price of prompt per token", "0.0000001", "0.0000005") in changes
    model = AIModel.objects.get()
    assert model.is_listed_on_openrouter
    assert model.description == "Ours"
    assert model.prices.filter(kind="prompt").count() == 2


def test_what_is_not_stated_any_more_is_ended_if_the_format_could_state_it(run: Import) -> None:
    model = make_listed(prices={"prompt": "0.0000001", "completion": "0.0000002", "input_cache_read": "0.1", "audio": "1"})
    make_price(model, "prompt", "1", min_prompt_tokens=9)
    soon = make_price(model, "prompt", "2", effective_from=timezone.now() + timedelta(days=1))
    run(entry())
    assert in_force()["input_cache_read"] is None
    assert in_force()["audio"] == 1
    assert model.prices.filter(min_prompt_tokens=9, usd=None).exists()
    assert Price.objects.filter(pk=soon.pk).exists()


def test_a_zero_for_image_and_request_is_the_formats_filler(run: Import) -> None:
    run(entry(pricing={"prompt": "0", "completion": "0", "image": "0", "request": 0, "input_cache_read": "0"}))
    assert in_force() == {"prompt": 0, "completion": 0, "input_cache_read": 0}
    make_price(AIModel.objects.get(), "image", "0", unit="image")
    assert (
        run(entry(pricing={"prompt": "0", "completion": "0", "image": "0", "input_cache_read": "0"})).plan["changes"] == []
    )


def test_a_completion_of_zero_is_a_filler_where_no_text_is_generated(run: Import) -> None:
    embeds = entry(output_modalities=["embeddings"], pricing={"prompt": "0.0000001", "completion": "0"})
    run(embeds)
    assert in_force() == {"prompt": Decimal("0.0000001")}
    make_price(AIModel.objects.get(), "completion", "0")
    assert run(embeds).plan["changes"] == []
    run(entry(id="acme/paints", output_modalities=["image"], pricing={"prompt": "0", "completion": "0", "request": "0.04"}))
    assert list(AIModel.objects.get(model_id="acme/paints").prices.values_list("kind", flat=True)) == ["request"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("$0.00000055", "0.00000055"),
        ("5.5e-07", "0.00000055"),
        (" 0.00000055 ", "0.00000055"),
        (0.00000055, "0.00000055"),
        (0, "0"),
        ("0.00000000006920415225", "0.00000000006920415225"),
        ("0.000000000000000000000001", "0.000000000000000000000001"),
        (".5e-6", "0.0000005"),
    ],
)
def test_prices_are_read_as_they_are_meant(run: Import, written: Any, meant: str) -> None:
    assert run(entry(pricing={"prompt": written, "completion": "0"})).code == 0
    assert in_force()["prompt"] == Decimal(meant)


def test_numbers_in_json_are_decimals_from_the_first_digit(run: Import) -> None:
    prices = '{"prompt": 1.23456789012345678e-7, "completion": 0}'
    assert run(text=json.dumps({"data": [entry(pricing="X")]}).replace('"X"', prices)).code == 0
    assert in_force()["prompt"] == Decimal("0.000000123456789012345678")


@pytest.mark.parametrize(
    ("keys", "field", "value"),
    [
        ({"hugging_face_id": ..., "hf_slug": "Acme/Two"}, "hugging_face_id", "Acme/Two"),
        ({"hugging_face_id": "", "hf_slug": "Acme/Two"}, "hugging_face_id", "Acme/Two"),
        ({"context_window": 1}, "context_length", 8192),
        ({"context_length": ..., "context_window": 9000}, "context_length", 9000),
        ({"context_length": ..., "max_context_length": 9000, "max_model_len": 1}, "context_length", 9000),
        ({"context_length": ..., "max_context_tokens": 9000}, "context_length", 9000),
        ({"context_length": ..., "max_model_len": 9000}, "context_length", 9000),
        ({"max_completion_tokens": 100, "max_output_tokens": 50}, "max_output_length", 100),
        ({"max_output_tokens": 50}, "max_output_length", 50),
        ({"max_completion_tokens": 0}, "max_output_length", None),
        ({"supported_parameters": ["seed"]}, "supported_sampling_parameters", ["temperature"]),
        (
            {"supported_sampling_parameters": ..., "supported_parameters": ["seed"]},
            "supported_sampling_parameters",
            ["seed"],
        ),
        ({"quantization": ""}, "quantization", None),
        ({"quantization": "unknown"}, "quantization", None),
        ({"quantization": None}, "quantization", None),
        ({"capacity_tpm": None}, "capacity_tpm", None),
        ({"context_length": 8192.0}, "context_length", 8192),
        ({"deprecation_date": "2027-03-01"}, "deprecation_at", datetime(2027, 3, 1, 13, tzinfo=UTC)),
        ({"deprecation_date": "2027-03-01T00:00:00Z"}, "deprecation_at", datetime(2027, 3, 1, tzinfo=UTC)),
        ({"discount_to_user": -0.25}, "discount_to_user", Decimal("-0.25")),
        ({"is_ready": False}, "is_ready", False),
        ({"output_modalities": ["embeddings"]}, "category", "embedding"),
        ({"hugging_face_id": ...}, "author", "acme"),
        ({"input_modalities": ["image", "text", "text"]}, "input_modalities", ["text", "image"]),
    ],
)
def test_aliases_and_variants_are_read(run: Import, keys: dict[str, Any], field: str, value: Any) -> None:
    answer = run(entry(**keys))
    assert answer.code == 0, answer.out
    assert getattr(AIModel.objects.get(), field) == value


def test_tiers_and_the_free_variant_are_one_model(run: Import) -> None:
    flex = {"prompt": "0.00000005", "completion": "0.0000001"}
    answer = run(
        entry(), entry(service_tier="flex", pricing=flex), entry(service_tier="fast", pricing=flex), entry(is_free=True)
    )
    assert answer.code == 0
    model = AIModel.objects.get()
    assert model.has_free_variant
    assert set(model.prices.values_list("service_tier", flat=True)) == {"default", "flex", "priority"}


def test_entries_of_one_model_must_agree_and_not_repeat(run: Import) -> None:
    assert "differs" in run(entry(), entry(service_tier="flex", name="Other")).out
    assert "already" in run(entry(), entry(context_length=4096)).out


def test_the_old_array_of_tiers_counts_from_and_ours_counts_above(run: Import) -> None:
    tiers = [{"prompt": "1e-7", "completion": "2e-7"}, {"prompt": "3e-7", "min_context": 200001}]
    assert run(entry(pricing=tiers)).code == 0
    assert Price.objects.get(min_prompt_tokens=200_000).usd == Decimal("3E-7")


def test_conditions_are_read(run: Import) -> None:
    overrides = [
        {"min_prompt_tokens": 1000, "prompt": "3e-7", "completion": "4e-7"},
        {"utc_start": 2200, "utc_end": 0, "utc_days": ["sunday", "monday"], "prompt": "5e-7"},
    ]
    assert run(entry(pricing={"prompt": "1e-7", "completion": "2e-7", "overrides": overrides})).code == 0
    window = Price.objects.get(utc_start=2200)
    assert (window.utc_end, window.utc_days, window.usd) == (0, ["monday", "sunday"], Decimal("5E-7"))
    assert Price.objects.filter(min_prompt_tokens=1000).count() == 2


def test_a_model_stays_in_the_datacenters_of_a_stated_country_and_leaves_the_others(run: Import) -> None:
    here, gone = make_datacenter("fra1"), make_datacenter("nyc1", country="US")
    make_datacenter("fra2")
    model = make_model("acme/one", datacenters=(here, gone))
    run(entry(datacenters=[{"country_code": "DE"}, {"country_code": "FI"}]))
    assert set(model.datacenters.values_list("code", flat=True)) == {"fra1", "fi"}
    assert Datacenter.objects.get(code="fi").name == "Finland"


def test_ubiclouds_hand_kept_feed_is_imported_with_what_is_missing(run: Import, shared: Path) -> None:
    answer = run(text=(shared / "data/ubicloud_openrouter_2025-02.json").read_bytes())
    assert answer.code == 0, answer.out
    assert {said["field"] for said in answer.plan["missing"]} >= {"input_modalities", "max_output_length"}
    model = AIModel.objects.get()
    assert set(model.supported_features) == {"tools", "json_mode"}
    assert "base_url" in answer.out
    assert in_force("mistral-small-3") == {"prompt": Decimal("0.0000003"), "completion": Decimal("0.0000003")}


def test_an_import_is_in_the_history_as_one(run: Import) -> None:
    run(entry())
    contexts = {event.pgh_context.get("source") for event in pghistory.models.Events.objects.all() if event.pgh_context}
    assert contexts == {"import"}
