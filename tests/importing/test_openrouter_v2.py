"""Reading Model Document V2."""

import copy
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from catalog.models import AIModel, Datacenter, ParameterDescriptor
from catalog.publication import render
from tests.factories import make_listed
from tests.importing.common import in_force, take

pytestmark = pytest.mark.django_db

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
    assert (model.reasoning_efforts, model.reasoning_default_effort) == (["high", "low"], "low")
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
        "filter": ("boolean", None, True),
    }
    assert sorted(Datacenter.objects.values_list("country", "region")) == [("DE", "eu-central-1"), ("DE", "eu-west-1")]
    assert take({"data": [DOCUMENT]}).changes == []
    plan = take({"data": [changed("output_modalities.0.supported_parameters", {})]})
    assert {change.field for change in plan.changes} >= {"reasoning_efforts", "supported_features"}


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("schema_version", "3.0", "schema_version"),
        ("id", "a b", "id"),
        ("input_modalities", [], "input_modalities"),
        ("input_modalities", ["text"], "input_modalities"),
        ("input_modalities.0.pricing.0.cost_usd", "8e-400", "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.0.cost_usd", "1", "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.0.utc_start", 800, "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.0", "x", "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing", {}, "input_modalities[0].pricing"),
        ("input_modalities.0.pricing.0.cost_usd", 1, "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.0.overrides.0", {}, "input_modalities[0].pricing[0].overrides[0]"),
        ("input_modalities.0.pricing.0.utc_days", ["Caturday"], "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.0.utc_days", "saturday", "input_modalities[0].pricing[0]"),
        ("input_modalities.0.pricing.1.ttl_seconds", "soon", "input_modalities[0].pricing[1]"),
        ("input_modalities.0.pricing.1.ttl_seconds", True, "input_modalities[0].pricing[1]"),
        ("input_modalities.0.supported_inputs", [1], "input_modalities[0].supported_inputs"),
        ("datacenters.0.region", "a\0b", "datacenters"),
        ("datacenters.0.region", "\ud800", "datacenters"),
        ("passthrough_parameters.filter", {"type": "enum"}, "values"),
        ("passthrough_parameters.filter", {"type": "boolean", "min": 1}, "minimum"),
        (
            "passthrough_parameters.filter",
            {"type": "integer", "min": Decimal("1e999999999")},
            "passthrough_parameters.filter",
        ),
        ("hugging_face_id", 0, "hugging_face_id"),
        ("hugging_face_id", [], "hugging_face_id"),
        ("input_modalities.0.pricing.1.type", "prompt", "input_modalities[0].pricing[1]"),
        (
            "input_modalities.0.pricing.1",
            {"type": "prompt", "unit": "character", "cost_usd": "0"},
            "input_modalities[0].pricing",
        ),
        ("input_modalities.0.supported_inputs.max_context_length.value", -1, "context_length"),
        ("input_modalities.0.capacity.0.value", 0, "capacity_tpm"),
        (
            "output_modalities.0.supported_parameters.seed",
            {"type": "integer", "min": 0.5},
            "output_modalities[0].supported_parameters.seed",
        ),
        ("output_modalities.0.supported_parameters.seed", True, "output_modalities[0].supported_parameters.seed"),
        ("input_modalities.0.capacity", 5, "input_modalities[0].capacity"),
        ("input_modalities.1.capacity", [{"value": 1}], "input_modalities[1].capacity"),
        ("deprecation_date", 5, "deprecation_date"),
        ("deprecation_date", "2027-01-01T15:30:00Z", "deprecation_date"),
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
        ("compliance", {"zdr": True}, "no longer uses"),
        ("deployment_region", "US", "cannot store"),
        ("owned_by", "x", "ignored"),
        ("input_modalities.1.supported_inputs", {"sources": {"type": "enum", "values": ["url"]}}, "cannot store 'sources'"),
        ("input_modalities.0.supported_inputs.max_prompt_length.unit", "byte", "not in tokens"),
        ("input_modalities.0.pricing.0.overrides.0.when", {"anyOf": [{"x": {"gte": 1}}]}, "more than the prompt's length"),
        ("input_modalities.1.pricing.0.unit", "second", "cannot store"),
        ("output_modalities.0.streaming", True, "cannot store true"),
        ("input_modalities.0.supported_inputs.max_prompt_length.value", 9000, "more than the context"),
        ("output_modalities.0.max_length.value", 9000, "more than the context"),
        ("output_modalities.0.supported_parameters.seed", {"type": "wild"}, "The description was ignored"),
        ("passthrough_parameters.filter", {"type": "array", "default": [1, [2]]}, "The description was ignored"),
        ("passthrough_parameters.filter", {"type": "array", "default": Decimal("1e9999999")}, "The description was ignored"),
        ("input_modalities.0.pricing.0.min_tokens", 5, "'min_tokens'"),
        ("passthrough_parameters.filter", {"type": "object", "properties": {"a": {"type": "boolean"}}}, "cannot store"),
        ("passthrough_parameters.reasoning_effort", {"type": "unknown"}, "the passthrough description was used"),
        ("is_free", True, "A free variant costs nothing"),
        ("output_modalities.0.capacity", [{"type": "concurrency", "unit": "request", "value": 3}], "Capacities other"),
    ],
)
def test_what_has_no_place_here_is_said(path: str, value: Any, said: str) -> None:
    plan = take({"data": [changed(path, value)]})
    assert plan.problems == []
    assert any(said in note.sentence for note in [*plan.notes, *plan.warnings])
    is_of_a_price = "pricing" in path
    assert bool(plan.warnings) is is_of_a_price
    assert AIModel.objects.get().is_public is not is_of_a_price


