"""What a usage costs at one entry's prices.

The rules. S1 and S2 are OpenRouter's "Provider Integration" and its guides for providers, S4 its public API.

1. A price with ``min_prompt_tokens`` N applies to requests whose prompt has MORE than N tokens, and then to the whole
   request (S2; S4 says the same). The prompt is the whole input: cached tokens, media, everything.
2. A window begins at ``utc_start``, ends just before ``utc_end``, and may go past midnight; ``utc_days`` must match as well,
   and the day is that of the request itself, so after midnight it is the next day (S2). Days without times are whole days
   (S1).
3. If several conditional prices of one kind apply, the last one of the API's ``overrides`` is billed (S1, S4);
   ``formats.pricing.precedence`` is that order. If none applies, the base price is billed.
4. Cache prices can depend on the cache lifetime. If the usage states a lifetime, the price for it applies, else the one
   without a lifetime. If it states none, the price without a lifetime applies, else that of the shortest one, which is the
   default of Anthropic's API.
5. Tokens without their own price are billed as the tokens that they are part of: cached, image and audio tokens as prompt,
   reasoning as completion. OpenRouter does this for a provider without a cache price, and so does genai-prices. Other units
   (images, seconds, searches …) have no substitute: they are named as not sold, and the cost is incomplete.
6. Tokens of the prompt and the completion are billed once: tokens with their own price are subtracted from the total.
7. A price per request is charged once for each request.
8. A free variant costs nothing, whatever a request uses (S2).
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
    """A time for price windows: the time of day in UTC as HHMM, and the day."""

    clock: int
    day: str

    @classmethod
    def of(cls, at: datetime) -> "Moment":
        """That of an aware datetime."""
        utc = at.astimezone(UTC)
        return cls(utc.hour * 100 + utc.minute, Weekday.values[utc.weekday()])


class Why(StrEnum):
    """Why a line of the price list applies."""

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

    ``quantity`` is a name of ``QUANTITIES``, or ``requests``. ``price`` is the line of the price list, None for a free variant; if
    its kind differs from the quantity's, the quantity is billed as that kind (``is_substitute``).
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
    ``list_usd`` is that before the discount. ``not_sold`` names the quantities without a price; if there are any, the cost covers
    only the rest."""

    lines: tuple[CostLine, ...]
    not_sold: tuple[str, ...]
    list_usd: Decimal
    discount: Decimal | None
    request_usd: Decimal
    requests: int
    usd: Decimal

    @property
    def is_complete(self) -> bool:
        """Whether everything in the usage has a price."""
        return not self.not_sold


ZERO = Decimal(0)
_REQUEST = Part("requests", Decimal(1), (PriceKind.REQUEST,), PriceUnit.REQUEST, None)
_Sold = tuple[str, str, int | None]
"""The key of a price: kind, unit and the cache lifetime."""


def cost(entry: Entry, usage: Usage, at: datetime) -> Cost:
    """The cost of a usage at a time, with the arithmetic. The entry's prices must be those in force at that time."""
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
    """``cost(…).usd`` without the arithmetic, for sorting thousands of entries; None if something in the usage is not sold."""
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
    """The billed line of each kind, unit and cache lifetime."""
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
