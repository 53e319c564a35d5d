"""Reading a selection: the number of queries does not depend on the number of models."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.functions import Cast

from catalog.listing.entry import (
    Entry,
    Listing,
    Location,
    ModelFacts,
    Parameter,
    PriceLine,
    ProviderFacts,
    Selection,
)
from catalog.listing.offers import Owned, as_scheduled, ends_of, entries_of, in_order, owned_facts, status
from catalog.listing.snapshots import revision, snapshot, uncollected
from catalog.models import (
    AIModel,
    Datacenter,
    Feature,
    InputModality,
    ModelDatacenter,
    OutputModality,
    ParameterDescriptor,
    Price,
    Provider,
    ReasoningEffort,
    SamplingParameter,
    ScheduledSwitch,
    Switch,
    Variant,
    Weekday,
    in_price_list,
)
from catalog.models.many import one_of


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
        rows: Any = Datacenter.objects.using(using).values_list("pk", *Location._fields)
        places = {key: Location(*place) for key, *place in rows}
        provider = _provider(using, places)
        switches = _switches(using, model_ids)
        turned = _turned(switches, at)
        facts = _facts(chosen, places, at, turned)
        stated = owned_facts(facts, places, using)
        owned = stated | {key: as_scheduled(stated.get(key, {}), _of_offers(some)) for key, some in turned.items()}
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


@uncollected()
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
        chosen = AIModel.objects.filter(model_id__in=one_of(ids))
        rows: Any = Datacenter.objects.values_list("pk", *Location._fields)
        places = {key: Location(*place) for key, *place in rows}
        provider = _provider(DEFAULT_DB_ALIAS, places)
        models_over_time = _over_time(chosen, places, min(at for at, _ in times))
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

    def turn(self, switch: Switch, at: datetime, value: bool | None) -> None:
        """A switch has a value from a time on. They come in their order."""
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
        owned = as_scheduled(self.owned, _of_offers({switch: steps.at(at) for switch, steps in self.switches.items()}))
        yield from entries_of(facts, tuple(sorted(lines, key=in_price_list)), owned, Selection.LISTED, at)


class _Steps:
    """A value that changes at times. They are added in their order."""

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


def _over_time(chosen: models.QuerySet[AIModel], places: dict[int, Location], first: datetime) -> dict[str, _OverTime]:
    """Models by their ids, from a time on."""
    is_listed = dict(chosen.values_list("pk", "is_listed_on_openrouter"))
    facts = _facts(chosen, places, first, {})
    owned = owned_facts(facts, places, chosen.db)
    found = {key: _OverTime(model, owned.get(key, {}), is_listed[key]) for key, model in facts.items()}
    for row in ScheduledSwitch.objects.filter(ai_model__in=chosen).order_by("effective_from"):
        found[row.ai_model_id].turn(Switch(row.switch), row.effective_from, row.value)  # type: ignore[attr-defined]
    in_force = Price.objects.in_force(first).filter(ai_model__in=chosen)
    rows: Any = (
        Price.objects.filter(ai_model__in=chosen)
        .filter(models.Q(pk__in=in_force.values("pk")) | models.Q(effective_from__gt=first))
        .order_by("effective_from")
        .values_list("ai_model_id", "effective_from", *PriceLine._fields)
    )
    for key, begins, kind, unit, usd, tier, above, start, end, days, ttl in rows:
        line = PriceLine(kind, unit, usd, tier, above, start, end, in_order(tuple(days), Weekday), ttl)
        found[key].prices[line._replace(usd=Decimal(0))].add(begins, None if usd is None else line)
    return {model.facts.model_id: model for model in found.values()}


_SELECTED: dict[Selection, Callable[[Any, datetime], models.QuerySet[AIModel]]] = {
    Selection.LISTED: lambda every, at: every.listed(at),
    Selection.PUBLIC: lambda every, at: every.public(),
    Selection.EVERY: lambda every, at: every.all(),
}
_GATHERED = {"replacement", "datacenters", "parameters", "status"}
_PLAIN_FIELDS = [name for name in ModelFacts._fields if name not in _GATHERED]
_ORDER = (*_PLAIN_FIELDS, "replacement", "datacenters", "parameters", "status")
_ALIASES = _PLAIN_FIELDS.index("aliases")
_READY, _DEPRECATION = _PLAIN_FIELDS.index("is_ready"), _PLAIN_FIELDS.index("deprecation_at")
_VOCABULARIES: list[tuple[int, type[models.TextChoices]]] = [
    (_PLAIN_FIELDS.index("input_modalities"), InputModality),
    (_PLAIN_FIELDS.index("output_modalities"), OutputModality),
    (_PLAIN_FIELDS.index("supported_sampling_parameters"), SamplingParameter),
    (_PLAIN_FIELDS.index("supported_features"), Feature),
    (_PLAIN_FIELDS.index("reasoning_efforts"), ReasoningEffort),
]


def _provider(using: str, places: dict[int, Location]) -> ProviderFacts:
    countries = tuple(sorted({place.country for place in places.values()}))
    names: Any = ProviderFacts.__slots__[:-1]
    stored: Any = Provider.objects.using(using).values_list(*names).first()
    if stored is None:
        unset = Provider()
        stored = tuple(str(getattr(unset, name)) for name in names)
    return ProviderFacts(*(*stored, countries))


def _parameters(keys: Collection[int], using: str) -> dict[int, tuple[Parameter, ...]]:
    """Each model's descriptors. What is JSON comes as text, so that its numbers lose no digit."""
    names = list(Parameter._fields)
    columns = [f"{name}_text" if name in {"default", "values"} else name for name in names]
    rows: Any = (
        ParameterDescriptor.objects.using(using)
        .filter(ai_model__in=one_of(keys))
        .annotate(
            default_text=Cast("default", models.TextField()),
            values_text=Cast("values", models.TextField()),
        )
        .order_by("ai_model", "name")
        .values_list("ai_model", *columns)
    )
    found: dict[int, list[Parameter]] = {}
    for key, *row in rows:
        facts = dict(zip(names, row, strict=True))
        default = None if facts["default"] is None else json_value(facts["default"])
        found.setdefault(key, []).append(
            Parameter(**{**facts, "default": default, "values": tuple(json_value(facts["values"]))})
        )
    return {key: tuple(parameters) for key, parameters in found.items()}


