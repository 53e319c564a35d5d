"""Reading a selection: the number of queries does not depend on the number of models."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, models

from catalog.listing.entry import Listing, PriceLine, Selection
from catalog.listing.facts import locations, model_facts, provider_facts
from catalog.listing.offers import Switched, ends_of, entries_of, in_order, owned_facts, with_switches
from catalog.listing.snapshots import revision, snapshot, without_garbage_collection
from catalog.models import Price, ScheduledSwitch, Switch, Weekday, in_price_list
from catalog.models.statements import AT, IDS, KEYS, Statement


@without_garbage_collection()
def listing(
    selection: Selection,
    *,
    at: datetime | None = None,
    model_ids: list[str] | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> Listing:
    """Read the entries of a selection, ordered by model id, tier and free variant.

    ``at`` is the time whose prices are in force; by default the database's clock, so that all web hosts agree.
    ``model_ids`` narrows it, to preview one model. ``using`` is the database to query. The number of queries does not
    depend on the number of models.
    """
    with snapshot(using):
        state = revision(using)
        at = at or state.now
        places = locations(using)
        provider = provider_facts(using, places)
        switches = _switches(using, model_ids)
        switched = _switched(switches, at)
        facts = model_facts(selection, model_ids, places, at, switched, using)
        stated = owned_facts(facts, places, using)
        owned = stated | {key: with_switches(stated.get(key, {}), some) for key, some in switched.items()}
        prices = _prices(facts, at, using)
        last, coming = next(iter(_price_times.rows(using, keys=facts, at=at)), (None, None))
    ends = [model.deprecation_at for model in facts.values() if model.deprecation_at is not None]
    ends += ends_of(owned)
    switch_times = [row.effective_from for row in switches]
    past = [moment for moment in (state.changed_at, last, *ends, *switch_times) if moment is not None and moment <= at]
    ahead = [moment for moment in (coming, *ends, *switch_times) if moment is not None and moment > at]
    entries = tuple(
        entry
        for key, model in facts.items()
        for entry in entries_of(model, prices.get(key, ()), owned.get(key, {}), selection, at)
    )
    since, valid_until = max(past, default=None), min(ahead, default=None)
    keys = frozenset(entry.key for entry in entries)
    return Listing(state.catalog_id, state.revision, state.changed_at, since, at, valid_until, provider, entries, keys)


class _ScheduledSwitch(NamedTuple):
    """A row of ``ScheduledSwitch``."""

    ai_model_id: int
    effective_from: datetime
    switch: str
    value: bool | None


@cache
def _switch_rows(*, by_id: bool) -> Statement:
    """The scheduled switches, oldest first: those that are due and not applied yet, and future ones."""

    @Statement
    def rows() -> Any:
        every = ScheduledSwitch.objects.filter(ai_model__model_id__in=IDS) if by_id else ScheduledSwitch.objects.all()
        return every.order_by("effective_from").values_list(*_ScheduledSwitch._fields)

    return rows


def _switches(using: str, model_ids: list[str] | None) -> list[_ScheduledSwitch]:
    rows = _switch_rows(by_id=model_ids is not None).rows(using, model_ids=model_ids)
    return [_ScheduledSwitch(*row) for row in rows]


def _switched(switches: list[_ScheduledSwitch], at: datetime) -> dict[int, Switched]:
    """By model, the switches that are due. They come oldest first."""
    found = defaultdict[int, dict[Switch, bool | None]](dict)
    for row in switches:
        if row.effective_from <= at:
            found[row.ai_model_id][Switch(row.switch)] = row.value
    return dict(found)


@Statement
def _price_rows() -> Any:
    return Price.objects.in_force(AT).filter(ai_model__in=KEYS).values_list("ai_model_id", *PriceLine._fields)


@Statement
def _price_times() -> Any:
    """The last time at which a price began, and the next one. No row if the models have no prices."""
    begun = models.Q(effective_from__lte=AT)
    rows = (
        Price.objects.filter(ai_model__in=KEYS)
        .order_by()
        .values(all=models.Value(1))
        .annotate(last=models.Max("effective_from", filter=begun), next=models.Min("effective_from", filter=~begun))
    )
    return rows.values_list("last", "next")


def _prices(keys: Collection[int], at: datetime, using: str) -> dict[int, tuple[PriceLine, ...]]:
    """Each model's prices in force. The rows come grouped by model, because identity, by which they are ordered, starts
    with it."""
    found = {}
    for key, group in groupby(_price_rows.rows(using, keys=keys, at=at), key=lambda row: row[0]):
        lines = [
            PriceLine(kind, unit, usd, tier, above, start, end, in_order(tuple(days), Weekday), ttl)
            for _, kind, unit, usd, tier, above, start, end, days, ttl in group
            if usd is not None  # the line has ended
        ]
        lines.sort(key=in_price_list)
        found[key] = tuple(lines)
    return found
