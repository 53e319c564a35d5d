"""What a usage costs at one entry's prices.

The rules. S1 and S2 are OpenRouter's "Provider Integration" and its guides for providers, S4 its public API.

1. A price with ``min_prompt_tokens`` N holds for requests whose prompt has MORE than N tokens, and then for the whole request
   (S2; S4 says the same). The prompt is all that goes in: cached tokens, media, everything.
2. A window holds from ``utc_start`` on until before ``utc_end``, and may go past midnight; ``utc_days`` must hold as well, and
   the day is that of the moment itself, so that after midnight it is the next one (S2). Days without times are whole days (S1).
3. Of several conditional prices of one kind that hold, the last one of the wire's ``overrides`` is billed (S1, S4);
   ``formats.pricing.precedence`` is that order. Without any, the base price is.
4. Cache prices can depend on how long the cache lives. Where the usage states a life, the price for that life holds, else the
   one without a life. Where it states none, the price without a life holds, else that of the shortest life, which is what
   Anthropic's API writes unless it is told otherwise.
5. Tokens that have no price of their own are billed as what they are a part of: cached, image and audio tokens as prompt,
   reasoning as completion. That is what OpenRouter does for a provider without a cache price, and what genai-prices does.
   Other units (images, seconds, searches …) have no substitute: they are named as not sold, and the cost is incomplete.
6. Tokens of the prompt and the completion are billed once: what has a price of its own is taken from the total.
7. A price per request is charged once for each request.
8. A free variant costs nothing, whatever is used (S2).
9. The user pays the sum times (1 - ``discount_to_user``); a negative one is a markup (S2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from catalog import decimals
from catalog.costs.usage import CACHE_KINDS, Part, Usage
from catalog.formats.pricing import precedence
from catalog.listing import Entry, PriceLine
from catalog.models import PriceKind, PriceUnit, Weekday


class Moment(NamedTuple):
    """A moment as price windows know it: the time of day in UTC as HHMM, and the day."""

    clock: int
    day: str

    @classmethod
    def of(cls, at: datetime) -> "Moment":
        """That of an aware datetime."""
        utc = at.astimezone(UTC)
        return cls(utc.hour * 100 + utc.minute, Weekday.values[utc.weekday()])


class Why(StrEnum):
    """Why a line of the price list holds."""

    ALWAYS = "always"
    """It has no condition."""
    LONG_PROMPT = "long_prompt"
    """The prompt has more than ``min_prompt_tokens``."""
    WINDOW = "window"
    """It is the time, or the day."""
    FREE = "free"
    """The entry is a free variant."""


class CostLine(NamedTuple):
    """One step of the arithmetic, for one request: ``amount`` times ``unit_usd`` is ``usd``.

    ``quantity`` is a name of ``QUANTITIES``, or ``requests``. ``price`` is the line of the price list, None of a free variant;
    where its kind is another than the quantity's, it is billed as that (``is_substitute``).
    """

    quantity: str
    amount: Decimal
    unit: str
    unit_usd: Decimal
    usd: Decimal
    why: Why
    price: PriceLine | None
    is_substitute: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """What a usage costs, in USD: ``usd`` is what the user pays for all requests, ``request_usd`` for one of them and
    ``list_usd`` is that before the discount. ``not_sold`` names the quantities without a price: where there is one, the cost
    is of the rest alone."""

    lines: tuple[CostLine, ...]
    not_sold: tuple[str, ...]
    list_usd: Decimal
    discount: Decimal | None
    request_usd: Decimal
    requests: int
    usd: Decimal

    @property
    def is_complete(self) -> bool:
        """Whether all that is used has a price."""
        return not self.not_sold


ZERO = Decimal(0)
_REQUEST = Part("requests", Decimal(1), (PriceKind.REQUEST,), PriceUnit.REQUEST, None)
_Sold = tuple[str, str, int | None]
"""What a price is for: kind, unit and the life of the cache."""


def cost(entry: Entry, usage: Usage, at: datetime) -> Cost:
    """What a usage costs at a moment, with the arithmetic. The entry's prices must be those in force at that moment."""
    lines: list[CostLine] = []
    not_sold: list[str] = []
    in_force = _in_force(entry.prices, usage.prompt_tokens, Moment.of(at))
    for part in (_REQUEST, *usage.parts):
        if entry.is_free:
            if part is not _REQUEST:
                lines.append(CostLine(part.name, part.amount, part.unit, ZERO, ZERO, Why.FREE, None, False))
        elif (price := _price_of(part, in_force)) is not None:
            usd = decimals.EXACT.multiply(part.amount, price.usd)
            is_substitute = price.kind != part.kinds[0]
            lines.append(CostLine(part.name, part.amount, part.unit, price.usd, usd, _why(price), price, is_substitute))
        elif part is not _REQUEST:
            not_sold.append(part.name)
    list_usd = ZERO
    for line in lines:
        list_usd = decimals.EXACT.add(list_usd, line.usd)
    discount = entry.model.discount_to_user
    request_usd = _discounted(list_usd, discount)
    usd = decimals.EXACT.multiply(request_usd, Decimal(usage.requests))
    return Cost(tuple(lines), tuple(not_sold), list_usd, discount, request_usd, usage.requests, usd)


