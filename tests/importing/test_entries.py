"""What one entry of a source states reaches no other entry of the model, and what does no harm refuses nothing."""

import json
from typing import Any

import pytest

from catalog.importing.applying.importer import apply_reading
from catalog.importing.registry import read_content
from catalog.importing.source import SourceError
from catalog.listing import Selection, listing
from catalog.models import AIModel, Price
from catalog.review import rehearse
from tests.factories import make_listed
from tests.importing.outcome import sold, take

pytestmark = pytest.mark.django_db

FACTS: dict[str, Any] = {
    "id": "acme/m",
    "name": "M",
    "context_length": 32768,
    "max_output_length": 8192,
    "supported_features": ["tools"],
    "datacenters": [{"country_code": "DE"}],
    "pricing": {"prompt": "0.000001", "completion": "0.000002"},
}
FLEX = {**FACTS, "service_tier": "flex", "pricing": {"prompt": "0.0000005", "completion": "0.000001"}}
FREE = {**FACTS, "is_free": True, "pricing": {"prompt": "0", "completion": "0"}}

OWN: list[dict[str, Any]] = [
    {"is_ready": False},
    {"deprecation_date": "2026-12-31"},
    {"discount_to_user": 0.5},
    {"discount_to_user": -0.5},
    {"capacity_tpm": 1000},
    {"context_length": 16384},
    {"max_output_length": 4096},
    {"supported_features": []},
    {"supported_features": ["json_mode"]},
    {"datacenters": [{"country_code": "JP"}]},
]
"""Facts that an entry can have for itself."""


def entries() -> dict[str, Any]:
    """The only model's entries, as the flat feed would write them, by tier; without prices."""
    return {
        "free" if entry.is_free else entry.service_tier: {
            "is_ready": entry.model.is_ready,
            "deprecation_date": entry.model.deprecation_at and f"{entry.model.deprecation_at:%Y-%m-%d}",
            "discount_to_user": entry.model.discount_to_user and float(entry.model.discount_to_user),
            "capacity_tpm": entry.model.capacity_tpm,
            "context_length": entry.model.context_length,
            "max_output_length": entry.model.max_output_length,
            "supported_features": list(entry.model.supported_features),
            "datacenters": [{"country_code": place.country} for place in entry.model.datacenters],
        }
        for entry in listing(Selection.EVERY).entries
    }


PLAIN = {
    "is_ready": True,
    "deprecation_date": None,
    "discount_to_user": None,
    "capacity_tpm": None,
    "context_length": 32768,
    "max_output_length": 8192,
    "supported_features": ["tools"],
    "datacenters": [{"country_code": "DE"}],
}


@pytest.mark.parametrize("other", [FLEX, FREE])
@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("turned", [False, True])
def test_a_fact_of_another_entry_is_its_own_offers(own: dict[str, Any], other: dict[str, Any], turned: bool) -> None:
    data = [FACTS, {**other, **own}]
    plan = take({"data": data[::-1] if turned else data})
    assert (plan.problems, list(plan.warnings)) == ([], [])
    which = "free" if other is FREE else "flex"
    assert entries() == {"default": PLAIN, which: {**PLAIN, **own}}
    assert take({"data": data}).changes == []
    plan = take({"data": [FACTS, {**other, **{key: PLAIN[key] for key in own if PLAIN[key] is not None}}]})
    says_none = [key for key in own if PLAIN[key] is None]
    assert entries() == {"default": PLAIN, which: {**PLAIN, **{key: own[key] for key in says_none}}}


@pytest.mark.parametrize("own", OWN)
def test_a_fact_of_the_default_entry_is_not_another_entrys_that_is_sold(own: dict[str, Any]) -> None:
    take({"data": [FACTS, FLEX]})
    for _ in range(2):
        plan = take({"data": [{**FACTS, **own}, FLEX]})
        assert plan.problems == []
        assert entries() == {"default": {**PLAIN, **own}, "flex": PLAIN}
    assert plan.changes == []


