"""Reading Model Document V2, OpenRouter's Models API, LiteLLM's cost map and price histories."""

import copy
import io
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.decimals import meant
from catalog.formats.pricing import PUBLIC_KEYS
from catalog.importing.applying.carry_out import carry_out
from catalog.importing.drafts import MOST_REMARKS
from catalog.importing.plan import Plan
from catalog.importing.registry import READERS, reader_for
from catalog.importing.source import SourceError, parse
from catalog.listing import revision
from catalog.models import AIModel, Datacenter, ParameterDescriptor, Price
from catalog.publication import render
from tests.factories import let_deferred_rules_speak, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db


def take(document: Any, **options: Any) -> Plan:
    """Import a document, of which decimals are written as JSON numbers, digit for digit."""
    text = document if isinstance(document, bytes) else json.dumps(document, default=lambda number: f"#{number}#").encode()
    parsed = parse(re.sub(rb'"#(.+?)#"', rb"\1", text))
    plan = carry_out(reader_for(parsed).read(parsed), source="test", **options)
    let_deferred_rules_speak()
    return plan


def in_force(model_id: str, **line: Any) -> dict[str, Decimal | None]:
    rows = Price.objects.in_force(revision()[2]).filter(ai_model__model_id=model_id, **line)
    return {f"{row.kind}/{row.unit}": row.usd for row in rows}


def test_every_reader_is_recognised_by_its_own_format() -> None:
    call_command("load_sample", verbosity=0)
    written = {
        "openrouter": "openrouter",
        "openrouter-v2": "openrouter-v2",
        "openrouter-api": "openrouter-api",
        "litellm": "litellm",
    }
    for name, reader in written.items():
        assert reader_for(parse(render(name).body)).name == reader
    assert set(READERS) == {*written, "price-history"}
    with pytest.raises(SourceError, match="known: openrouter, openrouter-v2, openrouter-api, litellm, price-history"):
        reader_for({"nothing": 1})


@pytest.mark.parametrize("name", ["openrouter", "openrouter-v2", "openrouter-api", "litellm"])
def test_the_catalogs_own_list_read_back_changes_nothing(name: str) -> None:
    call_command("load_sample", verbosity=0)
    bodies = {name: render(name).body for name in ("openrouter", "openrouter-v2", "catalog")}
    plan = take(render(name).body)
    assert plan.problems == []
    assert plan.changes == []
    assert plan.created == []
    assert {name: render(name).body for name in bodies} == bodies


@pytest.mark.parametrize("route", ["/v1/models", "/v1/models?format=models-dev"])
def test_the_lists_that_are_not_read_are_not_taken_for_others(client: Client, route: str) -> None:
    call_command("load_sample", verbosity=0)
    with pytest.raises(SourceError, match="not in a known format"):
        reader_for(parse(client.get(route).content))


# OpenRouter's Models API

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
    assert ("entry 1 (acme/one)", "-1: not sold here.") in said
    assert ("entry 2 (~acme/latest)", "Skipped: it is another name of a model that is listed itself.") in said


def test_a_price_that_became_minus_one_ends() -> None:
    make_price(make_model("acme/one"), "web_search", "0.01", unit="search")
    take({"data": [record(pricing={"prompt": "0.0000001", "completion": "0.0000002", "web_search": "-1"})]})
    assert in_force("acme/one")["web_search/search"] is None


