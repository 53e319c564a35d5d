"""The one read: from the database to immutable entries.

It owns which models are read, their order, what belongs to them, and "as of when". Formats, screens and checks get
``Entry`` values and never ask the database themselves.

To see what a change that is not saved yet would do, save it inside a transaction, read here, and roll back: there is no
second way from a form to an entry.
"""

import gc
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models.functions import Cast

from catalog.models import (
    AIModel,
    Datacenter,
    Feature,
    InputModality,
    ModelDatacenter,
    OutputModality,
    ParameterDescriptor,
    Price,
    PriceKind,
    Provider,
    SamplingParameter,
    ScheduledSwitch,
    ServiceTier,
    Switch,
    Weekday,
)


class Selection(StrEnum):
    """Which models a listing holds."""

    LISTED = "listed"
    """Those with ``is_listed_on_openrouter``: the OpenRouter feeds."""
    PUBLIC = "public"
    """Those with ``is_public``: every other shape."""
    EVERY = "every"
    """All of them, for staff's eyes: what a model would look like if it were listed."""


class Location(NamedTuple):
    """A datacenter that serves a model. ``country`` is its ISO 3166-1 alpha-2 code."""

    code: str
    name: str
    country: str
    region: str


class PriceLine(NamedTuple):
    """A price in force, in USD per one ``unit``. Which conditions are set is as in ``Price``."""

    kind: str
    unit: str
    usd: Decimal
    service_tier: str
    min_prompt_tokens: int | None
    utc_start: int | None
    utc_end: int | None
    utc_days: tuple[str, ...]
    cache_ttl_seconds: int | None

    @property
    def is_base(self) -> bool:
        """Whether it holds for every request, whatever its length and time."""
        return self.min_prompt_tokens is None and self.utc_start is None and not self.utc_days


class Parameter(NamedTuple):
    """What is known of one request parameter. ``default`` and ``values`` are JSON's, with numbers as ``Decimal``."""

    name: str
    type: str
    minimum: Decimal | None
    maximum: Decimal | None
    default: Any
    values: tuple[Any, ...]
    unit: str
    is_passthrough: bool


class Status(StrEnum):
    """Where a model stands in its life."""

    AVAILABLE = "available"
    NOT_READY = "not_ready"
    """Not to be used for now."""
    DEPRECATED = "deprecated"
    """Still served; it ends at ``deprecation_at``."""
    RETIRED = "retired"
    """That moment is past."""


class ModelFacts(NamedTuple):
    """A model as its readers may see it, whatever it costs. Lengths are in tokens; empty text means unset. ``replacement`` is the
    id of a public model; one that is not public is left out."""

    model_id: str
    name: str
    aliases: tuple[str, ...]
    author: str
    hugging_face_id: str
    openrouter_slug: str
    description: str
    category: str
    released_at: datetime | None
    knowledge_cutoff: date | None
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    context_length: int | None
    max_prompt_length: int | None
    max_output_length: int | None
    quantization: str | None
    tokenizer: str
    instruct_type: str
    supported_sampling_parameters: tuple[str, ...]
    supported_features: tuple[str, ...]
    is_moderated: bool
    capacity_tpm: int | None
    discount_to_user: Decimal | None
    has_free_variant: bool
    is_ready: bool
    deprecation_at: datetime | None
    replacement: str | None
    datacenters: tuple[Location, ...]
    parameters: tuple[Parameter, ...]
    status: Status


class EntryKey(NamedTuple):
    """What tells an entry from the others of a list."""

    model_id: str
    service_tier: str
    is_free: bool


class Entry(NamedTuple):
    """One entry of a feed: a model at one service tier, or its free variant.

    ``prices`` are the tier's, in the order of the kinds' table; of the free variant there are none. Every model has at
    least one entry; one that has no price at all has its default tier's, without any.
    """

    model: ModelFacts
    service_tier: str
    is_free: bool
    prices: tuple[PriceLine, ...]

    @property
    def key(self) -> EntryKey:
        """What OpenRouter knows it by."""
        return EntryKey(self.model.model_id, self.service_tier, self.is_free)


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """Who serves the models. Empty text means unset; ``countries`` are those of all datacenters."""

    slug: str
    name: str
    headquarters: str
    api_base_url: str
    docs_url: str
    privacy_policy_url: str
    terms_of_service_url: str
    status_page_url: str
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The catalog at one moment of one revision. ``since`` is when it last changed, by a writer or by itself;
    ``valid_until`` is when it changes by itself, None if nothing is due."""

    catalog_id: UUID | None
    revision: int
    changed_at: datetime | None
    since: datetime | None
    at: datetime
    valid_until: datetime | None
    provider: ProviderFacts
    entries: tuple[Entry, ...]
    keys: frozenset[EntryKey]

    def models(self) -> Iterator[tuple[Entry, ...]]:
        """The entries of each model together."""
        for _, group in groupby(self.entries, key=lambda entry: entry.model.model_id):
            yield tuple(group)


@contextmanager
def snapshot(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let every query inside see one state of the database (REPEATABLE READ, read only).

    Inside somebody's transaction that transaction's view is the one that is asked for, and this does nothing.
    """
    if connections[using].in_atomic_block:
        yield
        return
    with transaction.atomic(using):
        with connections[using].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