@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("other", [FLEX, FREE])
def test_a_source_with_another_entry_alone_leaves_the_model_as_it_is(own: dict[str, Any], other: dict[str, Any]) -> None:
    take({"data": [FACTS]})
    for _ in range(2):
        plan = take({"data": [{**other, **own, "name": "Another"}]})
        assert (plan.problems, list(plan.warnings)) == ([], [])
        assert entries() == {"default": PLAIN, "free" if other is FREE else "flex": {**PLAIN, **own}}
    assert plan.changes == []
    assert AIModel.objects.get().name == "M"


@pytest.mark.parametrize("other", [FLEX, FREE])
def test_a_reading_that_was_tried_is_applied_with_the_same_result(other: dict[str, Any]) -> None:
    take({"data": [FACTS]})
    reading = read_content(json.dumps({"data": [{**other, "capacity_tpm": 1000, "context_length": 16384}]}).encode())
    tried, _, _ = rehearse(lambda: apply_reading(reading, source="test"))
    applied = apply_reading(reading, source="test")
    assert applied.changes == tried.changes
    which = "free" if other is FREE else "flex"
    assert entries() == {"default": PLAIN, which: {**PLAIN, "capacity_tpm": 1000, "context_length": 16384}}


def test_an_offers_facts_say_in_the_plan_whose_they_are_and_a_refusal_names_its_entry() -> None:
    take({"data": [FACTS, FLEX]})
    plan = take({"data": [FACTS, {**FLEX, "capacity_tpm": 5}]})
    assert [(one.field, one.old, one.new) for one in plan.changes] == [("flex capacity_tpm", "same as the model", "5")]
    AIModel.objects.update(capacity_tpm=7)
    plan = take({"data": [{**FACTS, "capacity_tpm": 7}, FLEX]})
    assert [(one.field, one.old, one.new) for one in plan.changes] == [("flex capacity_tpm", "5", "none")]


def test_entries_that_agree_are_one_model_and_prose_is_the_default_entrys() -> None:
    plan = take({"data": [{**FLEX, "name": "M flex", "is_ready": True}, FACTS, FREE]})
    assert (plan.problems, list(plan.warnings)) == ([], [])
    model = AIModel.objects.get()
    assert (model.name, model.has_free_variant) == ("M", True)
    assert sold()["prompt token flex"] == "0.0000005"
    assert any(note.field == "name" for note in plan.notes)


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"supported_features": ["tools", "streaming"]}, "supported_features"),
        ({"supported_sampling_parameters": ["temperature", "min_tokens", "n"]}, "supported_sampling_parameters"),
        ({"quantization": "gptq-int4"}, "quantization"),
        ({"hugging_face_id": "llama-7b"}, "hugging_face_id"),
        ({"openrouter": {"slug": "llama"}}, "openrouter_slug"),
        ({"openrouter": {"slug": None, "extra": "x"}}, "openrouter"),
        ({"datacenters": [{"country_code": "US", "city": "Dallas"}]}, "datacenters.city"),
    ],
)
def test_what_does_no_harm_is_noted_and_left_aside(keys: dict[str, Any], field: str) -> None:
    plan = take({"data": [{**FACTS, **keys}]})
    assert plan.problems == []
    assert [note.field for note in plan.notes] == [field]
    assert plan.created == ["acme/m"]


@pytest.mark.parametrize(
    "keys",
    [
        {"openrouter": []},
        {"openrouter": None, "datacenters": None},
        {"pricing": {**FACTS["pricing"], "unit": None, "currency": "usd"}},
    ],
)
def test_an_empty_value_states_nothing(keys: dict[str, Any]) -> None:
    plan = take({"data": [{**FACTS, **keys}]})
    assert (plan.problems, list(plan.warnings), list(plan.notes)) == ([], [], [])
    assert sold() == {"prompt token": "0.000001", "completion token": "0.000002"}


def test_an_entry_that_is_there_twice_is_read_once_and_two_that_differ_are_refused() -> None:
    plan = take({"data": [FACTS, FACTS]})
    assert (plan.problems, plan.created) == ([], ["acme/m"])
    assert "the same as entry 1 (acme/m)" in plan.notes[0].sentence
    plan = take({"data": [FACTS, {**FACTS, "pricing": FLEX["pricing"]}]})
    assert [one.field for one in plan.problems] == ["id"]