def test_a_free_variant_is_its_models() -> None:
    free = record(
        id="acme/one:free", name="Acme: One (free)", context_length=4096, pricing={"prompt": "0", "completion": "0"}
    )
    alone = record(id="acme/two:free", name="Acme: Two (free)", pricing={"prompt": "0", "completion": "0"})
    assert take({"data": [record(), free, alone]}).problems == []
    one, two = AIModel.objects.all()
    assert (one.model_id, one.has_free_variant, one.context_length) == ("acme/one", True, 8192)
    assert (two.model_id, two.has_free_variant, two.name) == ("acme/two", True, "Acme: Two")
    assert not two.prices.exists()
    # of a model that is there, the free variant's narrower facts change nothing
    AIModel.objects.filter(pk=two.pk).update(context_length=32768, max_output_length=4096)
    take({"data": [alone]})
    two.refresh_from_db()
    assert two.context_length == 32768


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pricing": {"prompt": "-2", "completion": "0"}}, "pricing.prompt"),
        ({"pricing": {"prompt": "1", "completion": "0"}}, "pricing.prompt"),
        ({"architecture": {"input_modalities": ["smell"]}}, "input_modalities"),
        ({"architecture": []}, "architecture"),
        ({"context_length": -1}, "context_length"),
        ({"created": "yesterday"}, "created"),
        ({"supported_parameters": "tools"}, "supported_parameters"),
        ({"top_provider": 5}, "top_provider"),
        ({"knowledge_cutoff": "2025"}, "knowledge_cutoff"),
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
        ({"per_request_limits": {"prompt_tokens": "abc"}}, "'abc' has no place"),
        ({"per_request_limits": {"prompt_tokens": -5}}, "-5 has no place"),
        ({"per_request_limits": {"prompt_tokens": 9000}}, "9000 has no place"),
        ({"supported_voices": "alloy"}, "'alloy' has no place"),
        ({"supported_voices": ["a", 5]}, "['a', 5] has no place"),
        ({"architecture": {**RECORD["architecture"], "layers": 5}}, "'layers'"),
        ({"default_parameters": {"temperature": [1, [2]]}}, "left aside"),
        ({"default_parameters": {"temperature": Decimal("1e9999999")}}, "left aside"),
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
    prices = 0
    for item in json.loads(body)["data"]:
        if item["id"].startswith("~"):
            assert "Skipped" in named[item["id"]]
            continue
        if item["id"].endswith(":free") and all(Decimal(amount) == 0 for amount in item["pricing"].values()):
            assert AIModel.objects.get(model_id=item["id"].removesuffix(":free")).has_free_variant
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
    assert take(body).changes == []


# A price history


def test_a_price_history_becomes_dated_rows_and_stays_as_it_is() -> None:
    history = {
        "acme/one": {
            "name": "One",
            "first_seen": "2025-01-01",
            "last_seen": "2026-01-05",
            "present_now": False,
            "points": [["2025-01-01", None, 0.4], ["2025-06-01", 0.35, 0.30000000000000004], ["2025-06-01", 0.1, 0.2]],
        },
        "acme/one:free": {"name": "Free", "points": [["2025-01-01", 0.0, 0.0]]},
        "~acme/latest": {"name": "Latest", "points": [["2025-01-01", 1, 1]]},
    }
    make_listed("acme/kept", prices={"prompt": "0.1", "completion": "0.1"})
    plan = take({"as_of": "2026-08-22", "models": history})
    assert plan.problems == []
    rows = Price.objects.filter(ai_model__model_id="acme/one").order_by("kind", "effective_from")
    assert [(row.kind, row.effective_from, row.usd) for row in rows] == [
        ("completion", datetime(2025, 1, 1, tzinfo=UTC), Decimal("0.0000004")),
        ("completion", datetime(2025, 6, 1, tzinfo=UTC), Decimal("0.0000003")),
        ("completion", datetime(2025, 6, 1, 0, 1, tzinfo=UTC), Decimal("0.0000002")),
        ("completion", datetime(2026, 1, 6, tzinfo=UTC), None),
        ("prompt", datetime(2025, 6, 1, tzinfo=UTC), Decimal("0.00000035")),
        ("prompt", datetime(2025, 6, 1, 0, 1, tzinfo=UTC), Decimal("0.0000001")),
        ("prompt", datetime(2026, 1, 6, tzinfo=UTC), None),
    ]
    assert {note.entry for note in plan.notes} == {
        "entry 1 (acme/one)",
        "entry 2 (acme/one:free)",
        "entry 3 (~acme/latest)",
    }
    again = take({"as_of": "2026-08-22", "models": history})
    assert (again.changes, again.created) == ([], [])
    history["acme/one"]["points"][0][2] = 0.5  # type: ignore[index]
    assert "it stays" in take({"as_of": "2026-08-22", "models": history}).notes[-1].sentence


