"""OpenRouter's public prices are net of the discount: read and written so, exactly, in both directions and with both signs."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import decimals
from catalog.models import AIModel, Price
from catalog.publication import render
from tests.factories import make_listed
from tests.importing.outcome import sold, take

pytestmark = pytest.mark.django_db


def record(pricing: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": [
            {
                "id": "acme/m",
                "name": "M",
                "context_length": 4096,
                "architecture": {"modality": "text->text"},
                "pricing": pricing,
            }
        ]
    }


@pytest.mark.parametrize(
    ("discount", "net", "base"),
    [
        (0.5, "0.0000005", "0.000001"),
        (0.3, "0.0000007", "0.000001"),
        (-0.5, "0.0000015", "0.000001"),
        (-1, "0.000002", "0.000001"),
        (0, "0.000001", "0.000001"),
        (None, "0.000001", "0.000001"),
    ],
)
def test_a_price_is_the_one_before_the_discount(discount: float | None, net: str, base: str) -> None:
    document = record({"prompt": net, "completion": net, "discount": discount})
    plan = take(document)
    assert plan.problems == []
    assert sold() == {"prompt token": base, "completion token": base}
    stored = AIModel.objects.get().discount_to_user
    assert stored == (None if discount is None else Decimal(str(discount)))
    assert take(document).changes == []
    written = json.loads(render("openrouter-api").body, parse_float=Decimal)["data"][0]["pricing"]
    assert (written["prompt"], written.get("discount")) == (net, stored)


def test_a_price_without_an_end_is_kept_to_24_decimals_and_said() -> None:
    document = record({"prompt": "0.000001", "completion": "0.0000014", "discount": 0.3})
    plan = take(document)
    assert sold() == {"prompt token": "0.000001428571428571428571", "completion token": "0.000002"}
    assert [note.field for note in plan.notes if "has infinitely many decimals" in note.sentence] == ["pricing.prompt"]
    assert take(document).changes == []


def test_a_discount_that_the_list_does_not_state_any_more_ends() -> None:
    take(record({"prompt": "0.0000005", "completion": "0.0000005", "discount": 0.5}))
    (change,) = take(record({"prompt": "0.000001", "completion": "0.000001"})).changes
    assert (change.field, change.new) == ("discount_to_user", None)


PLACES = st.integers(1, 10**12).map(lambda digits: Decimal(digits).scaleb(-18))


@settings(max_examples=25, deadline=None)
@given(PLACES, st.decimals(min_value=-5, max_value=Decimal("0.99"), places=4))
def test_what_is_written_is_read_back_to_the_last_digit(usd: Decimal, discount: Decimal) -> None:
    AIModel.objects.update(is_listed_on_openrouter=False)
    AIModel.objects.all().delete()
    make_listed("acme/m", discount_to_user=discount, prices={"prompt": decimals.wire(usd), "completion": decimals.wire(usd)})
    body = render("openrouter-api").body
    pricing = json.loads(body)["data"][0]["pricing"]
    assert Decimal(pricing["prompt"]) == decimals.EXACT.multiply(usd, 1 - discount)
    plan = take(json.loads(body, parse_float=float))
    assert (plan.problems, [one.field for one in plan.changes if "price" in one.field or "discount" in one.field]) == (
        [],
        [],
    )
    assert set(Price.objects.values_list("usd", flat=True)) == {usd}
