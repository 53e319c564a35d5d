"""When a price holds by the reader's clock is when it holds."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.costs.costing import Moment, _holds
from catalog.formats.pricing import DAY
from catalog.listing import PriceLine
from catalog.models import Weekday
from catalog.site import windows
from catalog.site.languages import LANGUAGES, using_language

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
CLOCKS = st.integers(0, 24 * 4 - 1).map(lambda quarter: quarter // 4 * 100 + quarter % 4 * 15)


def line(start: int | None, end: int | None, *days: str) -> PriceLine:
    return PriceLine("prompt", "token", Decimal(1), "default", None, start, end, days, None)


@given(
    st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1]) | st.just((None, None)),
    st.lists(st.sampled_from(Weekday.values), unique=True),
    st.integers(-14 * 4, 14 * 4),
)
def test_the_local_windows_are_exactly_the_moments_at_which_it_holds(
    clocks: tuple[int | None, int | None], days: list[str], quarters: int
) -> None:
    price = line(*clocks, *[day for day in Weekday.values if day in days])
    zone = timezone(timedelta(minutes=15 * quarters))
    local = windows.local(price, zone, MONDAY)
    for quarter in range(7 * 24 * 4):
        moment = MONDAY + timedelta(minutes=15 * quarter)
        here = moment.astimezone(zone)
        minutes = here.hour * 60 + here.minute
        holds = any(
            (here.weekday() in window.days and window.start <= minutes < window.end)
            or ((here.weekday() - 1) % 7 in window.days and minutes < window.end - DAY)
            for window in local
        )
        assert holds == _holds(price, Decimal(0), Moment.of(moment)), moment


@pytest.mark.parametrize(
    ("price", "zone", "words"),
    [
        (line(800, 1630), "UTC", ["08:00–16:30"]),
        (line(2200, 600), "UTC", ["22:00–06:00"]),
        (line(None, None, "saturday", "sunday"), "UTC", ["Sat, Sun all day"]),
        (line(None, None, "saturday", "sunday"), "Asia/Seoul", ["Sat, Sun 09:00–09:00 the next day"]),
        (line(None, None, *Weekday.values), "UTC", ["every day"]),
        (line(800, 1630, *Weekday.values[:5]), "Asia/Seoul", ["Mon–Fri 17:00–01:30"]),
        (line(1600, 2400 - 2400 + 100, "monday"), "UTC", ["Mon 00:00–01:00", "Mon 16:00–24:00"]),
        (line(0, 600, "monday"), "America/New_York", ["Sun 19:00–01:00"]),
    ],
)
def test_windows_in_words(price: PriceLine, zone: str, words: list[str]) -> None:
    with using_language(LANGUAGES["en"]):
        assert [windows.window_text(window) for window in windows.local(price, ZoneInfo(zone), MONDAY)] == words


def test_lists_have_the_languages_own_comma() -> None:
    price = line(800, 1630, "monday", "wednesday")
    with using_language(LANGUAGES["ar"]):
        assert windows.windows_text(windows.local(price, UTC, MONDAY)) == "الاثنين، الأربعاء 08:00–16:30"
    with using_language(LANGUAGES["zh-hans"]):
        assert windows.windows_text(windows.local(price, UTC, MONDAY)) == "周一、周三 08:00–16:30"


def test_an_unknown_zone_is_none() -> None:
    assert windows.zone("Mars/Olympus") is None
    assert windows.zone("../etc/passwd") is None
    assert windows.zone("") is None