@pytest.mark.slow
def test_the_real_price_history_is_imported_to_the_last_digit(shared: Path) -> None:
    body = (shared / "data/openrouter_price_history_2024-09_2026-08.json").read_bytes()
    plan = take(body)
    assert plan.problems == []
    skipped = 0
    stored: dict[str, list[Price]] = {}
    for row in Price.objects.select_related("ai_model").order_by("effective_from"):
        stored.setdefault(f"{row.ai_model.model_id} {row.kind}", []).append(row)
    for model_id, model in json.loads(body, parse_float=Decimal)["models"].items():
        amounts = [amount for _, *both in model["points"] for amount in both]
        if model_id.startswith("~") or (model_id.endswith(":free") and all(amount in (0, None) for amount in amounts)):
            skipped += 1
            assert f"{model_id} prompt" not in stored
            continue
        for position, kind in ((1, "prompt"), (2, "completion")):
            expected = [point[position] / 10**6 for point in model["points"] if point[position] is not None]
            found = [row.usd for row in stored.get(f"{model_id} {kind}", []) if row.usd is not None]
            assert found == expected, model_id
    assert Price.objects.count() > 2500
    assert 0 < len(plan.notes) == MOST_REMARKS < skipped <= plan.notes.total


@pytest.mark.parametrize(
    ("points", "field"),
    [("x", "points"), ([[1]], "points"), ([["2025-13-01", 1, 1]], "points[0]"), ([["2025-01-01", "x", 1]], "points[0]")],
)
def test_a_bad_history_is_refused(points: Any, field: str) -> None:
    plan = take({"models": {"a": {"points": points}}})
    assert [problem.field for problem in plan.problems] == [field]


def test_a_history_of_an_odd_id_has_no_maker() -> None:
    plan = take({"models": {"a:b/c": {"name": "X", "points": [["2024-01-01", 1, 2]]}}})
    assert plan.problems == []
    assert AIModel.objects.get().author == ""


# LiteLLM's cost map

FACTS: dict[str, Any] = {
    "litellm_provider": "openai",
    "mode": "chat",
    "max_input_tokens": 131072,
    "max_output_tokens": 8192,
    "max_tokens": 8192,
    "supports_function_calling": True,
    "supports_vision": True,
}


def test_floats_become_the_decimals_that_were_meant() -> None:
    text = json.dumps({"acme/one": {**FACTS, "x": 1}}).replace(
        '"x": 1',
        '"input_cost_per_token": 8e-07, "output_cost_per_token": 1.5000000000000002e-07,'
        '"cache_read_input_token_cost": 8.333333333333334e-08, "input_cost_per_token_above_128k_tokens": 1.6E-6,'
        '"input_cost_per_token_flex": 4e-07, "output_cost_per_token_above_200k_tokens_priority": 3e-6,'
        '"search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_high": 0.01}',
    )
    plan = take(text.encode())
    assert plan.problems == []
    rows = {(row.kind, row.service_tier, row.min_prompt_tokens): row.usd for row in Price.objects.all()}
    assert rows == {
        ("prompt", "default", None): Decimal("0.0000008"),
        ("completion", "default", None): Decimal("0.00000015"),
        ("input_cache_read", "default", None): Decimal("0.00000008333333333333334"),
        ("prompt", "default", 128000): Decimal("0.0000016"),
        ("prompt", "flex", None): Decimal("0.0000004"),
        ("completion", "priority", 200000): Decimal("0.000003"),
        ("web_search", "default", None): Decimal("0.01"),
    }
    assert any("was read as 0.00000015" in note.sentence for note in plan.notes)
    model = AIModel.objects.get()
    assert (model.context_length, model.max_output_length) == (131072, 8192)
    assert model.input_modalities == ["text", "image"]
    assert model.supported_features == ["tools"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1.5000000000000002e-07", "1.5e-7"),
        ("0.30000000000000004", "0.3"),
        ("2.9999999999999997e-06", "0.000003"),
        ("8.333333333333334e-08", "8.333333333333334e-08"),
        ("0.00000012345678901234567", "0.00000012345678901234567"),
        ("5e-324", "5e-324"),
    ],
)
def test_what_was_meant(written: str, read: str) -> None:
    assert meant(Decimal(written)) == Decimal(read)


