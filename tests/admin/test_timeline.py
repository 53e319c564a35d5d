"""What is ahead: scheduled in a model's form, seen and cancelled on the timeline, by those who may."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pghistory.models import Events

from catalog.history import version
from catalog.models import AIModel, Offer, Price, ScheduledSwitch, Switch
from tests.admin.common import agree, change, errors, form_data, price_row, staff
from tests.clock import MoveClock, soon
from tests.factories import make_listed, make_model, make_price

pytestmark = pytest.mark.django_db
TIMELINE = "/admin/catalog/aimodel/timeline/"
SOON = (timezone.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
LATER = SOON + timedelta(days=2)


def schedule(model: AIModel, switch: str, value: bool, moment: datetime = SOON) -> ScheduledSwitch:
    return ScheduledSwitch.objects.create(ai_model=model, switch=switch, value=value, effective_from=moment)


def rows(client: Client, side: str = "ahead") -> list[Any]:
    page = client.get(TIMELINE)
    assert page.status_code == 200
    return [event for _, events in page.context[f"{side}_days"] for event in events]


def switch_row(data: dict[str, Any], action: str, moment: datetime) -> None:
    number = int(data["scheduled_switches-TOTAL_FORMS"])
    data["scheduled_switches-TOTAL_FORMS"] = str(number + 1)
    data[f"scheduled_switches-{number}-action"] = action
    data[f"scheduled_switches-{number}-effective_from"] = f"{moment:%Y-%m-%dT%H:%M:%S}"


def token(client: Client, what: str) -> str:
    (found,) = [event.token for event in rows(client) if what in event.what]
    return str(found)


def test_what_is_due_comes_soonest_first_in_staffs_words(client: Client) -> None:
    staff(client, "Publisher")
    model = make_listed("acme/a", deprecation_at=LATER, replacement=make_model("acme/next"))
    make_price(model, "prompt", "0.00000025", effective_from=SOON + timedelta(hours=1))
    make_price(model, "prompt", None, min_prompt_tokens=1000, effective_from=LATER + timedelta(hours=1))
    schedule(model, "is_ready", False)
    schedule(model, "is_listed_on_openrouter", False, LATER + timedelta(days=1))
    found = rows(client)
    assert [(event.what, event.old, event.new) for event in found] == [
        ("Set not ready", "", ""),
        ("Prompt price, $ per 1M tokens", "0.10", "0.25"),
        ("Deprecation; replaced by acme/next", "", ""),
        ("Prompt price, $ per 1M tokens, for prompts above 1,000 tokens", "—", "ends"),
        ("Take off OpenRouter", "", ""),
    ]
    assert {event.model_id for event in found} == {"acme/a"}
    assert found[0].moment == f"{SOON:%Y-%m-%d %H:%M} UTC"
    days = [day for day, _ in client.get(TIMELINE).context["ahead_days"]]
    assert days == sorted(set(days))


def test_a_price_is_compared_with_the_one_that_holds_before_it(client: Client) -> None:
    staff(client, "Viewer")
    model = make_model()
    make_price(model, "prompt", "0.000002", effective_from=SOON)
    make_price(model, "prompt", "0.000003", effective_from=LATER)
    assert [(event.old, event.new) for event in rows(client)] == [("0.10", "2.00"), ("2.00", "3.00")]


@pytest.mark.django_db(transaction=True)
def test_what_had_been_scheduled_is_told_once_it_has_come_and_what_was_not_is_not(
    client: Client, move_clock: MoveClock
) -> None:
    staff(client, "Viewer")
    model = make_model("a", prices={"prompt": "0.1", "completion": "0.1"})
    moment = soon()
    make_price(model, "prompt", "0.000003", effective_from=moment)
    make_price(model, "completion", "0.000003", effective_from=timezone.now() - timedelta(days=1))
    Price.objects.create(ai_model=model, kind="image", unit="image", usd=Decimal("0.1"))  # at once
    schedule(model, "is_ready", False, moment)
    cancelled = schedule(model, "is_listed_on_openrouter", True, moment)
    cancelled.delete()
    AIModel.objects.filter(pk=model.pk).update(deprecation_at=SOON - timedelta(days=3))
    move_clock(moment)
    assert rows(client) == []
    found = {event.what for event in rows(client, "past")}
    assert found == {"Prompt price, $ per 1M tokens", "Deprecation", "Set not ready"}


@pytest.mark.django_db(transaction=True)  # what comes during a transaction is not settled by it
def test_what_has_come_while_a_form_was_open_does_not_refuse_what_was_typed(client: Client, move_clock: MoveClock) -> None:
    staff(client, "Publisher")
    model = make_model()
    moment = soon()
    schedule(model, "is_ready", False, moment)
    mine = form_data(client, change(model)) | {"notes": "mine", "_version": version(model)}
    move_clock(moment)
    page = client.post(change(model), mine)
    assert [(one.label, one.new) for one in page.context["yours"]] == [("Notes", "mine")]
    assert agree(client, change(model), mine | {"_merge": page.context["current"]}).status_code == 302
    model.refresh_from_db()
    assert (model.notes, model.is_ready) == ("mine", False)


def test_an_empty_timeline_says_so(client: Client) -> None:
    staff(client, "Viewer")
    text = client.get(TIMELINE).content.decode()
    assert "Nothing is scheduled" in text
    assert "No scheduled change was applied in the last 30 days." in text


def test_viewers_see_no_button_and_may_not_cancel(client: Client) -> None:
    price = make_price(make_model(), "prompt", "0.000002", effective_from=SOON)
    staff(client, "Viewer")
    (event,) = rows(client)
    assert event.token == ""
    answer = client.post(TIMELINE, {"cancel": f"price:{price.pk}:{SOON.isoformat()}"})
    assert answer.status_code == 403
    assert Price.objects.filter(pk=price.pk).exists()


def test_who_may_change_models_and_see_nothing_else_sees_what_becomes_of_models(
    client: Client, django_user_model: Any
) -> None:
    model = make_model(deprecation_at=LATER)
    make_price(model, "prompt", "0.000002", effective_from=SOON)
    schedule(model, "is_ready", False)
    user = django_user_model.objects.create_user("somebody", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_aimodel"))
    client.force_login(user)
    assert [event.what for event in rows(client)] == ["Deprecation"]


def test_who_may_not_see_models_sees_no_timeline(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("nobody", is_staff=True))
    assert client.get(TIMELINE).status_code == 403
    assert Client().get(TIMELINE).status_code == 302


def test_what_the_feed_does_not_show_is_cancelled_at_once(client: Client) -> None:
    staff(client, "Editor")
    model = make_model(deprecation_at=LATER)
    price = make_price(model, "prompt", "0.000002", effective_from=SOON)
    switch = schedule(model, "is_ready", False)
    for what in ("Prompt price", "Set not ready", "Deprecation"):
        answer = client.post(TIMELINE, {"cancel": token(client, what)})
        assert answer.status_code == 302
    assert rows(client) == []
    model.refresh_from_db()
    assert model.deprecation_at is None
    assert not Price.objects.filter(pk=price.pk).exists()
    (event,) = Events.objects.references(model).filter(pgh_label="delete", pgh_model="catalog.ScheduledSwitchEvent")
    assert (event.pgh_data["id"], event.pgh_context["source"]) == (switch.pk, "form")


def test_cancelling_what_the_feed_would_show_is_reviewed_first(client: Client) -> None:
    staff(client, "Publisher")
    price = make_price(make_listed("acme/a"), "prompt", "0.00000011", effective_from=SOON)
    data = {"cancel": token(client, "Prompt price")}
    page = client.post(TIMELINE, data)
    assert "Review: cancel Prompt price" in page.content.decode()
    assert Price.objects.filter(pk=price.pk).exists()
    assert client.post(TIMELINE, {**data, "_back": "1"}).status_code == 302
    assert Price.objects.filter(pk=price.pk).exists()
    assert agree(client, TIMELINE, data).status_code == 302
    assert not Price.objects.filter(pk=price.pk).exists()


def test_an_editor_may_not_cancel_what_the_feed_would_show(client: Client) -> None:
    staff(client, "Editor")
    model = make_listed("acme/a")
    price = make_price(model, "prompt", "0.00000011", effective_from=SOON)
    off = schedule(model, "is_listed_on_openrouter", False, LATER)
    other = make_price(make_model("acme/other"), "prompt", "0.00000012", effective_from=SOON)
    assert [bool(row.token) for row in rows(client)] == [False, True, False]  # in the feed, in none, listing itself
    page = client.post(TIMELINE, {"cancel": f"price:{price.pk}:{SOON.isoformat()}"})
    assert "only a publisher may change that" in page.content.decode()
    assert "Back to the timeline" in page.content.decode()
    assert client.post(TIMELINE, {"cancel": f"price:{other.pk}:{SOON.isoformat()}"}).status_code == 302
    assert not Price.objects.filter(pk=other.pk).exists()
    forged = {"cancel": f"switch:{off.pk}:{LATER.isoformat()}"}
    assert client.post(TIMELINE, forged).status_code == 403
    assert Price.objects.filter(pk=price.pk).exists()
    assert ScheduledSwitch.objects.filter(pk=off.pk).exists()


def test_an_editor_cancels_what_openrouter_never_takes_of_a_listed_model(client: Client) -> None:
    staff(client, "Editor")
    model = make_listed("acme/a")
    make_price(model, "prompt", "0.0000001", service_tier="batch")
    make_price(model, "prompt", "0.0000002", service_tier="batch", effective_from=SOON)
    Offer.objects.create(ai_model=model, variant="batch", deprecation_at=LATER)
    schedule(model, Switch.BATCH_READY, False)
    schedule(model, Switch.FLEX_READY, False)
    assert [bool(row.token) for row in rows(client)].count(True) == 3  # all but that of the flex tier
    for row in filter(lambda row: row.token, rows(client)):
        assert client.post(TIMELINE, {"cancel": row.token}).status_code == 302
    assert [row.token for row in rows(client)] == [""]


def test_a_refusal_of_the_database_is_a_sentence(client: Client) -> None:
    staff(client, "Publisher")
    model = make_model("a", prices={})
    for kind in ("prompt", "completion"):
        make_price(model, kind, "0.000001", effective_from=SOON)
    schedule(model, "is_listed_on_openrouter", True)
    answer = client.post(TIMELINE, {"cancel": token(client, "Prompt price")}, follow=True)
    assert "Nothing was cancelled. a cannot be listed on OpenRouter: It needs a prompt price" in answer.content.decode()
    assert model.prices.count() == 2


@pytest.mark.parametrize(
    "given",
    [
        "",
        "price",
        "price:1",
        "price:x:y",
        "price:1:2026-01-01",
        "price:1:9999-12-31T23:59:59-23:59",
        "x:1:2999-01-01T00:00:00+00:00",
    ],
)
def test_a_token_that_names_nothing_ahead_cancels_nothing(client: Client, given: str) -> None:
    staff(client, "Publisher")
    answer = client.post(TIMELINE, {"cancel": given}, follow=True)
    assert "This change is no longer scheduled" in answer.content.decode()


def test_a_price_that_has_come_is_not_cancelled(client: Client) -> None:
    staff(client, "Publisher")
    price = make_model().prices.first()
    assert price is not None
    client.post(TIMELINE, {"cancel": f"price:{price.pk}:{price.effective_from.isoformat()}"})
    assert Price.objects.filter(pk=price.pk).exists()


def test_a_switch_is_scheduled_changed_and_cancelled_in_the_form(client: Client) -> None:
    staff(client, "Publisher")
    model = make_model()
    data = form_data(client, change(model))
    switch_row(data, "is_ready:0", SOON)
    switch_row(data, "is_listed_on_openrouter:1", LATER)
    answer = agree(client, change(model), data)
    assert answer.status_code == 302, errors(answer)
    stored = [(row.switch, row.value, row.effective_from) for row in model.scheduled_switches.all()]
    assert stored == [("is_ready", False, SOON), ("is_listed_on_openrouter", True, LATER)]

    data = form_data(client, change(model))
    data["scheduled_switches-0-action"] = "is_ready:1"
    data["scheduled_switches-1-DELETE"] = "on"
    answer = agree(client, change(model), data)
    assert answer.status_code == 302, errors(answer)
    assert [(row.switch, row.value) for row in model.scheduled_switches.all()] == [("is_ready", True)]


def test_a_moment_that_is_past_and_one_that_is_taken_are_refused(client: Client) -> None:
    staff(client, "Publisher")
    model = make_model()
    data = form_data(client, change(model))
    switch_row(data, "is_ready:0", timezone.now() - timedelta(minutes=1))
    assert "This time is in the past" in errors(client.post(change(model), data))
    schedule(model, "is_ready", False)
    data = form_data(client, change(model))
    switch_row(data, "is_ready:1", SOON)
    assert "The same change is scheduled twice for one time." in errors(client.post(change(model), data))
    assert model.scheduled_switches.count() == 1


def test_an_editor_schedules_readiness_and_no_listing(client: Client) -> None:
    staff(client, "Editor")
    model = make_model()
    data = form_data(client, change(model))
    switch_row(data, "is_listed_on_openrouter:1", SOON)
    assert "Select a valid choice" in errors(client.post(change(model), data))
    data = form_data(client, change(model))
    switch_row(data, "is_ready:0", SOON)
    answer = client.post(change(model), data)
    assert answer.status_code == 302, errors(answer)

    schedule(model, "is_listed_on_openrouter", True, LATER)
    data = form_data(client, change(model))
    data["scheduled_switches-1-DELETE"] = "on"
    assert "Only a publisher can schedule" in errors(client.post(change(model), data))
    data = form_data(client, change(model))
    data["scheduled_switches-1-action"] = "is_listed_on_openrouter:0"  # its boxes are locked
    data["notes"] = "Seen."
    answer = client.post(change(model), data)
    assert answer.status_code == 302, errors(answer)
    assert model.scheduled_switches.get(switch="is_listed_on_openrouter").value is True


def test_a_price_and_a_listing_start_together(client: Client) -> None:
    staff(client, "Publisher")
    model = make_model(prices={})
    data = form_data(client, change(model))
    for kind in ("prompt", "completion"):
        price_row(data, kind=kind, amount="1", effective_from=f"{SOON:%Y-%m-%dT%H:%M:%S}")
    switch_row(data, "is_listed_on_openrouter:1", SOON)
    answer = agree(client, change(model), data)
    assert answer.status_code == 302, errors(answer)
    assert len(rows(client)) == 3


def test_pages_of_fifty_take_as_many_queries_as_one_row(client: Client) -> None:
    staff(client, "Publisher")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(TIMELINE)
        return len(queries)

    model = make_model("first", deprecation_at=LATER)
    make_price(model, "prompt", "0.1", effective_from=SOON)
    schedule(model, "is_ready", False)
    asked()
    few = asked()
    for number in range(60):
        make_price(make_model(f"m{number}"), "prompt", "0.1", effective_from=LATER + timedelta(days=1))
    assert asked() == few
    page = client.get(TIMELINE, {"page": "2"})
    assert len([event for _, events in page.context["ahead_days"] for event in events]) == 13
    assert client.get(TIMELINE, {"page": "x", "past": "999"}).status_code == 200
