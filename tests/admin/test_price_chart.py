"""The chart of a model's prices in the admin."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.test import Client

from catalog.admin.history.chart import charts
from tests.admin.past import page_of, set_price
from tests.factories import make_model, make_price

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_chart_has_a_series_for_each_line_and_tells_free_ended_and_ahead_apart() -> None:
    model = make_model(prices={})
    begun, now_ = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 11, tzinfo=UTC)
    for days, usd in ((0, "0.000002"), (5, "0"), (8, None), (20, "0.00000000000000000000001")):
        make_price(model, "prompt", usd, effective_from=begun + timedelta(days=days))
    make_price(model, "completion", "0.000004", effective_from=begun)
    make_price(model, "image", "0.5", unit="image", effective_from=begun)
    make_price(model, "prompt", "1", service_tier="flex", effective_from=begun)
    tokens, images, flex = charts(model.pk, now_)
    assert [chart.title for chart in (tokens, images, flex)] == [
        "Prices in $ per 1M tokens",
        "Prices in $ per image",
        "Prices in $ per 1M tokens, flex tier",
    ]
    prompt, completion = tokens.series
    assert [mark.look for mark in prompt.marks] == ["price", "free", "end", "price"]
    assert prompt.past == "M0.00 120.00H240.38M240.38 120.00V200.00H384.62"
    assert prompt.ahead.startswith("M961.54 200")
    assert (completion.past, completion.ahead) == ("M0.00 40.00H1000.00", "")  # dashed only where something is scheduled
    assert (tokens.has_scheduled, images.has_scheduled) == (True, False)
    assert [amount for _, amount in tokens.grid] == ["5.00", "2.50", "0.00"]
    assert [(row.amount, row.is_ahead) for row in tokens.rows] == [
        ("2.00", False),
        ("0.00, free", False),
        ("ends, not sold", False),
        ("0.00000000000000001", True),
        ("4.00", False),
    ]


def test_a_chart_of_one_price_and_of_none_is_drawn(publisher_client: Client) -> None:
    model = make_model(prices={})
    assert b"mc-chart" not in publisher_client.get(page_of(model, "history")).content
    set_price(model, "0")
    answer = publisher_client.get(page_of(model, "history"))
    (chart,) = answer.context["charts"]
    assert chart.grid[0][1] == "1.00"
    assert chart.series[0].marks[0].look == "free"
    _, _, drawn = answer.content.lower().partition(b"<svg")
    assert b"nan" not in drawn.partition(b"</svg>")[0]


def test_changes_that_lie_close_together_are_drawn_apart() -> None:
    model = make_model(prices={})
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    for minutes in (0, 1, 2):
        make_price(model, "prompt", f"0.00000{minutes + 1}", effective_from=begun + timedelta(minutes=minutes))
    (chart,) = charts(model.pk, begun + timedelta(days=300))
    places = [float(mark.x.rstrip("%")) for mark in chart.series[0].marks]
    assert all(later - earlier > 2 for earlier, later in pairwise(places))
    assert places[-1] < 10
