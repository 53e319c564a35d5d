"""What OpenRouter would reject, misread or not bill, and what a model still needs to be listed.

One checklist for the admin, ``check_listing``, imports and the API. The rules are those of OpenRouter's "Provider Integration"
documentation, each with its source; some are our own (``OWN``). The database checks what the feed requires (``catalog_listing_gaps``)
and refuses incomplete models; this module asks it.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

import orjson
from django.db import connection

from catalog.formats import openrouter, openrouter_v2
from catalog.formats.models_api import FREE_SUFFIX
from catalog.listing import Entry, Listing, Selection, listing, snapshot
from catalog.models import OPENROUTER_TIERS, AIModel, OutputModality, PriceKind
from catalog.models.look_alikes import look_alike
from catalog.models.many import one_of
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
from catalog.openrouter.price_rules import (
    base_not_cheapest,
    cache_dearer,
    condition_without_base,
    free_cache,
    of_offer,
    tier_beyond_context,
)


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """The model cannot be listed, or OpenRouter would refuse it."""
    WARNING = "warning"
    """It is listed, but OpenRouter does not do what staff probably intend."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding for one model. ``code`` names the rule and never changes; ``field`` is the model's or ``prices``."""

    model_id: str
    code: str
    level: Level
    field: str
    sentence: str
    remedy: str
    source: str

    @property
    def is_gap(self) -> bool:
        """Whether the database refuses to list the model because of it."""
        return self.source == REQUIRED


FINDING_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("model_id", "code")},
        "level": {"type": "string", "enum": [level.value for level in Level]},
        **{name: {"type": "string"} for name in ("field", "sentence", "remedy", "source")},
    },
    "required": ["model_id", "code", "level", "field", "sentence", "remedy", "source"],
    "additionalProperties": False,
}
"""A finding as JSON, as ``dataclasses.asdict`` makes it."""


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


def costs_nothing(entry: Entry) -> bool:
    """Whether all prices without a condition are 0 in an entry that is not the free variant; of one that generates text or embeddings,
    those of prompt and completion, whatever else it sells."""
    outputs = entry.model.output_modalities
    is_billed_by_token = not outputs or OutputModality.TEXT in outputs or OutputModality.EMBEDDINGS in outputs
    kinds = (PriceKind.PROMPT, PriceKind.COMPLETION) if is_billed_by_token else tuple(PriceKind)
    bases = [line for line in entry.prices if line.is_base and line.kind in kinds]
    return not entry.is_free and bool(bases) and not any(line.usd for line in bases)


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


INTEGRATION = "OpenRouter, Provider Integration"
OWN = "This catalog, own rule"
"""The source of our own rules."""

REQUIRED = f"{INTEGRATION}: required fields"
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
    Rule("not-in-flat-listing", Level.NOTE, "prices", "You need to do nothing; other formats have it.",
         f"{INTEGRATION}: legacy pricing keys", _not_in_flat, openrouter.FORMAT.name),
    Rule("not-in-v2", Level.WARNING, "prices", "Give the model that modality, or keep one of the prices.",
         f"{INTEGRATION}: pricing entries", _not_in_v2, openrouter_v2.FORMAT.name),
    Rule("fact-without-modality", Level.NOTE, "input_modalities", "You need to do nothing; the flat listing has it.",
         f"{INTEGRATION}: modalities", _fact_without_modality, openrouter_v2.FORMAT.name),
    Rule("parameter-not-in-v2", Level.NOTE, "parameters", "Select the parameter as supported, or remove its description.",
         f"{INTEGRATION}: supported_parameters", _parameter_not_carried, openrouter_v2.FORMAT.name),
    Rule("price-not-billed", Level.NOTE, "prices", "You need to do nothing; other readers see it.",
         f"{INTEGRATION}: unsupported_pricing_entry, unsupported_cache_qualifier", _not_represented,
         openrouter_v2.FORMAT.name),
    Rule("document-rules", Level.ERROR, "prices", "Report this: the catalog should prevent it.",
         f"{INTEGRATION}: Model Document V2, prose rules", _document_rules, openrouter_v2.FORMAT.name),
)  # fmt: skip

GAP_REMEDIES = {"prices": "Add it to the price list, without a condition."}


