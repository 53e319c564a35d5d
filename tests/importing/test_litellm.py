"""Reading LiteLLM's cost map."""

import json
from decimal import Decimal
from typing import Any

import pytest

from catalog.decimals import without_float_error
from catalog.importing.applying.importer import apply_reading
from catalog.importing.registry import reader_for
from catalog.importing.source import parse
from catalog.models import AIModel, Price
from catalog.publication import render
from tests.factories import make_model, make_price
from tests.importing.common import take

pytestmark = pytest.mark.django_db

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
        ("0.000999999999999999999999", "0.000999999999999999999999"),
    ],
)
def test_what_was_meant(written: str, read: str) -> None:
    assert without_float_error(Decimal(written)) == Decimal(read)


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
        ({"search_context_cost_per_query": Decimal("0.01")}, "depends on the size"),
        ({"search_context_cost_per_query": {"a": Decimal("0.01"), "b": Decimal("0.05")}}, "depends on the size"),
        ({"search_context_cost_per_query": {"a": Decimal("0.01"), "b": "0.05"}}, "depends on the size"),
        ({"search_context_cost_per_query": {"a": Decimal("0.01"), "b": "0.01"}}, "0.01"),
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
    assert "has no models of mode" in plan.notes[0].sentence


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


@pytest.mark.parametrize(("hit", "questions"), [(2.8e-08, 0), (1e-08, 1)])
def test_a_cached_price_that_is_stated_twice_is_a_question_only_if_the_two_differ(hit: float, questions: int) -> None:
    costs = {"input_cost_per_token": 2.8e-07, "output_cost_per_token": 4.2e-07, "cache_read_input_token_cost": 2.8e-08}
    plan = take({"acme/one": {**FACTS, **costs, "input_cost_per_token_cache_hit": hit}})
    assert (plan.problems, len(plan.warnings)) == ([], questions)
    assert Price.objects.get(kind="input_cache_read").usd == Decimal("0.000000028")
    assert AIModel.objects.get().is_public is not bool(questions)


@pytest.mark.parametrize(("stated", "prompt", "context"), [(4096, 4096, 8192), (2048, 2048, 8192), (16384, 16384, 16384)])
def test_the_only_length_of_the_map_is_the_prompt_limit_of_a_model_that_has_one(
    stated: int, prompt: int, context: int
) -> None:
    make_model("acme/one", context_length=8192, max_prompt_length=4096, max_output_length=1024)
    document = {"acme/one": {**FACTS, "max_input_tokens": stated, "max_output_tokens": 1024}}
    for _ in range(2):
        plan = take(document)
        assert plan.problems == []
        model = AIModel.objects.get()
        assert (model.max_prompt_length, model.context_length) == (prompt, context)
    assert plan.changes == []


def test_a_web_search_by_the_size_of_its_context_leaves_the_stored_price() -> None:
    make_price(make_model("acme/one", max_output_length=1024), "web_search", "0.02", unit="search")
    plan = take({"acme/one": {**FACTS, "search_context_cost_per_query": {"low": Decimal("0.01"), "high": Decimal("0.05")}}})
    assert [str(price.usd.normalize()) for price in Price.objects.filter(kind="web_search")] == ["0.02"]
    assert not [one for one in plan.changes if "web_search" in one.field]


@pytest.mark.parametrize(
    ("mode", "key", "read", "stored"),
    [
        ("image_generation", "input_cost_per_image", "image_output", "image"),
        ("chat", "input_cost_per_character", "prompt", "speech_output"),
        ("audio_speech", "input_cost_per_character", "speech_output", "prompt"),
    ],
)
def test_a_key_for_either_of_two_prices_is_the_one_that_the_catalog_has(mode: str, key: str, read: str, stored: str) -> None:
    document = {"acme/one": {"litellm_provider": "openai", "mode": mode, key: 0.04}}
    take(document)
    assert {price.kind for price in Price.objects.all()} == {read}
    unit = Price.objects.get().unit
    AIModel.objects.all().delete()
    make_price(make_model("acme/one", prices={}), stored, "0.02", unit=unit)
    assert [(one.field, one.new) for one in take(document).changes if "price" in one.field] == [
        (f"price of {stored} per {unit}", "0.04")
    ]
    assert take(document).changes == []


def test_a_stored_price_that_looks_like_a_binary_number_stays_when_our_map_is_read_again() -> None:
    exact = "0.00000015000000000000002"
    make_model(prices={"prompt": exact, "completion": "0.0000006"})
    written = parse(render("litellm").body)
    assert written["acme/one"]["input_cost_per_token"] == Decimal(exact)
    assert apply_reading(reader_for(written).read(written), source="test").changes == []
    Price.objects.filter(kind="prompt").update(usd=Decimal("0.0000002"))
    changes = apply_reading(reader_for(written).read(written), source="test").changes
    assert [(one.old, one.new) for one in changes] == [("0.0000002", "0.00000015")]
