"""No import publishes a price that its source does not state: keys that are not read, zeros that fill, units and currencies."""

import json
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.formats.litellm import SEARCH_KEY
from catalog.importing.readers import litellm, litellm_keys
from catalog.importing.source import SourceError
from catalog.models import AIModel, Price
from tests.factories import make_listed
from tests.importing.outcome import sold, take
from tests.packages import needs_litellm

pytestmark = pytest.mark.django_db


def mapped(mode: str = "chat", **costs: Any) -> dict[str, Any]:
    return {"acme/m": {"litellm_provider": "acme", "max_input_tokens": 4096, "mode": mode, **costs}}


def feed(pricing: Any, **facts: Any) -> dict[str, Any]:
    return {"data": [{"id": "acme/m", "name": "M", "context_length": 32768, "pricing": pricing, **facts}]}


def is_public() -> bool:
    return AIModel.objects.get(model_id="acme/m").is_public


TWO: dict[str, Any] = {"input_cost_per_token": 1e-06, "output_cost_per_token": 5e-06}


@pytest.mark.parametrize(
    ("document", "prices"),
    [
        (
            mapped("rerank", input_cost_per_query=0.002, input_cost_per_token=0.0, output_cost_per_token=0.0),
            {"request request": "0.002"},
        ),
        (mapped("rerank", input_cost_per_request=0.002, input_cost_per_token=0), {"request request": "0.002"}),
        (mapped("video_generation", output_cost_per_video_per_second=0.1), {"video_output second": "0.1"}),
        (mapped("video_generation", output_cost_per_second=0.1), {"video_output second": "0.1"}),
        (mapped("image_generation", input_cost_per_image=0.04), {"image_output image": "0.04"}),
        (mapped("image_generation", output_cost_per_image=0.04, output_cost_per_token=0), {"image_output image": "0.04"}),
        (mapped("audio_transcription", input_cost_per_second=0.0001), {"audio second": "0.0001"}),
        (
            mapped(**TWO, input_cost_per_token_cache_hit=1.4e-07),
            {"prompt token": "0.000001", "completion token": "0.000005", "input_cache_read token": "0.00000014"},
        ),
        (
            mapped(**TWO, input_cost_per_token_ultrafast=2e-06, output_cost_per_token_above_200k_tokens_ultrafast=3e-06),
            {
                "prompt token": "0.000001",
                "completion token": "0.000005",
                "prompt token ultrafast": "0.000002",
                "completion token ultrafast >200000": "0.000003",
            },
        ),
        (
            mapped(
                **TWO,
                tiered_pricing=[
                    {**TWO, "range": [0, 32000.0]},
                    {"input_cost_per_token": 2e-06, "output_cost_per_token": 9e-06, "range": [32000.0, 128000.0]},
                ],
            ),
            {
                "prompt token": "0.000001",
                "completion token": "0.000005",
                "prompt token >32000": "0.000002",
                "completion token >32000": "0.000009",
            },
        ),
        (
            mapped(
                input_cost_per_token=4.4e-07,
                output_cost_per_token=1.32e-06,
                off_peak_pricing={
                    "hours_utc": "16:30-00:30",
                    "input_cost_per_token": 2.2e-07,
                    "output_cost_per_token": 6.6e-07,
                },
            ),
            {
                "prompt token": "0.00000022",
                "completion token": "0.00000066",
                "prompt token 0030-1630": "0.00000044",
                "completion token 0030-1630": "0.00000132",
            },
        ),
    ],
)
def test_a_price_of_the_map_is_read_as_its_key_and_mode_say(document: Any, prices: dict[str, str]) -> None:
    plan = take(document)
    assert (plan.problems, list(plan.warnings)) == ([], [])
    assert sold() == prices
    assert is_public()
    assert take(document).changes == []


