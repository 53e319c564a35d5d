"""Windows that fill the week: the lowest price becomes the base price."""

from decimal import Decimal

from catalog.importing.drafts import PriceList
from catalog.importing.readers.windows import without_daily_windows
from catalog.models import Line, Weekday

WEEKDAYS = tuple(Weekday.values[:5])
WEEKEND = tuple(Weekday.values[5:])
BASE = Line("prompt", "token", "default")
DAY = BASE._replace(utc_start=800, utc_end=2000, utc_days=WEEKDAYS)
NIGHT = BASE._replace(utc_start=2000, utc_end=800, utc_days=WEEKDAYS)
DEAR, LOW = Decimal("0.000004"), Decimal("0.000002")


def test_a_window_past_midnight_is_of_the_day_of_each_moment_as_it_is_billed() -> None:
    """The night from Friday to Saturday ends on Friday at midnight, and the one to Monday begins on Monday at midnight."""
    prices = PriceList({DAY: DEAR, NIGHT: LOW, BASE._replace(utc_days=WEEKEND): LOW})
    without_daily_windows(prices)
    assert prices.lines == {DAY: DEAR, BASE: LOW}


def test_a_week_with_a_gap_keeps_its_windows() -> None:
    prices = PriceList({DAY: DEAR, NIGHT: LOW})
    without_daily_windows(prices)
    assert prices.lines == {DAY: DEAR, NIGHT: LOW}
