"""Reading OpenRouter's Models API."""

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalog.formats.pricing import PUBLIC_KEYS
from catalog.listing import Selection, listing
from catalog.models import AIModel, ParameterDescriptor, Price
from tests.factories import make_model, make_price
from tests.importing.common import in_force, take

pytestmark = pytest.mark.django_db

RECORD: dict[str, Any] = {
    "id": "acme/one",
    "canonical_slug": "acme/one-2026",
    "hugging_face_id": "",
    "name": "Acme: One",
    "created": 1767225600,
    "description": "Text.",
    "context_length": 8192,
    "architecture": {
        "modality": "text->text",
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "tokenizer": "GPT",
        "instruct_type": None,
    },
    "pricing": {"prompt": "0.0000001", "completion": "0.0000002", "input_cache_write_1h": "0.000003", "web_search": "0.01"},
    "top_provider": {"context_length": 8192, "max_completion_tokens": 4096, "is_moderated": True},
    "per_request_limits": None,
    "supported_parameters": ["temperature", "tools", "tool_choice", "verbosity", "response_format"],
    "default_parameters": {"temperature": 0.6, "top_p": None, "top_k": 20},
    "knowledge_cutoff": "2025-01-01",
    "expiration_date": None,
}


def record(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(RECORD), **changes}


def test_a_record_of_the_models_api_becomes_a_model() -> None:
    assert take({"data": [record()]}).problems == []
    model = AIModel.objects.get()
    assert (model.model_id, model.openrouter_slug, model.author) == ("acme/one", "acme/one-2026", "acme")
    assert (model.context_length, model.max_output_length, model.is_moderated) == (8192, 4096, True)
    assert model.supported_sampling_parameters == ["temperature"]
    assert model.supported_features == ["tools", "json_mode"]
    assert model.tokenizer == "GPT"
    assert in_force("acme/one") == {
        "prompt/token": Decimal("0.0000001"),
        "completion/token": Decimal("0.0000002"),
        "input_cache_write/token": Decimal("0.000003"),
        "web_search/search": Decimal("0.01"),
    }
    assert Price.objects.get(kind="input_cache_write").cache_ttl_seconds == 3600
    described = {row.name: (row.type, row.default) for row in ParameterDescriptor.objects.all()}
    assert described == {"temperature": ("range", 0.6), "top_k": ("integer", 20), "verbosity": ("unknown", None)}


def test_what_the_models_api_has_no_word_for_stays() -> None:
    make_model(
        "acme/one",
        openrouter_slug="acme/one-2026",
        deprecation_at=datetime(2027, 3, 1, 15, tzinfo=UTC),
        quantization="fp8",
        released_at=None,
    )
    stored = record(expiration_date="2027-03-01", created=0)
    ParameterDescriptor.objects.create(ai_model=AIModel.objects.get(), name="verbosity", type="enum", values=["low"])
    fields = {change.field for change in take({"data": [stored]}).changes}
    assert not fields & {"deprecation_at", "released_at", "quantization", "parameter verbosity", "openrouter_slug"}


def test_minus_one_is_not_sold_and_an_alias_is_skipped_with_a_word() -> None:
    plan = take({"data": [record(pricing={"prompt": "-1", "completion": "-1"}), record(id="~acme/latest")]})
    assert plan.problems == []
    assert plan.created == ["acme/one"]
    assert not Price.objects.exists()
    said = [(note.entry, note.sentence) for note in plan.notes]
    assert ("entry 1 (acme/one)", "-1 means not sold.") in said
    assert ("entry 2 (~acme/latest)", "Skipped: it is another name of a listed model.") in said


def test_a_price_that_became_minus_one_ends() -> None:
    make_price(make_model("acme/one"), "web_search", "0.01", unit="search")
    take({"data": [record(pricing={"prompt": "0.0000001", "completion": "0.0000002", "web_search": "-1"})]})
    assert in_force("acme/one")["web_search/search"] is None


def test_a_free_variant_is_its_models() -> None:
    free = record(
        id="acme/one:free", name="Acme: One (free)", context_length=4096, pricing={"prompt": "0", "completion": "0"}
    )
    alone = record(id="acme/two:free", name="Acme: Two (free)", pricing={"prompt": "0", "completion": "0"})
    plan = take({"data": [record(), free, alone]})
    assert plan.problems == []
    one, two = AIModel.objects.all()
    assert (one.model_id, one.has_free_variant, one.context_length) == ("acme/one", True, 8192)
    assert [entry.model.context_length for entry in listing(Selection.EVERY, model_ids=["acme/one"]).entries] == [8192, 4096]
    assert plan.warnings == []
    take({"data": [record(), {**free, "context_length": 8192}]})
    assert not one.offers.exists()
    assert (two.model_id, two.has_free_variant, two.name) == ("acme/two", True, "Acme: Two")
    assert not two.prices.exists()
    # of a model that is there, the free variant's narrower facts change nothing
    AIModel.objects.filter(pk=two.pk).update(context_length=32768, max_output_length=4096)
    take({"data": [alone]})
    two.refresh_from_db()
    assert two.context_length == 32768
    assert listing(Selection.EVERY, model_ids=["acme/two"]).entries[0].model.context_length == 8192


