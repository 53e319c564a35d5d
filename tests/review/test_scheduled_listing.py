"""What is scheduled on a model is reviewed with whatever brings the model into a feed, or changes what is scheduled to change."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.formats import openrouter, openrouter_v2
from catalog.history import Difference, create
from catalog.importing.applying.importer import apply_reading
from catalog.importing.registry import read_content
from catalog.listing import Selection, listing
from catalog.models import AIModel, Price, ScheduledSwitch
from catalog.review import Review
from tests.admin.common import LIST, change, form_data, staff
from tests.examples import examples
from tests.factories import PAST, make_listed, make_model, make_price
from tests.review.common import FEED, LATER, asked, prices, proposed

pytestmark = pytest.mark.django_db
LATER_STILL = LATER + timedelta(days=1)
LISTED = "is_listed_on_openrouter"


def plan_something_dear(model: AIModel) -> None:
    """What an Editor schedules on a model that no feed shows: saved at once."""
    make_price(model, "prompt", "0.09", effective_from=LATER)
    ScheduledSwitch.objects.create(ai_model=model, switch="is_ready", value=False, effective_from=LATER_STILL)


def said(review: Review) -> list[tuple[datetime | None, str, str | None]]:
    """The moments of a review, each field with its new value."""
    return [(moment.at, one.field, one.new) for moment in review.moments for one in moment.consequences]


def assert_it_is_all_said(review: Review, at: datetime | None = None) -> None:
    entry = (at, "entry", "acme/one; Prompt price, $ per 1M tokens: 0.1; Completion price, $ per 1M tokens: 0.2")
    assert said(review) == [entry, (LATER, "prices", "90000"), (LATER_STILL, "is_ready", "no")]
    (dangers,) = review.dangers.values()
    assert "900,000 times what it was" in " ".join(dangers)
    assert "is hidden on OpenRouter" in " ".join(dangers)
    assert review.to_type == "acme/one"


def imported() -> None:
    model = {
        "id": "acme/one",
        "hugging_face_id": "acme/one",
        "name": "Acme One",
        "created": int(PAST.timestamp()),
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "quantization": "fp8",
        "context_length": 131072,
        "max_output_length": 32768,
        "pricing": {"prompt": "0.0000001", "completion": "0.0000002"},
        "supported_sampling_parameters": [],
        "supported_features": [],
    }
    content = json.dumps({"data": [model]}).encode()
    plan = apply_reading(read_content(content), source="a file", list_on_openrouter=True)
    assert not plan.problems


WAYS: dict[str, Callable[[], Any]] = {
    "at once": lambda: AIModel.objects.update(is_listed_on_openrouter=True),
    "an import": imported,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_whatever_lists_a_model_says_what_is_ahead_of_it(way: Callable[[], Any]) -> None:
    plan_something_dear(make_model())
    assert_it_is_all_said(asked(way))


def test_listing_at_a_moment_says_what_is_ahead_of_it() -> None:
    model = make_model()
    plan_something_dear(model)
    moment = LATER - timedelta(days=1)
    listed = {"ai_model": model, "switch": LISTED, "value": True, "effective_from": moment}
    assert_it_is_all_said(asked(lambda: ScheduledSwitch.objects.create(**listed)), moment)


def test_a_proposal_of_a_new_model_says_what_is_ahead_of_it() -> None:
    def made() -> None:
        plan_something_dear(make_listed())

    changes = asked(made).changes
    (change,) = proposed(Review(changes, (), (), ())).changes
    assert_it_is_all_said(asked(lambda: create(Difference(*one) for one in change["differences"])))


def test_what_an_editor_plans_on_a_clone_is_confirmed_by_who_lists_it(client: Client) -> None:
    original = make_listed()
    staff(client, "Editor")
    data = {"action": "clone", "_selected_action": [original.pk], "_described": "1", "model_id": "acme/two", "name": "Two"}
    digest = client.post(LIST, data).context["review"].digest
    client.post(LIST, {**data, "_agreed": digest})
    clone = AIModel.objects.get(model_id="acme/two")
    plan_something_dear(clone)
    staff(client, "Publisher")
    page = client.post(change(clone), form_data(client, change(clone)) | {LISTED: "on"})
    assert "900,000 times what it was" in page.content.decode()
    assert page.context["review"].to_type == "acme/two"
    chosen = {"action": "list_on_openrouter", "_selected_action": [clone.pk], "_described": "1"}
    page = client.post(LIST, chosen)
    assert "900,000 times what it was" in page.content.decode()
    assert page.context["review"].to_type == "acme/two"
    client.post(LIST, chosen | {"_agreed": page.context["review"].digest})
    assert [one["id"] for one in client.get(FEED).json()["data"]] == ["acme/one"]


@pytest.mark.parametrize("condition", [{"min_prompt_tokens": 1000}, {"service_tier": "flex"}])
def test_a_new_entry_tells_all_its_prices_and_doubts_each(condition: dict[str, Any]) -> None:
    model = make_model()
    make_price(model, "prompt", "0.09", **condition)
    make_price(model, "completion", "0.0000002", **condition)
    review = asked(lambda: AIModel.objects.update(is_listed_on_openrouter=True))
    assert ": 90000" in " ".join(new or "" for _, _, new in said(review))
    assert "higher than any known price" in review.dangers["acme/one"][0]


def test_a_new_entry_tells_that_it_ends() -> None:
    make_model(deprecation_at=LATER.replace(minute=0, second=0), hugging_face_id="acme/one")
    review = asked(lambda: AIModel.objects.update(is_listed_on_openrouter=True))
    assert {field for _, field, _ in said(review)} == {"entry", "deprecation_at"}


def test_the_same_change_at_two_moments_is_said_at_both() -> None:
    model = make_model()
    for day, value in enumerate([False, True, False]):
        moment = LATER + timedelta(days=day)
        ScheduledSwitch.objects.create(ai_model=model, switch="is_ready", value=value, effective_from=moment)
    review = asked(lambda: AIModel.objects.update(is_listed_on_openrouter=True))
    assert [moment.at for moment in review.moments] == [None, *(LATER + timedelta(days=day) for day in range(3))]


def test_a_change_now_says_what_is_scheduled_to_follow_it_and_nothing_else() -> None:
    model = make_listed()
    make_price(model, "prompt", "0.00000012", effective_from=LATER)
    make_price(model, "completion", "0.00000025", effective_from=LATER)
    review = asked(lambda: make_price(model, "prompt", "0.00000011", effective_from=timezone.now()))
    assert [(moment.at, [(one.old, one.new) for one in moment.consequences]) for moment in review.moments] == [
        (None, [("0.1", "0.11")]),
        (LATER, [("0.11", "0.12")]),
    ]
    assert "Already scheduled" in review.moments[1].consequences[0].sentence
    assert len(asked(lambda: AIModel.objects.update(name="Other")).moments) == 1


def test_moments_of_other_models_and_of_those_that_no_feed_shows_cost_nothing(
    django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    listed, other = make_listed(), make_model("acme/other")
    for day in range(10):
        make_price(other, "prompt", "0.00000012", effective_from=LATER + timedelta(days=day))
    with transaction.atomic(), django_assert_max_num_queries(120):
        asked(lambda: AIModel.objects.update(name="Other"))
    assert listed.pk


# Whatever is scheduled

START = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
MOMENTS = st.integers(0, 5).map(lambda days: START + timedelta(days=days))
AMOUNTS = st.sampled_from([Decimal(0), Decimal("0.0000001"), Decimal("0.0000004"), Decimal("0.1")])
CONDITIONS = st.sampled_from([{}, {"min_prompt_tokens": 1000}])
PRICES = st.tuples(st.sampled_from(["prompt", "completion", "input_cache_read"]), AMOUNTS, CONDITIONS, MOMENTS)
SWITCHES = st.tuples(st.sampled_from([LISTED, "is_ready"]), st.booleans(), MOMENTS) | st.tuples(
    st.just("flex.is_ready"), st.none() | st.booleans(), MOMENTS
)


def schedule(prices: list[Any], switches: list[Any], flex_from: datetime) -> None:
    model = make_model()
    for kind in ("prompt", "completion"):
        make_price(model, kind, "0.0000001", service_tier="flex", effective_from=flex_from)
    for kind, usd, condition, moment in prices:
        Price.objects.create(ai_model=model, kind=kind, usd=usd, effective_from=moment, **condition)
    for switch, value, moment in switches:
        ScheduledSwitch.objects.create(ai_model=model, switch=switch, value=value, effective_from=moment)


def seen(at: datetime) -> list[Any]:
    return [
        [feed.entry_document(entry) for feed in (openrouter, openrouter_v2)]
        for entry in listing(Selection.LISTED, at=at).entries
    ]


def steps(moments: list[datetime]) -> list[tuple[list[Any], list[Any]]]:
    """What the feeds show just before each moment, and from it on. Between them nothing is scheduled."""
    just_before = seen(moments[0] - timedelta(microseconds=1))
    return list(pairwise([just_before, *map(seen, moments)]))


@given(
    st.lists(PRICES, max_size=5, unique_by=lambda row: (row[0], str(row[2]), row[3])),
    st.lists(SWITCHES, max_size=3, unique_by=lambda row: (row[0], row[2])),
    MOMENTS,
    st.none() | MOMENTS,
)
@settings(max_examples=examples(15, 60), deadline=None)
def test_the_review_shows_every_moment_ahead_of_what_becomes_visible(
    prices: list[Any], switches: list[Any], flex_from: datetime, at: datetime | None
) -> None:
    with transaction.atomic():
        schedule(prices, [row for row in switches if (row[0], row[2]) != (LISTED, at)], flex_from)
        model = AIModel.objects.get()
        moments = [START + timedelta(days=days) for days in range(6)]
        before = steps(moments)

        def change() -> None:
            if at is None:
                AIModel.objects.update(is_listed_on_openrouter=True)
            else:
                ScheduledSwitch.objects.create(ai_model=model, switch=LISTED, value=True, effective_from=at)

        review, shown = asked(change, always=True), set[datetime]()
        change()
        for moment, planned, (old, new) in zip(moments, before, steps(moments), strict=True):
            if old != new and (old, new) != planned:
                shown.add(moment)
                if any(one["is_ready"] for one, _ in old) and not any(one["is_ready"] for one, _ in new):
                    assert review.to_type == "acme/one"
        assert shown <= {moment.at for moment in review.moments}
        transaction.set_rollback(True)


# Changing what is scheduled, too


def percent(client: Client, *models: AIModel, **said: str) -> Any:
    chosen = {"action": "change_prices_by_percent", "_selected_action": [model.pk for model in models], "_described": "1"}
    return client.post(LIST, chosen | {"percent": "10", "kinds": ["prompt"]} | said)


def test_an_action_on_prices_shows_what_undoes_it_and_changes_that_too_if_asked(client: Client) -> None:
    staff(client, "Publisher")
    model = make_listed()
    later = make_price(model, "prompt", "0.0000002", effective_from=LATER)
    other = make_price(model, "completion", "0.0000003", effective_from=LATER)
    page = percent(client, model)
    assert said(page.context["review"]) == [(None, "prices", "0.11"), (LATER, "prices", "0.2")]
    assert "Also change scheduled prices" in page.content.decode()
    page = percent(client, model, also_scheduled="on")
    assert said(page.context["review"]) == [(None, "prices", "0.11"), (LATER, "prices", "0.22")]
    assert "already scheduled stay as they are" not in page.content.decode()
    percent(client, model, also_scheduled="on", _agreed=page.context["review"].digest)
    later.refresh_from_db()
    other.refresh_from_db()
    assert (later.usd, other.usd) == (Decimal("0.00000022"), Decimal("0.0000003"))


def test_what_is_scheduled_before_the_moment_of_an_action_stays_and_an_end_stays_an_end(client: Client) -> None:
    staff(client, "Publisher")
    model = make_model()
    make_price(model, "prompt", "0.0000002", effective_from=LATER)
    make_price(model, "prompt", "0.0000004", effective_from=LATER + timedelta(days=2))
    make_price(model, "prompt", None, effective_from=LATER + timedelta(days=3))
    moment = (LATER + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    form = {"also_scheduled": "on", "moment": moment}
    percent(client, model, **form, _agreed=percent(client, model, **form).context["review"].digest)
    prices = model.prices.filter(kind="prompt").order_by("effective_from").values_list("usd", flat=True)
    assert list(prices) == [
        Decimal(usd) if usd else None for usd in ("0.0000001", "0.0000002", "0.00000022", "0.00000044", "")
    ]


def test_an_amount_for_many_also_becomes_that_of_what_is_scheduled_if_asked(client: Client) -> None:
    staff(client, "Publisher")
    model = make_model()
    make_price(model, "prompt", "0.0000002", effective_from=LATER)
    chosen = {"action": "change_prices_to_an_amount", "_selected_action": [model.pk], "_described": "1"}
    form = chosen | {"price": "prompt.token", "tier": "default", "amount": "0.3", "also_scheduled": "on"}
    client.post(LIST, form | {"_agreed": client.post(LIST, form).context["review"].digest})
    assert set(model.prices.filter(kind="prompt").values_list("usd", flat=True)) == {
        Decimal("0.0000001"),
        Decimal("0.0000003"),
    }
    assert model.prices.filter(kind="prompt").count() == 3


def test_a_price_changed_in_the_form_says_what_replaces_it(client: Client) -> None:
    staff(client, "Publisher")
    model = make_listed()
    make_price(model, "prompt", "0.0000002", effective_from=LATER)
    page = client.post(change(model), prices(form_data(client, change(model)), "prompt", "0.15"))
    assert said(page.context["review"]) == [(None, "prices", "0.15"), (LATER, "prices", "0.2")]
    assert "Also change the scheduled prices?" in page.content.decode()
