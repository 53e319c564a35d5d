"""From a model's facts to its entries: each offer with the facts that it states for itself, and the model's where it states none."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import models

from catalog.listing.entry import Entry, Location, ModelFacts, PriceLine, Selection, Status
from catalog.models import (
    OFFER_FIELDS,
    OPENROUTER_TIERS,
    Feature,
    Offer,
    SamplingParameter,
    ServiceTier,
    Switch,
    Variant,
    own_facts_of,
    variant_of,
    with_readiness,
)
from catalog.models.statements import KEYS, Statement

Owned = Mapping[Variant, Mapping[str, Any]]
"""What the offers of one model state for themselves: by field of ``ModelFacts``, with None or nothing for what an offer is
without."""

Switched = Mapping[Switch, bool | None]
"""The values of scheduled switches of one model; None: an offer is the same as the model."""

_TIERS = {tier: position for position, tier in enumerate(ServiceTier.values)}
_VOCABULARIES: dict[str, type[models.TextChoices]] = {
    "supported_sampling_parameters": SamplingParameter,
    "supported_features": Feature,
}


@lru_cache(maxsize=4096)
def in_order(values: tuple[str, ...], vocabulary: type[models.TextChoices]) -> tuple[str, ...]:
    """The values in the vocabulary's order, each once, so that the order in the column does not matter."""
    return tuple(value for value in vocabulary.values if value in values)


def status(is_ready: bool, deprecation_at: datetime | None, at: datetime) -> Status:
    """The status of a model, or of one of its offers, at a time."""
    if deprecation_at is not None:
        return Status.RETIRED if deprecation_at <= at else Status.DEPRECATED
    return Status.AVAILABLE if is_ready else Status.NOT_READY


@Statement
def _offers() -> Any:
    return Offer.objects.filter(ai_model__in=KEYS).values_list("ai_model_id", "variant", "without", *OFFER_FIELDS)


def owned_facts(keys: Collection[int], places: Mapping[int, Location], using: str) -> dict[int, Owned]:
    """What the offers of models state for themselves, by the models' keys. One query."""
    found: dict[int, dict[Variant, dict[str, Any]]] = {}
    for key, variant, without, *values in _offers.rows(using, keys=keys):
        facts = own_facts_of(dict(zip(OFFER_FIELDS, values, strict=True)), without)
        for name, vocabulary in _VOCABULARIES.items():
            if name in facts:
                facts[name] = in_order(tuple(facts[name]), vocabulary)
        if "datacenters" in facts:
            facts["datacenters"] = tuple(sorted(places[place] for place in facts["datacenters"]))
        if facts:
            found.setdefault(key, {})[Variant(variant)] = facts
    return dict(found)


def with_switches(offers: Owned, switches: Switched) -> Owned:
    """What the offers of a model state for themselves once these scheduled switches apply."""
    changed = {
        switch.variant: with_readiness(offers.get(switch.variant, {}), is_ready)
        for switch, is_ready in switches.items()
        if switch.variant is not None
    }
    return {variant: facts for variant, facts in {**offers, **changed}.items() if facts}


def ends_of(owned: Mapping[int, Owned]) -> list[datetime]:
    """The times at which an offer ends without a change."""
    stated = (facts.get("deprecation_at") for offers in owned.values() for facts in offers.values())
    return [moment for moment in stated if moment is not None]


def entries_of(
    model: ModelFacts, prices: tuple[PriceLine, ...], owned: Owned, selection: Selection, at: datetime
) -> Iterator[Entry]:
    """A model's entries: its tiers that have prices, and its free variant. In the OpenRouter feeds, those of OpenRouter's tiers."""
    tiers = {line.service_tier for line in prices}
    if tiers or not model.has_free_variant:
        tiers.add(ServiceTier.DEFAULT.value)
    if selection is Selection.LISTED:
        tiers &= _LISTED
    for tier in sorted(tiers, key=_TIERS.__getitem__):
        lines = tuple(line for line in prices if line.service_tier == tier)
        yield _entry(model, tier, False, lines, owned, at)
    if model.has_free_variant:
        yield _entry(model, ServiceTier.DEFAULT.value, True, (), owned, at)


WITHIN_CONTEXT = ("max_prompt_length", "max_output_length")
"""Lengths that are at most the context of an offer, whatever its model states."""

_LISTED = {tier.value for tier in OPENROUTER_TIERS}


def _entry(model: ModelFacts, tier: str, is_free: bool, prices: tuple[PriceLine, ...], owned: Owned, at: datetime) -> Entry:
    variant = variant_of(tier, is_free) if owned else None
    stated = owned.get(variant) if variant is not None else None
    if stated is None:
        return Entry(model, tier, is_free, prices)
    return Entry(_offered(model, stated, at), tier, is_free, prices, tuple(stated))


def _offered(model: ModelFacts, stated: Mapping[str, Any], at: datetime) -> ModelFacts:
    """A model's facts as they are in one of its offers. Neither the prompt nor the output is longer than the offer's context."""
    facts = model._replace(**stated)
    context = facts.context_length
    if context is not None:
        longest = {name: min(value, context) for name in WITHIN_CONTEXT if (value := getattr(facts, name)) is not None}
        facts = facts._replace(**longest)
    return facts._replace(status=status(facts.is_ready, facts.deprecation_at, at))
