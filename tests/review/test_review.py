"""What a review says of a change, whoever makes it and by which way."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.listing import Selection, listing
from catalog.models import AIModel, Datacenter, Price, ScheduledSwitch
from catalog.openrouter.consequences import Effect
from catalog.review import Agreement, NotAllowed, reviewed
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.review.common import LATER, asked, effects

pytestmark = pytest.mark.django_db


def test_nothing_is_kept_until_it_is_agreed_to() -> None:
    model = make_listed()
    review = asked(lambda: AIModel.objects.update(context_length=65536))
    assert listing(Selection.LISTED).entries[0].model.context_length == 131072
    assert effects(review) == [("context_length", "applied")]
    with reviewed(Agreement(review.digest), may_publish=True):
        AIModel.objects.update(context_length=65536)
    model.refresh_from_db()
    assert model.context_length == 65536


def test_what_the_feeds_do_not_show_is_kept_at_once_unless_everything_is_to_be_seen() -> None:
    make_listed()
    make_model("acme/unlisted")
    with reviewed(Agreement(), may_publish=False):
        AIModel.objects.update(notes="harmless")
    with reviewed(Agreement(), may_publish=False):
        AIModel.objects.filter(model_id="acme/unlisted").update(context_length=65536)
    review = asked(lambda: AIModel.objects.update(notes="seen"), always=True)
    assert not review.changes_feed
    assert [one.model_id for one in review.changes] == ["acme/one", "acme/unlisted"]


def test_what_was_agreed_to_is_what_is_done() -> None:
    make_listed()
    digest = asked(lambda: AIModel.objects.update(context_length=65536)).digest
    again = asked(lambda: AIModel.objects.update(context_length=65537), Agreement(digest))
    assert again.digest != digest


def test_somebody_who_may_not_publish_is_refused_exactly_what_the_feeds_show() -> None:
    make_listed()
    with pytest.raises(NotAllowed), reviewed(Agreement(), may_publish=False):
        AIModel.objects.update(description="new")
    assert AIModel.objects.get().description == ""


def test_what_comes_later_is_said_with_its_moment_and_said_once() -> None:
    model = make_listed()

    def change() -> None:
        AIModel.objects.update(context_length=65536)
        make_price(model, "prompt", "0.00000011", effective_from=LATER)

    now, later = asked(change).moments
    assert [(now.at, [one.field for one in now.consequences])] == [(None, ["context_length"])]
    assert later.at == LATER
    assert [(one.old, one.new) for one in later.consequences] == [("0.1", "0.11")]


def test_cancelling_what_was_scheduled_is_said_and_is_no_danger() -> None:
    model = make_listed()
    make_price(model, "prompt", "0.001", effective_from=LATER)
    review = asked(lambda: Price.objects.filter(effective_from=LATER).delete())
    (moment,) = review.moments
    assert (moment.at, [(one.old, one.new) for one in moment.consequences]) == (LATER, [("0.1", "1000")])
    assert [one.effect for one in moment.consequences] == ["cancelled"]
    assert review.dangers == {}


def test_another_price_for_a_moment_is_compared_with_what_is_in_force_before_it() -> None:
    model = make_listed()
    make_price(model, "prompt", "0.001", effective_from=LATER)
    review = asked(lambda: Price.objects.filter(effective_from=LATER).update(usd="0.0000002"))
    assert [(one.old, one.new, one.code) for one in review.moments[0].consequences] == [("0.1", "0.2", "price-changed")]
    assert review.dangers == {}


def test_a_slip_for_a_moment_is_stopped_although_what_was_planned_was_near_it() -> None:
    model = make_listed()
    make_price(model, "prompt", "0.001", effective_from=LATER)
    review = asked(lambda: Price.objects.filter(effective_from=LATER).update(usd="0.002"))
    assert "20,000 times what it was" in review.dangers[model.model_id][0]


@pytest.mark.parametrize("lists", [True, False])
def test_a_switch_that_is_cancelled_hides_nothing(lists: bool) -> None:
    model = make_model() if lists else make_listed()
    ScheduledSwitch.objects.create(ai_model=model, switch="is_listed_on_openrouter", value=lists, effective_from=LATER)
    review = asked(lambda: ScheduledSwitch.objects.all().delete())
    (moment,) = review.moments
    assert (moment.at, {one.effect for one in moment.consequences}) == (LATER, {"cancelled"})
    assert review.dangers == {}


def test_a_first_tier_and_a_first_free_variant_were_never_in_the_feed() -> None:
    model = make_listed()

    def change() -> None:
        AIModel.objects.update(has_free_variant=True)
        make_price(model, "prompt", "0.00000005", service_tier="flex")
        make_price(model, "completion", "0.0000001", service_tier="flex")

    (moment,) = asked(change).moments
    assert {one.key.service_tier: one.code for one in moment.consequences} == {
        "flex": "entry-new-waits",
        "default": "entry-new",
    }


def test_a_tier_and_a_free_variant_that_come_back_are_known() -> None:
    model = make_listed(has_free_variant=True)
    make_price(model, "prompt", "0.00000005", service_tier="flex")
    make_price(model, "completion", "0.0000001", service_tier="flex")
    model.prices.bulk_create(Price(ai_model=model, kind=kind, service_tier="flex") for kind in ("prompt", "completion"))
    AIModel.objects.update(has_free_variant=False)

    def change() -> None:
        AIModel.objects.update(has_free_variant=True)
        make_price(model, "prompt", "0.00000005", service_tier="flex", effective_from=timezone.now())
        make_price(model, "completion", "0.0000001", service_tier="flex", effective_from=timezone.now())

    (moment,) = asked(change).moments
    assert {one.code for one in moment.consequences} == {"entry-back"}


def test_what_a_scheduled_listing_will_show_is_reviewed_too() -> None:
    model = make_model()
    ScheduledSwitch.objects.create(ai_model=model, switch="is_listed_on_openrouter", value=True, effective_from=LATER)
    (moment,) = asked(lambda: AIModel.objects.update(context_length=65536)).moments
    assert (moment.at, [one.field for one in moment.consequences]) == (LATER, ["context_length"])


def test_a_datacenter_is_reviewed_for_the_models_that_it_serves() -> None:
    make_listed(datacenters=(make_datacenter(),))
    assert effects(asked(lambda: Datacenter.objects.update(country="FR"))) == [("datacenters", "detected")]


def test_a_review_of_many_models_costs_as_many_queries_as_of_one() -> None:
    for number in range(30):
        make_listed(f"a/{number}")
    with CaptureQueriesContext(connection) as of_one:
        assert len(asked(lambda: AIModel.objects.filter(model_id="a/1").update(context_length=65536)).changes) == 1
    with CaptureQueriesContext(connection) as of_many:
        assert len(asked(lambda: AIModel.objects.update(context_length=65536)).changes) == 30
    assert len(of_many) == len(of_one)


def test_a_free_variant_of_a_model_that_is_listed_is_new_and_does_not_come_back() -> None:
    make_listed()
    review = asked(lambda: AIModel.objects.update(has_free_variant=True))
    assert effects(review) == [("entry", Effect.STAGED.value)]
