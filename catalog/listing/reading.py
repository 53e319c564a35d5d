"""Reading a selection: the number of queries does not depend on the number of models."""

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models

from catalog.listing.entry import Listing, PriceLine, Selection
from catalog.listing.facts import locations, model_facts, provider_facts
from catalog.listing.offers import Switched, ends_of, entries_of, in_order, owned_facts, with_switches
from catalog.listing.snapshots import revision, snapshot, uncollected
from catalog.models import AIModel, Price, ScheduledSwitch, Switch, Weekday, in_price_list
from catalog.models.many import one_of

_SELECTED: dict[Selection, Callable[[Any, datetime], models.QuerySet[AIModel]]] = {
    Selection.LISTED: lambda every, at: every.listed(at),
    Selection.PUBLIC: lambda every, at: every.public(),
    Selection.EVERY: lambda every, at: every.all(),
}


@uncollected()
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
        chosen = _SELECTED[selection](AIModel.objects.using(using), at)
        if model_ids is not None:
            chosen = chosen.filter(model_id__in=one_of(model_ids))
        places = locations(using)
        provider = provider_facts(using, places)
        switches = _switches(using, model_ids)
        switched = _switched(switches, at)
        facts = model_facts(chosen, places, at, switched)
        stated = owned_facts(facts, places, using)
        owned = stated | {key: with_switches(stated.get(key, {}), some) for key, some in switched.items()}
        prices = _prices(facts, at, using)
        begun = models.Q(effective_from__lte=at)
        moments = Price.objects.using(using).filter(ai_model__in=one_of(facts))
        due = moments.aggregate(
            last=models.Max("effective_from", filter=begun), next=models.Min("effective_from", filter=~begun)
        )
    ends = [model.deprecation_at for model in facts.values() if model.deprecation_at is not None]
    ends += ends_of(owned)
    turns = [row.effective_from for row in switches]
    past = [moment for moment in (state.changed_at, due["last"], *ends, *turns) if moment is not None and moment <= at]
    ahead = [moment for moment in (due["next"], *ends, *turns) if moment is not None and moment > at]
    entries = tuple(
        entry
        for key, model in facts.items()
        for entry in entries_of(model, prices.get(key, ()), owned.get(key, {}), selection, at)
    )
    since, valid_until = max(past, default=None), min(ahead, default=None)
    keys = frozenset(entry.key for entry in entries)
    return Listing(state.catalog_id, state.revision, state.changed_at, since, at, valid_until, provider, entries, keys)


def _switches(using: str, model_ids: list[str] | None) -> list[ScheduledSwitch]:
    """The scheduled switches, oldest first: those that are due and not applied yet, and future ones."""
    rows = ScheduledSwitch.objects.using(using).order_by("effective_from")
    return list(rows if model_ids is None else rows.filter(ai_model__model_id__in=one_of(model_ids)))


def _switched(switches: list[ScheduledSwitch], at: datetime) -> dict[int, Switched]:
    """By model, the switches that are due. They come oldest first."""
    found = defaultdict[int, dict[Switch, bool | None]](dict)
    for row in switches:
        if row.effective_from <= at:
            found[row.ai_model_id][Switch(row.switch)] = row.value  # type: ignore[attr-defined]
    return dict(found)


def _prices(keys: Collection[int], at: datetime, using: str) -> dict[int, tuple[PriceLine, ...]]:
    """Each model's prices in force. The rows come grouped by model, because identity, by which they are ordered, starts
    with it."""
    rows: Any = (
        Price.objects.using(using)
        .in_force(at)
        .filter(ai_model__in=one_of(keys))
        .values_list("ai_model_id", *PriceLine._fields)
    )
    found = {}
    for key, group in groupby(rows, key=lambda row: row[0]):
        lines = [
            PriceLine(kind, unit, usd, tier, above, start, end, in_order(tuple(days), Weekday), ttl)
            for _, kind, unit, usd, tier, above, start, end, days, ttl in group
            if usd is not None  # the line has ended
        ]
        lines.sort(key=in_price_list)
        found[key] = tuple(lines)
    return found
