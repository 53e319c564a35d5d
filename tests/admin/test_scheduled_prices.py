"""A price that is changed in a model's form: the review offers to change what is scheduled to follow it."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from catalog import decimals
from catalog.admin.prices.scheduled import FollowingPrice, NotPossible, following_prices, price_rows
from catalog.models import AIModel, Price, Proposal
from tests.admin.common import change, form_data, staff
from tests.factories import PAST, make_listed, make_model, make_price
from tests.review.common import LATER, prices

pytestmark = pytest.mark.django_db
amounts = st.integers(0, 10**36 - 1).map(lambda number: Decimal(number).scaleb(-24, decimals.EXACT)) | st.integers(
    0, 999
).map(Decimal)
LATER_STILL = LATER + timedelta(days=1)


@pytest.fixture
def publisher(client: Client) -> Client:
    return staff(client, "Publisher")


def scheduled(model: AIModel, usd: str | None = "0.0000002", **row: Any) -> Price:
    return make_price(model, "prompt", usd, **{"effective_from": LATER, **row})


def dearer(client: Client, model: AIModel, amount: str = "0.15") -> dict[str, Any]:
    """What a browser sends when the prompt price is changed."""
    return prices(form_data(client, change(model)), "prompt", amount)


def said(page: Any) -> list[tuple[Any, str | None]]:
    """When each price becomes which, by the review."""
    review = page.context["review"]
    return [(moment.at, one.new) for moment in review.moments for one in moment.consequences if one.field == "prices"]


def text(page: Any) -> str:
    return " ".join(page.content.decode().replace("&#x27;", "'").split())


def pressed(client: Client, model: AIModel, page: Any, **boxes: str) -> Any:
    """Press *Save* on the review's page; ``boxes`` are changed before."""
    fields = dict(page.context["posted"])
    offer = page.context["scheduled_prices"]
    fields |= {"_scheduled": offer.choice, "_scheduled_places": offer.typed, "_scheduled_reviewed": offer.boxes, **boxes}
    fields |= {"_agreed": page.context["review"].digest, "_typed": page.context["review"].to_type}
    return client.post(change(model), fields)


def agreed(client: Client, model: AIModel, page: Any) -> None:
    """Send what the review's page would send."""
    assert pressed(client, model, page).status_code == 302


def test_the_review_lists_what_is_scheduled_and_leaves_it_unless_asked(publisher: Client) -> None:
    model = make_listed()
    row = scheduled(model)
    page = publisher.post(change(model), dearer(publisher, model))
    assert said(page) == [(None, "0.15"), (LATER, "0.2")]
    assert page.context["scheduled_prices"].rows == [
        (
            "Prompt price, $ per 1M tokens",
            f"{LATER:%Y-%m-%d %H:%M:%S} UTC".replace(":00 UTC", " UTC"),
            "0.20",
            "0.30",
            "0.15",
        )
    ]
    assert "Change the scheduled prices by the same percentage" in text(page)
    assert "go back" not in text(page)
    agreed(publisher, model, page)
    row.refresh_from_db()
    assert row.usd == Decimal("0.0000002")


@pytest.mark.parametrize(
    ("choice", "shown", "usd"),
    [
        ("percent", [(None, "0.15"), (LATER, "0.3")], "0.0000003"),
        ("amount", [(None, "0.15"), (LATER, None)], "0.00000015"),
    ],
)
def test_what_is_chosen_is_reviewed_before_it_is_saved(publisher: Client, choice: str, shown: Any, usd: str) -> None:
    model = make_listed()
    row = scheduled(model)
    page = publisher.post(change(model), dearer(publisher, model) | {"_scheduled": choice})
    assert not page.context["has_changed"]
    assert [(at, new) for at, new in said(page) if at is None or choice == "percent"] == [
        one for one in shown if one[0] is None or choice == "percent"
    ]
    row.refresh_from_db()
    assert row.usd == Decimal("0.0000002")
    agreed(publisher, model, page)
    row.refresh_from_db()
    assert row.usd == Decimal(usd)
    assert list(model.prices.filter(kind="prompt").values_list("usd", flat=True).order_by("effective_from")) == [
        Decimal("0.0000001"),
        Decimal("0.00000015"),
        Decimal(usd),
    ]


