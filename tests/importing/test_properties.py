"""Whatever a source says: nothing is sold for nothing or for a fraction without a question, and no entry changes another."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import AIModel
from catalog.publication import render
from tests.examples import examples
from tests.importing.outcome import sold, take

pytestmark = pytest.mark.django_db

AMOUNTS = st.sampled_from(["0.000001", "0.0000025", "0.00004", "0.0007"])
UNKNOWN = st.dictionaries(
    st.sampled_from(["per_page", "session_price", "minute_cost"]), st.sampled_from(["0", "0.5", None]), max_size=2
)
FILLERS = st.dictionaries(
    st.sampled_from(["image", "request", "web_search", "input_cache_read", "input_cache_write", "internal_reasoning"]),
    st.just("0"),
    max_size=4,
)
UNITS = st.sampled_from([(None, 1), ("per_token", 1), ("per_1k_tokens", 1000), ("per_1m_tokens", 1_000_000)])
OWN = st.fixed_dictionaries(
    {},
    optional={
        "is_ready": st.booleans(),
        "deprecation_date": st.just("2027-01-01"),
        "discount_to_user": st.sampled_from([0.5, -0.5]),
        "capacity_tpm": st.integers(1, 3),
        "context_length": st.sampled_from([4096, 8192]),
    },
)
FACTS = ("is_ready", "deprecation_at", "discount_to_user", "capacity_tpm", "context_length")


def facts() -> tuple[Any, ...]:
    model = AIModel.objects.get()
    return tuple(getattr(model, name) for name in FACTS)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(prompt=AMOUNTS, completion=AMOUNTS, unknown=UNKNOWN, fillers=FILLERS, unit=UNITS)
def test_what_is_public_costs_what_is_stated(
    prompt: str, completion: str, unknown: Any, fillers: Any, unit: tuple[Any, int]
) -> None:
    AIModel.objects.all().delete()
    word, tokens = unit
    stated = {"prompt": Decimal(prompt), "completion": Decimal(completion)}
    pricing = {key: str(usd * tokens) for key, usd in stated.items()} | ({"unit": word} if word else {}) | unknown | fillers
    document = {"data": [{"id": "acme/m", "name": "M", "context_length": 4096, "pricing": pricing}]}
    plan = take(document)
    assert plan.problems == []
    model = AIModel.objects.get()
    is_asked = bool(plan.warnings)
    assert is_asked is any(value not in (None, "0") for value in unknown.values())
    assert model.is_public is not is_asked
    prices = sold()
    assert "0" not in prices.values()
    for kind, usd in stated.items():
        assert Decimal(prices[f"{kind} token"]) == usd
    assert take(document).changes == []


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(default=OWN, other=OWN, tier=st.sampled_from(["flex", "priority", "free"]))
def test_no_entry_changes_another(default: Any, other: Any, tier: str) -> None:
    AIModel.objects.all().delete()
    base = {"id": "acme/m", "name": "M", "context_length": 8192, "pricing": {"prompt": "0.000002", "completion": "0.000004"}}
    first = {**base, **default}
    second: dict[str, Any] = {**base, "pricing": {"prompt": "0", "completion": "0"}, "is_free": True, **other}
    if tier != "free":
        second = {**base, "pricing": {"prompt": "0.000001", "completion": "0.000002"}, "service_tier": tier, **other}
    assert take({"data": [first]}).problems == []
    alone, prices = facts(), sold()
    plan = take({"data": [second, first]})
    assert plan.problems == []
    assert facts() == alone
    assert {line: usd for line, usd in sold().items() if tier not in line} == prices
    take({"data": [second]})
    assert facts() == alone


MODES = st.sampled_from(
    ["chat", "completion", "embedding", "rerank", "image_generation", "audio_transcription", "nonsense", None]
)
KEYS = st.sampled_from(
    [
        *("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost", "input_cost_per_query"),
        *("output_cost_per_pixel", "input_cost_per_second", "input_cost_per_token_above_128k_tokens", "per_page_price"),
        *("output_cost_per_image", "some_new_cost_per_thing", "input_cost_per_token_batches"),
    ]
)
COSTS = st.sampled_from([0, 0.0, 1e-06, 4e-05, 0.002, 0.5, "1e-06", None])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(mode=MODES, costs=st.dictionaries(KEYS, COSTS, min_size=1, max_size=5))
def test_no_cost_map_makes_anything_public_at_nothing_or_at_a_fraction(mode: str | None, costs: dict[str, Any]) -> None:
    AIModel.objects.all().delete()
    plan = take({"acme/m": {"litellm_provider": "openai", "mode": mode, "max_input_tokens": 4096, **costs}})
    for model in AIModel.objects.filter(is_public=True):
        stated = sorted(
            Decimal(repr(cost) if isinstance(cost, float) else cost) for cost in costs.values() if cost is not None
        )
        paid = [cost for cost in stated if cost]
        for line, usd in sold(model.model_id).items():
            if Decimal(usd) == 0:  # only where the source states that whole direction as 0, and nothing that costs something
                assert not paid, (line, costs, plan.warnings)
            else:
                assert min(abs(Decimal(usd) / cost) for cost in paid) >= Decimal("0.1"), (line, costs)
                assert any(Decimal(usd) == cost for cost in paid), (line, usd, costs)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    prompt=AMOUNTS, completion=AMOUNTS, fillers=FILLERS, discount=st.sampled_from([None, 0, 0.5, 0.2, -0.25]),
    free=st.booleans(), free_context=st.sampled_from([2048, 4096]),
)  # fmt: skip
def test_what_the_models_api_states_is_served_again_and_the_free_row_speaks_for_itself(
    prompt: str, completion: str, fillers: Any, discount: float | None, free: bool, free_context: int
) -> None:
    AIModel.objects.all().delete()
    row = {"id": "acme/m", "name": "M", "context_length": 4096, "architecture": {"modality": "text->text"}}
    paid = {**row, "pricing": {"prompt": prompt, "completion": completion, **fillers, "discount": discount}}
    costless = {**row, "id": "acme/m:free", "context_length": free_context, "pricing": {"prompt": "0", "completion": "0"}}
    document = {"data": [paid, *([costless] if free else [])]}
    plan = take(document)
    assert plan.problems == []
    assert facts()[-1] == 4096
    assert "0" not in sold().values()
    assert AIModel.objects.get().is_public is not bool(plan.warnings)
    if plan.warnings:  # a price before its discount that is asked about
        return
    served = {one["id"]: one for one in json.loads(render("openrouter-api").body)["data"]}
    assert Decimal(served["acme/m"]["pricing"]["prompt"]) == Decimal(prompt)
    assert Decimal(served["acme/m"]["pricing"]["completion"]) == Decimal(completion)
    assert served.get("acme/m:free", {}).get("context_length") == (free_context if free else None)
    assert take(document).changes == []


def dev(entries: dict[str, dict[str, Any]]) -> Any:
    cost = {
        model_id: {KEYS_OF_DEV.get(key, key): value for key, value in facts.items()} for model_id, facts in entries.items()
    }
    return {"acme": {"id": "acme", "models": {model_id: {"name": "M", "cost": own} for model_id, own in cost.items()}}}


KEYS_OF_DEV = {"prompt": "input", "completion": "output", "cached": "cache_read"}


def genai(entries: dict[str, dict[str, Any]]) -> Any:
    keys = {"prompt": "input_mtok", "completion": "output_mtok", "cached": "cache_read_mtok"}
    models = [
        {"id": model_id, "prices": {keys.get(key, key): value for key, value in facts.items()}}
        for model_id, facts in entries.items()
    ]
    return [{"id": "acme", "api_pattern": "x", "models": models}]


def llm(entries: dict[str, dict[str, Any]]) -> Any:
    keys = {"prompt": "input", "completion": "output", "cached": "input_cached"}
    rows = [
        {"id": model_id, "vendor": "acme", "input": None} | {keys.get(key, key): value for key, value in facts.items()}
        for model_id, facts in entries.items()
    ]
    return {"prices": rows}


def new_api(entries: dict[str, dict[str, Any]]) -> Any:
    """Of which 1 is 2 USD per million tokens, and the others are times that."""
    rows = []
    for model_id, facts in entries.items():
        base = facts.get("prompt")
        row = {"model_name": model_id, "quota_type": 0, "model_ratio": base and base / 2}
        for key, ratio in (("completion", "completion_ratio"), ("cached", "cache_ratio")):
            row[ratio] = facts[key] / base if base and facts.get(key) is not None else facts.get(key)
        rows.append(row | {f"{key}_ratio": value for key, value in facts.items() if key.startswith("per_")})
    return {"data": rows}


LINES = {"prompt": "prompt token", "completion": "completion token", "cached": "input_cache_read token"}
OTHER = {"prompt": 2, "completion": 4}
PER_MILLION = st.sampled_from([0, 0, 1, 4, 32, None])
STATED = st.fixed_dictionaries(
    {"prompt": PER_MILLION, "completion": PER_MILLION}, optional={"cached": PER_MILLION, "per_minute": PER_MILLION}
)


@pytest.mark.parametrize("write", [dev, genai, llm, new_api])
@settings(max_examples=examples(20, 200), deadline=None, suppress_health_check=list(HealthCheck))
@given(stated=STATED, known=st.booleans())
def test_no_list_of_prices_sells_anything_for_nothing_or_changes_another_model(
    write: Any, stated: dict[str, Any], known: bool
) -> None:
    AIModel.objects.all().delete()
    if known:
        take(write({"acme/m": {"prompt": 8, "completion": 16}}))
    before = sold()
    document = write({"acme/m": stated, "acme/other": OTHER})
    plan = take(document)
    assert plan.problems == []
    for model in AIModel.objects.filter(model_id="acme/m", is_public=True):
        for line, usd in sold(model.model_id).items():
            own = {LINES[key]: f"{Decimal(value) / 1_000_000:f}" for key, value in stated.items() if value and key in LINES}
            assert usd in {own.get(line), before.get(line)}
            assert usd != "0"
    is_unread = bool(stated.get("per_minute"))
    is_free = stated["prompt"] == 0
    assert bool(plan.warnings) or not (is_unread or is_free)
    assert known or not (plan.warnings and AIModel.objects.get(model_id="acme/m").is_public)
    assert sold("acme/other") == {"prompt token": "0.000002", "completion token": "0.000004"}
    assert AIModel.objects.get(model_id="acme/other").is_public
    assert take(document).changes == []