def test_what_is_no_model_is_skipped_with_a_word() -> None:
    plan = take(
        {
            "sample_spec": {**FACTS, "mode": "one of: chat …"},
            "search": {**FACTS, "mode": "search"},
            "a b": FACTS,
            "fine": FACTS,
        }
    )
    assert plan.created == ["fine"]
    assert len([note for note in plan.notes if note.sentence.startswith("Skipped")]) == 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"input_cost_per_token": 1.5}, "input_cost_per_token"),
        ({"input_cost_per_token": "x"}, "input_cost_per_token"),
        ({"input_cost_per_token": -1e-7}, "input_cost_per_token"),
        ({"input_cost_per_token_above_0k_tokens": 1e-7}, "input_cost_per_token_above_0k_tokens"),
        ({"max_input_tokens": "many"}, "context_length"),
        ({"supports_vision": "yes"}, "supports_vision"),
        ({"deprecation_date": "soon"}, "deprecation_date"),
    ],
)
def test_a_bad_entry_of_the_map_is_refused(changes: dict[str, Any], field: str) -> None:
    plan = take({"fine": FACTS, "bad": {**FACTS, **changes}})
    assert [problem.field for problem in plan.problems if problem.entry != "the source"] == [field]
    assert "(bad)" in plan.problems[0].entry
    assert not AIModel.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"search_context_cost_per_query": Decimal("0.01")}, "not one cost"),
        ({"search_context_cost_per_query": {"a": Decimal("0.01"), "b": "0.05"}}, "0.01"),
        ({"supported_modalities": ["text", "smell"]}, "['smell'] has no place"),
        ({"supported_output_modalities": "smell"}, "['smell'] has no place"),
    ],
)
def test_what_the_map_says_beyond_the_catalog_is_said(changes: dict[str, Any], said: str) -> None:
    plan = take({"acme/one": {**FACTS, **changes}})
    assert plan.problems == []
    prices = [str(price.usd) for price in Price.objects.all()]
    assert any(said in text for text in [*(note.sentence for note in plan.notes), *prices])


@pytest.mark.parametrize("mode", [["chat"], {}, None, 5])
def test_a_mode_that_is_none_is_skipped_with_a_word(mode: Any) -> None:
    plan = take({"fine": FACTS, "odd": {**FACTS, "mode": mode}})
    assert plan.created == ["fine"]
    assert "is no kind of model" in plan.notes[0].sentence


def test_a_cost_beyond_all_bounds_is_refused_in_few_words() -> None:
    for cost in ("1.2345678901234567e9999999", "1.5000000000000002e900000"):
        text = json.dumps({"bad": {**FACTS, "input_cost_per_token": "X"}}).replace('"X"', cost)
        plan = take(text.encode())
        assert [problem.field for problem in plan.problems] == ["input_cost_per_token"]
        assert all(len(remark.sentence) < 200 for remark in plan.problems + plan.notes)


def test_a_models_length_and_price_are_not_guessed_from_its_own_map() -> None:
    make_model("free", has_free_variant=True, max_output_length=None, prices={})
    make_model("bare", input_modalities=[], output_modalities=[], max_output_length=None, prices={})
    body = render("litellm").body
    plan = take(body)
    assert (plan.problems, plan.changes) == ([], [])
    assert not Price.objects.exists()
    assert render("litellm").body == body


# Model Document V2