@pytest.mark.parametrize(
    "costs",
    [
        {"mode": "image_generation", "input_cost_per_pixel": 2e-08, "output_cost_per_token": 0.0},
        {"mode": "audio_transcription", "output_cost_per_second": 0.0001},
        {"mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0, "input_cost_per_furlong": 0.1},
        {"mode": "chat", "input_cost_per_token": 0.0, "session_price": "5"},
        {"mode": "chat", "input_cost_per_second": 0.01, "output_cost_per_token": 0},
        {"mode": "video_generation", "output_cost_per_second_1080p": 0.4},
        {"mode": "chat", "tiered_pricing": "see the page"},
        {"mode": "chat", "tiered_pricing": [{"input_cost_per_token": 1e-06}]},
        {"mode": "chat", **TWO, "off_peak_pricing": {"discount_cost": 0.5}},
        {"mode": "chat", **TWO, "off_peak_pricing": {"hours_utc": "16:30-00:30", "input_cost_per_furlong": 1}},
    ],
)
def test_a_price_that_is_not_read_is_told_and_sells_nothing_for_nothing(costs: dict[str, Any]) -> None:
    plan = take({"acme/m": {"litellm_provider": "acme", "max_input_tokens": 4096, **costs}}, list_on_openrouter=True)
    assert plan.problems == []
    assert [warning.entry for warning in plan.warnings] == ["entry 1 (acme/m)"]
    assert not plan.warnings[0].field.startswith(".")
    assert "0" not in sold().values()
    assert not is_public()
    assert plan.listed == []


@pytest.mark.parametrize(
    "document",
    [
        {
            "acme/one": {
                "litellm_provider": "acme",
                "mode": "rerank",
                "input_cost_per_query": 0.1,
                "input_cost_per_token": 0.0,
            }
        },
        {
            "acme/one": {
                "litellm_provider": "acme",
                "mode": "chat",
                "input_cost_per_furlong": 0.1,
                "input_cost_per_token": 0.0,
            }
        },
        {"data": [{"id": "acme/one", "pricing": {"prompt": "0", "completion": "0", "per_minute": "0.01"}}]},
    ],
)
def test_a_live_models_prices_neither_end_nor_become_0_beside_one_that_is_not_read(document: Any) -> None:
    make_listed()
    before = sold("acme/one")
    plan = take(document)
    after = sold("acme/one")
    if plan.warnings:
        assert {**after, **before} == after
    assert "0" not in after.values()


@pytest.mark.parametrize("names", [("input", "output"), ("input", "completions")])
def test_prices_under_other_names_are_refused_and_end_nothing(names: tuple[str, str]) -> None:
    make_listed()
    before = sold("acme/one")
    pricing = dict.fromkeys(names, "0.000003") | {"input_cache_read": "0.0000001"}
    with pytest.raises(SourceError, match=f"Its prices are under {', '.join(names)}"):
        take({"object": "list", "data": [{"id": "acme/one", "pricing": pricing}]})
    beside = {"id": "acme/two", "pricing": {"prompt": "0.000001", "completion": "0.000001"}}
    plan = take({"object": "list", "data": [{"id": "acme/one", "pricing": pricing}, beside]})
    assert "are called input and output" in plan.problems[0].sentence
    assert sold("acme/one") == before


@needs_litellm
@pytest.mark.slow
def test_every_money_key_of_the_real_map_is_read_or_told() -> None:
    found = find_spec("litellm")  # to import it takes longer than to read all that it knows
    assert found is not None
    assert found.origin is not None
    document = json.loads(Path(found.origin).with_name("model_prices_and_context_window_backup.json").read_text())
    plan = take(document)
    assert plan.problems == []
    told = {" ".join((remark.field, remark.sentence)) for remark in (*plan.warnings, *plan.notes)}
    assert told
    free = {
        row.ai_model.model_id
        for row in Price.objects.filter(usd=0, unit="token", kind__in=("prompt", "completion")).select_related("ai_model")
        if row.ai_model.is_public
    }
    for model_id in free:
        costs = {key: value for key, value in document[model_id].items() if litellm_keys.MONEY_KEY.search(key) and value}
        paid = {key for key in costs if not litellm_keys.OTHER_PRICES.search(key) and key != SEARCH_KEY}
        tokens = {key for key in paid if "token" in key}
        assert not paid or tokens, (model_id, costs)
    keys = {key for name, facts in document.items() if name != litellm.EXAMPLE for key in facts}
    names = {
        key: match[1] for key in keys if litellm_keys.MONEY_KEY.search(key) and (match := litellm_keys.COST_KEY.match(key))
    }
    unread = {
        key for key, name in names.items() if name not in litellm_keys.COSTS and not litellm_keys.OTHER_PRICES.search(key)
    }
    # A new key is looked at before the map is taken: these are told with each model that has them, and hold a new one back, but
    # for the last three, which are read.
    assert unread == {
        "annotation_cost_per_page", "annotation_cost_per_page_batches", "ocr_cost_per_page_batches", "cost_per_second",
            "input_cost_per_pixel", "input_cost_per_text_message",
        "input_cost_per_video_per_second_above_15s_interval", "input_cost_per_video_per_second_above_8s_interval",
        "ocr_cost_per_credit", "ocr_cost_per_page", "output_cost_per_pixel",
        "off_peak_pricing", "search_context_cost_per_query", "tiered_pricing",
    }  # fmt: skip


@pytest.mark.parametrize("key", ["input_cache_read", "input_cache_write", "input_cache_reads", "input_cache_writes"])
def test_a_cached_price_of_0_beside_a_paid_prompt_fills_its_key(key: str) -> None:
    document = feed({"prompt": "0.00000047", "completion": "0.00000319", "image": "0", "request": "0", key: "0"})
    assert take(document).problems == []
    assert sold() == {"prompt token": "0.00000047", "completion token": "0.00000319"}
    assert take(document).changes == []


def test_a_cached_price_of_0_stays_where_the_catalog_has_it_and_where_all_is_free() -> None:
    take(feed({"prompt": "0", "completion": "0", "input_cache_read": "0"}))
    assert sold() == {"prompt token": "0", "completion token": "0", "input_cache_read token": "0"}
    take(feed({"prompt": "0.1", "completion": "0.2", "input_cache_read": "0"}), per_million=True)
    assert sold()["input_cache_read token"] == "0"


@pytest.mark.parametrize(
    ("unit", "prompt"),
    [
        ("per_1k_tokens", "0.0000005"), ("USD per 1K tokens", "0.0000005"), ("per_1m_tokens", "0.0000000005"),
        ("1M tokens", "0.0000000005"), ("million", "0.0000000005"), ("per_thousand_tokens", "0.0000005"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["unit", "price_unit"])
def test_a_stated_unit_is_heeded(key: str, unit: str, prompt: str) -> None:
    assert take(feed({key: unit, "prompt": 0.0005, "completion": 0.5})).problems == []
    assert sold()["prompt token"] == prompt


@pytest.mark.parametrize(
    "pricing",
    [
        {"currency": "CNY", "prompt": "0.000001"},
        {"currency_unit": "eur", "prompt": "0.000001"},
        {"currency": 5, "prompt": "0.000001"},
        {"unit": "per_page", "prompt": "0.000001"},
        {"unit": 1000, "prompt": "0.000001"},
    ],
)
def test_another_currency_and_an_unknown_unit_are_refused(pricing: dict[str, Any]) -> None:
    assert len(take(feed(pricing)).problems) == 1
    assert not AIModel.objects.exists()


@pytest.mark.parametrize("usd", ["0.00000000000015", "0.0000000009", "0.0032", "0.00971"])
def test_a_price_that_is_hardly_meant_is_asked_about(usd: str) -> None:
    plan = take(feed({"prompt": usd, "completion": "0.000001"}), list_on_openrouter=True)
    assert "Is the unit right?" in plan.warnings[0].sentence
    assert not is_public()
    assert plan.listed == []


@pytest.mark.parametrize("usd", ["0.000000001", "0.001", "0.0000005"])
def test_a_price_that_can_be_meant_is_not_asked_about(usd: str) -> None:
    assert list(take(feed({"prompt": usd, "completion": "0.000001"})).warnings) == []
    assert is_public()


def test_the_hint_is_given_only_where_all_prices_look_so() -> None:
    dear = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 0.15, "output_cost_per_token": 0.6}
    right = {**dear, "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07}
    assert "use --prices-per million" in take({"a": dear}).problems[-1].sentence
    assert take({"a": dear, "b": right}).problems[-1].sentence.startswith("2 of 4 token prices look like prices per million")
    plan = take({"a": dear, "b": right}, per_million=True)
    assert {warning.entry for warning in plan.warnings} == {"entry 2 (b)"}
    assert AIModel.objects.get(model_id="a").is_public
    assert not AIModel.objects.get(model_id="b").is_public


COSTS = st.sampled_from([0, 0.0, 1e-7, 2.5e-6, 0.002, 0.5])
KEYS = st.sampled_from(
    ["input_cost_per_token", "output_cost_per_token", "input_cost_per_query", "input_cost_per_furlong", "output_cost_per_pixel",
     "cache_read_input_token_cost", "weekly_price", "output_cost_per_image"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, COSTS, min_size=1), st.sampled_from(sorted(litellm.OUTPUTS)))
def test_nothing_becomes_public_for_nothing_beside_something_that_costs(costs: dict[str, Any], mode: str) -> None:
    AIModel.objects.all().delete()
    plan = take({"acme/m": {"litellm_provider": "acme", "mode": mode, **costs}})
    if plan.problems:
        return
    unread = {key for key in ("input_cost_per_furlong", "output_cost_per_pixel", "weekly_price") if costs.get(key)}
    if unread:
        assert not is_public()
        assert "0" not in sold().values()
    if costs.get("input_cost_per_token"):
        assert Decimal(sold().get("input_cache_read token", 1)) > 0
