"""Price lists as OpenRouter writes them: an object of price keys, with conditional prices under ``overrides``."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from catalog import decimals
from catalog.formats.format import CLOCK, choices_schema, closed, usd
from catalog.listing import PriceLine
from catalog.models import KINDS, Line, PriceKind, PriceUnit, ServiceTier, Weekday

Key = tuple[PriceKind, PriceUnit, int | None]
"""The meaning of a price key: the kind, the unit, and the cache lifetime (None if it says nothing about that)."""

HOUR = 3600

DAY = 24 * 60
WEEK = 7 * DAY
"""In minutes."""

PUBLIC_KEYS: dict[str, Key] = {
    **{facts.public_key: (kind, facts.units[0], None) for kind, facts in KINDS.items() if facts.public_key},
    "image_token": (PriceKind.IMAGE, PriceUnit.TOKEN, None),
    "input_cache_write_1h": (PriceKind.INPUT_CACHE_WRITE, PriceUnit.TOKEN, HOUR),
}
"""The price keys of OpenRouter's Models API."""

_PUBLIC_KEY_OF = {(kind.value, unit.value, ttl): key for key, (kind, unit, ttl) in PUBLIC_KEYS.items()}


def line_label(line: PriceLine) -> str:
    """A line of a price list as text."""
    return ", ".join([f"{line.kind} per {line.unit}", *conditions(line)])


def unit_label(unit: str) -> str:
    """The unit in which staff type and read an amount."""
    return "1M tokens" if unit == PriceUnit.TOKEN else str(PriceUnit(unit).label)


def price_label(line: PriceLine | Line) -> str:
    """The name of a line of a price list for staff, with the unit in which its amount is typed and read."""
    return ", ".join([f"{PriceKind(line.kind).label} price, $ per {unit_label(line.unit)}", *conditions(line)])


def staff_amount(usd: Decimal, unit: str) -> str:
    """USD per unit as an amount in that unit: per 1M tokens, and per unit for everything else."""
    return decimals.wire(decimals.per_million(usd) if unit == PriceUnit.TOKEN else usd)


def conditions(line: PriceLine | Line) -> Iterator[str]:
    """The conditions of a price as text."""
    if line.service_tier != ServiceTier.DEFAULT:
        yield f"{ServiceTier(line.service_tier).label.lower()} tier"
    if line.min_prompt_tokens is not None:
        yield f"for prompts above {line.min_prompt_tokens:,} tokens"
    if line.utc_start is not None and line.utc_end is not None:
        yield f"{_clock(line.utc_start)} to {_clock(line.utc_end)} UTC"
    if line.utc_days:
        yield "on " + ", ".join(Weekday(day).label for day in line.utc_days)
    if line.cache_ttl_seconds is not None:
        yield f"kept for {line.cache_ttl_seconds:,} seconds"


def _clock(time: int) -> str:
    return f"{time // 100:02}:{time % 100:02}"


def public_key(line: PriceLine) -> str | None:
    """The key of such a line in OpenRouter's Models API, None if it has none."""
    return _PUBLIC_KEY_OF.get((line.kind, line.unit, line.cache_ttl_seconds))


def base(prices: tuple[PriceLine, ...], key_of: Callable[[PriceLine], str | None]) -> dict[str, str]:
    """The unconditional prices that have a key."""
    keyed = ((key_of(line), line) for line in prices if line.is_base)
    return {key: decimals.wire(line.usd) for key, line in keyed if key is not None}


def overrides(prices: tuple[PriceLine, ...], key_of: Callable[[PriceLine], str | None]) -> list[dict[str, Any]]:
    """The conditional prices that have a key: each condition once, with what it replaces. Later ones win, so longer
    contexts come later."""
    keyed = [(precedence(line), key, line) for line in prices if not line.is_base and (key := key_of(line)) is not None]
    keyed.sort(key=lambda one: one[0])
    return [_override([(key, line) for _, key, line in group]) for _, group in groupby(keyed, key=lambda one: one[0])]


def precedence(line: PriceLine) -> tuple[int, int, int, tuple[int, ...]]:
    """The order of conditions; if several apply, the last one is billed. Windows by time and days, then long contexts by
    length."""
    days = tuple(Weekday.values.index(day) for day in line.utc_days)
    return (
        -1 if line.min_prompt_tokens is None else line.min_prompt_tokens,
        -1 if line.utc_start is None else line.utc_start,
        -1 if line.utc_end is None else line.utc_end,
        days,
    )


def minutes_of_week(line: PriceLine | Line) -> list[tuple[int, int]]:
    """When a line applies: the minutes of the week, in UTC, at which it begins, and for how many; none of them goes past midnight.

    The day is that of the request itself: a window past midnight on Mondays applies on Monday before its end and from its start on.
    """
    start, end = (0 if clock is None else clock // 100 * 60 + clock % 100 for clock in (line.utc_start, line.utc_end))
    if line.utc_start is None or line.utc_end is None:
        ranges = [(0, DAY)]
    elif start < end:
        ranges = [(start, end - start)]
    else:
        ranges = [(0, end), (start, DAY - start)]
    days = [Weekday.values.index(day) for day in line.utc_days] or range(7)
    return [(day * DAY + begin, length) for day in days for begin, length in ranges if length]


def _override(lines: list[tuple[str, PriceLine]]) -> dict[str, Any]:
    _, first = lines[0]
    written: dict[str, Any] = {}
    if first.min_prompt_tokens is not None:
        written["min_prompt_tokens"] = first.min_prompt_tokens
    if first.utc_start is not None:
        written["utc_start"], written["utc_end"] = first.utc_start, first.utc_end
    if first.utc_days:
        written["utc_days"] = first.utc_days
    return written | {key: decimals.wire(line.usd) for key, line in lines}


def usd_schemas(keys: dict[str, PriceUnit]) -> dict[str, Any]:
    """The schemas of price keys."""
    return {key: usd(unit.label) for key, unit in keys.items()}


def overrides_schema(prices: dict[str, Any]) -> dict[str, Any]:
    """The schema of ``overrides`` with these price keys."""
    condition = {"type": "integer", "minimum": 1, "description": "For prompts of more tokens than this."}
    days = choices_schema(Weekday, "Only on these days.")
    override = closed({}, {"min_prompt_tokens": condition, "utc_start": CLOCK, "utc_end": CLOCK, "utc_days": days, **prices})
    return {"type": "array", "items": override, "minItems": 1}
