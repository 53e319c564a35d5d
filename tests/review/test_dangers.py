"""What must be typed before it is done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.admin.reviews.tables import by_sentence
from catalog.models import AIModel, ScheduledSwitch
from catalog.review import Agreement, NotAgreed, Review, reviewed
from tests.factories import make_listed, make_model, make_price
from tests.review.common import LATER, asked

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("update", "says"),
    [
        ({"is_listed_on_openrouter": False}, "leaves the feed"),
        ({"is_ready": False}, "is hidden on OpenRouter"),
        ({"model_id": "acme/other"}, "acme/other"),
    ],
    ids=["unlisted", "not ready", "renamed"],
)
def test_what_takes_a_model_off_must_be_typed(update: dict[str, Any], says: str) -> None:
    make_listed()
    review = asked(lambda: AIModel.objects.update(**update))
    assert says in " ".join(review.dangers["acme/one"])
    assert review.to_type == "acme/one"
    mistyped = Agreement(review.digest, "acme/on")
    with pytest.raises(NotAgreed) as refused, reviewed(mistyped, may_publish=True):
        AIModel.objects.update(**update)
    assert refused.value.is_mistyped
    with reviewed(Agreement(review.digest, " acme/one "), may_publish=True):
        AIModel.objects.update(**update)


def test_two_models_that_exchange_their_ids_are_two_that_change() -> None:
    make_listed("a")
    make_listed("b", context_length=65536)

    def exchange() -> None:
        for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
            AIModel.objects.filter(model_id=old).update(model_id=new)

    review = asked(exchange)
    assert review.dangers == {"a": ("The id changes from a to b.",), "b": ("The id changes from b to a.",)}
    assert review.to_type == "2 models"


def test_of_several_models_their_number_is_typed() -> None:
    for name in "abc":
        make_listed(name)
    assert asked(lambda: AIModel.objects.update(is_ready=False)).to_type == "3 models"


@pytest.mark.parametrize(
    ("factor", "usd", "is_dangerous"), [(3, "0.0000003", False), (3, "0.00000031", True), (4, "0.0000004", False)]
)
def test_the_factor_that_a_price_may_move_is_a_setting(
    settings: Settings, factor: int, usd: str, is_dangerous: bool
) -> None:
    settings.PRICE_CHANGE_FACTOR = factor
    model = make_listed()
    review = asked(lambda: make_price(model, "prompt", usd, effective_from=timezone.now()))
    assert bool(review.dangers) is is_dangerous


def test_a_danger_of_later_names_its_time() -> None:
    model = make_listed()
    (danger,) = asked(lambda: make_price(model, "prompt", "0.000001", effective_from=LATER)).dangers["acme/one"]
    assert danger == f"From {LATER:%Y-%m-%d %H:%M} UTC on: The price rises to 10 times what it was."


# What is given away, and what becomes dearer for many


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda: AIModel.objects.update(has_free_variant=True), "A free variant of acme/one is offered"),
        (lambda: make_price(AIModel.objects.get(), "input_cache_read", "0", effective_from=timezone.now()), "new and 0"),
        (
            lambda: [
                make_price(AIModel.objects.get(), kind, "0", effective_from=timezone.now(), service_tier="flex")
                for kind in ("prompt", "completion")
            ],
            "flex tier is offered at prices of 0",
        ),
    ],
    ids=["free variant", "free line", "free tier"],
)
def test_giving_a_model_away_must_be_typed(change: Callable[[], Any], says: str) -> None:
    make_listed()
    review = asked(change)
    assert says in " ".join(review.dangers["acme/one"])
    assert review.to_type == "acme/one"


def test_listing_an_image_model_that_the_flat_feed_shows_at_0_must_be_typed_now_and_later() -> None:
    model = make_model("acme/paint", output_modalities=["image"], prices={})
    make_price(model, "image_output", "0.04", unit="image")
    make_price(model, "prompt", "0")

    def listed(**facts: Any) -> Review:
        return asked(lambda: ScheduledSwitch.objects.create(ai_model=model, switch="is_listed_on_openrouter", **facts))

    for review in (
        asked(lambda: AIModel.objects.update(is_listed_on_openrouter=True)),
        listed(value=True, effective_from=LATER),
    ):
        assert "shows 0" in " ".join(review.dangers["acme/paint"])
        assert review.to_type == "acme/paint"


def test_making_many_models_dearer_in_one_step_must_be_typed(settings: Settings) -> None:
    settings.PRICE_RISES_CONFIRMED = 3
    models = [make_listed(name) for name in "abc"]

    def rise(some: list[AIModel], usd: str) -> Review:
        return asked(lambda: [make_price(one, "prompt", usd, effective_from=timezone.now()) for one in some])

    review = rise(models, "0.00000011")
    assert review.to_type == "3 models"
    assert review.dangers["a"] == ("Prices rise for 3 models in one step.",)
    assert by_sentence(review.dangers) == [("Prices rise for 3 models in one step.", [*"abc"])]
    assert rise(models[:2], "0.00000011").dangers == {}
    assert rise(models, "0.00000009").dangers == {}