@pytest.mark.parametrize(
    "data",
    [
        [{"id": "a", "object": "model", "owned_by": "acme", "created": 1}],
        [{"id": "a", "pricing": {"input": "1", "output": "2"}}],
        [{"id": "a", "cost_in": 1, "cost_out": 2}],
        [{"id": "a", "context_window": 4096, "pricing": {"input_cache_read": "0.0000001", "input": "0.000001"}}],
        [{"id": "a", "prices": {"usd": 1}}],
    ],
)
def test_another_list_of_models_is_no_flat_listing(data: list[dict[str, Any]]) -> None:
    with pytest.raises(SourceError, match="flat listing"):
        take({"object": "list", "data": data})


@pytest.mark.parametrize("pricing", [None, {}, {"prompt": None}, {"image": "0", "request": "0"}])
def test_a_model_without_a_price_is_not_made_public(pricing: Any) -> None:
    take({"data": [{**FACTS, "pricing": pricing}, {**FACTS, "id": "acme/sold"}]})
    assert set(AIModel.objects.filter(is_public=True).values_list("model_id", flat=True)) == {"acme/sold"}
    AIModel.objects.update(is_public=True)
    take({"data": [{**FACTS, "pricing": pricing}, {**FACTS, "id": "acme/sold"}]})
    assert AIModel.objects.filter(is_public=True).count() == 2


def test_a_refusal_names_the_model_in_letters_that_can_be_read() -> None:
    plan = take({"data": [{**FACTS, "name": 5, "id": "acme/m"}, {**FACTS, "id": "名 前"}]})
    assert "(acme/m)" in plan.problems[0].entry
    assert "'名 前'" in plan.problems[1].sentence


def test_a_price_outside_the_field_is_asked_about_in_a_table_too() -> None:
    make_listed()
    table = b"model_id,kind,unit,usd_per_million_tokens\nacme/one,prompt,token,1000.5\nacme/one,completion,token,1000\n"
    plan = apply_reading(read_content(table), source="test")
    assert [one.entry for one in plan.warnings] == ["row 2 (acme/one)"]
    assert Price.objects.exists()


def cost_map(**facts: Any) -> dict[str, Any]:
    return {"acme/m": {"litellm_provider": "openai", "mode": "chat", **facts}}


def dev(**facts: Any) -> dict[str, Any]:
    return {"acme": {"id": "acme", "models": {"acme/m": {"name": "M", **facts}}}}


@pytest.mark.parametrize(
    ("document", "features", "inputs"),
    [
        (cost_map(), ["tools", "reasoning"], ["text", "image"]),
        (cost_map(supported_output_modalities=[]), ["tools", "reasoning"], ["text", "image"]),
        (cost_map(supports_reasoning=False, supports_vision=False), ["tools"], ["text"]),
        (cost_map(supports_function_calling=False, supports_audio_input=True), ["reasoning"], ["text", "image", "audio"]),
        (cost_map(supported_modalities=["text"]), ["tools", "reasoning"], ["text"]),
        (dev(), ["tools", "reasoning"], ["text", "image"]),
        (dev(tool_call=True, reasoning=False), ["tools"], ["text", "image"]),
        (
            {"data": [{**FACTS, "supported_features": None, "input_modalities": []}]},
            ["tools", "reasoning"],
            ["text", "image"],
        ),
    ],
)
def test_a_flag_that_is_not_there_says_nothing(document: Any, features: list[str], inputs: list[str]) -> None:
    lists = {
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "supported_features": ["tools", "reasoning"],
    }
    take({"data": [{**FACTS, **lists}]})
    for _ in range(2):
        plan = take(document)
        assert plan.problems == []
        model = AIModel.objects.get()
        assert (model.supported_features, model.input_modalities, model.output_modalities) == (features, inputs, ["text"])
    assert plan.changes == []
