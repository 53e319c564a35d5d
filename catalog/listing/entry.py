"""Entries of a feed and their parts. Immutable; nothing here queries the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID


class Selection(StrEnum):
    """The models of a listing."""

    LISTED = "listed"
    """Those with ``is_listed_on_openrouter``: the OpenRouter feeds."""
    PUBLIC = "public"
    """Those with ``is_public``: every other format."""
    EVERY = "every"
    """All of them, for staff: how a model would look if it were listed."""


class Location(NamedTuple):
    """A datacenter that serves a model. ``country`` is its ISO 3166-1 alpha-2 code."""

    code: str
    name: str
    country: str
    region: str


class PriceLine(NamedTuple):
    """A price in force, in USD per ``unit``. Its conditions are as in ``Price``."""

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
        """Whether it applies to every request, whatever its length and time."""
        return self.min_prompt_tokens is None and self.utc_start is None and not self.utc_days


class Parameter(NamedTuple):
    """The description of one request parameter. ``default`` and ``values`` are JSON values, with numbers as ``Decimal``."""

    name: str
    type: str
    minimum: Decimal | None
    maximum: Decimal | None
    default: Any
    values: tuple[Any, ...]
    unit: str
    is_passthrough: bool


class Status(StrEnum):
    """The status of a model."""

    AVAILABLE = "available"
    NOT_READY = "not_ready"
    """Not to be used for now."""
    DEPRECATED = "deprecated"
    """Still served; it ends at ``deprecation_at``."""
    RETIRED = "retired"
    """That time is in the past."""

    @property
    def is_in_service(self) -> bool:
        """Whether the model can be used now."""
        return self not in (Status.NOT_READY, Status.RETIRED)


class ModelFacts(NamedTuple):
    """A model as its readers may see it, without prices. Lengths are in tokens; empty text means unset. ``replacement`` is the
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
    family: str = ""
    license: str = ""
    has_open_weights: bool | None = None
    reasoning_efforts: tuple[str, ...] = ()
    reasoning_default_effort: str = ""
    reasoning_is_mandatory: bool | None = None
    reasoning_is_default: bool | None = None
    reasoning_takes_max_tokens: bool | None = None


class EntryKey(NamedTuple):
    """The identity of an entry in a list."""

    model_id: str
    service_tier: str
    is_free: bool


class Entry(NamedTuple):
    """One entry of a feed: a model at one service tier, or its free variant.

    ``prices`` are the tier's, in the order of the kinds' table; of the free variant there are none. Every model has at
    least one entry; one that has no price at all has its default tier's, without any. ``model`` is the model as it is in this
    offer; ``own`` names the facts that the offer states for itself.
    """

    model: ModelFacts
    service_tier: str
    is_free: bool
    prices: tuple[PriceLine, ...]
    own: tuple[str, ...] = ()

    @property
    def key(self) -> EntryKey:
        """The id that OpenRouter uses."""
        return EntryKey(self.model.model_id, self.service_tier, self.is_free)


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """The facts about the provider. Empty text means unset; ``logo`` is a ``data:`` address, ``countries`` are those of all
    datacenters."""

    slug: str
    name: str
    headquarters: str
    api_base_url: str
    docs_url: str
    privacy_policy_url: str
    terms_of_service_url: str
    status_page_url: str
    sign_up_url: str
    intro: str
    deprecation_policy: str
    accent_color: str
    logo: str
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The catalog at one time and revision. ``since`` is when it last changed, by a writer or by schedule; ``valid_until`` is when
    it next changes by schedule, None if nothing is scheduled."""

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
