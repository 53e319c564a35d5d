"""A word that this catalog does not know is noted and ignored, and does not refuse the import; unknown prices and modalities are to be checked."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from catalog.models import AIModel, Datacenter, ModelDatacenter, ParameterDescriptor
from tests.factories import make_model
from tests.importing.outcome import sold, take

pytestmark = pytest.mark.django_db

PAID = {"prompt": "0.000001", "completion": "0.000002"}
SOLD = {"prompt token": "0.000001", "completion token": "0.000002"}


def flat(**facts: Any) -> dict[str, Any]:
    return {"data": [{"id": "acme/m", "name": "M", "context_length": 8192, "pricing": PAID, **facts}]}


def public(**facts: Any) -> dict[str, Any]:
    return flat(**{"architecture": {"modality": "text->text"}, **facts})


def v2(**facts: Any) -> dict[str, Any]:
    inputs = [{"type": "text", "pricing": [{"type": "prompt", "unit": "token", "cost_usd": "0.000001"}]}]
    outputs = [{"type": "text", "pricing": [{"type": "completion", "unit": "token", "cost_usd": "0.000002"}]}]
    modalities = {"input_modalities": inputs, "output_modalities": outputs}
    return {"data": [{"id": "acme/m", "name": "M", "schema_version": "2.4", **modalities, **facts}]}


def cost_map(**facts: Any) -> dict[str, Any]:
    costs = {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
    return {"acme/m": {"litellm_provider": "openai", "mode": "chat", **costs, **facts}}


def proxy(**facts: Any) -> dict[str, Any]:
    return {"data": [{"model_name": "acme/m", "litellm_params": {}, "model_info": cost_map(**facts)["acme/m"]}]}


def dev(**facts: Any) -> dict[str, Any]:
    return {"acme": {"id": "acme", "models": {"acme/m": {"name": "M", "cost": {"input": 1, "output": 2}, **facts}}}}


def described(**descriptor: Any) -> dict[str, Any]:
    return v2(passthrough_parameters={"seed_text": descriptor})


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (flat(input_modalities=["text", "smell"]), "input_modalities"),
        (flat(output_modalities=["text", 7]), "output_modalities"),
        (flat(supported_features=["tools", "telepathy"]), "supported_features"),
        (flat(quantization="q4_k_m"), "quantization"),
        (flat(datacenters=[{"country_code": "DE"}, {"country_code": "XX"}]), "datacenters"),
        (flat(datacenters=[{"country_code": None}]), "datacenters"),
        (flat(created="yesterday"), "created"),
        (flat(created=10**12), "created"),
        (flat(created="1970-01-01T00:30:00+01:00"), "created"),
        (flat(max_output_length=9000), "max_output_length"),
        (public(architecture={"input_modalities": ["text", "smell"]}), "input_modalities"),
        (public(architecture={"modality": "text+smell->text"}), "input_modalities"),
        (public(architecture={"modality": "text->text", "tokenizer": "T" * 41}), "tokenizer"),
        (public(architecture={"modality": "text->text", "instruct_type": "t" * 41}), "instruct_type"),
        (public(knowledge_cutoff="last summer"), "knowledge_cutoff"),
        (public(reasoning={"supported_efforts": ["high", "extreme"]}), "reasoning_efforts"),
        (public(reasoning={"default_effort": "extreme"}), "reasoning.default_effort"),
        (v2(datacenters=[{"country_code": "XX", "region": "moon"}]), "datacenters"),
        (v2(tokenizer="T" * 41), "tokenizer"),
        (described(type="tuple"), "passthrough_parameters.seed_text"),
        (described(type="range", unit="furlong"), "passthrough_parameters.seed_text"),
        (described(type="range", max=10**30), "passthrough_parameters.seed_text"),
        (v2(passthrough_parameters={"two words": {"type": "boolean"}}), "passthrough_parameters.two words"),
        (cost_map(supported_modalities=["text", "smell"]), "input_modalities"),
        (cost_map(max_input_tokens=4096, max_output_tokens=8192), "max_output_length"),
        (proxy(supported_output_modalities=["text", "smell"]), "output_modalities"),
        (dev(modalities={"input": ["text", "smell"], "output": ["text"]}), "input_modalities"),
        (dev(status="gamma"), "status"),
        (dev(knowledge="2025-13"), "knowledge"),
    ],
)
def test_an_unknown_word_is_noted_and_the_rest_is_imported(document: dict[str, Any], field: str) -> None:
    plan = take(document)
    assert (plan.problems, list(plan.warnings)) == ([], [])
    assert [note.field for note in plan.notes] == [field]
    assert sold() == SOLD
    assert AIModel.objects.get().is_public
    assert take(document).changes == []


@pytest.mark.parametrize(
    "document",
    [
        flat(output_modalities=["smell"]),
        flat(input_modalities=["smell"]),
        public(architecture={"modality": "text->smell"}),
        public(architecture={"output_modalities": ["smell", "taste"]}),
        cost_map(supported_output_modalities=["smell"]),
        proxy(supported_output_modalities="smell"),
        dev(modalities={"input": ["text"], "output": ["smell"]}),
        v2(output_modalities=[{"type": "smell"}]),
        v2(
            input_modalities=[
                *v2()["data"][0]["input_modalities"],
                {"type": "smell", "pricing": [{"type": "prompt", "unit": "token", "cost_usd": "0.1"}]},
            ]
        ),
    ],
)
def test_a_model_of_which_the_modality_or_its_price_is_unknown_is_not_made_public_and_keeps_what_it_has(
    document: dict[str, Any],
) -> None:
    plan = take(document, list_on_openrouter=True)
    assert plan.problems == []
    assert "smell" in plan.warnings[0].sentence
    model = AIModel.objects.get()
    assert (model.is_public, model.is_listed_on_openrouter) == (False, False)
    AIModel.objects.all().delete()
    known = make_model("acme/m", input_modalities=["text", "image"], output_modalities=["text"])
    before = sold()
    plan = take(document)
    assert plan.warnings
    known.refresh_from_db()
    assert known.output_modalities == ["text"]
    assert sold().keys() >= before.keys()


@pytest.mark.parametrize("document", [flat(service_tier="turbo"), v2(service_tier="turbo")])
def test_an_entry_of_an_unknown_tier_is_left_out(document: dict[str, Any]) -> None:
    row = {**document["data"][0], "id": "acme/other", "service_tier": "default"}
    plan = take({"data": [*document["data"], row]})
    assert (plan.problems, plan.created) == ([], ["acme/other"])
    assert ["'turbo'" in note.sentence for note in plan.notes if note.field == "service_tier"] == [True]


@pytest.mark.parametrize("code", ["de", "De", " DE ", "DEU", "deu"])
@pytest.mark.parametrize("write", [flat, v2])
def test_a_country_is_read_by_any_of_its_codes_in_any_case(write: Any, code: str) -> None:
    plan = take(write(datacenters=[{"country_code": code}]))
    assert (plan.problems, list(plan.notes)) == ([], [])
    assert Datacenter.objects.get().country == "DE"


def test_a_list_of_countries_of_which_one_is_unknown_says_nothing_of_the_others() -> None:
    take(flat(datacenters=[{"country_code": "US"}, {"country_code": "DE"}]))
    plan = take(flat(datacenters=[{"country_code": "DE"}, {"country_code": "UK"}]))
    assert plan.changes == []
    assert ModelDatacenter.objects.count() == 2


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        (flat(quantization="FP8"), "quantization", "fp8"),
        (flat(input_modalities=["Text", "IMAGE"]), "input_modalities", ["text", "image"]),
        (public(architecture={"modality": "Text+Image->Text"}), "input_modalities", ["text", "image"]),
        (flat(supported_features=["Tools"]), "supported_features", ["tools"]),
        (flat(context_length="16384"), "context_length", 16384),
        (dev(limit={"context": "16384", "output": "4096"}), "context_length", 16384),
        (cost_map(max_input_tokens="16384"), "context_length", 16384),
        (flat(is_ready="False"), "is_ready", False),
        (flat(created="1767225600"), "released_at", datetime(2026, 1, 1, tzinfo=UTC)),
        (flat(created="2026-01-01T02:00:00+02:00"), "released_at", datetime(2026, 1, 1, tzinfo=UTC)),
        (flat(deprecation_date="2027-03-01T13:00:00+02:00"), "deprecation_at", datetime(2027, 3, 1, 11, tzinfo=UTC)),
        (flat(deprecation_date="2027-03-01T13:00:00.000Z"), "deprecation_at", datetime(2027, 3, 1, 13, tzinfo=UTC)),
        (public(expiration_date="2027-03-01T13:00:00Z"), "deprecation_at", datetime(2027, 3, 1, 13, tzinfo=UTC)),
        (public(knowledge_cutoff="2025-06"), "knowledge_cutoff", date(2025, 6, 1)),
    ],
)
def test_a_value_with_one_meaning_is_read_however_it_is_written(document: dict[str, Any], field: str, value: Any) -> None:
    plan = take(document)
    assert (plan.problems, list(plan.warnings), list(plan.notes)) == ([], [], [])
    assert getattr(AIModel.objects.get(), field) == value
    assert sold() == SOLD


@pytest.mark.parametrize("tier", ["Flex", "FLEX"])
def test_a_tier_and_days_are_read_in_any_case(tier: str) -> None:
    pricing = {**PAID, "overrides": [{"utc_days": ["Sunday"], "prompt": "0.000003"}]}
    plan = take(flat(service_tier=tier, pricing=pricing))
    assert plan.problems == []
    assert sold().keys() == {"prompt token flex", "completion token flex"}


def test_a_description_that_cannot_be_stored_leaves_the_stored_one() -> None:
    take(v2(passthrough_parameters={"seed_text": {"type": "range", "min": 0, "max": 2}}))
    plan = take(described(type="tuple"))
    assert plan.changes == []
    row = ParameterDescriptor.objects.get(name="seed_text")
    assert (row.type, row.maximum) == ("range", 2)