def json_value(text: str) -> Any:
    """JSON whose numbers are ``Decimal``."""
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


def _switches(using: str, model_ids: list[str] | None) -> list[ScheduledSwitch]:
    """The scheduled switches, oldest first: those that are due and not applied yet, and future ones."""
    rows = ScheduledSwitch.objects.using(using).order_by("effective_from")
    return list(rows if model_ids is None else rows.filter(ai_model__model_id__in=one_of(model_ids)))


Turned = Mapping[Switch, bool | None]
"""The scheduled switches of one model that apply."""


def _turned(switches: list[ScheduledSwitch], at: datetime) -> dict[int, Turned]:
    """By model, the switches that are due. They come oldest first."""
    found = defaultdict[int, dict[Switch, bool | None]](dict)
    for row in switches:
        if row.effective_from <= at:
            found[row.ai_model_id][Switch(row.switch)] = row.value  # type: ignore[attr-defined]
    return dict(found)


def _of_offers(turned: Turned) -> dict[Variant, bool | None]:
    return {switch.variant: value for switch, value in turned.items() if switch.variant}


def _facts(
    chosen: models.QuerySet[AIModel], places: dict[int, Location], at: datetime, turned: Mapping[int, Turned]
) -> dict[int, ModelFacts]:
    # Whoever reads about a model may not learn of one that is not public.
    shown = models.Case(models.When(replacement__is_public=True, then="replacement__model_id"))
    rows: Any = list(chosen.order_by("model_id").values_list("pk", *_PLAIN_FIELDS, shown))
    keys = [key for key, *_ in rows]
    served_from: dict[int, list[Location]] = {}
    links = ModelDatacenter.objects.using(chosen.db).filter(aimodel__in=one_of(keys))
    for key, place in links.values_list("aimodel_id", "datacenter_id"):
        served_from.setdefault(key, []).append(places[place])
    parameters = _parameters(keys, chosen.db)
    facts = {}
    for key, *values in rows:
        for position, words in _VOCABULARIES:
            values[position] = in_order(tuple(values[position]), words)
        values[_ALIASES] = tuple(values[_ALIASES])
        values[_READY] = turned.get(key, {}).get(Switch.READY, values[_READY])
        gathered = (
            tuple(sorted(served_from.get(key, ()))),
            parameters.get(key, ()),
            status(values[_READY], values[_DEPRECATION], at),
        )
        facts[key] = ModelFacts(**dict(zip(_ORDER, (*values, *gathered), strict=True)))
    return facts


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