def test_an_amount_that_is_not_exact_is_not_made_up(publisher: Client) -> None:
    model = make_listed(prices={"prompt": "0.0000003", "completion": "0.0000002"})
    row = scheduled(model)
    data = dearer(publisher, model, "0.1")
    page = publisher.post(change(model), data | {"_scheduled": "percent"})
    assert "gives no exact amount" in page.context["scheduled_prices"].error
    assert page.context["scheduled_prices"].rows[0][3] == "not exact"
    assert said(page) == [(None, "0.1"), (LATER, "0.2")]  # what would be saved
    page = publisher.post(change(model), data | {"_scheduled": "percent", "_scheduled_places": "3"})
    assert said(page) == [(None, "0.1"), (LATER, "0.067")]
    agreed(publisher, model, page)
    row.refresh_from_db()
    assert row.usd == Decimal("0.000000067")


def test_a_number_of_decimals_that_is_none_is_said(publisher: Client) -> None:
    model = make_listed()
    scheduled(model)
    data = dearer(publisher, model) | {"_scheduled": "percent"}
    for places in ("x", "-1", "19", "²", "1.5", "9" * 5000):
        page = publisher.post(change(model), data | {"_scheduled_places": places})
        assert "whole number from 0 to 18" in page.context["scheduled_prices"].error, places


@pytest.mark.parametrize("places", ["Infinity", "NaN", "-1"])
@pytest.mark.parametrize("choice", ["percent", "keep"])
def test_with_decimals_that_are_none_what_was_chosen_stays_and_nothing_is_saved(
    publisher: Client, choice: str, places: str
) -> None:
    model = make_listed()
    row = scheduled(model)
    page = publisher.post(change(model), dearer(publisher, model) | {"_scheduled": choice, "_scheduled_places": places})
    for _ in range(2):
        assert f'value="{choice}" checked' in text(page)
        assert (
            f'name="_scheduled_places" class="mc-input" inputmode="numeric" autocomplete="off" size="4" value="{places}"'
            in (text(page))
        )
        page = pressed(publisher, model, page)
        assert page.status_code == 200
    row.refresh_from_db()
    assert row.usd == Decimal("0.0000002")
    assert model.prices.filter(kind="prompt").count() == 2
    page = pressed(publisher, model, page, _scheduled="amount", _scheduled_places="")
    agreed(publisher, model, page)
    row.refresh_from_db()
    assert row.usd == Decimal("0.00000015")


def test_what_is_chosen_without_an_update_of_the_review_is_reviewed_before_it_is_saved(publisher: Client) -> None:
    model = make_listed()
    row = scheduled(model)
    page = publisher.post(change(model), dearer(publisher, model))
    for boxes in ({"_scheduled": "amount"}, {"_scheduled_places": "3"}, {"_scheduled": "percent"}):
        page = pressed(publisher, model, page, **boxes)
        assert page.status_code == 200
        assert "did not show your choice" in text(page)
        assert "catalog has changed" not in text(page)
        assert model.prices.filter(kind="prompt").count() == 2
    page = pressed(publisher, model, page, _scheduled_update="1")
    assert "did not show your choice" not in text(page)
    agreed(publisher, model, page)
    row.refresh_from_db()
    assert row.usd == Decimal("0.0000003")


def test_a_choice_that_was_not_reviewed_is_not_proposed(client: Client, settings: Settings) -> None:
    settings.EDITORS_PROPOSE = True
    editor = staff(client, "Editor")
    model = make_listed()
    scheduled(model)
    page = editor.post(change(model), dearer(editor, model))
    page = pressed(editor, model, page, _scheduled_places="x", _propose="1")
    assert page.context["may_propose"]
    assert not Proposal.objects.exists()


