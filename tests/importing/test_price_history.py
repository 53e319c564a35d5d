"""Reading price histories."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalog.models import AIModel, Price
from tests.factories import make_listed, make_model
from tests.importing.common import take
from tests.importing.flat import Import

pytestmark = pytest.mark.django_db


def test_a_price_history_becomes_dated_rows_and_stays_as_it_is() -> None:
    history = {
        "acme/one": {
            "name": "One",
            "first_seen": "2025-01-01",
            "last_seen": "2026-01-05",
            "present_now": False,
            "points": [["2025-01-01", None, 0.4], ["2025-06-01", 0.35, 0.30000000000000004], ["2025-06-01", 0.1, 0.2]],
        },
        "acme/one:free": {"name": "Free", "points": [["2025-01-01", 0.0, 0.0]]},
        "~acme/latest": {"name": "Latest", "points": [["2025-01-01", 1, 1]]},
    }
    make_listed("acme/kept", prices={"prompt": "0.1", "completion": "0.1"})
    plan = take({"as_of": "2026-08-22", "models": history})
    assert plan.problems == []
    rows = Price.objects.filter(ai_model__model_id="acme/one").order_by("kind", "effective_from")
    assert [(row.kind, row.effective_from, row.usd) for row in rows] == [
        ("completion", datetime(2025, 1, 1, tzinfo=UTC), Decimal("0.0000004")),
        ("completion", datetime(2025, 6, 1, tzinfo=UTC), Decimal("0.0000003")),
        ("completion", datetime(2025, 6, 1, 0, 1, tzinfo=UTC), Decimal("0.0000002")),
        ("completion", datetime(2026, 1, 6, tzinfo=UTC), None),
        ("prompt", datetime(2025, 6, 1, tzinfo=UTC), Decimal("0.00000035")),
        ("prompt", datetime(2025, 6, 1, 0, 1, tzinfo=UTC), Decimal("0.0000001")),
        ("prompt", datetime(2026, 1, 6, tzinfo=UTC), None),
    ]
    assert {note.entry for note in plan.notes} == {
        "entry 1 (acme/one)",
        "entry 2 (acme/one:free)",
        "entry 3 (~acme/latest)",
    }
    again = take({"as_of": "2026-08-22", "models": history})
    assert (again.changes, again.created) == ([], [])
    history["acme/one"]["points"][0][2] = 0.5  # type: ignore[index]
    assert "keeps it" in take({"as_of": "2026-08-22", "models": history}).notes[-1].sentence


def test_past_prices_of_a_model_that_the_catalog_has_need_a_confirmation(run: Import) -> None:
    known = make_model("acme/known")
    points = [["2025-01-01", 0.3, 0.4], ["2025-02-01", 0.2, 0.4]]
    document = {"as_of": "2026-08-22", "models": {"acme/known": {"points": points}, "acme/new": {"points": points}}}
    planned = run(document=document, dry_run=True).plan
    assert planned["confirm"] == "acme/known"
    assert planned["dangers"] == {"acme/known": ["4 past prices are added to its price history."]}
    assert run(document=document).code == 1
    assert not AIModel.objects.filter(model_id="acme/new").exists()
    assert run(document=document, confirm="acme/known").code == 0
    assert known.prices.count() == 6


@pytest.mark.slow
def test_the_real_price_history_is_imported_to_the_last_digit(shared: Path) -> None:
    body = (shared / "data/openrouter_price_history_2024-09_2026-08.json").read_bytes()
    plan = take(body)
    assert plan.problems == []
    skipped = 0
    stored: dict[str, list[Price]] = {}
    for row in Price.objects.select_related("ai_model").order_by("effective_from"):
        end = ":batch" if row.service_tier == "batch" else ""
        stored.setdefault(f"{row.ai_model.model_id}{end} {row.kind}", []).append(row)
    for model_id, model in json.loads(body, parse_float=Decimal)["models"].items():
        amounts = [amount for _, *both in model["points"] for amount in both]
        if model_id.startswith("~") or (model_id.endswith(":free") and all(amount in (0, None) for amount in amounts)):
            skipped += 1
            assert f"{model_id} prompt" not in stored
            continue
        for position, kind in ((1, "prompt"), (2, "completion")):
            expected = [point[position] / 10**6 for point in model["points"] if point[position] is not None]
            found = [row.usd for row in stored.get(f"{model_id} {kind}", []) if row.usd is not None]
            assert found == expected, model_id
    assert Price.objects.count() > 2500
    assert 0 < skipped <= plan.notes.total


@pytest.mark.parametrize(
    ("points", "field"),
    [("x", "points"), ([[1]], "points"), ([["2025-13-01", 1, 1]], "points[0]"), ([["2025-01-01", "x", 1]], "points[0]")],
)
def test_a_bad_history_is_refused(points: Any, field: str) -> None:
    plan = take({"models": {"a": {"points": points}}})
    assert [problem.field for problem in plan.problems] == [field]


def test_a_history_of_an_odd_id_has_no_maker() -> None:
    plan = take({"models": {"a:b/c": {"name": "X", "points": [["2024-01-01", 1, 2]]}}})
    assert plan.problems == []
    assert AIModel.objects.get().author == ""
