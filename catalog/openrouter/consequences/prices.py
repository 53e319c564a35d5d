"""Changes of an entry's prices, and which of them are dangerous."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from catalog.formats import openrouter, openrouter_v2, pricing
from catalog.formats.plausibility import price_danger, unit_doubt
from catalog.listing import Entry, PriceLine
from catalog.models import KINDS, PriceKind, ServiceTier
from catalog.openrouter.billing import billed_at_base, not_represented
from catalog.openrouter.consequences.consequence import FLAT, V2, Consequence
from catalog.openrouter.consequences.rules import (
    CACHE_PRICE,
    CONDITION_AT_BASE,
    CONDITION_BILLED,
    CONDITIONAL,
    FIRST_PRICE,
    FREE_PRICE,
    NOT_BILLED,
    PRICE,
    PRICE_REVIEWED,
    STRATEGY,
    Rule,
    consequence_of,
)


def implausible_prices(prices: Iterable[PriceLine]) -> Iterator[str]:
    """Warnings about first prices that no other rule covers. There is no old price to compare with, and the unit may be a
    mistake."""
    for line in prices:
        if doubt := unit_doubt(line.usd, line.unit):
            yield f"{pricing.price_label(line)}: {doubt}"


class _Position(NamedTuple):
    """Where a feed has a price: its line without the amount, and in V2 the part of the document that holds it."""

    line: PriceLine
    home: openrouter_v2.Section | None


class EntryPrices:
    """The prices of an entry by their lines without the amounts: worked out once, for both feeds."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.by_line = {line._replace(usd=Decimal(0)): line for line in entry.prices}


def _shown_prices(prices: EntryPrices, feed: str) -> dict[_Position, PriceLine]:
    """The prices that a feed shows."""
    found = {}
    entry = prices.entry
    unplaced = {line for line, _ in openrouter_v2.prices_by_section(entry)[1]} if feed == V2 else set()
    for without_amount, line in prices.by_line.items():
        home = None
        if feed == V2:
            if line in unplaced:
                continue
            home = openrouter_v2.section_of(
                PriceKind(line.kind), entry.model.input_modalities, entry.model.output_modalities
            )
        else:
            key = openrouter.price_key(line)
            if entry.is_free or key is None or (line.is_base and not line.usd and key in openrouter.ZERO_FILLED):
                continue
        found[_Position(without_amount, home)] = line
    return found


def _billed_at_base(
    shown: dict[_Position, PriceLine], entry: Entry, outputs: tuple[str, ...], feed: str
) -> dict[_Position, str]:
    """The conditional prices that OpenRouter does not bill, and why. ``outputs`` are the modalities that it has applied: it does
    not apply a change of them automatically."""
    billable = {position: line for position, line in shown.items() if feed == FLAT or not not_represented(line)}
    model = entry.model
    if model.output_modalities != outputs:
        model = model._replace(output_modalities=outputs)
    reasons = billed_at_base(entry._replace(model=model, prices=tuple(billable.values())))
    found = {position: reasons[line] for position, line in billable.items() if line in reasons}
    for position, line in billable.items():
        if position.home is not None and position.home[1] != "text" and not line.is_base:
            found.setdefault(position, "OpenRouter bills conditional prices only for text.")
    return found


def price_changes(old: EntryPrices, new: EntryPrices, feed: str, price_factor: int) -> Iterator[Consequence]:
    """The changes of prices that a feed shows. A price that changes by more than the factor ``price_factor`` is dangerous."""
    before, after = _shown_prices(old, feed), _shown_prices(new, feed)
    key, is_free, outputs = old.entry.key, old.entry.is_free, old.entry.model.output_modalities
    base_before, base_after = (
        _billed_at_base(shown, prices.entry, outputs, feed) for shown, prices in ((before, old), (after, new))
    )
    for position in dict.fromkeys([*before, *after]):
        was, is_ = before.get(position), after.get(position)
        reason = (base_before if is_ is None else base_after).get(position, "")
        changed = was is None or is_ is None or was.usd != is_.usd
        if not changed and (position in base_before) == (position in base_after):
            continue
        if is_free:
            rule = FREE_PRICE
        elif feed == V2 and (why := not_represented(position.line)):
            rule, reason = NOT_BILLED, why
        elif reason:
            rule = CONDITION_AT_BASE
        elif not changed:
            rule = CONDITION_BILLED
        else:
            rule = _price_rule(position, before, after)
            reason = f" Once accepted, OpenRouter bills it {STRATEGY}." if is_ is not None and not is_.is_base else ""
        label, unit = _label(position), position.line.unit
        moved_from, moved_to = (
            line and line.usd for line in (old.by_line.get(position.line), new.by_line.get(position.line))
        )
        danger = "" if is_free else price_danger(moved_from, moved_to, unit, price_factor)
        rises = not is_free and moved_from is not None and moved_to is not None and moved_to > moved_from
        amounts = amount_text(was, unit), amount_text(is_, unit)
        made = consequence_of(rule, key, "prices", label, *amounts, danger=danger, reason=reason)
        yield replace(made, is_price_rise=True) if rises else made


def _price_rule(position: _Position, before: dict[_Position, PriceLine], after: dict[_Position, PriceLine]) -> Rule:
    """The rule for a price that changed and that OpenRouter bills."""
    line = position.line
    if position in before and position in after:
        return PRICE if line.is_base else CONDITIONAL
    if all(there.home is not None and not_represented(there.line) for there in before):
        return FIRST_PRICE
    if KINDS[PriceKind(line.kind)].v2_type == "cached_prompt":
        return CACHE_PRICE
    # A long-context price is part of the entry whose price it replaces; a window is an entry of its own.
    base = position._replace(line=line._replace(min_prompt_tokens=None))
    if line.min_prompt_tokens is not None and base in before and base in after:
        return CONDITIONAL
    return PRICE_REVIEWED


@lru_cache(maxsize=4096)
def _label(position: _Position) -> str:
    """What staff call a price. Cached, because most price lists have the same few lines."""
    line = position.line
    label = pricing.price_label(line._replace(service_tier=ServiceTier.DEFAULT))  # the entry says its tier
    if position.home is not None and position.home[1] != KINDS[PriceKind(line.kind)].modality:
        return f"{label}, at the {position.home[1]} {position.home[0]}"
    return label


def amount_text(line: PriceLine | None, unit: str) -> str | None:
    """A price as text for staff; None if there is none."""
    return None if line is None else pricing.staff_amount(line.usd, unit)
