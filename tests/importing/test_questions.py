"""Prices that nothing publishes without a question: of 0, in a unit that may be another, under conditions or keys that are not read."""

from typing import Any

import pytest

from catalog.importing.source import SourceError
from catalog.models import AIModel
from tests.factories import make_listed, make_model, make_price
from tests.importing.outcome import sold, take

pytestmark = pytest.mark.django_db

FITS: Any = {"context_length": 4096, "max_output_length": 4096}
PAID = {"prompt": "0.000001", "completion": "0.000002"}


def flat(pricing: Any = None, **facts: Any) -> dict[str, Any]:
    return {"data": [{"id": "acme/m", "name": "M", "context_length": 4096, "pricing": pricing or PAID, **facts}]}


def cost_map(**costs: Any) -> dict[str, Any]:
    return {"acme/m": {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 4096, **costs}}


def dev(cost: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {"acme": {"id": "acme", "models": {"acme/m": {"name": "M", "cost": cost, **facts}}}}


def genai(prices: Any) -> list[dict[str, Any]]:
    return [{"id": "acme", "api_pattern": "x", "models": [{"id": "acme/m", "prices": prices}]}]


def llm(**row: Any) -> dict[str, Any]:
    return {"prices": [{"id": "acme/m", "vendor": "acme", "input": 1, "output": 2, **row}]}


def new_api(**row: Any) -> dict[str, Any]:
    return {"data": [{"model_name": "acme/m", "quota_type": 0, "model_ratio": 1, "completion_ratio": 2, **row}]}


def history(*points: Any, **facts: Any) -> dict[str, Any]:
    return {"as_of": "2026-08-22", "models": {"acme/m": {"points": list(points), **facts}}}


ZEROS: list[Any] = [
    flat({"prompt": "0", "completion": "0"}),
    flat({"prompt": "0", "completion": "0.000002"}),
    flat({"prompt": "0.000001", "completion": "0"}),
    flat({"prompt": "0", "completion": "0", "request": "0.01"}),
    flat({**PAID, "overrides": [{"utc_start": 0, "utc_end": 800, "prompt": "0"}]}),
    flat({"prompt": "0", "completion": "0"}, architecture={"modality": "text->text"}),
    cost_map(input_cost_per_token=0, output_cost_per_token=0),
    cost_map(input_cost_per_token=1e-6, output_cost_per_token=0),
    cost_map(input_cost_per_token=1e-6, output_cost_per_token=2e-6, input_cost_per_token_batches=0),
    dev({"input": 1, "output": 2, "tiers": [{"input": 0, "output": 0, "tier": {"type": "context", "size": 128000}}]}),
    genai({"input_mtok": {"base": 1, "tiers": [{"start": 128000, "price": 0}]}, "output_mtok": 2}),
    genai([{"constraint": {"start_date": "2025-01-01"}, "prices": {"input_mtok": 0, "output_mtok": 0}}]),
    llm(input=0, output=0, from_date="2025-01-01", to_date=None),
    history(["2025-01-01", 1, 2], ["2025-02-01", 0, 0]),
    new_api(completion_ratio=0),
]


@pytest.mark.parametrize("document", ZEROS)
def test_a_price_of_0_is_asked_about_unless_the_catalog_has_it(document: Any) -> None:
    plan = take(document, list_on_openrouter=True)
    assert plan.problems == []
    assert ["costs 0" in one.sentence for one in plan.warnings] == [True] * len(plan.warnings) != []
    assert not AIModel.objects.get().is_public
    assert take(document).changes == []
    assert not take(document).warnings
    AIModel.objects.all().delete()
    make_model("acme/m", **FITS)
    plan = take(document)
    assert plan.warnings
    assert "0" not in {one.new for one in plan.changes if "price" in one.field}


@pytest.mark.parametrize(
    "document",
    [
        flat({"prompt": "0", "completion": "0"}, is_free=True),
        flat({"prompt": "0.000001", "completion": "0"}, output_modalities=["embeddings"]),
        flat({**PAID, "image": "0", "request": "0", "web_search": "0", "audio": "0"}),
        cost_map(mode="embedding", input_cost_per_token=1e-6, output_cost_per_token=0),
        cost_map(input_cost_per_token=1e-6, output_cost_per_token=2e-6, input_cost_per_audio_token=0),
        genai({"input_mtok": 1, "output_mtok": 2, "requests_kcount": 0}),
        history(["2025-01-01", 0, 0], ["2025-02-01", 1, 2]),
    ],
)
def test_a_filler_and_a_free_variant_are_not_asked_about(document: Any) -> None:
    plan = take(document)
    assert (plan.problems, list(plan.warnings)) == ([], [])
    assert AIModel.objects.get().is_public
    assert "0" not in sold().values()


def test_of_a_listed_model_the_review_asks() -> None:
    make_listed("acme/m", **FITS)
    take(flat({"prompt": "0", "completion": "0.000002"}))
    assert sold() == {"prompt token": "0", "completion token": "0.000002"}


def test_a_price_that_may_be_in_another_unit_is_written_over_none_of_a_public_model() -> None:
    make_model("acme/m", **FITS)
    before = sold()
    for document in (
        flat({"prompt": "0.0000000005", "completion": "0.002"}),
        history(["2025-01-01", 0.0005, 5000], ["2026-02-01", 0.0005, 5000]),
    ):
        assert take(document).warnings
        assert sold() == before


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (flat(currency="CNY"), "in 'CNY'"),
        ({**flat(), "currency": "EUR"}, "in 'EUR'"),
        ({**flat(), "unit": "per_1k_tokens"}, "per_1k_tokens, but were read per token"),
        (flat(price_unit="furlong"), "is not a known unit"),
        (cost_map(input_cost_per_token=1e-6, output_cost_per_token=2e-6, currency="CNY"), "in 'CNY'"),
        (llm(currency="EUR"), "in 'EUR'"),
    ],
)
def test_a_currency_or_unit_that_cannot_be_read_refuses_the_source_wherever_it_stands(document: Any, said: str) -> None:
    try:
        sentences = [one.sentence for one in take(document).problems]
    except SourceError as error:
        sentences = [str(error)]
    assert any(said in one for one in sentences)
    assert not AIModel.objects.exists()


