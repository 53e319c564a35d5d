"""The rules for an entry of the listing: code, level, remedy, source, and what finds it. ``checklist`` applies them.

A rule of prices alone is in ``price_rules``, of what OpenRouter bills in ``catalog.openrouter.billing``, of Model Document V2 in
``catalog.openrouter.document_rules``; here each gets its line in ``RULES``.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

import orjson

from catalog.formats import openrouter, openrouter_v2
from catalog.formats.models_api import FREE_SUFFIX
from catalog.listing import Entry
from catalog.models.look_alikes import look_alike
from catalog.openrouter.billing import (
    Unbilled,
    condition_not_billed,
    days_alone,
    mixed,
    not_represented,
    too_many_tiers,
    too_many_windows,
    windows_differ,
)
from catalog.openrouter.document_rules import violations
from catalog.openrouter.readiness.finding import INTEGRATION, OWN, Level
from catalog.openrouter.readiness.price_rules import (
    base_not_cheapest,
    cache_dearer,
    condition_without_base,
    costs_nothing,
    free_cache,
    of_offer,
    tier_beyond_context,
)


class Asked:
    """What several rules ask about one entry, worked out once; ``at`` is the listing's time."""

    def __init__(self, entry: Entry, at: datetime) -> None:
        self.entry = entry
        self.at = at

    @cached_property
    def not_in_v2(self) -> list[tuple[str, str]]:
        """What Model Document V2 leaves out: the field, and a sentence."""
        return list(openrouter_v2.left_out(self.entry))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of OpenRouter. ``find`` yields a sentence for each way in which an entry breaks it."""

    code: str
    level: Level
    field: str
    remedy: str
    source: str
    find: Callable[[Entry, Asked], Iterable[str]]
    format: str | None = None
    """The feed that it concerns, None if it concerns both."""


def _no_hugging_face_id(entry: Entry, _: Asked) -> Iterator[str]:
    if not entry.model.hugging_face_id:
        yield "It has no Hugging Face id, so OpenRouter matches it by its id only."


def _zero_price(entry: Entry, _: Asked) -> Iterator[str]:
    if costs_nothing(entry):
        yield f"It costs 0 in the {entry.service_tier} tier, and it is not the free variant."


def _zeros_in_flat(entry: Entry, _: Asked) -> Iterator[str]:
    if openrouter.shows_only_zeros(entry):
        yield f"OpenRouter's flat listing has no key for its prices and shows 0 in the {entry.service_tier} tier, as if it were free."


def _free_in_name_alone(entry: Entry, _: Asked) -> Iterator[str]:
    if entry.model.model_id.endswith(FREE_SUFFIX) and any(line.usd for line in entry.prices):
        yield f"Its id ends with {FREE_SUFFIX}, as that of a free variant does, and it costs something."


def _deprecation_past(entry: Entry, asked: Asked) -> Iterator[str]:
    if entry.model.deprecation_at and entry.model.deprecation_at <= asked.at:
        yield f"Its deprecation, {entry.model.deprecation_at:%Y-%m-%d %H:%M} UTC, is in the past."


def _not_ready(entry: Entry, _: Asked) -> Iterator[str]:
    if not entry.model.is_ready:
        yield "It is not ready: OpenRouter hides it."


def _looks_like_another(entry: Entry, _: Asked) -> Iterator[str]:
    if why := look_alike(entry.model.model_id):
        yield f"Its id may be mistaken. {why}"


def _found(rule: Callable[[Entry], Iterable[str]]) -> Callable[[Entry, Asked], Iterable[str]]:
    return lambda entry, _: rule(entry)


def _said(rule: Callable[[Entry], Iterable[Unbilled]]) -> Callable[[Entry, Asked], Iterator[str]]:
    def find(entry: Entry, _: Asked) -> Iterator[str]:
        for sentence, _lines in rule(entry):
            yield sentence

    return find


def _not_in_flat(entry: Entry, _: Asked) -> Iterator[str]:
    return (sentence for field, sentence in openrouter.left_out(entry) if field == "prices")


def _not_in_v2(_: Entry, asked: Asked) -> Iterator[str]:
    return (sentence for field, sentence in asked.not_in_v2 if field == "prices")


def _fact_without_modality(entry: Entry, asked: Asked) -> Iterator[str]:
    for field, sentence in asked.not_in_v2:
        if field not in ("prices", "parameters"):
            yield of_offer(entry, field) + sentence


def _parameter_not_carried(_: Entry, asked: Asked) -> Iterator[str]:
    return (sentence for field, sentence in asked.not_in_v2 if field == "parameters")


def _not_represented(entry: Entry, _: Asked) -> Iterator[str]:
    for line in entry.prices:
        if sentence := not_represented(line):
            yield sentence


def _document_rules(entry: Entry, _: Asked) -> Iterator[str]:
    document = openrouter_v2.entry_document(entry)
    if entry.model.parameters:  # their numbers are already written as JSON
        document = json.loads(orjson.dumps(document), parse_float=Decimal)
    for path, sentence in violations(document):
        yield f"{path}: {sentence}"


RULES = (
    Rule("hugging-face-id-missing", Level.NOTE, "hugging_face_id", "Fill it in if the weights are on Hugging Face.",
         f"{INTEGRATION}: staging", _no_hugging_face_id),
    Rule("id-ends-with-free", Level.WARNING, "model_id", "Leave out :free, and offer a free variant if you mean one.",
         OWN, _free_in_name_alone),
    Rule("id-looks-alike", Level.WARNING, "model_id", "Check that it is the id that your servers accept.",
         "Unicode, UTS 39: confusable identifiers", _looks_like_another),
    Rule("price-is-zero", Level.WARNING, "prices", "Set a price, or offer it as the free variant.",
         f"{INTEGRATION}: staging needs a price above zero", _zero_price),
    Rule("flat-listing-shows-zero", Level.WARNING, "prices", "Give OpenRouter the address of your Model Document V2 feed, which has the prices.",
         f"{INTEGRATION}: legacy pricing keys", _zeros_in_flat, openrouter.FORMAT.name),
    Rule("cache-read-is-zero", Level.WARNING, "prices", "Remove the price, or set it to the cost of a cached token.",
         f"{INTEGRATION}: input_cache_read", _found(free_cache)),
    Rule("cache-dearer-than-prompt", Level.WARNING, "prices", "Correct the price, or remove it, so that cached tokens cost as much as others.",
         f"{INTEGRATION}: input_cache_read", _found(cache_dearer)),
    Rule("tier-beyond-context", Level.WARNING, "prices", "Correct the threshold or the context length.",
         f"{INTEGRATION}: pricing overrides", _found(tier_beyond_context)),
    Rule("deprecation-past", Level.WARNING, "deprecation_at", "Take it off the listing, or move the deprecation.",
         f"{INTEGRATION}: deprecation_date", _deprecation_past),
    Rule("not-ready", Level.NOTE, "is_ready", "Set it ready when users may use it.", f"{INTEGRATION}: is_ready", _not_ready),
    Rule("too-many-long-context-tiers", Level.WARNING, "prices", "Keep two thresholds.",
         f"{INTEGRATION}: pricing overrides", _said(too_many_tiers)),
    Rule("too-many-windows", Level.WARNING, "prices", "Keep two windows.", f"{INTEGRATION}: pricing overrides",
         _said(too_many_windows)),
    Rule("windows-differ", Level.WARNING, "prices", "Give all windows the same prices and days.",
         f"{INTEGRATION}: pricing overrides", _said(windows_differ)),
    Rule("conditions-mixed", Level.WARNING, "prices", "Keep one kind of condition.", f"{INTEGRATION}: pricing overrides",
         _said(mixed)),
    Rule("days-without-window", Level.WARNING, "prices", "Give the window a start and an end.",
         f"{INTEGRATION}: pricing overrides", _said(days_alone)),
    Rule("base-not-cheapest", Level.WARNING, "prices", "Make the base price the lowest one.",
         f"{INTEGRATION}: pricing overrides", _found(base_not_cheapest)),
    Rule("condition-without-base", Level.WARNING, "prices", "Add a base price.",
         f"{INTEGRATION}: pricing overrides", _found(condition_without_base)),
    Rule("condition-not-billed", Level.WARNING, "prices", "Remove the condition.", f"{INTEGRATION}: what is billed",
         _said(condition_not_billed)),
    Rule("not-in-flat-listing", Level.NOTE, "prices", "No action is needed; other formats have it.",
         f"{INTEGRATION}: legacy pricing keys", _not_in_flat, openrouter.FORMAT.name),
    Rule("not-in-v2", Level.WARNING, "prices", "Give the model that modality, or keep one of the prices.",
         f"{INTEGRATION}: pricing entries", _not_in_v2, openrouter_v2.FORMAT.name),
    Rule("fact-without-modality", Level.NOTE, "input_modalities", "No action is needed; the flat listing has it.",
         f"{INTEGRATION}: modalities", _fact_without_modality, openrouter_v2.FORMAT.name),
    Rule("parameter-not-in-v2", Level.NOTE, "parameters", "Select the parameter as supported, or remove its description.",
         f"{INTEGRATION}: supported_parameters", _parameter_not_carried, openrouter_v2.FORMAT.name),
    Rule("price-not-billed", Level.NOTE, "prices", "No action is needed; other readers see it.",
         f"{INTEGRATION}: unsupported_pricing_entry, unsupported_cache_qualifier", _not_represented,
         openrouter_v2.FORMAT.name),
    Rule("document-rules", Level.ERROR, "prices", "Report this: the catalog should prevent it.",
         f"{INTEGRATION}: Model Document V2, prose rules", _document_rules, openrouter_v2.FORMAT.name),
)  # fmt: skip