def test_a_default_does_not_change_the_type_of_a_described_parameter() -> None:
    model = make_model("acme/one")
    ParameterDescriptor.objects.create(ai_model=model, name="temperature", type="enum", values=[0.5, 0.6], default=0.5)
    ParameterDescriptor.objects.create(ai_model=model, name="top_k", type="unknown", default=20)
    assert take({"data": [record()]}).problems == []
    described = {one.name: (one.type, one.default, one.values) for one in ParameterDescriptor.objects.filter(ai_model=model)}
    assert described["temperature"] == ("enum", 0.6, [0.5, 0.6])
    assert described["top_k"] == ("unknown", 20, [])


def test_a_batch_row_is_the_batch_tier_of_its_model() -> None:
    batch = record(id="acme/one:batch", context_length=4096, pricing={"prompt": "0.00000005", "completion": "0.0000001"})
    lonely = record(id="acme/two:batch")
    for _ in range(2):
        plan = take({"data": [batch, record(), lonely]})
        assert plan.problems == []
    assert plan.changes == []
    assert set(AIModel.objects.values_list("model_id", flat=True)) == {"acme/one", "acme/two:batch"}
    paid, waits = listing(Selection.EVERY, model_ids=["acme/one"]).entries
    assert (paid.model.context_length, waits.model.context_length, waits.service_tier) == (8192, 4096, "batch")
    assert {(line.kind, line.usd) for line in waits.prices} == {
        ("prompt", Decimal("0.00000005")),
        ("completion", Decimal("0.0000001")),
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pricing": {"prompt": "-2", "completion": "0"}}, "pricing.prompt"),
        ({"pricing": {"prompt": "1", "completion": "0"}}, "pricing.prompt"),
        ({"architecture": ["text"]}, "architecture"),
        ({"context_length": -1}, "context_length"),
        ({"supported_parameters": "tools"}, "supported_parameters"),
        ({"top_provider": 5}, "top_provider"),
        ({"expiration_date": "soon"}, "expiration_date"),
        ({"id": "a b"}, "id"),
        ({"hugging_face_id": False}, "hugging_face_id"),
    ],
)
def test_a_bad_record_is_refused_by_entry_and_field(changes: dict[str, Any], field: str) -> None:
    plan = take({"data": [record(id="acme/fine"), record(**changes)]})
    assert [problem.field for problem in plan.problems if problem.entry != "the source"] == [field]
    assert plan.problems[0].entry.startswith("entry 2")
    assert not AIModel.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"per_request_limits": {"prompt_tokens": "abc"}}, "cannot store 'abc'"),
        ({"per_request_limits": {"prompt_tokens": -5}}, "cannot store -5"),
        ({"per_request_limits": {"prompt_tokens": 9000}}, "cannot store 9000"),
        ({"supported_voices": "alloy"}, "cannot store 'alloy'"),
        ({"supported_voices": ["a", 5]}, "cannot store ['a', 5]"),
        ({"architecture": {**RECORD["architecture"], "layers": 5}}, "'layers'"),
        ({"default_parameters": {"temperature": [1, [2]]}}, "ignored"),
        ({"default_parameters": {"temperature": Decimal("1e9999999")}}, "ignored"),
    ],
)
def test_what_a_record_says_beyond_the_catalog_is_said(changes: dict[str, Any], said: str) -> None:
    plan = take({"data": [record(**changes)]})
    assert plan.problems == []
    assert any(said in note.sentence for note in plan.notes)


@pytest.mark.parametrize("year", ["2024-09-24", "2026-06-30"])
def test_a_real_file_of_the_models_api_is_imported_to_the_last_digit(shared: Path, year: str) -> None:
    body = (shared / f"data/openrouter_api_v1_models_{year}.json").read_bytes()
    plan = take(body)
    assert plan.problems == []
    named = {note.entry.partition(" (")[2][:-1]: note.sentence for note in plan.notes}
    prices = own = 0
    for item in json.loads(body)["data"]:
        if item["id"].startswith("~"):
            assert "Skipped" in named[item["id"]]
            continue
        if item["id"].endswith(":free") and all(Decimal(amount) == 0 for amount in item["pricing"].values()):
            model_id = item["id"].removesuffix(":free")
            (free,) = (one for one in listing(Selection.EVERY, model_ids=[model_id]).entries if one.is_free)
            assert free.model.context_length == item["context_length"]
            own += free.own != ()
            continue
        stored = {
            (row.kind, row.unit, row.cache_ttl_seconds): row.usd
            for row in Price.objects.filter(ai_model__model_id=item["id"], min_prompt_tokens=None, utc_start=None)
        }
        for key, text in item["pricing"].items():
            line = PUBLIC_KEYS[key]
            if text == "-1":
                assert line not in stored
            elif Decimal(text) == 0 and key not in ("prompt", "completion", "input_cache_read"):
                assert line not in stored  # the early API filled these with zeros
            else:
                assert stored[line] == Decimal(text)
                prices += 1
    assert prices > 300
    assert own > 0 or year == "2024-09-24"
    assert take(body).changes == []
