"""Reading the listing at many times at once: as the schedule has it, from a time on."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models

from catalog.listing.entry import Entry, Listing, Location, ModelFacts, PriceLine, Selection
from catalog.listing.facts import locations, model_facts, provider_facts
from catalog.listing.offers import Owned, entries_of, in_order, owned_facts, status, with_switches
from catalog.listing.snapshots import revision, snapshot, without_garbage_collection
from catalog.models import AIModel, Price, ScheduledSwitch, Switch, Weekday, in_price_list
from catalog.models.statements import AT, KEYS, Statement


@without_garbage_collection()
def listed_at(times: Iterable[tuple[datetime, list[str]]]) -> list[Listing]:
    """The listings at many times, each with only the models of the given ids. The number of queries does not depend on the number
    of times.

    The same as ``listing`` at each of the times, except that ``since`` and ``valid_until`` are None.
    """
    times = list(times)
    ids = sorted({model_id for _, some in times for model_id in some})
    if not times:
        return []
    with snapshot():
        state = revision()
        places = locations(DEFAULT_DB_ALIAS)
        provider = provider_facts(DEFAULT_DB_ALIAS, places)
        models_over_time = _over_time(ids, places, min(at for at, _ in times))
    found = []
    for at, some in times:
        present = (models_over_time[model_id] for model_id in sorted(some) if model_id in models_over_time)
        entries = tuple(entry for model in present for entry in model.entries(at))
        keys = frozenset(entry.key for entry in entries)
        found.append(Listing(state.catalog_id, state.revision, state.changed_at, None, at, None, provider, entries, keys))
    return found


class _OverTime:
    """One model, with the steps of its scheduled values: each a list of times and values, in order."""

    def __init__(self, facts: ModelFacts, owned: Owned, is_listed: bool) -> None:
        self.facts = facts
        self.owned = owned
        self.switches = {Switch.LISTED: _Steps(is_listed), Switch.READY: _Steps(facts.is_ready)}
        self.prices = defaultdict[tuple[Any, ...], _Steps](lambda: _Steps(None))

    def switch(self, switch: Switch, at: datetime, value: bool | None) -> None:
        """Add the value of a switch from a time on. Calls are in order of time."""
        if switch.variant and switch not in self.switches:
            self.switches[switch] = _Steps(self.owned.get(switch.variant, {}).get("is_ready"))
        self.switches[switch].add(at, value)

    def entries(self, at: datetime) -> Iterator[Entry]:
        """Its entries in the OpenRouter feeds."""
        if not self.switches[Switch.LISTED].at(at):
            return
        is_ready = self.switches[Switch.READY].at(at)
        facts = self.facts._replace(is_ready=is_ready, status=status(is_ready, self.facts.deprecation_at, at))
        lines = [line for line in (steps.at(at) for steps in self.prices.values()) if line is not None]
        owned = with_switches(self.owned, {switch: steps.at(at) for switch, steps in self.switches.items()})
        yield from entries_of(facts, tuple(sorted(lines, key=in_price_list)), owned, Selection.LISTED, at)


class _Steps:
    """A value that changes over time. Its changes are added in order of time."""

    def __init__(self, first: Any) -> None:
        self.times: list[datetime] = []
        self.values = [first]

    def add(self, at: datetime, value: Any) -> None:
        """The value from a time on."""
        self.times.append(at)
        self.values.append(value)

    def at(self, at: datetime) -> Any:
        """The value at a time."""
        return self.values[bisect_right(self.times, at)]


@Statement
def _listed_by_hand() -> Any:
    return AIModel.objects.filter(pk__in=KEYS).values_list("pk", "is_listed_on_openrouter")


@Statement
def _switches() -> Any:
    rows = ScheduledSwitch.objects.filter(ai_model__in=KEYS).order_by("effective_from")
    return rows.values_list("ai_model_id", "switch", "effective_from", "value")


@Statement
def _prices() -> Any:
    """The prices in force at a time, and those of later times."""
    in_force = Price.objects.in_force(AT).filter(ai_model__in=KEYS)
    chosen = models.Q(pk__in=in_force.values("pk")) | models.Q(effective_from__gt=AT)
    rows = Price.objects.filter(ai_model__in=KEYS).filter(chosen).order_by("effective_from")
    return rows.values_list("ai_model_id", "effective_from", *PriceLine._fields)


def _over_time(ids: list[str], places: dict[int, Location], first: datetime) -> dict[str, _OverTime]:
    """Models by their ids, from a time on."""
    facts = model_facts(Selection.EVERY, ids, places, first, {}, DEFAULT_DB_ALIAS)
    keys = list(facts)
    is_listed = dict(_listed_by_hand.rows(keys=keys))
    owned = owned_facts(facts, places, DEFAULT_DB_ALIAS)
    found = {key: _OverTime(model, owned.get(key, {}), is_listed[key]) for key, model in facts.items()}
    for key, switch, begins, value in _switches.rows(keys=keys):
        found[key].switch(Switch(switch), begins, value)
    for key, begins, kind, unit, usd, tier, above, start, end, days, ttl in _prices.rows(keys=keys, at=first):
        line = PriceLine(kind, unit, usd, tier, above, start, end, in_order(tuple(days), Weekday), ttl)
        found[key].prices[line._replace(usd=Decimal(0))].add(begins, None if usd is None else line)
    return {model.facts.model_id: model for model in found.values()}
