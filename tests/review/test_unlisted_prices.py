"""Prices that no feed shows and that may be a mistake: of public models that are not listed, and of the batch tier."""

from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.history import differences, states
from catalog.models import AIModel, Offer, Price, ServiceTier
from catalog.review import Agreement, reviewed
from catalog.review.unlisted_prices import price_doubts
from tests.admin.common import agree, change, form_data
from tests.factories import make_listed, make_model, make_price
from tests.review.common import LATER, asked, prices

pytestmark = pytest.mark.django_db

PER_TOKEN = {"prompt": "0.000001", "completion": "0.000002"}


def sold_at(usd: str | None, kind: str = "prompt", **line: Any) -> Callable[[], object]:
    return lambda: Price.objects.create(
        ai_model=AIModel.objects.get(), kind=kind, usd=None if usd is None else Decimal(usd), **line
    )


def altered(**facts: Any) -> Callable[[], object]:
    return lambda: AIModel.objects.update(**facts)


CONFIRMED = [
    (sold_at("0.001"), "The price rises to 1,000 times what it was. Is the unit right?"),
    (sold_at("0.000000001"), "The price falls to 1/1,000 of what it was. Is the unit right?"),
    (sold_at("0.0000031"), "The price rises to more than 3 times what it was."),
    (sold_at("0"), "The price becomes 0: users would pay nothing for it."),
    (sold_at("0.5", "image"), "higher than any known price. Is the unit right?"),
    (sold_at("0.001", effective_from=LATER), f"From {LATER:%Y-%m-%d %H:%M} UTC on: The price rises to 1,000 times"),
    (altered(discount_to_user=Decimal("0.9")), "Users would pay more than 3 times less."),
    (altered(discount_to_user=Decimal("-1.5")), "The markup would be more than 100%."),
    (altered(has_free_variant=True), "A free variant of acme/one is offered: users pay nothing for it."),
]


@pytest.mark.parametrize(("make", "sentence"), CONFIRMED)
def test_a_price_of_a_public_model_that_may_be_a_mistake_is_confirmed_by_typing(
    make: Callable[[], object], sentence: str
) -> None:
    make_model(prices=PER_TOKEN)
    review = asked(make, may_publish=False)
    said = " ".join(review.dangers["acme/one"])
    assert sentence in said
    assert "OpenRouter" not in said
    with reviewed(Agreement(review.digest, "acme/one"), may_publish=False):
        make()


ORDINARY = [
    sold_at("0.000003"),
    sold_at(None),
    sold_at("0.0000001", "input_cache_read"),
    altered(discount_to_user=Decimal("-0.5")),
]


@pytest.mark.parametrize("make", ORDINARY)
def test_an_ordinary_price_of_a_public_model_is_saved_immediately(make: Callable[[], object]) -> None:
    make_model(prices=PER_TOKEN)
    with reviewed(Agreement(), may_publish=False):
        make()


def test_a_price_of_a_private_model_is_asked_about_when_it_becomes_public() -> None:
    make_model(prices=PER_TOKEN, is_public=False)
    with reviewed(Agreement(), may_publish=False):
        sold_at("0.005")()
    review = asked(altered(is_public=True), may_publish=False)
    assert review.dangers == {"acme/one": ("$5,000.00 per 1M tokens is higher than any known price. Is the unit right?",)}


def test_a_new_public_model_is_asked_about_only_for_the_unit_of_its_prices() -> None:
    with reviewed(Agreement(), may_publish=False):
        make_model("acme/two", prices={"prompt": "0", "completion": "0"}, has_free_variant=True)
    review = asked(lambda: make_model(prices={"prompt": "0.005", "completion": "0.000002"}), may_publish=False)
    assert list(review.dangers) == ["acme/one"]


def test_the_batch_tier_of_a_listed_model_is_asked_about_though_no_feed_shows_it() -> None:
    model = make_listed(prices=PER_TOKEN)
    make_price(model, "prompt", "0.0000005", service_tier=ServiceTier.BATCH)
    review = asked(sold_at("0.0005", service_tier=ServiceTier.BATCH), may_publish=False)
    assert not review.changes_feed
    assert "The price rises to 1,000 times what it was." in review.dangers["acme/one"][0]
    discounted = asked(
        lambda: Offer.objects.create(ai_model=model, variant="batch", discount_to_user=Decimal("0.9")), may_publish=False
    )
    assert discounted.dangers == {"acme/one": ("Users would pay more than 3 times less.",)}


def test_the_form_and_the_command_ask_before_they_save(client: Client, publisher: Client, tmp_path: Any) -> None:
    model = make_model(prices=PER_TOKEN)
    data = prices(form_data(publisher, change(model)), "prompt", "1000")
    page = publisher.post(change(model), data)
    assert page.context["review"].to_type == "acme/one"
    assert not Price.objects.filter(usd=Decimal("0.001")).exists()
    (tmp_path / "flat.json").write_text(
        '{"data": [{"id": "acme/one", "pricing": {"prompt": "0.001", "completion": "0.000002"}}]}'
    )
    with pytest.raises(SystemExit):
        call_command("import_models", str(tmp_path / "flat.json"), format="openrouter", stdout=StringIO())
    assert not Price.objects.filter(usd=Decimal("0.001")).exists()
    call_command("import_models", str(tmp_path / "flat.json"), format="openrouter", confirm="acme/one")
    assert Price.objects.filter(usd=Decimal("0.001")).exists()
    assert agree(publisher, change(model), prices(form_data(publisher, change(model)), "prompt", "1")).status_code == 302
    assert Price.objects.filter(usd=Decimal("0.000001")).count() == 2


def test_what_must_be_confirmed_has_an_order_that_does_not_depend_on_that_of_the_rows() -> None:
    model = make_model(prices=PER_TOKEN)
    before = states([model.pk])[model.pk]
    for change_it in (sold_at("0.001"), sold_at("0", "completion"), altered(discount_to_user=Decimal("0.9"))):
        change_it()
    after = states([model.pk])[model.pk]
    found, turned = (
        price_doubts(before, state, differences(before, after)) for state in (after, dict(reversed(after.items())))
    )
    assert found == turned
    assert len({one.sentence for one in found}) == len(found) == 3
