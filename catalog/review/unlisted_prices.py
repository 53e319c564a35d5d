"""Prices that no feed shows and that may be a mistake: those of public models that are not listed, and of tiers that OpenRouter does not
have. The other lists and the site show them, so they are confirmed by the same rules as in the feeds."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Self

from django.conf import settings

from catalog.formats.plausibility import AT_ZERO, FREE_VARIANT, charges_nothing, discount_danger, price_danger, unit_doubt
from catalog.history import ENDS, Difference, State, line_of
from catalog.listing import EntryKey
from catalog.models import OTHER_TIERS, Line, ServiceTier, Switch
from catalog.openrouter.consequences import entry_name

IS_PUBLIC = ("field", "is_public")
IS_LISTED = ("field", Switch.LISTED.value)
HAS_FREE_VARIANT = ("field", "has_free_variant")
DISCOUNT = "discount_to_user"


class Doubt(NamedTuple):
    """Why a change of a model's prices must be confirmed by typing. ``at`` is when it takes effect; None: immediately."""

    model_id: str
    at: datetime | None
    sentence: str


def price_doubts(before: State, after: State, changed: Iterable[Difference]) -> list[Doubt]:
    """What must be confirmed in the change of one model, besides the changes of its entries in the feeds: each once, soonest first.

    The order does not depend on that of the rows, which can differ between transactions, because reviews are compared by their digest.
    """
    return sorted(set(_doubts(before, after, changed)), key=lambda one: (one.at is not None, one.at, one.sentence))


def _doubts(before: State, after: State, changed: Iterable[Difference]) -> Iterator[Doubt]:
    if not after.get(IS_PUBLIC) or not any(map(_concerns_prices, changed)):
        return
    model_id, tiers = str(after["field", "model_id"]), frozenset(ServiceTier)
    if after.get(IS_LISTED) and (before.get(IS_LISTED) or not before.get(IS_PUBLIC)):
        tiers = OTHER_TIERS
    old, new = _Side.of(before, tiers), _Side.of(after, tiers)
    if not before.get(IS_PUBLIC):
        sentences = [unit_doubt(usd, line.unit) for line, usd in new.prices.items()]
        yield from (Doubt(model_id, None, sentence) for sentence in sentences if sentence)
        if not before:
            return  # the form or import that makes it public states all of it
        old = _Side({}, {})
    else:
        yield from _moved(model_id, old.prices, new.prices)
    yield from _given_away(model_id, old, new, tiers)
    yield from _discounted(model_id, old.state, new.state, tiers)
    yield from _scheduled(model_id, old, new, tiers)


class _Side(NamedTuple):
    """A model before or after the change, with its prices in force of the tiers that are asked about."""

    state: State
    prices: dict[Line, Decimal]

    @classmethod
    def of(cls, state: State, tiers: frozenset[ServiceTier]) -> Self:
        """The prices are those of a state."""
        stated = ((line_of(path[1]), usd) for path, usd in state.items() if path[0] == "price")
        return cls(state, {line: Decimal(usd) for line, usd in stated if line.service_tier in tiers})


def _concerns_prices(one: Difference) -> bool:
    return (
        one.path[0] in ("price", "scheduled price")
        or one.path in (IS_PUBLIC, IS_LISTED, HAS_FREE_VARIANT)
        or one.path[-1] in (DISCOUNT, "without")
    )


def _moved(model_id: str, old: dict[Line, Decimal], new: dict[Line, Decimal]) -> Iterator[Doubt]:
    for line, usd in new.items():
        if danger := price_danger(old.get(line), usd, line.unit, settings.PRICE_CHANGE_FACTOR):
            yield Doubt(model_id, None, danger)


def _given_away(model_id: str, old: _Side, new: _Side, tiers: frozenset[ServiceTier]) -> Iterator[Doubt]:
    was_free, is_free = (_free_tiers(side, tiers) for side in (old, new))
    for tier in sorted(is_free - was_free):
        yield Doubt(model_id, None, AT_ZERO.format(name=entry_name(EntryKey(model_id, tier, False))))
    if tiers != OTHER_TIERS and new.state.get(HAS_FREE_VARIANT) and not old.state.get(HAS_FREE_VARIANT):
        yield Doubt(model_id, None, FREE_VARIANT.format(name=model_id))


def _free_tiers(side: _Side, tiers: frozenset[ServiceTier]) -> set[str]:
    """The tiers that charge nothing."""
    bases = [(line, usd) for line, usd in side.prices.items() if line.is_base]
    outputs = side.state.get(("field", "output_modalities"), ())
    return {
        tier.value
        for tier in tiers
        if charges_nothing(outputs, ((line.kind, usd) for line, usd in bases if line.service_tier == tier))
    }


def _discounted(model_id: str, before: State, after: State, tiers: frozenset[ServiceTier]) -> Iterator[Doubt]:
    for tier in tiers:
        if danger := discount_danger(_discount(before, tier), _discount(after, tier), settings.PRICE_CHANGE_FACTOR):
            yield Doubt(model_id, None, danger)


def _discount(state: State, tier: ServiceTier) -> Decimal | None:
    """The discount at a tier: its own, if it states one, else the model's."""
    own = state.get(("offer", tier.value, DISCOUNT))
    if own is None and DISCOUNT not in state.get(("offer", tier.value, "without"), ()):
        own = state.get(("field", DISCOUNT))
    return None if own is None else Decimal(own)


Step = tuple[Line, str]
"""A line, and when its price changes."""


def _scheduled(model_id: str, old: _Side, new: _Side, tiers: frozenset[ServiceTier]) -> Iterator[Doubt]:
    known = _steps(old, tiers)
    changed = {step: amounts for step, amounts in _steps(new, tiers).items() if known.get(step) != amounts}
    for (line, at), amounts in changed.items():
        if danger := price_danger(*amounts, line.unit, settings.PRICE_CHANGE_FACTOR):
            yield Doubt(model_id, datetime.fromisoformat(at), danger)


def _steps(side: _Side, tiers: frozenset[ServiceTier]) -> dict[Step, tuple[Decimal | None, Decimal | None]]:
    """The scheduled changes of prices: from which amount to which. None: no price."""
    amounts: dict[Line, Decimal | None] = {**side.prices}
    steps = {}
    ahead = [(path[2], line_of(path[1]), usd) for path, usd in side.state.items() if path[0] == "scheduled price"]
    for at, line, usd in sorted(ahead, key=lambda one: one[0]):
        if line.service_tier in tiers:
            new = None if usd == ENDS else Decimal(usd)
            steps[line, at] = (amounts.get(line), new)
            amounts[line] = new
    return steps