def test_a_price_that_was_free_has_no_percentage(publisher: Client) -> None:
    model = make_listed(prices={"prompt": "0", "completion": "0.0000002"})
    scheduled(model)
    page = publisher.post(change(model), dearer(publisher, model) | {"_scheduled": "percent"})
    assert "there is no percentage" in page.context["scheduled_prices"].error
    assert page.context["scheduled_prices"].rows[0][3] == "not possible"


def test_a_model_that_no_feed_shows_is_asked_about_too(client: Client) -> None:
    editor = staff(client, "Editor")
    model = make_model()
    row = scheduled(model)
    page = editor.post(change(model), dearer(editor, model))
    assert "Set the scheduled prices to the new price" in text(page)
    page = editor.post(change(model), dearer(editor, model) | {"_scheduled": "amount"})
    agreed(editor, model, page)
    row.refresh_from_db()
    assert row.usd == Decimal("0.00000015")


def test_a_form_that_changes_no_price_asks_nothing(client: Client) -> None:
    editor = staff(client, "Editor")
    model = make_model()
    scheduled(model)
    data = form_data(editor, change(model)) | {"notes": "typed", "_scheduled": "amount"}
    assert editor.post(change(model), data).status_code == 302
    assert model.prices.get(effective_from=LATER).usd == Decimal("0.0000002")


def test_what_the_form_changes_itself_what_ends_and_other_lines_stay(publisher: Client) -> None:
    model = make_model()
    edited = scheduled(model)
    following = scheduled(model, "0.0000004", effective_from=LATER_STILL)
    end = scheduled(model, None, effective_from=LATER_STILL + timedelta(days=1))
    other = make_price(model, "completion", "0.0000005", effective_from=LATER)
    data = dearer(publisher, model)
    number = next(key[:-3] for key, value in data.items() if key.endswith("-id") and str(value) == str(edited.pk))
    data |= {f"{number}-amount": "0.1", "_scheduled": "percent"}
    page = publisher.post(change(model), data)
    assert [row[2:] for row in page.context["scheduled_prices"].rows] == [("0.40", "0.20", "0.10")]
    agreed(publisher, model, page)
    found = [Price.objects.get(pk=row.pk).usd for row in (edited, following, end, other)]
    assert found == [Decimal("0.0000001"), Decimal("0.0000002"), None, Decimal("0.0000005")]


def test_a_line_that_begins_or_ends_has_no_old_or_new_price() -> None:
    model = make_model(prices={"completion": "0.0000002"})
    scheduled(model)
    before = price_rows(model)
    make_price(model, "prompt", "0.0000001", effective_from=PAST)
    assert following_prices(before, price_rows(model), LATER - timedelta(days=2)) == []
    before = price_rows(model)
    make_price(model, "prompt", None, effective_from=PAST + timedelta(days=1))
    assert following_prices(before, price_rows(model), LATER - timedelta(days=2)) == []


@given(amounts, amounts, amounts, st.none() | st.integers(0, 18))
def test_a_percentage_is_exact_or_rounded_once_or_refused(
    usd: Decimal, old: Decimal, new: Decimal, places: int | None
) -> None:
    one = FollowingPrice(Price(kind="prompt", unit="token", usd=usd), usd, old, new)
    exact = Fraction(usd) * Fraction(new) / Fraction(old) if old else None
    try:
        found = one.by_percent(places)
    except NotPossible:
        assert exact is None or exact >= 10**12 or places is None
        return
    assert exact is not None
    assert decimals.fits(found)
    if places is None:
        assert Fraction(found) == exact
    else:
        step = Fraction(1, 10 ** (places + 6))
        assert Fraction(found) == int(exact / step + Fraction(1, 2)) * step
