"""A model's prices over time, past and scheduled: as a chart, as a table, and scheduled changes as text."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from catalog.models import Line, PriceUnit, ServiceTier
from catalog.public_history import Period, prices_of, public_model_of
from catalog.publication import Served
from catalog.site import labels, numbers, price_table

TOP, BOTTOM, HEIGHT = 34, 204, 230
"""Pixels from the chart's top: of the highest price, of zero, and of the chart's end."""

ROOM_AHEAD = Decimal("0.12")
"""The part of the chart for the last scheduled price."""


class Stroke(NamedTuple):
    """A straight line of the chart: ``x`` in percent of its width, ``y`` in pixels."""

    x1: str
    y1: str
    x2: str
    y2: str
    is_ahead: bool


def context(served: Served, model_id: str) -> tuple[dict[str, Any], Served]:
    """The content of the section, and how to send it. Raises ``Unavailable``."""
    model = public_model_of(served, model_id)
    if model is None:
        return {}, served
    periods, sent = prices_of(served, model)
    now = served.publication.at
    changed = [period for _, own in _by_line(periods) if _changes(own, now) for period in own]
    return {
        "scheduled": scheduled(periods, now),
        "charts": charts(changed, now),
        "rows": [_row(period, now) for period in periods],
        "has_changed": bool(changed),
        "since": numbers.day(max(one.effective_from for one in periods)) if periods else None,
    }, sent


def _by_line(periods: Iterable[Period]) -> list[tuple[Line, list[Period]]]:
    return [(line, list(own)) for line, own in groupby(periods, key=lambda period: period.line)]


def _changes(own: list[Period], now: datetime) -> bool:
    """Whether the price of a line has changed or ended, or is scheduled to."""
    return len(own) > 1 or own[0].effective_until is not None or own[0].effective_from > now


def scheduled(periods: Iterable[Period], now: datetime) -> list[dict[str, Any]]:
    """The scheduled changes, in order. A price of None: the line is no longer sold from then on."""
    found: list[tuple[datetime, Line, Decimal | None, Decimal | None]] = []
    for line, own in _by_line(periods):
        for before, period in pairwise([None, *own]):
            if period is not None and period.effective_from > now:
                is_next = before is not None and before.effective_until == period.effective_from
                found.append((period.effective_from, line, before.usd if before and is_next else None, period.usd))
        for period, after in pairwise([*own, None]):
            until = period.effective_until if period else None
            if period and until and until > now and (after is None or after.effective_from > until):
                found.append((until, line, period.usd, None))
    found.sort(key=lambda one: one[0])  # stable: in the order of the price list
    return [
        {
            "from": numbers.moment(at),
            "label": label(line),
            "before": None if before is None else numbers.price(before, line.unit),
            "price": None if usd is None else numbers.price(usd, line.unit),
            "unit": labels.UNITS[line.unit],
            "conditions": price_table.conditions(line, UTC, at),
        }
        for at, line, before, usd in found
    ]


def label(line: Line) -> str:
    """The name of a line, with its service tier if that is not the usual one."""
    kind = str(labels.KINDS[line.kind])
    return kind if line.service_tier == ServiceTier.DEFAULT else f"{kind} · {labels.TIERS[line.service_tier]}"


def _row(period: Period, now: datetime) -> dict[str, Any]:
    until = period.effective_until
    return {
        "label": label(period.line),
        "price": numbers.price(period.usd, period.line.unit),
        "unit": labels.UNITS[period.line.unit],
        "conditions": price_table.conditions(period.line, UTC, period.effective_from),
        "from": numbers.day(period.effective_from),
        "until": numbers.day(until) if until else None,
        "is_scheduled": period.effective_from > now,
        "is_past": until is not None and until <= now,
    }


def charts(periods: Iterable[Period], now: datetime) -> list[dict[str, Any]]:
    """A chart for each unit, with the unconditional prices of the default tier. Pass only lines that change: others would flatten the scale."""
    plain = [one for one in periods if _is_plain(one.line)]
    units = [unit for unit in PriceUnit.values if any(one.line.unit == unit for one in plain)]
    return [_chart(unit, [one for one in plain if one.line.unit == unit], now) for unit in units]


def _is_plain(line: Line) -> bool:
    return line == Line(line.kind, line.unit, ServiceTier.DEFAULT)


def _chart(unit: str, periods: list[Period], now: datetime) -> dict[str, Any]:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)  # the same in every process
    begin = min(one.effective_from for one in periods)
    ends = [at for one in periods for at in (one.effective_from, one.effective_until) if at is not None]
    last = max(*ends, today)
    seconds = Decimal(max(1, int((last - begin).total_seconds())))
    if last > today:
        seconds /= 1 - ROOM_AHEAD
    highest = max(one.usd for one in periods) or Decimal(1)

    def x(at: datetime | None) -> str:
        part = Decimal(1) if at is None else min(Decimal(1), int((at - begin).total_seconds()) / seconds)
        return f"{100 * part:.2f}"

    def y(usd: Decimal) -> str:
        return f"{BOTTOM - (BOTTOM - TOP) * usd / highest:.1f}"

    series = []
    for number, (line, own) in enumerate(_by_line(periods)):
        strokes: list[Stroke] = []
        for before, period in pairwise([None, *own]):
            if period is None:
                continue
            height, start, until = y(period.usd), period.effective_from, period.effective_until
            if before is not None and before.effective_until == start:
                strokes.append(Stroke(x(start), y(before.usd), x(start), height, start > now))
            if start < today and (until is None or until > today):
                strokes.append(Stroke(x(start), height, x(today), height, False))
                start = today
            strokes.append(Stroke(x(start), height, x(until), height, start >= today and last > today))
        series.append({"number": number % 6 + 1, "title": label(line), "strokes": strokes})
    return {
        "unit": labels.UNITS[unit],
        "height": HEIGHT,
        "series": series,
        "grid": [(y(usd), numbers.price_text(usd, unit)) for usd in (highest, Decimal(0))],
        "bottom": BOTTOM,
        "today": x(today) if begin < today else None,
        "today_anchor": "end" if 2 * (today - begin) > (last - begin) else "start",
        "begin": numbers.plain_day(begin),
        "end": numbers.plain_day(last),
        "end_x": x(last),
        "label": _("Price per %(unit)s over time") % {"unit": labels.UNITS[unit]},
    }
