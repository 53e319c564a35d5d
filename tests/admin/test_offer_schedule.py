"""The scheduled readiness of an offer, from the form to the feeds: staff schedule it, every reader sees it at its time, the history has it."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog import checklist, gauges
from catalog.alarms.occurrences import scheduled_changes
from catalog.history import Wanted, find, summarized
from catalog.importing.applying.importer import apply_reading
from catalog.importing.registry import read_content
from catalog.models import Offer, ScheduledSwitch, Switch
from tests.admin.common import LIST, agree, change, errors, form_data, staff
from tests.admin.past import FLAT, V2, steps
from tests.admin.test_timeline import TIMELINE, rows, switch_row
from tests.admin.test_undoing import latest, undo
from tests.clock import MoveClock, soon
from tests.models.test_offer_schedule import make_model
from tests.public_history.test_changes import changes
from tests.public_history.test_offers import offers_of
from tests.review.common import LATER, bulk

pytestmark = pytest.mark.django_db(transaction=True)


def typed(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def feeds(client: Client) -> list[bytes]:
    return [client.get(address).content for address in (FLAT, V2)]


def flat_entries(client: Client) -> dict[str, dict[str, Any]]:
    return {
        "free" if one.get("is_free") else one.get("service_tier", "default"): one for one in client.get(FLAT).json()["data"]
    }


def test_it_is_scheduled_in_the_form_and_the_feeds_change_at_that_time_automatically(
    publisher_client: Client, client: Client, move_clock: MoveClock
) -> None:
    model, moment = make_model(), soon()
    before, entries = feeds(client), flat_entries(client)
    data = form_data(publisher_client, change(model))
    switch_row(data, "flex.is_ready:0", moment)
    review = publisher_client.post(change(model), data)
    text = review.content.decode()
    assert "acme/one, flex tier is hidden on OpenRouter" in text
    assert "acme/one is hidden on OpenRouter" not in text
    assert [one.at for one in review.context["review"].moments] == [moment]
    answer = agree(publisher_client, change(model), data)
    assert answer.status_code == 302, errors(answer)
    assert feeds(client) == before
    move_clock(moment)
    after, changed = feeds(client), flat_entries(client)
    assert all(new != old for new, old in zip(after, before, strict=True))
    assert {name: entry for name, entry in changed.items() if name != "flex"} == {
        name: entry for name, entry in entries.items() if name != "flex"
    }
    assert changed["flex"] == entries["flex"] | {"is_ready": False}
    ScheduledSwitch.objects.apply_due()
    assert (feeds(client), model.offers.get(variant="flex").is_ready) == (after, False)


def test_a_form_shows_what_is_scheduled_and_saves_it_unchanged(publisher_client: Client) -> None:
    model = make_model()
    for switch, value in ((Switch.FLEX_READY, None), (Switch.FREE_READY, False)):
        ScheduledSwitch.objects.create(ai_model=model, switch=switch, value=value, effective_from=LATER)
    data = form_data(publisher_client, change(model))
    assert [data[f"scheduled_switches-{row}-action"] for row in (0, 1)] == ["flex.is_ready:", "free.is_ready:0"]
    answer = agree(publisher_client, change(model), data)
    assert answer.status_code == 302, errors(answer)
    switch_row(data, "free.is_ready:1", LATER)
    assert "The same change is scheduled twice for one time." in errors(publisher_client.post(change(model), data))
    assert set(model.scheduled_switches.values_list("switch", "value")) == {
        ("flex.is_ready", None),
        ("free.is_ready", False),
    }


def test_a_form_schedules_several_switches_for_one_time(publisher_client: Client) -> None:
    model = make_model()
    data = form_data(publisher_client, change(model))
    actions = ("is_listed_on_openrouter:0", "is_ready:0", "flex.is_ready:0", "free.is_ready:")
    for action in actions:
        switch_row(data, action, LATER)
    answer = agree(publisher_client, change(model), data)
    assert answer.status_code == 302, errors(answer)
    assert set(model.scheduled_switches.values_list("switch", flat=True)) == {one.partition(":")[0] for one in actions}


def test_the_timeline_shows_it_before_and_after_its_time_and_cancels_it(client: Client, move_clock: MoveClock) -> None:
    staff(client, "Publisher")
    model, moment = make_model(), soon()
    for switch, value in ((Switch.FLEX_READY, False), (Switch.PRIORITY_READY, None), (Switch.FREE_READY, False)):
        ScheduledSwitch.objects.create(ai_model=model, switch=switch, value=value, effective_from=moment)
    assert [row.what for row in rows(client)] == [
        "Flex: set not ready",
        "Priority: same as the model",
        "Free variant: set not ready",
    ]
    agree(client, TIMELINE, {"cancel": rows(client)[1].token})
    assert [row.what for row in rows(client)] == ["Flex: set not ready", "Free variant: set not ready"]
    undo(client, latest("form"))
    assert [row.what for row in rows(client)][2] == "Priority: same as the model"
    agree(client, TIMELINE, {"cancel": rows(client)[1].token})
    move_clock(moment)
    assert {row.what for row in rows(client, "past")} == {"Flex: set not ready", "Priority: same as the model"}


def test_an_editor_cannot_schedule_it_for_a_listed_model(client: Client) -> None:
    staff(client, "Editor")
    model = make_model()
    data = form_data(client, change(model))
    switch_row(data, "flex.is_ready:0", LATER)
    assert "only a publisher may change that" in agree(client, change(model), data).content.decode()
    assert not model.scheduled_switches.exists()


def test_one_action_schedules_it_for_many_models_and_is_undone_before_and_after_its_time(
    publisher_client: Client, client: Client, move_clock: MoveClock
) -> None:
    models, moment = [make_model("acme/one"), make_model("acme/two")], soon()
    models[1].offers.create(variant="flex", is_ready=False, context_length=1000)
    before = feeds(client)
    said = {"offer": "flex", "is_ready": "True", "moment": typed(moment)}
    bulk(publisher_client, "change_offer", *models, **said)
    assert feeds(client) == before
    bulk(publisher_client, "change_offer", *models, **said | {"is_ready": "", "as_the_model": ["is_ready"]})
    planned = ScheduledSwitch.objects.values_list("ai_model__model_id", "switch", "value", "effective_from")
    assert set(planned) == {(one.model_id, "flex.is_ready", None, moment) for one in models}
    undo(publisher_client, latest("bulk"))
    assert set(planned.values_list("value", flat=True)) == {True}
    move_clock(moment)
    assert json.loads(feeds(client)[0]) != json.loads(before[0])
    first = summarized(find(Wanted(way="bulk")))[-1]
    undo(publisher_client, f"{LIST}activity/{first.key}/")
    assert feeds(client) == before
    assert list(Offer.objects.values_list("ai_model__model_id", "is_ready", "context_length")) == [("acme/two", False, 1000)]


def test_an_action_schedules_nothing_but_readiness(publisher_client: Client) -> None:
    model = make_model()
    for said in ({"discount_to_user": "10%"}, {"is_ready": "False", "as_the_model": ["context_length"]}):
        page = bulk(publisher_client, "change_offer", model, offer="flex", moment=typed(LATER), **said)
        assert "Only a change of readiness can be scheduled." in page.content.decode()
    assert not Offer.objects.exists()
    assert not ScheduledSwitch.objects.exists()


def test_the_history_has_its_scheduling_and_its_taking_effect(publisher_client: Client, move_clock: MoveClock) -> None:
    model, moment = make_model(), soon()
    data = form_data(publisher_client, change(model))
    switch_row(data, "flex.is_ready:0", moment)
    agree(publisher_client, change(model), data)
    scheduled = latest("form")
    move_clock(moment)
    ScheduledSwitch.objects.apply_due()
    came, planned, *_ = [
        [(one.label, one.old, one.new) for one in step.differences] for step in steps(publisher_client, model)
    ]
    assert ("Flex: ready", "—", "no") in came
    assert planned == [(f"Flex: ready from {typed(moment)} UTC".replace(":00 UTC", " UTC"), "—", "no")]
    undo(publisher_client, scheduled)
    assert not Offer.objects.exists()


def test_changes_show_it_at_its_time_and_storing_it_adds_no_change(client: Client, move_clock: MoveClock) -> None:
    model = make_model()
    first, cancelled, moment = (soon() + timedelta(hours=hours) for hours in (2, 3, 4))
    ScheduledSwitch.objects.create(ai_model=model, switch=Switch.FLEX_READY, value=False, effective_from=first)
    ScheduledSwitch.objects.create(ai_model=model, switch=Switch.FLEX_READY, value=True, effective_from=cancelled).delete()
    ScheduledSwitch.objects.create(ai_model=model, switch=Switch.FLEX_READY, value=None, effective_from=moment)
    assert offers_of(client) == []
    hidden = ("offer_changed", {"service_tier": "flex", "from": {}, "to": {"is_ready": False}})
    back = ("offer_changed", {"service_tier": "flex", "from": {"is_ready": False}, "to": {}})
    for at, told in ((first, [hidden]), (cancelled, [hidden]), (moment, [hidden, back])):
        move_clock(at)
        assert offers_of(client) == told
        ScheduledSwitch.objects.apply_due()
        assert offers_of(client) == told
    assert [one["at"] for one in changes(client, kind="offer_changed")] == [
        f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (moment, first)
    ]


def test_alarms_metrics_and_the_filter_count_it_as_a_scheduled_change_of_its_model(client: Client) -> None:
    staff(client, "Publisher")
    model = make_model()
    row = ScheduledSwitch.objects.create(
        ai_model=model, switch=Switch.FLEX_READY, value=False, effective_from=timezone.now() + timedelta(days=2)
    )
    (family,) = (one for one in gauges.catalog() if one.name == "catalog_due_moments")
    assert {one.labels["within"]: one.value for one in family.samples if one.labels["kind"] == "switch"} == {
        "1d": 0,
        "30d": 1,
    }
    assert [one.model_id for one in client.get(LIST, {"scheduled": "switches"}).context["cl"].queryset] == [model.model_id]
    assert list(scheduled_changes(timezone.now())) == []
    ScheduledSwitch.objects.filter(pk=row.pk).update(effective_from=timezone.now() - timedelta(minutes=1))
    (alarm,) = scheduled_changes(timezone.now())
    assert alarm.text.endswith(": acme/one.")


@pytest.mark.parametrize("address", [FLAT, V2])
def test_what_is_exported_after_its_time_is_imported_as_it_is(client: Client, address: str) -> None:
    model = make_model()
    ScheduledSwitch.objects.create(
        ai_model=model, switch=Switch.FLEX_READY, value=False, effective_from=timezone.now() - timedelta(minutes=1)
    )
    content = client.get(address).content
    assert not apply_reading(read_content(content), source="a test").changes
    Offer.objects.all().delete()
    (difference,) = apply_reading(read_content(content), source="a test").changes
    assert (difference.field, difference.new) == ("flex is_ready", "False")
    assert client.get(address).content == content


def test_the_checklist_notices_that_it_took_effect(move_clock: MoveClock) -> None:
    model, moment = make_model(), soon()
    checklist.clear_cache()
    ScheduledSwitch.objects.create(ai_model=model, switch=Switch.FLEX_READY, value=False, effective_from=moment)

    def not_ready() -> list[str]:
        return [one.field for one in checklist.all_findings().get(model.pk, ()) if one.code == "not-ready"]

    assert not_ready() == []
    move_clock(moment)
    assert not_ready() == ["is_ready"]