def total(entry: Entry, usage: Usage, moment: Moment) -> Decimal | None:
    """``cost(…).usd`` without the arithmetic, for sorting thousands of entries; None where something used is not sold."""
    if entry.is_free:
        return ZERO
    in_force = _in_force(entry.prices, usage.prompt_tokens, moment)
    usd = ZERO
    request = in_force.get((PriceKind.REQUEST, PriceUnit.REQUEST, None))
    if request is not None:
        usd = request.usd
    for part in usage.parts:
        price = _price_of(part, in_force)
        if price is None:
            return None
        usd = decimals.EXACT.add(usd, decimals.EXACT.multiply(part.amount, price.usd))
    return decimals.EXACT.multiply(_discounted(usd, entry.model.discount_to_user), Decimal(usage.requests))


def _discounted(usd: Decimal, discount: Decimal | None) -> Decimal:
    return usd if discount is None else decimals.EXACT.multiply(usd, decimals.EXACT.subtract(Decimal(1), discount))


def _in_force(prices: tuple[PriceLine, ...], prompt_tokens: Decimal, moment: Moment) -> Mapping[_Sold, PriceLine]:
    """The line of each kind, unit and cache life that is billed."""
    found: dict[_Sold, PriceLine] = {}
    for line in prices:
        if line.is_base:
            found.setdefault((line.kind, line.unit, line.cache_ttl_seconds), line)
        elif _holds(line, prompt_tokens, moment):
            sold = (line.kind, line.unit, line.cache_ttl_seconds)
            other = found.get(sold)
            if other is None or other.is_base or precedence(other) < precedence(line):
                found[sold] = line
    return found


def _holds(line: PriceLine, prompt_tokens: Decimal, moment: Moment) -> bool:
    if line.min_prompt_tokens is not None and prompt_tokens <= line.min_prompt_tokens:
        return False
    if line.utc_days and moment.day not in line.utc_days:
        return False
    start, end = line.utc_start, line.utc_end
    if start is None or end is None:
        return True
    return start <= moment.clock < end if start < end else moment.clock >= start or moment.clock < end


def _price_of(part: Part, in_force: Mapping[_Sold, PriceLine]) -> PriceLine | None:
    for kind in part.kinds:
        price = in_force.get((kind, part.unit, part.ttl)) or in_force.get((kind, part.unit, None))
        if price is None and part.ttl is None and kind in CACHE_KINDS:
            lives = [line for (sold, unit, _), line in in_force.items() if sold == kind and unit == part.unit]
            price = min(lives, key=lambda line: line.cache_ttl_seconds or 0, default=None)
        if price is not None:
            return price
    return None


def _why(price: PriceLine) -> Why:
    if price.is_base:
        return Why.ALWAYS
    return Why.WINDOW if price.min_prompt_tokens is None else Why.LONG_PROMPT
