"""The scheduled readiness of an offer: its rules, what every reader sees at its time, and what is then stored."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone
from pghistory.models import Events

from catalog.history import events
from catalog.listing import Entry, Selection, listed_at, listing
from catalog.models import AIModel, Offer, ScheduledSwitch, Switch, Variant
from tests.factories import let_deferred_rules_speak, make_offered

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LATER = NOW + timedelta(days=3)
AGO = NOW - timedelta(minutes=1)


def make_model(model_id: str = "acme/one", **facts: Any) -> AIModel:
    """A listed model with three offers."""
    return make_offered(model_id, "flex", "priority", has_free_variant=True, **facts)


def plan(model: AIModel, switch: Switch, value: bool | None, at: Any = LATER) -> ScheduledSwitch:
    return ScheduledSwitch.objects.create(ai_model=model, switch=switch, value=value, effective_from=at)


def readiness(entries: tuple[Entry, ...]) -> dict[str, bool]:
    return {"free" if one.is_free else one.service_tier: one.model.is_ready for one in entries}


def test_each_offer_has_one_switch() -> None:
    assert [Switch.ready(variant).variant for variant in Variant] == list(Variant)
    assert {switch for switch in Switch if switch.variant is None} == {Switch.LISTED, Switch.READY}


def test_an_offer_changes_at_its_time_in_every_selection_and_no_other_one_does() -> None:
    model = make_model()
    for variant in (Variant.FLEX, Variant.FREE):
        plan(model, Switch.ready(variant), False)
    for selection in Selection:
        before, after = (listing(selection, at=at).entries for at in (LATER - timedelta(seconds=1), LATER))
        assert readiness(before) == {"default": True, "flex": True, "priority": True, "free": True}
        assert readiness(after) == {"default": True, "flex": False, "priority": True, "free": False}
    assert listing(Selection.LISTED).valid_until == LATER
    assert [readiness(one.entries)["flex"] for one in listed_at([(NOW, [model.model_id]), (LATER, [model.model_id])])] == [
        True,
        False,
    ]


def test_an_offer_can_be_the_same_as_its_model_again() -> None:
    model = make_model(is_ready=False)
    model.offers.create(variant="flex", is_ready=True, context_length=1000)
    plan(model, Switch.FLEX_READY, None)
    before, after = (listing(Selection.LISTED, at=at).entries[1] for at in (NOW, LATER))
    assert (before.service_tier, before.model.is_ready, before.own) == ("flex", True, ("is_ready", "context_length"))
    assert (after.service_tier, after.model.is_ready, after.own) == ("flex", False, ("context_length",))


@pytest.mark.parametrize("value", [True, False, None])
@pytest.mark.parametrize(
    "facts", [None, {"is_ready": True}, {"is_ready": False, "context_length": 1000}, {"without": ["capacity_tpm"]}]
)
def test_what_is_due_is_stored_and_nobody_sees_a_difference(facts: dict[str, Any] | None, value: bool | None) -> None:
    model, other = make_model(capacity_tpm=9), make_model("acme/other")
    for one in (model, other):
        if facts is not None:
            one.offers.create(variant="flex", **facts)
    model.offers.create(variant="priority", context_length=7)
    plan(model, Switch.FLEX_READY, not value, NOW - timedelta(hours=1))
    plan(model, Switch.FLEX_READY, value, AGO)
    ahead = plan(model, Switch.PRIORITY_READY, False)
    before, others = listing(Selection.LISTED).entries, list(Offer.objects.filter(ai_model=other).values())
    ScheduledSwitch.objects.apply_due()
    let_deferred_rules_speak()
    assert listing(Selection.LISTED).entries == before
    assert list(ScheduledSwitch.objects.values_list("pk", flat=True)) == [ahead.pk]
    own = {name: fact for name, fact in (facts or {}).items() if name != "is_ready"}
    if value is None and not own:  # it states nothing any more
        assert not model.offers.filter(variant="flex").exists()
    else:
        stored = model.offers.get(variant="flex")
        assert {name: getattr(stored, name) for name in ("is_ready", *own)} == {"is_ready": value, **own}
    assert model.offers.get(variant="priority").is_ready is None
    assert list(Offer.objects.filter(ai_model=other).values()) == others
    model.refresh_from_db()
    assert model.is_ready
    written = Events.objects.references(model).filter(pgh_model="catalog.OfferEvent", pgh_context__source="schedule")
    was = (facts or {}).get("is_ready")
    assert written.count() == (was != value)


def test_reversing_the_migration_stores_what_is_due_and_removes_what_is_not() -> None:
    model = make_model()
    plan(model, Switch.FLEX_READY, False, AGO)
    plan(model, Switch.PRIORITY_READY, None)
    own = plan(model, Switch.READY, False)
    let_deferred_rules_speak()
    with connection.cursor() as cursor:
        cursor.execute(import_module("catalog.migrations.0031_scheduled_readiness_of_offers").WITHOUT_OFFERS)
    assert list(model.offers.values_list("variant", "is_ready")) == [("flex", False)]
    assert list(ScheduledSwitch.objects.values_list("pk", flat=True)) == [own.pk]
    assert set(events(ScheduledSwitch).values_list("switch", flat=True)) == {"is_ready"}
    with pytest.raises(ProgrammingError, match="Cannot update or delete rows"), transaction.atomic():
        events(ScheduledSwitch).all().delete()


def test_a_models_own_readiness_is_not_that_of_its_offers() -> None:
    model = make_model()
    plan(model, Switch.FLEX_READY, False, AGO)
    assert not ScheduledSwitch.objects.due(Switch.READY, NOW).exists()
    ScheduledSwitch.objects.apply_due()
    assert not Events.objects.tracks(model).filter(pgh_context__source="schedule").exists()


def test_only_an_offer_can_be_scheduled_to_be_the_same_as_its_model() -> None:
    model = make_model()
    for switch in (Switch.READY, Switch.LISTED):
        with pytest.raises(ValidationError, match="Only a switch of an offer can be “same as the model”"):
            ScheduledSwitch(ai_model=model, switch=switch, value=None, effective_from=LATER).full_clean()
        with pytest.raises(IntegrityError, match="switch_of_a_model_has_a_value"), transaction.atomic():
            plan(model, switch, None)
    assert str(plan(model, Switch.FREE_READY, None)) == "Free variant: ready: same as the model"


def test_an_offer_has_one_scheduled_readiness_for_one_time_and_offers_do_not_share_it() -> None:
    model = make_model()
    for variant in Variant:
        plan(model, Switch.ready(variant), False)
    with pytest.raises(ValidationError, match="already scheduled"):
        ScheduledSwitch(ai_model=model, switch=Switch.FLEX_READY, value=True, effective_from=LATER).full_clean()
    ScheduledSwitch.objects.plan([model.pk], Switch.FLEX_READY, True, LATER)
    assert list(model.scheduled_switches.filter(value=True).values_list("switch", flat=True)) == ["flex.is_ready"]
    with pytest.raises(IntegrityError, match="switch_is_known"), transaction.atomic():
        ScheduledSwitch.objects.create(ai_model=model, switch="gold.is_ready", value=False, effective_from=LATER)