@pytest.mark.parametrize(
    "price",
    [
        {"input": 1, "output": 2},
        {"input": "0.000001", "output": "0.000002"},
        {"input": {"tao": 0.004, "usd": 1}, "output": {"tao": 0.008, "usd": 2}},
        {"input": 1, "output": 2, "input_cache_read": 0},
    ],
)
def test_a_second_spelling_of_the_same_prices_is_no_question(price: dict[str, Any]) -> None:
    plan = take(flat({**PAID, "input_cache_read": "0"}, price=price))
    assert (plan.problems, list(plan.warnings), list(plan.notes)) == ([], [], [])
    assert sold() == {"prompt token": "0.000001", "completion token": "0.000002"}


def test_a_second_spelling_is_compared_in_the_unit_of_the_first() -> None:
    document = flat(
        {"prompt": 0.1, "completion": 0.30000000000000004}, price={"input": {"usd": 0.1}, "output": {"usd": 0.3}}
    )
    plan = take(document, per_million=True)
    assert (plan.problems, list(plan.warnings)) == ([], [])
    assert sold() == {"prompt token": "0.0000001", "completion token": "0.0000003"}


def test_a_unit_beside_the_prices_of_an_entry_is_applied() -> None:
    plan = take(flat({"prompt": "1", "completion": "2"}, price_unit="per_1m_tokens", currency="USD"))
    assert (plan.problems, list(plan.warnings)) == ([], [])
    assert sold() == {"prompt token": "0.000001", "completion token": "0.000002"}


BOTH_CONDITIONS = {"start_date": "2025-01-01", "start_time": "00:00:00Z", "end_time": "08:00:00Z"}


@pytest.mark.parametrize(
    "document",
    [
        flat(price_per_image="0.04"),
        cost_map(input_cost_per_token=1e-6, output_cost_per_token=2e-6, discount=0.5),
        cost_map(tiered_pricing=[{"range": [0, 32], "input_cost_per_token": 1e-6}, {"range": [32, 128], "input_cost_per_token": 2e-6}]),
        genai([{"prices": {"input_mtok": 3}}, {"constraint": BOTH_CONDITIONS, "prices": {"input_mtok": 1}}]),
        llm(input_audio=9),
        new_api(video_ratio=9),
        new_api(enable_groups=["vip"]),
        new_api(quota_type=2, model_price=0.01),
        new_api(model_price=0.01),
        flat({**PAID, "discount": 0.5}),
        flat(discount_to_user=-20),
        flat(price={"input": 1, "output": 3}),
        flat(price={"input": {"tao": 1, "usd": 1}, "per_image": 3}),
    ],
)  # fmt: skip
def test_money_that_is_not_read_is_a_price_to_check(document: Any) -> None:
    plan = take(document)
    assert plan.problems == []
    assert plan.warnings
    assert not AIModel.objects.get().is_public


@pytest.mark.parametrize(
    "document",
    [
        history(["2025-01-01", 1, 2], last_seen="2025-06-01", present_now=False),
        llm(from_date="2025-01-01", to_date="2025-06-01"),
        genai([{"constraint": {"start_date": "2999-01-01"}, "prices": {"input_mtok": 1}}]),
    ],
)
def test_a_history_without_a_price_now_makes_no_model_public(document: Any) -> None:
    plan = take(document)
    assert (plan.problems, list(plan.warnings)) == ([], [])
    assert not AIModel.objects.get().is_public


def test_an_older_form_of_tool_call_is_read() -> None:
    assert take(dev({"input": 1, "output": 2}, tool_call={"supported": True, "parallel": False})).problems == []
    assert AIModel.objects.get().supported_features == ["tools"]


@pytest.mark.parametrize(
    "document",
    [
        flat({"prompt": "0", "completion": "0"}),
        flat({"image": "0", "request": "0"}),
        flat({"prompt": None, "completion": None}),
        flat({"image": "0"}, architecture={"modality": "text->text"}),
        cost_map(),
        cost_map(input_cost_per_token=None),
        dev({}),
    ],
)
def test_a_source_without_any_price_ends_none(document: Any) -> None:
    make_price(make_model("acme/m", **FITS), "input_cache_read", "0.00000005")
    plan = take(document)
    assert plan.problems == []
    assert not [one for one in plan.changes if "price" in one.field]


def test_not_sold_ends_a_price() -> None:
    make_model("acme/m", **FITS)
    plan = take(flat({"prompt": "-1", "completion": "-1"}, architecture={"modality": "text->text"}))
    assert plan.problems == []
    assert [one.new for one in plan.changes if "price" in one.field] == [None, None]
