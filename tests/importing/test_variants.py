"""Rows whose ids end with ``:free`` or ``:batch`` are offers of the model before them, in every list of such ids."""

from typing import Any

import pytest

from catalog.importing.applying.importer import apply_reading
from catalog.importing.registry import reader_for
from catalog.importing.source import parse
from catalog.listing import Selection, listing
from catalog.models import AIModel, Offer
from catalog.publication import render
from tests.factories import make_model, make_price
from tests.importing.outcome import sold, take

pytestmark = pytest.mark.django_db

PAID = {"input": 2, "output": 4}
HALF = {"input": 1, "output": 2}
NOTHING = {"input": 0, "output": 0}


def dev(**rows: tuple[dict[str, Any], int]) -> dict[str, Any]:
    models = {
        f"acme/{key.replace('_', ':')}": {"name": key, "cost": cost, "limit": {"context": context, "output": 1024}}
        for key, (cost, context) in rows.items()
    }
    return {"acme": {"id": "acme", "models": models}}


def public(**rows: tuple[dict[str, Any], int]) -> dict[str, Any]:
    data = [
        {
            "id": f"acme/{key.replace('_', ':')}",
            "name": key,
            "context_length": context,
            "architecture": {"modality": "text->text"},
            "pricing": {name: f"{cost[other]}e-6" for name, other in (("prompt", "input"), ("completion", "output"))},
        }
        for key, (cost, context) in rows.items()
    ]
    return {"data": data}


def genai(**rows: tuple[dict[str, Any], int]) -> list[dict[str, Any]]:
    models = [
        {
            "id": f"acme/{key.replace('_', ':')}",
            "context_window": context,
            "prices": {f"{name}_mtok": usd for name, usd in cost.items()},
        }
        for key, (cost, context) in rows.items()
    ]
    return [{"id": "acme", "api_pattern": "x", "models": models}]


def offers() -> dict[str, int | None]:
    return {
        "free" if entry.is_free else entry.service_tier: entry.model.context_length
        for entry in listing(Selection.EVERY).entries
    }


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("write", [dev, public, genai])
def test_the_batch_row_of_a_listed_model_is_its_batch_tier(write: Any, turned: bool) -> None:
    rows = {"m": (PAID, 8192), "m_batch": (HALF, 4096)}
    document = write(**dict(reversed(rows.items())) if turned else rows)
    plan = take(document)
    assert (plan.problems, list(plan.warnings), plan.created) == ([], [], ["acme/m"])
    assert sold() == {
        "prompt token": "0.000002", "completion token": "0.000004",
        "prompt token batch": "0.000001", "completion token batch": "0.000002",
    }  # fmt: skip
    assert offers() == {"default": 8192, "batch": 4096}
    assert AIModel.objects.get().is_public
    assert take(document).changes == []


@pytest.mark.parametrize("write", [dev, public])
def test_the_free_row_of_a_listed_model_is_its_free_variant(write: Any) -> None:
    document = write(m=(PAID, 8192), m_free=(NOTHING, 4096))
    plan = take(document)
    assert (plan.problems, list(plan.warnings), plan.created) == ([], [], ["acme/m"])
    assert sold() == {"prompt token": "0.000002", "completion token": "0.000004"}
    assert offers() == {"default": 8192, "free": 4096}
    assert take(document).changes == []


@pytest.mark.parametrize("more", [{"request": "-1"}, {"image": None}, {"overrides": []}, {"discount": 0}])
def test_a_free_row_may_say_that_something_is_not_sold(more: dict[str, Any]) -> None:
    document = public(m=(PAID, 8192), m_free=(NOTHING, 4096))
    document["data"][1]["pricing"] |= more
    plan = take(document)
    assert (list(plan.warnings), plan.created) == ([], ["acme/m"])
    document["data"][1]["pricing"] = {"prompt": "-1", "completion": "-1"}
    assert take(document).created == ["acme/m:free"]


@pytest.mark.parametrize("write", [dev, public])
def test_a_free_row_alone_is_a_model_that_is_only_free_and_leaves_a_sold_one_as_it_is(write: Any) -> None:
    alone = write(m_free=(NOTHING, 4096))
    plan = take(alone)
    assert (plan.problems, list(plan.warnings), plan.created) == ([], [], ["acme/m"])
    assert (offers(), sold()) == ({"free": 4096}, {})
    AIModel.objects.all().delete()
    take(write(m=(PAID, 8192)))
    take(alone)
    assert offers() == {"default": 8192, "free": 4096}


@pytest.mark.parametrize("write", [dev, public, genai])
def test_a_row_with_such_an_end_that_is_no_offer_is_a_model(write: Any) -> None:
    take(write(m_batch=(HALF, 4096), n=(PAID, 4096), n_free=(PAID, 4096)))
    assert set(AIModel.objects.values_list("model_id", flat=True)) == {"acme/m:batch", "acme/n", "acme/n:free"}


def test_the_history_of_a_batch_row_is_that_of_the_batch_tier() -> None:
    points = {"acme/m": [["2025-01-01", 2, 4]], "acme/m:batch": [["2025-01-01", 1, 2]]}
    take({"models": {model_id: {"name": "M", "points": rows} for model_id, rows in points.items()}})
    assert sold()["prompt token batch"] == "0.000001"
    AIModel.objects.all().delete()
    rows = [
        {"id": model_id, "vendor": "acme", "input": day[0][1], "output": day[0][2], "from_date": "2025-01-01"}
        for model_id, day in points.items()
    ]
    take({"prices": rows})
    assert sold()["prompt token batch"] == "0.000001"
    assert sold()["prompt token"] == "0.000002"


@pytest.mark.parametrize("name", ["litellm", "models-dev"])
@pytest.mark.parametrize("tiers", [["flex"], ["flex", "priority"]])
def test_our_list_of_a_model_without_a_default_tier_gives_the_model_no_fact_of_its_tier(name: str, tiers: list[str]) -> None:
    model = make_model(prices={}, max_prompt_length=100_000, context_length=131_072)
    for tier in tiers:
        for kind, usd in (("prompt", "0.000001"), ("completion", "0.000002")):
            make_price(model, kind, usd, service_tier=tier)
    Offer.objects.create(ai_model=model, variant="flex", context_length=65_536, max_prompt_length=60_000)
    before = sold("acme/one")
    document = parse(render(name).body)
    plan = apply_reading(reader_for(document).read(document), source="test")
    assert (plan.problems, plan.changes, plan.unchanged) == ([], [], ["acme/one"])
    model.refresh_from_db()
    assert (model.context_length, model.max_prompt_length, sold("acme/one")) == (131_072, 100_000, before)
