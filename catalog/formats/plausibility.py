"""The rules that find prices and changes of prices that may be mistakes, so that somebody is asked to confirm them."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from catalog import decimals
from catalog.models import OutputModality, PriceKind, PriceUnit

CHEAPEST, DEAREST = Decimal("0.000000001"), Decimal("0.001")
"""USD per token: $0.001 and $1,000 per 1M tokens. No known provider charges less or more, both inclusive."""

THOUSAND, MILLION = 1_000, 1_000_000

FREE_VARIANT = "A free variant of {name} is offered: users pay nothing for it."
AT_ZERO = "{name} is offered at prices of 0: users pay nothing for it."


def unit_doubt(usd: Decimal | None, unit: str) -> str:
    """A question about a price per token outside $0.001 to $1,000 per 1M tokens; empty for any other price, and for 0."""
    if unit != PriceUnit.TOKEN or not usd or CHEAPEST <= usd <= DEAREST:
        return ""
    amount = f"{Decimal(decimals.money(decimals.per_million(usd))):,f}"
    return f"${amount} per 1M tokens is {'higher' if usd > DEAREST else 'lower'} than any known price. Is the unit right?"


def price_danger(old: Decimal | None, new: Decimal | None, unit: str, price_factor: int) -> str:
    """Why a changed price must be confirmed; empty if it need not be."""
    if old is None and new == 0:
        return "The price is new and 0: users would pay nothing for it."
    if new is None or old == new:
        return ""
    doubt = "" if unit_doubt(old, unit) else unit_doubt(new, unit)  # a price like that has been confirmed already
    if old is None:
        return doubt
    if not old or not new:
        return (
            "The price was 0 and would no longer be free." if new else "The price becomes 0: users would pay nothing for it."
        )
    rises = new > old
    lower, higher = (old, new) if rises else (new, old)
    if higher <= decimals.EXACT.multiply(lower, price_factor) and higher < decimals.EXACT.multiply(lower, THOUSAND):
        return doubt
    times = Fraction(higher) / Fraction(lower)
    is_whole = times.denominator == 1
    if rises:
        sentence = f"The price rises to {'' if is_whole else 'more than '}{int(times):,} times what it was."
    else:
        sentence = f"The price falls to {'' if is_whole else 'less than '}1/{int(times):,} of what it was."
    if times < THOUSAND:
        return sentence
    if unit != PriceUnit.TOKEN:
        return f"{sentence} Did you mean per {unit}?"
    # Take the factor that is nearer to the change: the price itself may have changed, too.
    power = 6 if times * times >= THOUSAND * MILLION else 3
    meant = decimals.money(decimals.per_million(new.scaleb(-power if rises else power)))
    how = "Divided" if rises else "Multiplied"
    return f"{sentence} Is the unit right? {how} by {10**power:,} it would be ${meant} per 1M tokens."


def discount_danger(old: Decimal | None, new: Decimal | None, price_factor: int) -> str:
    """Why a changed discount must be confirmed; empty if it need not be."""
    was, is_ = (1 - (discount or 0) for discount in (old, new))
    if max(was, is_) > price_factor * min(was, is_):
        return f"Users would pay more than {price_factor} times {'less' if is_ < was else 'more'}."
    if was <= 2 < is_:
        return "The markup would be more than 100%."
    return ""


def charges_nothing(outputs: Iterable[str], bases: Iterable[tuple[str, Decimal]]) -> bool:
    """Whether all prices without a condition are 0, given their kinds and amounts. For a model that generates text or embeddings,
    only the prices of prompt and completion count."""
    outputs = set(outputs)
    is_billed_by_token = not outputs or not outputs.isdisjoint((OutputModality.TEXT, OutputModality.EMBEDDINGS))
    kinds = (PriceKind.PROMPT, PriceKind.COMPLETION) if is_billed_by_token else tuple(PriceKind)
    amounts = [usd for kind, usd in bases if kind in kinds]
    return bool(amounts) and not any(amounts)
