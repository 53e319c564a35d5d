"""Whatever happens to a model, its price list over time says what the public list said at each moment, and nothing else."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalog.listing import Selection, listing
from catalog.models import AIModel, Price, ScheduledSwitch, Switch, Variant
from catalog.public_history.changes import KnownChanges, recent_changes
from catalog.public_history.prices import price_periods
from catalog.public_history.publicity import KnownPublicity
from tests import clock
from tests.factories import make_model, make_price

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

KINDS = st.sampled_from(["prompt", "completion"])
AMOUNTS = st.sampled_from(["1", "2", "3", None])
STEPS = st.one_of(
    st.tuples(st.just("public"), st.booleans()),
    st.tuples(st.just("price"), KINDS, AMOUNTS, st.sampled_from([0, 1, 9_000_000])),
    st.tuples(st.just("edit"), AMOUNTS),
    st.tuples(st.just("delete"), st.booleans()),
    st.tuples(st.just("name")),
    st.tuples(st.just("free"), st.booleans()),
    st.tuples(st.just("tier"), AMOUNTS),
    st.tuples(
        st.just("readiness"),
        st.sampled_from(["flex", "free"]),
        st.sampled_from([True, False, None]),
        st.sampled_from([0, 1, 9_000_000]),
    ),
    st.tuples(st.just("settle")),
    st.tuples(st.just("offer"), st.sampled_from(["flex", "free"]), st.sampled_from([7, 8, None]), st.booleans()),
)


def apply(model: AIModel, step: Any) -> None:
    """One change, in one transaction. Prices begin now, a little later, or far ahead."""
    match step:
        case ("public", value):
            AIModel.objects.filter(pk=model.pk).update(is_public=value)
        case ("price", kind, usd, ahead):
            begin = clock.now() + timedelta(milliseconds=ahead)
            make_price(model, kind, usd, effective_from=begin)
        case ("edit", usd):
            if (row := model.prices.order_by("-effective_from", "-pk").first()) is not None:
                Price.objects.filter(pk=row.pk).update(usd=usd and Decimal(usd))
        case ("delete", newest):
            order = "-effective_from" if newest else "effective_from"
            if (row := model.prices.order_by(order, "pk").first()) is not None:
                row.delete()
        case ("free", value):
            AIModel.objects.filter(pk=model.pk).update(has_free_variant=value)
        case ("tier", usd):
            make_price(model, "prompt", usd, effective_from=clock.now(), service_tier="flex")
        case ("offer", variant, None, _):
            model.offers.filter(variant=variant).delete()
        case ("offer", variant, number, is_ready):
            own = {"capacity_tpm": number, "is_ready": is_ready}
            model.offers.update_or_create(variant=variant, defaults=own)
        case ("readiness", variant, is_ready, ahead):
            begin = clock.now() + timedelta(milliseconds=ahead)
            ScheduledSwitch.objects.plan([model.pk], Switch.ready(Variant(variant)), is_ready, begin)
        case ("settle",):
            ScheduledSwitch.objects.apply_due()
        case ("name",):
            AIModel.objects.filter(pk=model.pk).update(name=f"At {clock.now()}")


def shown_now() -> dict[tuple[str, str], Decimal] | None:
    entries = listing(Selection.PUBLIC).entries
    lines = {(line.kind, line.service_tier): line.usd for entry in entries for line in entry.prices}
    return lines if entries else None


def offers_now() -> list[tuple[str, dict[str, Any]]]:
    """What each offer states for itself, in the public list."""
    entries = listing(Selection.PUBLIC).entries
    return [
        ("free" if entry.is_free else entry.service_tier, {name: getattr(entry.model, name) for name in entry.own})
        for entry in entries
    ]


@example([("price", "prompt", None, 0), ("public", True)], False)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=1, max_size=10), st.booleans())
def test_the_price_list_over_time_is_what_was_shown(steps: list[Any], is_public: bool) -> None:
    AIModel.objects.all().delete()
    with transaction.atomic():
        model = make_model(is_public=is_public, prices={})
        make_price(model, "prompt", "5", effective_from=clock.now())
    seen: list[tuple[datetime, Any]] = []
    stated: list[tuple[str, dict[str, Any]]] = []
    publicity, changes = KnownPublicity(), KnownChanges()
    for step in [None, *steps]:
        if step is not None:
            apply(model, step)
        moment = clock.now()
        seen.append((moment, shown_now()))
        stated += offers_now()
        recent_changes(publicity.read(), changes, moment)  # reads a part of it already
    shown = publicity.read().by_key.get(model.pk)
    assert publicity.read() == KnownPublicity().read()
    known, anew = (recent_changes(publicity.read(), one, clock.now()) for one in (changes, KnownChanges()))
    assert known == anew
    for change in known:
        if change.facts is not None:  # of one offer, and readers could see it
            last = change.facts.after
            assert any(change.offer == variant and last.items() <= facts.items() for variant, facts in stated), change
    if shown is None:
        assert all(prices is None for _, prices in seen)
        return
    periods = price_periods(shown)
    for moment, prices in seen:
        said = {(period.line.kind, period.line.service_tier): period.usd for period in periods if period.has(moment)}
        assert said == (prices or {}), (moment, periods)
        assert shown.was_public(moment) == (prices is not None)
    first = min(moment for moment, prices in seen if prices is not None)
    before = [moment for moment, _ in seen if moment < first]
    assert all(period.effective_from > max(before) for period in periods) if before else True
