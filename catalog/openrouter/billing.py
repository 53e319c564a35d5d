"""Which conditional prices OpenRouter accepts and does not bill, and why."""

from collections.abc import Iterator
from itertools import chain

from catalog.listing import Entry, PriceLine
from catalog.models import OutputModality, PriceKind, PriceUnit

BILLED_CONDITIONS = 2
"""How many long-context tiers, or windows, OpenRouter bills."""

BILLED_CONDITIONALLY = (PriceKind.PROMPT, PriceKind.COMPLETION, PriceKind.INPUT_CACHE_READ)
"""The lines whose conditional prices OpenRouter bills."""


Unbilled = tuple[str, list[PriceLine]]
"""Why OpenRouter does not bill some conditional prices, and which."""


def too_many_tiers(entry: Entry) -> Iterator[Unbilled]:
    """More long-context tiers than it bills."""
    lines = [line for line in entry.prices if line.min_prompt_tokens is not None]
    thresholds = {line.min_prompt_tokens for line in lines}
    if len(thresholds) > BILLED_CONDITIONS:
        yield f"It has {len(thresholds)} long-context tiers; OpenRouter bills {BILLED_CONDITIONS}.", lines


def _windows(entry: Entry) -> dict[tuple[int, int], list[PriceLine]]:
    found: dict[tuple[int, int], list[PriceLine]] = {}
    for line in entry.prices:
        if line.utc_start is not None and line.utc_end is not None:
            found.setdefault((line.utc_start, line.utc_end), []).append(line)
    return found


def too_many_windows(entry: Entry) -> Iterator[Unbilled]:
    """More windows than it bills."""
    windows = _windows(entry)
    if len(windows) > BILLED_CONDITIONS:
        yield f"It has {len(windows)} price windows; OpenRouter bills {BILLED_CONDITIONS}.", list(chain(*windows.values()))


def windows_differ(entry: Entry) -> Iterator[Unbilled]:
    """Windows that do not all have the same days and prices."""
    windows = _windows(entry)
    concerned = list(chain(*windows.values()))
    if len({line.utc_days for line in concerned}) > 1:
        yield "Its price windows have different days; OpenRouter bills one set of days.", concerned
    if len({frozenset((line.kind, line.usd) for line in lines) for lines in windows.values()}) > 1:
        yield "Its price windows have different prices; OpenRouter bills one set of prices.", concerned


def mixed(entry: Entry) -> Iterator[Unbilled]:
    """Long-context tiers beside windows."""
    windowed = list(chain(*_windows(entry).values()))
    tiered = [line for line in entry.prices if line.min_prompt_tokens is not None]
    if windowed and tiered:
        yield "It mixes long-context tiers with price windows, so OpenRouter bills neither.", windowed + tiered


def days_alone(entry: Entry) -> Iterator[Unbilled]:
    """Days without times."""
    if lines := [line for line in entry.prices if line.utc_days and line.utc_start is None]:
        yield "A price depends on days without times; OpenRouter bills the base price.", lines


def condition_not_billed(entry: Entry) -> Iterator[Unbilled]:
    """Conditions where it bills the base price whatever they say."""
    conditional = [line for line in entry.prices if not line.is_base]
    for line in conditional:
        if line.kind not in BILLED_CONDITIONALLY or line.cache_ttl_seconds is not None:
            yield f"OpenRouter does not bill a conditional price for {line.kind}; it bills the base price.", [line]
    if OutputModality.EMBEDDINGS in entry.model.output_modalities and conditional:
        yield "Embeddings are billed at the base price, whatever the conditions.", conditional


def billed_at_base(entry: Entry) -> dict[PriceLine, str]:
    """The conditional prices of an entry that OpenRouter accepts and does not bill, each with why."""
    found: dict[PriceLine, str] = {}
    for rule in (mixed, days_alone, condition_not_billed, too_many_tiers, too_many_windows, windows_differ):
        for sentence, lines in rule(entry):
            found |= {line: sentence for line in lines if line not in found}
    return found


def not_represented(line: PriceLine) -> str | None:
    """Why OpenRouter does not bill a price of Model Document V2 at all; None if it does."""
    if line.kind == PriceKind.WEB_SEARCH or (line.unit != PriceUnit.TOKEN and line.kind != PriceKind.REQUEST):
        return f"In Model Document V2, OpenRouter accepts a price for {line.kind} per {line.unit}, and does not bill it."
    if line.cache_ttl_seconds is not None:
        return f"In Model Document V2, OpenRouter accepts a price for {line.kind} by cache lifetime, and does not bill it."
    return None