_uncollected = threading.Lock()


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python from looking for reference cycles: entries and documents have none, and looking for some among hundreds of
    thousands of new objects, again and again while they are made, takes a third of the time.

    For one at a time: of many that overlap without a pause, collection would never come.
    """
    if not _uncollected.acquire(blocking=False):
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _uncollected.release()


class Revision(NamedTuple):
    """The row of ``CatalogRevision``, and the database's clock."""

    revision: int
    changed_at: datetime | None
    now: datetime
    losses_accepted_revision: int | None
    catalog_id: UUID | None


def revision(using: str = DEFAULT_DB_ALIAS) -> Revision:
    """Ask for the revision: one row, whatever the size of the catalog."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(revision, 0), changed_at, clock_timestamp(), losses_accepted_revision, catalog_id "
            "FROM (VALUES (1)) AS one (id) LEFT JOIN catalog_catalogrevision USING (id)"
        )
        return Revision(*cursor.fetchone())


@uncollected()
def listing(
    selection: Selection,
    *,
    at: datetime | None = None,
    model_ids: list[str] | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> Listing:
    """Read the entries of a selection, ordered by model id, tier and free variant.

    ``at`` is the moment whose prices are in force; by default the database's clock, so that all web hosts agree.
    ``model_ids`` narrows it, to preview one model. ``using`` is the database that is asked. The number of queries does not
    depend on the number of models.
    """
    with snapshot(using):
        state = revision(using)
        at = at or state.now
        chosen = _SELECTED[selection](AIModel.objects.using(using), at)
        if model_ids is not None:
            chosen = chosen.filter(model_id__in=model_ids)
        rows: Any = Datacenter.objects.using(using).values_list("pk", *Location._fields)
        places = {key: Location(*place) for key, *place in rows}
        provider = _provider(using, places)
        switches = _switches(using, model_ids)
        facts = _facts(chosen, places, at, switches)
        prices = _prices(chosen, at)
        begun = models.Q(effective_from__lte=at)
        moments = Price.objects.using(using).filter(ai_model__in=chosen)
        due = moments.aggregate(
            last=models.Max("effective_from", filter=begun), next=models.Min("effective_from", filter=~begun)
        )
    ends = [model.deprecation_at for model in facts.values() if model.deprecation_at is not None]
    turns = [row.effective_from for row in switches]
    past = [moment for moment in (state.changed_at, due["last"], *ends, *turns) if moment is not None and moment <= at]
    ahead = [moment for moment in (due["next"], *ends, *turns) if moment is not None and moment > at]
    entries = tuple(entry for key, model in facts.items() for entry in _entries(model, prices.get(key, ())))
    since, valid_until = max(past, default=None), min(ahead, default=None)
    keys = frozenset(entry.key for entry in entries)
    return Listing(state.catalog_id, state.revision, state.changed_at, since, at, valid_until, provider, entries, keys)


_SELECTED: dict[Selection, Callable[[Any, datetime], models.QuerySet[AIModel]]] = {
    Selection.LISTED: lambda every, at: every.listed(at),
    Selection.PUBLIC: lambda every, at: every.public(),
    Selection.EVERY: lambda every, at: every.all(),
}
_GATHERED = {"replacement", "datacenters", "parameters", "status"}
_PLAIN_FIELDS = [name for name in ModelFacts._fields if name not in _GATHERED]
_ALIASES = _PLAIN_FIELDS.index("aliases")
_READY, _DEPRECATION = _PLAIN_FIELDS.index("is_ready"), _PLAIN_FIELDS.index("deprecation_at")
_VOCABULARIES: list[tuple[int, type[models.TextChoices]]] = [
    (_PLAIN_FIELDS.index("input_modalities"), InputModality),
    (_PLAIN_FIELDS.index("output_modalities"), OutputModality),
    (_PLAIN_FIELDS.index("supported_sampling_parameters"), SamplingParameter),
    (_PLAIN_FIELDS.index("supported_features"), Feature),
]
_KINDS = {kind: position for position, kind in enumerate(PriceKind.values)}
_TIERS = {tier: position for position, tier in enumerate(ServiceTier.values)}


@lru_cache(maxsize=4096)
def _in_order(values: tuple[str, ...], vocabulary: type[models.TextChoices]) -> tuple[str, ...]:
    """The values in the vocabulary's order, each once: however they came into the column, the wire looks the same."""
    return tuple(value for value in vocabulary.values if value in values)