def gaps(model_pks: Iterable[int]) -> list[Finding]:
    """What these models need to be listed, now and at every later time, as the database finds it. One query.

    Of the statement's time, which does not change meanwhile: so the planner puts the function's query into this one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT model_id, gap.field, gap.sentence
            FROM catalog_aimodel CROSS JOIN LATERAL catalog_listing_gaps(id, statement_timestamp()) AS gap
            WHERE id = ANY(%s) ORDER BY model_id
            """,
            [list(model_pks)],
        )
        return [
            Finding(model_id, f"{field.replace('_', '-')}-missing", Level.ERROR, field, sentence,
                    GAP_REMEDIES.get(field, "Fill it in."), REQUIRED)
            for model_id, field, sentence in cursor.fetchall()
        ]  # fmt: skip


def hidden_references(model_pks: Iterable[int]) -> list[Finding]:
    """The public ones of these models whose replacement no format names, because it is not public. One query."""
    rows = AIModel.objects.filter(pk__in=one_of(list(model_pks)), is_public=True, replacement__is_public=False)
    return [
        Finding(model_id, "replacement-not-public", Level.WARNING, "replacement",
                f"Its replacement, {replacement}, is not public, so no format names it.",
                "Make the replacement public, or choose another one.", OWN)
        for model_id, replacement in rows.order_by("model_id").values_list("model_id", "replacement__model_id")
    ]  # fmt: skip


CASE_TWIN = "id-differs-in-case"

SLIPS = {CASE_TWIN, "id-ends-with-free", "tier-beyond-context"}
"""The codes of what was probably mistyped: said whenever the model is saved, listed or not."""


def case_twins(model_pks: Iterable[int]) -> list[Finding]:
    """Those of these models whose ids differ from an older model's only by capitals. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT younger.model_id, older.model_id FROM catalog_aimodel AS younger JOIN catalog_aimodel AS older
            ON lower(older.model_id) = lower(younger.model_id) AND older.id < younger.id
            WHERE younger.id = ANY(%s) ORDER BY younger.model_id, older.model_id
            """,
            [list(model_pks)],
        )
        return [
            Finding(model_id, CASE_TWIN, Level.WARNING, "model_id",
                    f"Its id differs from {twin} only by capitals: they are two models.",
                    "Use one of them, or give it another id.", OWN)
            for model_id, twin in cursor.fetchall()
        ]  # fmt: skip


NOT_A_TIER = "tier-not-on-openrouter"


def _not_on_openrouter(entry: Entry) -> Finding:
    """That an entry is in other lists alone."""
    return Finding(entry.model.model_id, NOT_A_TIER, Level.NOTE, "prices",
                   f"OpenRouter has no {entry.service_tier} tier: its prices are only in the other lists.",
                   "You need to do nothing; other formats have it.", f"{INTEGRATION}: service_tier")  # fmt: skip


def findings(listing: Listing, format_name: str | None = None) -> list[Finding]:
    """All findings, by model in the listing's order; each rule's sentence once per model. With the name of a feed, without the
    rules that concern only the other one."""
    rules = [rule for rule in RULES if format_name is None or rule.format in (None, format_name)]
    found = [
        Finding(
            entry.model.model_id,
            rule.code,
            rule.level,
            rule.field,
            of_offer(entry, rule.field) + sentence,
            rule.remedy,
            rule.source,
        )
        for entry in listing.entries
        if entry.service_tier in OPENROUTER_TIERS
        for asked in [Asked(entry, listing.at)]
        for rule in rules
        for sentence in rule.find(entry, asked)
    ]
    found += [_not_on_openrouter(entry) for entry in listing.entries if entry.service_tier not in OPENROUTER_TIERS]
    return list(dict.fromkeys(found))


def checklist(
    selection: Selection, *, model_ids: list[str] | None = None, format_name: str | None = None
) -> tuple[Listing, list[Finding]]:
    """A listing and all its findings, from one snapshot: by model, missing fields first.

    This is the checklist; admin, command, import and API all use it. ``model_ids`` narrows it. With the name of a feed, the rules
    that concern only the other one are left out.
    """
    with snapshot():
        content = listing(selection, model_ids=model_ids)
        ids = list(dict.fromkeys(entry.model.model_id for entry in content.entries))
        keys = list(AIModel.objects.filter(model_id__in=one_of(ids)).values_list("pk", flat=True))
        found = gaps(keys) + hidden_references(keys) + case_twins(keys)
    found += findings(content, format_name)
    found.sort(key=lambda finding: finding.model_id)
    return content, found
