"""What one entry of a source states reaches no other entry of the model, and what does no harm refuses nothing."""

from typing import Any

import pytest

from catalog.importing.source import SourceError
from catalog.models import AIModel, Price
from tests.factories import make_listed
from tests.importing.outcome import sold, take

pytestmark = pytest.mark.django_db

FACTS: dict[str, Any] = {
    "id": "acme/m",
    "name": "M",
    "context_length": 32768,
    "max_output_length": 8192,
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
]
"""Facts that an entry can have for itself."""

OTHERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (other, own) for other in (FLEX, FREE) for own in OWN if not (other is FREE and "discount_to_user" in own)
]
"""Entries beside the default one, and such a fact. A free variant has no price that a discount could be taken off."""


def facts(model_id: str = "acme/m") -> tuple[Any, ...]:
    model = AIModel.objects.get(model_id=model_id)
    return (
        model.is_ready, model.deprecation_at, model.discount_to_user, model.capacity_tpm, model.context_length,
        model.max_output_length,
    )  # fmt: skip


PLAIN = (True, None, None, None, 32768, 8192)


@pytest.mark.parametrize(("other", "own"), OTHERS)
@pytest.mark.parametrize("turned", [False, True])
def test_a_fact_of_another_entry_is_not_the_default_entrys(own: dict[str, Any], other: dict[str, Any], turned: bool) -> None:
    data = [FACTS, {**other, **own}]
    plan = take({"data": data[::-1] if turned else data})
    assert plan.problems == []
    assert facts() == PLAIN
    assert sold() == {"prompt token": "0.000001", "completion token": "0.000002"}
    assert not AIModel.objects.get().has_free_variant
    (warning,) = plan.warnings
    assert "was skipped" in warning.sentence
    assert warning.entry.startswith(f"entry {1 if turned else 2}")
    assert take({"data": data}).changes == []


@pytest.mark.parametrize("own", OWN)
def test_a_fact_of_the_default_entry_is_not_another_entrys_that_is_sold(own: dict[str, Any]) -> None:
    take({"data": [FACTS, FLEX]})
    before = sold()
    plan = take({"data": [{**FACTS, **own}, FLEX]})
    assert "It would also change entry 2" in plan.problems[0].sentence
    assert (facts(), sold()) == (PLAIN, before)


@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("other", [FLEX, FREE])
def test_a_source_with_another_entry_alone_leaves_the_model_as_it_is(own: dict[str, Any], other: dict[str, Any]) -> None:
    take({"data": [FACTS]})
    before = sold()
    plan = take({"data": [{**other, **own, "name": "Another"}]})
    assert (plan.problems, plan.changes) == ([], [])
    assert (facts(), sold(), AIModel.objects.get().name) == (PLAIN, before, "M")
    assert "was skipped" in plan.warnings[0].sentence
    assert take({"data": [other]}).problems == []
    assert facts() == PLAIN
    assert sold() != before or AIModel.objects.get().has_free_variant


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
    from catalog.importing.applying.carry_out import carry_out
    from catalog.importing.registry import read_content

    table = b"model_id,kind,unit,usd_per_million_tokens\nacme/one,prompt,token,1000.5\nacme/one,completion,token,1000\n"
    plan = carry_out(read_content(table), source="test")
    assert [one.entry for one in plan.warnings] == ["row 2 (acme/one)"]
    assert Price.objects.exists()