DOCUMENT: dict[str, Any] = {
    "schema_version": "2.4",
    "id": "acme/one",
    "name": "One",
    "created": 1767225600,
    "quantization": "fp8",
    "input_modalities": [
        {
            "type": "text",
            "supported_inputs": {
                "max_context_length": {"value": 8192},
                "max_prompt_length": {"value": 8000, "unit": "token"},
            },
            "pricing": [
                {
                    "type": "prompt",
                    "unit": "token",
                    "cost_usd": "0.0000002",
                    "overrides": [{"when": {"prompt_tokens": {"gte": 128001}}, "cost_usd": "0.0000004"}],
                },
                {"type": "cache_write", "unit": "token", "cost_usd": "0.000001", "ttl_seconds": 300},
            ],
            "capacity": [{"type": "prompt", "unit": "token", "per": "minute", "value": 5000}],
        },
        {"type": "image", "pricing": [{"type": "prompt", "unit": "token", "cost_usd": "0.0000003"}]},
    ],
    "output_modalities": [
        {
            "type": "text",
            "streaming": True,
            "max_length": {"value": 4096, "unit": "token"},
            "supported_parameters": {
                "temperature": {"type": "range", "min": 0, "max": 2.5},
                "seed": {"type": "integer"},
                "tools": {"type": "boolean"},
                "reasoning_effort": {"type": "enum", "values": ["low", "high"], "default": "low"},
            },
            "pricing": [{"type": "completion", "unit": "token", "cost_usd": "0.0000008"}],
        }
    ],
    "passthrough_parameters": {"filter": {"type": "boolean"}},
    "datacenters": [{"country_code": "DE", "region": "eu-central-1"}, {"country_code": "DE", "region": "eu-west-1"}],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The document with one thing changed; the path's parts are keys and positions."""
    document = copy.deepcopy(DOCUMENT)
    at: Any = document
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        at = at[part]
    at[last] = value
    return document


def test_a_document_becomes_a_model_with_everything() -> None:
    plan = take({"data": [DOCUMENT]}, list_on_openrouter=True)
    assert plan.problems == []
    assert plan.listed == ["acme/one"]
    model = AIModel.objects.get()
    assert (model.context_length, model.max_prompt_length, model.max_output_length) == (8192, 8000, 4096)
    assert model.capacity_tpm == 5000
    assert model.supported_sampling_parameters == ["temperature", "seed"]
    assert model.supported_features == ["tools"]
    assert in_force("acme/one", min_prompt_tokens=None) == {
        "prompt/token": Decimal("0.0000002"),
        "input_cache_write/token": Decimal("0.000001"),
        "image/token": Decimal("0.0000003"),
        "completion/token": Decimal("0.0000008"),
    }
    assert in_force("acme/one", min_prompt_tokens=128000) == {"prompt/token": Decimal("0.0000004")}
    described = {row.name: (row.type, row.maximum, row.is_passthrough) for row in ParameterDescriptor.objects.all()}
    assert described == {
        "temperature": ("range", Decimal("2.5"), False),
        "reasoning_effort": ("enum", None, False),
        "filter": ("boolean", None, True),
    }
    assert sorted(Datacenter.objects.values_list("country", "region")) == [("DE", "eu-central-1"), ("DE", "eu-west-1")]
    assert take({"data": [DOCUMENT]}).changes == []
    plan = take({"data": [changed("output_modalities.0.supported_parameters", {})]})
    assert {change.field for change in plan.changes} >= {"parameter temperature", "supported_features"}


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("schema_version", "3.0", "schema_version"),
        ("id", "a b", "id"),
        ("input_modalities", [], "input_modalities"),
        ("input_modalities", ["text"], "input_modalities"),
        ("input_modalities.0.type", "smell", "input_modalities"),
        ("input_modalities.0.pricing.0.cost_usd", "8e-400", "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.0.cost_usd", "1", "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.0.utc_start", 800, "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.0", "x", "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing", {}, "input_modalities[0].pricing"),
        ("input_modalities.0.pricing.0.cost_usd", 1, "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.0.overrides.0", {}, "input_modalities[0].pricing[0].overrides[0]"),
        ("input_modalities.0.pricing.0.utc_days", ["Saturday"], "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.0.utc_days", "saturday", "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.1.ttl_seconds", "300", "input_modalities[0].pricing[1]"),
        ("input_modalities.0.pricing.1.ttl_seconds", True, "input_modalities[0].pricing[1]"),
        ("input_modalities.0.supported_inputs", [1], "input_modalities[0].supported_inputs"),
        ("datacenters.0.region", "a\0b", "datacenters"),
        ("datacenters.0.region", "\ud800", "datacenters"),
        ("passthrough_parameters.filter", {"type": "array", "default": [1, [2]]}, "passthrough_parameters.filter"),
        (
            "passthrough_parameters.filter",
            {"type": "array", "default": Decimal("1e9999999")},
            "passthrough_parameters.filter",
        ),
        ("passthrough_parameters.filter", {"type": "enum"}, "values"),
        ("passthrough_parameters.filter", {"type": "boolean", "min": 1}, "minimum"),
        ("passthrough_parameters.filter", {"type": "integer", "min": Decimal("1e999999999")}, ""),
        ("hugging_face_id", 0, "hugging_face_id"),
        ("hugging_face_id", [], "hugging_face_id"),
        ("input_modalities.0.pricing.1.type", "prompt", "input_modalities[0].pricing[1]"),
        (
            "input_modalities.0.pricing.1",
            {"type": "prompt", "unit": "character", "cost_usd": "0"},
            "input_modalities[0].pricing",
        ),
        ("input_modalities.0.supported_inputs.max_context_length.value", -1, "context_length"),
        ("input_modalities.0.supported_inputs.max_prompt_length.value", 9000, "max_prompt_length"),
        ("input_modalities.0.capacity.0.value", 0, "capacity_tpm"),
        ("output_modalities.0.max_length.value", 9000, "max_output_length"),
        (
            "output_modalities.0.supported_parameters.seed",
            {"type": "integer", "min": 0.5},
            "output_modalities[0].supported_parameters.seed",
        ),
        (
            "output_modalities.0.supported_parameters.seed",
            {"type": "wild"},
            "output_modalities[0].supported_parameters.seed",
        ),
        ("output_modalities.0.supported_parameters.seed", True, ""),
        ("quantization", "q4", "quantization"),
        ("deprecation_date", "2027-01-01T15:30:00Z", "deprecation_date"),
        ("datacenters.0.country_code", "XX", "datacenters"),
        ("discount_to_user", 1, "discount_to_user"),
        ("is_ready", "yes", "is_ready"),
    ],
)
def test_a_bad_document_is_refused_by_entry_and_field(path: str, value: Any, field: str) -> None:
    plan = take({"data": [{**DOCUMENT, "id": "acme/fine"}, changed(path, value)]})
    assert field in [problem.field for problem in plan.problems]
    assert all(problem.entry.startswith(("entry 2", "the source")) for problem in plan.problems)
    assert not AIModel.objects.exists()


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("compliance", {"zdr": True}, "retired"),
        ("deployment_region", "US", "no place"),
        ("owned_by", "x", "left aside"),
        ("input_modalities.1.supported_inputs", {"sources": {"type": "enum", "values": ["url"]}}, "'sources' has no place"),
        ("input_modalities.0.supported_inputs.max_prompt_length.unit", "byte", "not in tokens"),
        ("input_modalities.0.pricing.0.overrides.0.when", {"anyOf": [{"x": {"gte": 1}}]}, "more than the prompt's length"),
        ("input_modalities.1.pricing.0.unit", "second", "no place"),
        ("output_modalities.0.streaming", True, "True has no place"),
        ("input_modalities.0.pricing.0.min_tokens", 5, "'min_tokens'"),
        ("passthrough_parameters.filter", {"type": "object", "properties": {"a": {"type": "boolean"}}}, "has no place"),
        ("passthrough_parameters.reasoning_effort", {"type": "unknown"}, "the one that is passed through was taken"),
        ("is_free", True, "A free variant costs nothing"),
        ("output_modalities.0.capacity", [{"type": "concurrency", "unit": "request", "value": 3}], "Capacities other"),
    ],
)
def test_what_has_no_place_here_is_said(path: str, value: Any, said: str) -> None:
    plan = take({"data": [changed(path, value)]})
    assert plan.problems == []
    assert any(said in note.sentence for note in plan.notes)