@pytest.mark.parametrize("path", ["input_modalities.0.pricing", "passthrough_parameters", "datacenters", "deprecation_date"])
def test_a_key_that_is_null_is_not_stated(path: str) -> None:
    plan = take({"data": [changed(path, None)]})
    assert (plan.problems, list(plan.warnings)) == ([], [])


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
    assert ("output_modalities[1].max_length", "This catalog cannot store {'value': 5000}, which was ignored.") in [
        (note.field, note.sentence) for note in plan.notes
    ]


ENUM = {"type": "enum", "values": ["high", "low"], "default": "low"}


@pytest.mark.parametrize(
    ("stored", "efforts", "default", "served"),
    [
        (None, ["high", "low"], "low", ENUM),
        (None, [], "medium", {"type": "unknown", "default": "medium"}),
        (None, [], "", None),
        ({"type": "unknown"}, ["high", "low"], "low", ENUM),
        ({"type": "unknown"}, [], "", {"type": "unknown"}),
        ({"type": "enum", "values": ["low"]}, ["high"], "high", {"type": "enum", "values": ["low"]}),
        ({"type": "enum", "values": ["low"]}, [], "", {"type": "enum", "values": ["low"]}),
        ({"type": "unknown", "default": "low"}, ["high"], "", {"type": "unknown", "default": "low"}),
    ],
)
def test_efforts_and_a_description_of_their_parameter_are_served_and_read_back_in_their_own_places(
    stored: dict[str, Any] | None, efforts: list[str], default: str, served: dict[str, Any] | None
) -> None:
    model = make_listed(reasoning_efforts=efforts, reasoning_default_effort=default, supported_features=["reasoning"])
    if stored is not None:
        ParameterDescriptor.objects.create(ai_model=model, name="reasoning_effort", **stored)
    document = json.loads(render("openrouter-v2").body)
    assert document["data"][0]["output_modalities"][0]["supported_parameters"].get("reasoning_effort") == served
    assert take(document).changes == []
    AIModel.objects.update(is_listed_on_openrouter=False)
    AIModel.objects.all().delete()
    for _ in range(2):
        plan = take(document, list_on_openrouter=True)
        assert json.loads(render("openrouter-v2").body) == document
    assert plan.changes == []


def test_a_default_that_the_format_cannot_express_stays() -> None:
    model = make_listed()
    ParameterDescriptor.objects.create(ai_model=model, name="stops", type="array", default=["a", "b"])
    document = json.loads(render("openrouter-v2").body)
    assert take(document).changes == []
    assert ParameterDescriptor.objects.get().default == ["a", "b"]
    document["data"][0]["output_modalities"][0]["supported_parameters"]["stops"]["default"] = "c"
    take(document)
    assert ParameterDescriptor.objects.get().default == "c"


def test_a_description_that_is_no_efforts_stays_one() -> None:
    document = changed(
        "output_modalities.0.supported_parameters.reasoning_effort", {"type": "enum", "values": ["low", "extreme"]}
    )
    for _ in range(2):
        plan = take({"data": [document]})
        assert ParameterDescriptor.objects.get(name="reasoning_effort").values == ["low", "extreme"]
        assert AIModel.objects.get().reasoning_efforts == []
    assert plan.changes == []


def test_a_document_in_the_formats_of_others_is_reported_by_the_command(tmp_path: Path) -> None:
    source = tmp_path / "v2.json"
    source.write_text(json.dumps({"data": [changed("compliance", {"zdr": True})]}))
    out = io.StringIO()
    call_command("import_models", str(source), format="openrouter-v2", stdout=out)
    assert "New: acme/one" in out.getvalue()
    assert "compliance: OpenRouter no longer uses it" in out.getvalue()