def _provider(using: str, places: dict[int, Location]) -> ProviderFacts:
    countries = tuple(sorted({place.country for place in places.values()}))
    names: Any = ProviderFacts.__slots__[:-1]
    stored: Any = Provider.objects.using(using).values_list(*names).first()
    if stored is None:
        unset = Provider()
        stored = tuple(str(getattr(unset, name)) for name in names)
    return ProviderFacts(*(*stored, countries))


def _parameters(chosen: models.QuerySet[AIModel]) -> dict[int, tuple[Parameter, ...]]:
    """Each model's descriptors. What is JSON comes as text, so that its numbers lose no digit."""
    names = list(Parameter._fields)
    columns = [f"{name}_text" if name in {"default", "values"} else name for name in names]
    rows: Any = (
        ParameterDescriptor.objects.using(chosen.db)
        .filter(ai_model__in=chosen)
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


def _status(is_ready: bool, deprecation_at: datetime | None, at: datetime) -> Status:
    if deprecation_at is not None:
        return Status.RETIRED if deprecation_at <= at else Status.DEPRECATED
    return Status.AVAILABLE if is_ready else Status.NOT_READY


def _switches(using: str, model_ids: list[str] | None) -> list[ScheduledSwitch]:
    """What has been scheduled, oldest first: what has come and is not settled, and what is ahead."""
    rows = ScheduledSwitch.objects.using(using).order_by("effective_from")
    return list(rows if model_ids is None else rows.filter(ai_model__model_id__in=model_ids))


def _facts(
    chosen: models.QuerySet[AIModel], places: dict[int, Location], at: datetime, switches: list[ScheduledSwitch]
) -> dict[int, ModelFacts]:
    turned = {
        row.ai_model_id: row.value  # type: ignore[attr-defined]
        for row in switches
        if row.switch == Switch.READY and row.effective_from <= at
    }
    served_from: dict[int, list[Location]] = {}
    links = ModelDatacenter.objects.using(chosen.db).filter(aimodel__in=chosen)
    for key, place in links.values_list("aimodel_id", "datacenter_id"):
        served_from.setdefault(key, []).append(places[place])
    parameters = _parameters(chosen)
    facts = {}
    # Whoever reads about a model may not learn of one that is not public.
    shown = models.Case(models.When(replacement__is_public=True, then="replacement__model_id"))
    rows: Any = chosen.order_by("model_id").values_list("pk", *_PLAIN_FIELDS, shown)
    for key, *values in rows:
        for position, words in _VOCABULARIES:
            values[position] = _in_order(tuple(values[position]), words)
        values[_ALIASES] = tuple(values[_ALIASES])
        values[_READY] = turned.get(key, values[_READY])
        gathered = (
            tuple(sorted(served_from.get(key, ()))),
            parameters.get(key, ()),
            _status(values[_READY], values[_DEPRECATION], at),
        )
        facts[key] = ModelFacts(*(*values, *gathered))
    return facts


def _prices(chosen: models.QuerySet[AIModel], at: datetime) -> dict[int, tuple[PriceLine, ...]]:
    """Each model's prices in force. The rows come grouped by model, because identity, by which they are ordered, starts
    with it."""
    rows: Any = (
        Price.objects.using(chosen.db)
        .in_force(at)
        .filter(ai_model__in=chosen)
        .values_list("ai_model_id", *PriceLine._fields)
    )
    found = {}
    for key, group in groupby(rows, key=lambda row: row[0]):
        lines = [
            PriceLine(kind, unit, usd, tier, above, start, end, _in_order(tuple(days), Weekday), ttl)
            for _, kind, unit, usd, tier, above, start, end, days, ttl in group
            if usd is not None  # the line has ended
        ]
        lines.sort(key=_in_price_list)
        found[key] = tuple(lines)
    return found


def _in_price_list(line: PriceLine) -> tuple[int, ...]:
    """By kind, as the kinds' table has them; of one kind, what always holds comes first."""
    return (
        _KINDS[line.kind],
        line.min_prompt_tokens or 0,
        -1 if line.utc_start is None else line.utc_start,
        line.utc_end or 0,
        len(line.utc_days),
        line.cache_ttl_seconds or 0,
    )


def _entries(model: ModelFacts, prices: tuple[PriceLine, ...]) -> Iterator[Entry]:
    tiers = {line.service_tier for line in prices}
    if tiers or not model.has_free_variant:
        tiers.add(ServiceTier.DEFAULT.value)
    for tier in sorted(tiers, key=_TIERS.__getitem__):
        yield Entry(model, tier, False, tuple(line for line in prices if line.service_tier == tier))
    if model.has_free_variant:
        yield Entry(model, ServiceTier.DEFAULT.value, True, ())
