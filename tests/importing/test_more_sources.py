"""The lists of prices that people keep elsewhere: models.dev, a LiteLLM proxy, genai-prices, llm-prices, new-api."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command

from catalog.formats import FORMATS
from catalog.importing.applying.importer import apply_reading
from catalog.importing.registry import READERS, read_content, reader_for
from catalog.importing.source import SourceError, parse
from catalog.models import AIModel, Price
from catalog.publication import render
from tests.factories import make_listed
from tests.importing.outcome import sold, take

pytestmark = pytest.mark.django_db


def dev(cost: Any, **facts: Any) -> dict[str, Any]:
    model = {
        "id": "acme/m", "name": "M", "attachment": False, "reasoning": True, "tool_call": True, "temperature": True,
        "release_date": "2026-01-02", "last_updated": "2026-01-02", "open_weights": True, "family": "emm",
        "modalities": {"input": ["text", "pdf"], "output": ["text"]}, "limit": {"context": 200000, "output": 8192},
        "reasoning_options": [{"type": "toggle"}, {"type": "effort", "values": ["low", "high"]}, {"type": "budget_tokens", "min": 1024}],
        **facts,
    }  # fmt: skip
    return {"acme": {"id": "acme", "name": "Acme", "npm": "x", "env": ["A"], "models": {"acme/m": {**model, "cost": cost}}}}


def proxy(**info: Any) -> dict[str, Any]:
    facts = {
        "id": "x",
        "db_model": False,
        "key": "openai/m",
        "mode": "chat",
        "litellm_provider": "openai",
        "max_input_tokens": 4096,
        **info,
    }
    return {
        "data": [{"model_name": "acme/m", "litellm_params": {"model": "openai/m", "api_key": "secret"}, "model_info": facts}]
    }


def genai(prices: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": "acme",
            "name": "Acme",
            "api_pattern": "x",
            "models": [{"id": "acme/m", "name": "M", "match": {"equals": "m"}, "context_window": 4096, "prices": prices}],
        }
    ]


def llm(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"updated_at": "2026-01-01", "prices": [{"id": "acme/m", "vendor": "acme", "name": "M", **row} for row in rows]}


def heir(group_ratio: Any = None, **row: Any) -> dict[str, Any]:
    document = {
        "success": True,
        "data": [{"model_name": "acme/m", "quota_type": 0, "model_price": 0, "enable_groups": ["default"], **row}],
    }
    return document if group_ratio is None else {**document, "group_ratio": group_ratio}


PLAIN = {"prompt token": "0.000001", "completion token": "0.000005"}
CACHED = {**PLAIN, "input_cache_read token": "0.0000001"}


@pytest.mark.parametrize(
    ("name", "document", "prices"),
    [
        ("models-dev", dev({"input": 1, "output": 5, "cache_read": 0.1}), CACHED),
        ("models-dev", dev({"input": 1, "output": 5, "cache_read": 0}), PLAIN),
        (
            "models-dev",
            dev({"input": 1, "output": 5, "tiers": [{"input": 2, "output": 5, "tier": {"type": "context", "size": 128000}}]}),
            {**PLAIN, "prompt token >128000": "0.000002"},
        ),
        (
            "models-dev",
            dev({"input": 1, "output": 5, "context_over_200k": {"input": 2, "output": 9}}),
            {**PLAIN, "prompt token >200000": "0.000002", "completion token >200000": "0.000009"},
        ),
        ("litellm-info", proxy(input_cost_per_token=1e-06, output_cost_per_token=5e-06, cache_read_input_token_cost=1e-07), CACHED),
        ("genai-prices", genai({"input_mtok": 1, "output_mtok": 5, "cache_read_mtok": 0.1}), CACHED),
        ("genai-prices", genai({"input_mtok": {"base": 1, "tiers": [{"start": 200000, "price": 2}]}, "output_mtok": 5, "requests_kcount": 2}),
         {**PLAIN, "prompt token >200000": "0.000002", "request request": "0.002"}),
        (
            "genai-prices",
            genai(
                [
                    {"prices": {"input_mtok": 1, "output_mtok": 5}},
                    {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}, "prices": {"input_mtok": 2}},
                ]
            ),
            {**PLAIN, "prompt token 0030-1630": "0.000002"},
        ),
        ("llm-prices", llm({"input": 1, "output": 5, "input_cached": 0.1}), CACHED),
        ("llm-prices", llm({"input": 1, "output": 5, "input_cached": None, "from_date": None, "to_date": None}), PLAIN),
        ("new-api", heir(model_ratio=0.5, completion_ratio=5, cache_ratio=0.1), CACHED),
        ("new-api", heir({"default": 2, "vip": 1}, model_ratio=0.25, completion_ratio=5), PLAIN),
        ("new-api", heir(quota_type=1, model_price=0.04, model_ratio=0, completion_ratio=0), {"request request": "0.04"}),
    ],
)  # fmt: skip
def test_prices_are_read_in_their_own_units(name: str, document: Any, prices: dict[str, str]) -> None:
    assert reader_for(parse(json.dumps(document).encode())).name == name
    plan = take(document)
    assert (plan.problems, list(plan.warnings)) == ([], [])
    assert sold() == prices
    assert AIModel.objects.get().is_public
    assert take(document).changes == []


@pytest.mark.parametrize(
    "document",
    [
        dev({"input": 0, "output": 0}),
        dev({"input": 0, "output": 5}),
        dev({"input": 1, "output": 5, "per_minute": 2}),
        dev({"input": 1, "output": 5, "tiers": [{"input": 2, "output": 5, "tier": {"type": "other", "size": 1}}]}),
        proxy(input_cost_per_token=0, output_cost_per_token=0),
        proxy(input_cost_per_token=0, output_cost_per_furlong=2),
        genai({"input_mtok": 1, "storage_gb_hour": 5}),
        genai({"input_mtok": 0, "output_mtok": 0}),
        genai([{"prices": {"input_mtok": 1}}, {"constraint": {"moon": "full"}, "prices": {"input_mtok": 2}}]),
        llm({"input": 0, "output": 0}),
        llm({"input": 5000, "output": 1}),
        heir(model_ratio=0, completion_ratio=0),
        heir(model_ratio=1, completion_ratio=1, billing_mode="tiered_expr", billing_expr="x"),
        heir({"vip": 1}, model_ratio=1, completion_ratio=1),
    ],
)
def test_what_could_be_wrong_is_asked_about_and_not_made_public(document: Any) -> None:
    plan = take(document, list_on_openrouter=True)
    assert plan.problems == []
    assert plan.warnings
    assert "secret" not in repr(plan)
    assert not AIModel.objects.get().is_public
    assert "0" not in sold().values()


@pytest.mark.parametrize(
    "document", [dev({"input": 0, "output": 0}), proxy(input_cost_per_token=0), heir(model_ratio=0), llm({"input": 0})]
)
def test_a_zero_that_may_be_none_ends_no_price_and_sells_nothing_for_nothing(document: Any) -> None:
    make_listed("acme/m")
    before = sold()
    take(document)
    assert sold() == before


@pytest.mark.parametrize(
    "document",
    [
        {**dev({"input": 1, "output": 5}), "other": {"id": "other", "models": {}}},
        [*genai({"input_mtok": 1}), {"id": "other", "models": [], "api_pattern": "y"}],
    ],
)
def test_the_models_of_several_providers_are_no_ones_catalog(document: Any) -> None:
    with pytest.raises(SourceError, match="2 providers"):
        take(document)


def history() -> dict[tuple[str, datetime], str | None]:
    return {
        (row.kind, row.effective_from): None if row.usd is None else f"{row.usd.normalize():f}"
        for row in Price.objects.filter(ai_model__model_id="acme/m")
    }


def day(month: int) -> datetime:
    return datetime(2025, month, 1, tzinfo=UTC)


EXPECTED = {
    ("prompt", day(1)): "0.000003",
    ("completion", day(1)): "0.000005",
    ("prompt", day(6)): "0.000002",
}


def test_a_history_of_llm_prices_becomes_dated_rows() -> None:
    rows = [
        {"input": 3, "output": 5, "from_date": "2025-01-01", "to_date": "2025-06-01"},
        {"input": 2, "output": 5, "from_date": "2025-06-01", "to_date": None},
    ]
    document = llm(*rows)
    assert take(document).problems == []
    assert history() == {**EXPECTED, ("completion", day(6)): "0.000005"}
    assert take(document).changes == []
    vendor = {"vendor": "acme", "models": [{"id": "acme/m", "name": "M", "price_history": rows}]}
    assert take(vendor).changes == []
    ended = llm({**rows[0], "to_date": "2025-03-01"}, rows[1])
    take(ended)
    assert history()["prompt", day(3)] is None


def test_a_history_of_genai_prices_becomes_dated_rows() -> None:
    document = genai(
        [
            {"prices": {"input_mtok": 9, "output_mtok": 9}},
            {
                "constraint": {"type": "start_date", "start_date": "2025-06-01"},
                "prices": {"input_mtok": 2, "output_mtok": 5},
            },
            {
                "constraint": {"type": "start_date", "start_date": "2025-01-01"},
                "prices": {"input_mtok": 3, "output_mtok": 5},
            },
        ]
    )
    assert take(document).problems == []
    assert history() == EXPECTED
    assert take(document).changes == []


def test_models_devs_facts_are_a_new_models() -> None:
    take(dev({"input": 1, "output": 5}))
    model = AIModel.objects.get()
    assert (model.name, model.family, model.has_open_weights, model.input_modalities) == ("M", "emm", True, ["text", "file"])
    assert (model.reasoning_is_mandatory, model.reasoning_takes_max_tokens) == (False, True)
    assert set(model.reasoning_efforts) == {"low", "high"}
    assert model.supported_features == ["tools", "reasoning"]
    (written,) = json.loads(render("models-dev").body).values()
    (document,) = written["models"].values()
    assert (document["family"], document["open_weights"]) == ("emm", True)
    assert document["reasoning_options"] == [
        {"type": "toggle"}, {"type": "effort", "values": ["high", "low"]}, {"type": "budget_tokens"},
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(FORMATS.keys() & READERS.keys()))
def test_our_own_list_of_the_sample_read_back_changes_nothing(name: str) -> None:
    call_command("load_sample", verbosity=0)
    AIModel.objects.filter(context_length__gt=8192).update(max_prompt_length=8192)
    plan = apply_reading(read_content(render(name).body, name=name), source="test")
    assert (plan.problems, plan.created, plan.changes) == ([], [], [])


def test_two_deployments_of_one_model_are_one() -> None:
    document = proxy(input_cost_per_token=1e-06, output_cost_per_token=5e-06)
    document["data"].append(json.loads(json.dumps(document["data"][0])))
    plan = take(document)
    assert (plan.created, list(plan.warnings)) == (["acme/m"], [])
    document["data"][1]["model_info"]["input_cost_per_token"] = 9e-06
    assert "has other costs" in take(document).warnings[0].sentence
    assert sold() == PLAIN


@pytest.mark.parametrize(
    "document",
    [
        {"acme": {"id": "acme", "models": {"a": 1, "b": {"cost": 5}, "c": {"cost": {"input": "x"}}}}},
        {
            "data": [
                {"model_name": 5, "model_info": {"mode": "chat"}},
                {"model_name": "a", "model_info": {"mode": "chat", "input_cost_per_token": "x"}},
            ]
        },
        [
            {
                "id": "acme",
                "models": [1, {"id": "a", "prices": 5}, {"id": "b", "prices": [{"prices": None}]}],
                "api_pattern": "x",
            }
        ],
        {"prices": [{"vendor": "x", "input": 1, "id": 7}, {"vendor": "x", "id": "a", "input": "x", "from_date": "never"}]},
        {
            "data": [
                {"model_name": "a", "model_ratio": "x"},
                {"model_name": "b", "model_ratio": -1},
                {"model_name": None, "quota_type": 0},
                3,
            ]
        },
    ],
)
def test_nonsense_is_refused_by_entry(document: Any) -> None:
    plan = take(document)
    assert plan.problems
    assert all(one.entry for one in plan.problems)
    assert not AIModel.objects.exists()