@pytest.mark.parametrize(
    ("start", "end"), [(800.5, 1700.5), (True, False), (99900, 800), (Decimal("1e999999999"), 5), (10**30, 800), (860, 900)]
)
def test_a_window_that_is_none_never_becomes_a_price_for_all_day(start: Any, end: Any) -> None:
    document = changed("output_modalities.0.pricing.0.utc_start", Decimal(str(start)) if isinstance(start, float) else start)
    document["output_modalities"][0]["pricing"][0]["utc_end"] = Decimal(str(end)) if isinstance(end, float) else end
    assert take({"data": [document]}).problems
    assert not AIModel.objects.exists()


def test_the_length_of_a_picture_is_not_that_of_an_answer() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["output_modalities"].append({"type": "image", "supported_parameters": {}, "max_length": {"value": 5000}})
    plan = take({"data": [document]})
    assert AIModel.objects.get().max_output_length == 4096
    assert ("output_modalities[1].max_length", "{'value': 5000} has no place here and was left aside.") in [
        (note.field, note.sentence) for note in plan.notes
    ]


def test_a_document_in_the_formats_of_others_is_reported_by_the_command(tmp_path: Path) -> None:
    source = tmp_path / "v2.json"
    source.write_text(json.dumps({"data": [changed("compliance", {"zdr": True})]}))
    out = io.StringIO()
    call_command("import_models", str(source), format="openrouter-v2", stdout=out)
    assert "New: acme/one" in out.getvalue()
    assert "compliance: OpenRouter retired it" in out.getvalue()
