"""Switches that turn by themselves, seen at their moment by every reader and kept in the history."""

import json
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from pghistory.models import Events

from catalog.importing.applying.importer import apply_reading
from catalog.importing.registry import read_content
from catalog.listing import Selection, listing
from catalog.models import AIModel, Price, ScheduledSwitch, Switch
from catalog.publication.losses import unexplained
from tests.clock import MoveClock, soon
from tests.factories import let_deferred_rules_speak, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db
FEED = "/v1/models?format=openrouter"
NOW = timezone.now()
LATER = NOW + timedelta(days=3)


def schedule(model: AIModel, switch: Switch, value: bool, moment: datetime = LATER) -> ScheduledSwitch:
    return ScheduledSwitch.objects.create(ai_model=model, switch=switch, value=value, effective_from=moment)


def ids(at: datetime, selection: Selection = Selection.LISTED) -> list[str]:
    return [entry.model.model_id for entry in listing(selection, at=at).entries]


def test_a_model_is_listed_and_taken_off_at_its_moments() -> None:
    model = make_model("a")
    schedule(model, Switch.LISTED, True)
    schedule(model, Switch.LISTED, False, LATER + timedelta(days=1))
    assert ids(LATER - timedelta(seconds=1)) == []
    assert ids(LATER) == ["a"]
    assert ids(LATER + timedelta(days=1)) == []


def test_readiness_turns_at_its_moment_in_every_selection() -> None:
    model = make_listed("a")
    schedule(model, Switch.READY, False)
    for selection in Selection:
        (before,) = listing(selection, at=LATER - timedelta(seconds=1)).entries
        (after,) = listing(selection, at=LATER).entries
        assert (before.model.is_ready, after.model.is_ready) == (True, False)


def test_a_listing_knows_when_a_switch_is_due() -> None:
    schedule(make_listed("a"), Switch.READY, False)
    content = listing(Selection.LISTED)
    assert content.valid_until == LATER
    assert listing(Selection.LISTED, at=LATER).since == LATER


def test_cached_bytes_change_at_the_moment_itself(client: Client, move_clock: MoveClock) -> None:
    model = make_listed("a")
    moment = soon()
    schedule(model, Switch.READY, False, moment)
    assert client.get(FEED).json()["data"][0]["is_ready"] is True
    move_clock(moment)
    assert client.get(FEED).json()["data"][0]["is_ready"] is False


def test_what_has_come_is_settled_and_nobody_sees_a_difference() -> None:
    come, ahead = make_listed("come"), make_listed("ahead")
    schedule(come, Switch.READY, True, NOW - timedelta(hours=2))
    schedule(come, Switch.READY, False, NOW - timedelta(hours=1))
    schedule(ahead, Switch.READY, False)
    before = listing(Selection.LISTED).entries
    ScheduledSwitch.objects.apply_due()
    let_deferred_rules_speak()
    come.refresh_from_db()
    ahead.refresh_from_db()
    assert (come.is_ready, ahead.is_ready) == (False, True)
    assert [row.ai_model_id for row in ScheduledSwitch.objects.all()] == [ahead.pk]  # type: ignore[attr-defined]
    assert listing(Selection.LISTED).entries == before
    (event,) = Events.objects.tracks(come).filter(pgh_diff__has_key="is_ready")
    assert event.pgh_context["source"] == "schedule"


def test_nothing_is_written_where_nothing_has_come() -> None:
    schedule(make_listed("a"), Switch.READY, False)
    revision = listing(Selection.LISTED).revision
    ScheduledSwitch.objects.apply_due()
    assert listing(Selection.LISTED).revision == revision


def test_an_incomplete_model_cannot_be_scheduled_for_listing() -> None:
    model = make_model("a", quantization=None)
    schedule(model, Switch.LISTED, True)
    with pytest.raises(IntegrityError, match=r"a cannot be listed on OpenRouter: It needs its quantization\."):
        let_deferred_rules_speak()


def test_a_launch_may_bring_its_prices_at_the_same_moment() -> None:
    model = make_model("a", prices={})
    for kind in ("prompt", "completion"):
        make_price(model, kind, "0.000001", effective_from=LATER)
    schedule(model, Switch.LISTED, True)
    let_deferred_rules_speak()
    assert ids(LATER) == ["a"]
    Price.objects.filter(kind="prompt").delete()
    with pytest.raises(IntegrityError, match="needs a prompt price"):
        let_deferred_rules_speak()


def test_a_model_that_a_schedule_lists_is_guarded_as_one_listed_by_hand() -> None:
    model = make_model("a")
    schedule(model, Switch.LISTED, True, NOW - timedelta(minutes=1))
    for refused in (model.prices.all().delete, model.delete):
        with pytest.raises(IntegrityError, match=r"history|take it off"), transaction.atomic():
            refused()


def test_a_switch_once_at_a_moment_and_of_the_list() -> None:
    model = make_model("a")
    schedule(model, Switch.READY, False)
    with pytest.raises(ValidationError, match="already scheduled"):
        ScheduledSwitch(ai_model=model, switch="is_ready", value=True, effective_from=LATER).full_clean()
    with pytest.raises(IntegrityError, match="switch_is_known"):
        ScheduledSwitch.objects.bulk_create(
            [ScheduledSwitch(ai_model=model, switch="is_public", value=False, effective_from=LATER)]
        )


def test_an_entry_that_goes_by_schedule_is_explained_and_one_by_a_forged_row_is_not() -> None:
    kept = make_listed("a")
    before = listing(Selection.LISTED)
    schedule(kept, Switch.LISTED, False, NOW - timedelta(minutes=1))
    gone = before.keys - listing(Selection.LISTED).keys
    assert [key.model_id for key in gone] == ["a"]
    assert unexplained(gone, Selection.LISTED, "default") == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE catalog_scheduledswitch SET effective_from = effective_from - interval '1 hour'")
    assert [key.model_id for key in unexplained(gone, Selection.LISTED, "default")] == ["a"]


def test_an_import_compares_with_what_has_come_by_schedule() -> None:
    model = make_listed("a")
    schedule(model, Switch.READY, False, NOW - timedelta(minutes=1))
    reading = read_content(json.dumps({"data": [{"id": "a", "name": "Acme One", "is_ready": True}]}).encode())
    (change,) = apply_reading(reading, source="a test").changes
    assert (change.field, change.old, change.new) == ("is_ready", "False", "True")
    assert listing(Selection.LISTED).entries[0].model.is_ready
