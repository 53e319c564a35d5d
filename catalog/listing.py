"""The one read: from the database to immutable entries.

It owns which models are read, their order, what belongs to them, and "as of when". Formats, screens and checks get
``Entry`` values and never ask the database themselves.

To see what a change that is not saved yet would do, save it inside a transaction, read here, and roll back: there is no
second way from a form to an entry.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.db import connection, models, transaction

from catalog.models import (
    AIModel,
    Feature,
    InputModality,
    ModelDatacenter,
    OutputModality,
    Price,
    SamplingParameter,
    ServiceTier,
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


@dataclass(frozen=True, slots=True)
class Location:
    """A datacenter that serves a model. ``country`` is its ISO 3166-1 alpha-2 code."""

    code: str
    name: str
    country: str
    region: str


@dataclass(frozen=True, slots=True)
class PriceLine:
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


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model as its readers may see it, whatever it costs. Lengths are in tokens; empty text means unset."""

    model_id: str
    name: str
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed: a model at one service tier, or its free variant.

    ``prices`` are the tier's, in the order of the kinds' table; of the free variant there are none.
    """

    model: ModelFacts
    service_tier: str
    is_free: bool
    prices: tuple[PriceLine, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The catalog at one moment of one revision. ``valid_until`` is when it changes by itself, None if nothing is due."""

    revision: int
    changed_at: datetime | None
    at: datetime
    valid_until: datetime | None
    entries: tuple[Entry, ...]


@contextmanager
def snapshot() -> Iterator[None]:
    """Let every query inside see one state of the database (REPEATABLE READ, read only).

    Inside somebody's transaction that transaction's view is the one that is asked for, and this does nothing.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def revision() -> tuple[int, datetime | None, datetime]:
    """The catalog's revision, when it last moved, and the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(revision), 0), max(changed_at), clock_timestamp() FROM catalog_catalogrevision")
        row: tuple[int, datetime | None, datetime] = cursor.fetchone()
        return row


def listing(selection: Selection, *, at: datetime | None = None, model_ids: list[str] | None = None) -> Listing:
    """Read the entries of a selection, ordered by model id, tier and free variant.

    ``at`` is the moment whose prices are in force; by default the database's clock, so that all web hosts agree.
    ``model_ids`` narrows it, to preview one model. The number of queries does not depend on the number of models.
    """
    with snapshot():
        number, changed_at, now = revision()
        at = at or now
        chosen = _SELECTED[selection]()
        if model_ids is not None:
            chosen = chosen.filter(model_id__in=model_ids)
        facts = _facts(chosen)
        prices = _prices(chosen, at)
        valid_until = Price.objects.filter(ai_model__in=chosen, effective_from__gt=at).aggregate(
            next=models.Min("effective_from")
        )["next"]
    entries = tuple(entry for key, model in facts.items() for entry in _entries(model, prices.get(key, ())))
    return Listing(number, changed_at, at, valid_until, entries)


_SELECTED = {
    Selection.LISTED: AIModel.objects.listed,
    Selection.PUBLIC: AIModel.objects.public,
    Selection.EVERY: AIModel.objects.all,
}
_PLAIN_FIELDS = [name for name in ModelFacts.__slots__ if name not in {"replacement", "datacenters"}]
_VOCABULARIES: list[tuple[int, type[models.TextChoices]]] = [
    (_PLAIN_FIELDS.index("input_modalities"), InputModality),
    (_PLAIN_FIELDS.index("output_modalities"), OutputModality),
    (_PLAIN_FIELDS.index("supported_sampling_parameters"), SamplingParameter),
    (_PLAIN_FIELDS.index("supported_features"), Feature),
]
_TIERS = {tier: position for position, tier in enumerate(ServiceTier.values)}


@lru_cache(maxsize=4096)
def _in_order(values: tuple[str, ...], vocabulary: type[models.TextChoices]) -> tuple[str, ...]:
    """The values in the vocabulary's order, each once: however they came into the column, the wire looks the same."""
    return tuple(value for value in vocabulary.values if value in values)


def _facts(chosen: models.QuerySet[AIModel]) -> dict[int, ModelFacts]:
    locations: dict[int, list[Location]] = {}
    for key, *location in (
        ModelDatacenter.objects.filter(aimodel__in=chosen)
        .order_by("datacenter__code")
        .values_list("aimodel_id", "datacenter__code", "datacenter__name", "datacenter__country", "datacenter__region")
    ):
        locations.setdefault(key, []).append(Location(*location))
    facts = {}
    rows: Any = chosen.order_by("model_id").values_list("pk", *_PLAIN_FIELDS, "replacement__model_id")
    for key, *values in rows:
        for position, words in _VOCABULARIES:
            values[position] = _in_order(tuple(values[position]), words)
        facts[key] = ModelFacts(*(*values, tuple(locations.get(key, ()))))
    return facts


def _prices(chosen: models.QuerySet[AIModel], at: datetime) -> dict[int, tuple[PriceLine, ...]]:
    """Each model's prices in force. The rows come grouped by model, because identity, by which they are ordered, starts
    with it."""
    rows: Any = Price.objects.in_force(at).filter(ai_model__in=chosen).values_list("ai_model_id", *PriceLine.__slots__)
    return {
        key: tuple(
            PriceLine(kind, unit, usd, tier, above, start, end, _in_order(tuple(days), Weekday), ttl)
            for _, kind, unit, usd, tier, above, start, end, days, ttl in group
            if usd is not None  # the line has ended
        )
        for key, group in groupby(rows.iterator(chunk_size=10_000), key=lambda row: row[0])
    }


def _entries(model: ModelFacts, prices: tuple[PriceLine, ...]) -> Iterator[Entry]:
    for tier in sorted({line.service_tier for line in prices}, key=_TIERS.__getitem__):
        yield Entry(model, tier, False, tuple(line for line in prices if line.service_tier == tier))
    if model.has_free_variant:
        yield Entry(model, ServiceTier.DEFAULT.value, True, ())
