"""Checks of the prices of one entry, each with a sentence for a finding. Their rules are in ``rules``."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from catalog.formats.plausibility import charges_nothing
from catalog.listing import Entry, PriceLine
from catalog.models import PriceKind


def of_offer(entry: Entry, field: str) -> str:
    """The offer that a sentence is about, if the offer has its own value of this fact."""
    if field not in entry.own:
        return ""
    return "The free variant: " if entry.is_free else f"The {entry.service_tier} tier: "


def costs_nothing(entry: Entry) -> bool:
    """Whether an entry that is not the free variant charges nothing."""
    bases = ((line.kind, line.usd) for line in entry.prices if line.is_base)
    return not entry.is_free and charges_nothing(entry.model.output_modalities, bases)


def base_not_cheapest(entry: Entry) -> Iterator[str]:
    """A price with a condition that is below the base price."""
    bases = {_sold_as(line): line.usd for line in entry.prices if line.is_base}
    for line in entry.prices:
        base = bases.get(_sold_as(line))
        if not line.is_base and base is not None and line.usd < base:
            yield f"A conditional {line.kind} price is below the base price; if OpenRouter does not bill it, users pay the higher base price."


def free_cache(entry: Entry) -> Iterator[str]:
    """Free cached tokens, although prompts are not free."""
    is_paid = any(line.usd for line in entry.prices if line.is_base and line.kind == PriceKind.PROMPT)
    for line in entry.prices:
        if is_paid and line.kind == PriceKind.INPUT_CACHE_READ and not line.usd:
            yield "Cached tokens are free (0), although prompt tokens are not."


def cache_dearer(entry: Entry) -> Iterator[str]:
    """Cached tokens that cost more than uncached ones."""
    fresh = {
        (line.unit, line._replace(kind="", usd=Decimal(0))): line.usd
        for line in entry.prices
        if line.kind == PriceKind.PROMPT
    }
    for line in entry.prices:
        if line.kind == PriceKind.INPUT_CACHE_READ:
            same = line._replace(kind="", usd=Decimal(0), cache_ttl_seconds=None)
            prompt = fresh.get((line.unit, same), fresh.get((line.unit, same._replace(**_ALWAYS))))
            if prompt is not None and line.usd > prompt:
                yield "A cached token costs more than an uncached one."


def tier_beyond_context(entry: Entry) -> Iterator[str]:
    """Prices for prompts longer than the context."""
    context = entry.model.context_length
    for above in sorted({line.min_prompt_tokens for line in entry.prices if line.min_prompt_tokens is not None}):
        if context is not None and above >= context:
            yield f"{of_offer(entry, 'context_length')}A price for prompts above {above:,} tokens never applies: the context is {context:,}."


def condition_without_base(entry: Entry) -> Iterator[str]:
    """Conditional prices without a base price."""
    bases = {_sold_as(line) for line in entry.prices if line.is_base}
    for line in entry.prices:
        if not line.is_base and _sold_as(line) not in bases:
            yield f"A conditional {line.kind} price has no base price, so it is not sold outside its condition."


def _sold_as(line: PriceLine) -> tuple[str, str, int | None]:
    """What a conditional price and its base price have in common."""
    return line.kind, line.unit, line.cache_ttl_seconds


_ALWAYS: dict[str, Any] = {"min_prompt_tokens": None, "utc_start": None, "utc_end": None, "utc_days": ()}
