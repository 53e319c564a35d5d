"""When a conditional price applies, in any time zone: a window in UTC as intervals of the local week."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from babel import dates
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog.formats.pricing import DAY, WEEK, minutes_of_week
from catalog.listing import PriceLine
from catalog.models import Line
from catalog.site import labels
from catalog.site.languages import current_language


class Window(NamedTuple):
    """Times of the day, in minutes, on some days (Monday is 0). ``end`` may be on the next day, and is then above ``DAY``."""

    start: int
    end: int
    days: tuple[int, ...]


def zone(name: str) -> ZoneInfo | None:
    """A time zone by its name, such as ``Asia/Seoul``; None if there is none with that name."""
    return ZoneInfo(name) if name in available_timezones() else None


def local(line: Line | PriceLine, zone: tzinfo, at: datetime) -> list[Window]:
    """When a line applies by the clocks of a zone, with their offset at a given time.

    The days of a window are the days of each request in UTC: a window past midnight on Mondays applies on Monday before its end and
    from its start on. So one window in UTC can be two in another zone.
    """
    offset = (
        zone.utcoffset(at.replace(tzinfo=None)) if not isinstance(zone, ZoneInfo) else at.astimezone(zone).utcoffset()
    ) or timedelta()
    shift = int(offset.total_seconds()) // 60
    pieces = _joined([((start + shift) % WEEK, length) for start, length in minutes_of_week(line)])
    by_time = sorted((start % DAY, start % DAY + length, start // DAY) for start, length in pieces)
    return [
        Window(start, end, tuple(day for _, _, day in group))
        for (start, end), group in groupby(by_time, key=lambda one: one[:2])
    ]


def _joined(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Adjacent pieces become one, if the result is shorter than a day."""
    lengths = dict(pieces)
    for start in sorted(lengths):
        while start in lengths:
            follower = (start + lengths[start]) % WEEK
            if follower == start or follower not in lengths or lengths[start] + lengths[follower] >= DAY:
                break
            lengths[start] += lengths.pop(follower)
    return sorted(lengths.items())


def window_text(window: Window) -> str:
    """A window as people read it: ``Mon–Fri 08:00–16:30``."""
    hours = f"{_clock(window.start)}–{_clock(window.end)}"
    if window.end - window.start == DAY:
        hours = _("%(hours)s the next day") % {"hours": hours} if window.start else _("all day")
    if len(window.days) == 7:
        return hours if hours != _("all day") else _("every day")
    return f"{_days(window.days)} {hours}"


def windows_text(found: Iterable[Window]) -> str:
    """Windows as people read them: ``Mon–Fri 08:00–16:30; Sat 09:00–12:00``."""
    return pgettext("between windows of time", "; ").join(map(window_text, found))


def _clock(minutes: int) -> str:
    minutes = minutes if minutes == DAY else minutes % DAY
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days(days: tuple[int, ...]) -> str:
    names = dates.get_day_names("abbreviated", locale=current_language().locale)
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return labels.listed(
        f"{names[run[0]]}–{names[run[-1]]}" if len(run) > 2 else labels.listed(names[day] for day in run) for run in runs
    )
