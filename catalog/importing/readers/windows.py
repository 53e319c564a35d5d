"""Prices by the time of day, from a source that states a price for each hour of the week.

Such a source has no base price: the price beside its windows is that of the hour in which it was fetched. The lowest of each price
becomes the base price, as OpenRouter requires of providers, and the windows with higher prices stay.
"""

from collections import defaultdict
from decimal import Decimal

from catalog.formats.pricing import WEEK, minutes_of_week
from catalog.importing.drafts import PriceList
from catalog.models import Line


def without_daily_windows(prices: PriceList) -> None:
    """Give each price whose windows fill the whole week its lowest amount as the base price, and keep the windows above it."""
    windows: dict[Line, dict[Line, Decimal]] = defaultdict(dict)
    for line, usd in prices.lines.items():
        if usd is not None and (line.utc_start is not None or line.utc_days):
            windows[line._replace(utc_start=None, utc_end=None, utc_days=())][line] = usd
    for base, stated in windows.items():
        if _fill_the_week(list(stated)):
            lowest = min(stated.values())
            prices.fillers.discard(base)
            prices.lines[base] = lowest
            for line in [line for line, usd in stated.items() if usd == lowest]:
                del prices.lines[line]


def _fill_the_week(windows: list[Line]) -> bool:
    """Whether each minute of the week is in exactly one of them."""
    at = 0
    for begin, length in sorted(span for line in windows for span in minutes_of_week(line)):
        if begin != at:
            return False
        at = begin + length
    return at == WEEK
