"""Charts of a model's prices over time, drawn by the server, with the same numbers as a table."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from catalog import decimals
from catalog.admin.labels import time_text
from catalog.admin.prices.fields import shown_amount, usd_to_typed
from catalog.formats import pricing
from catalog.models import Line, Price, ServiceTier, in_price_list

WIDTH = 1000
"""A chart's width in its own units; the page stretches it."""

HEIGHT = 200
"""A chart's height in pixels."""

TOP = 16
"""Pixels above the chart, for the label of its highest price."""

LEAST_GAP = 0.03
"""The least distance of two changes, as a fraction of the width; less if there are many."""

SHORTEST = timedelta(hours=1)
"""The least time that a chart shows, so that a price that has just begun is visible."""

INKS, SHAPES = 6, 4
"""The number of colors and marks; the style sheet has as many."""

FEW = 60
"""Up to this number of rows, each has a mark. If there are more, only free prices and ends of lines have marks."""

STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


class Mark(NamedTuple):
    """One row of a line: ``x`` in percent, ``y`` in pixels, the kind of mark (price, free or end), and its text."""

    x: str
    y: str
    look: str
    title: str


class Series(NamedTuple):
    """One line of the price list: its color and mark by number, and its paths for the past and the future."""

    label: str
    ink: int
    shape: int
    past: str
    ahead: str
    marks: list[Mark]


class PriceRow(NamedTuple):
    """A row of the table: from when, and how much."""

    label: str
    begins: str
    amount: str
    is_ahead: bool


class Chart(NamedTuple):
    """All lines of one tier and one unit. ``grid`` has the height in pixels and the price of each rule."""

    title: str
    series: list[Series]
    grid: list[tuple[str, str]]
    now: str
    first: str
    last: str
    rows: list[PriceRow]

    @property
    def has_scheduled(self) -> bool:
        """Whether anything in it is scheduled."""
        return any(row.is_ahead for row in self.rows)


class _Begun(NamedTuple):
    at: datetime
    usd: Decimal | None


def charts(model_pk: int, now: datetime) -> list[Chart]:
    """The past, current and scheduled prices of a model, the default tier first. One query."""
    lines: dict[Line, list[_Begun]] = {}
    for row in Price.objects.filter(ai_model=model_pk).order_by("effective_from").values():
        lines.setdefault(Line.of(row), []).append(_Begun(row["effective_from"], row["usd"]))
    groups: dict[tuple[str, str], dict[Line, list[_Begun]]] = {}
    for line in sorted(lines, key=in_price_list):
        groups.setdefault((line.service_tier, line.unit), {})[line] = lines[line]
    return [_chart(tier, unit, group, now) for (tier, unit), group in groups.items()]


class _Scale(NamedTuple):
    """The position of times and prices. Times that are close together are drawn apart: each of ``times`` has its position in
    ``places``, and times between two of them are interpolated."""

    times: list[datetime]
    places: list[float]
    top: Decimal

    @classmethod
    def of(cls, times: Iterable[datetime], top: Decimal) -> "_Scale":
        """A scale from the first time to a little after the last, so that the chart shows that the last price continues."""
        known = sorted(set(times))
        known.append(known[0] + max(known[-1] - known[0], SHORTEST) * 26 / 25)
        span, least = known[-1] - known[0], min(LEAST_GAP, 1 / (2 * len(known)))
        gaps = [max((later - earlier) / span, least) for earlier, later in pairwise(known)]
        return cls(known, [sum(gaps[:number]) / sum(gaps) for number in range(len(known))], top)

    def x(self, at: datetime) -> float:
        """The position of a time, as a fraction of the width from 0 to 1."""
        number = min(max(bisect_right(self.times, at) - 1, 0), len(self.times) - 2)
        (first, last), (begin, end) = self.times[number : number + 2], self.places[number : number + 2]
        return begin + (end - begin) * ((at - first) / (last - first))

    @property
    def end(self) -> datetime:
        """The last time that is drawn."""
        return self.times[-1]

    def across(self, at: datetime) -> str:
        return f"{self.x(at) * WIDTH:.2f}"

    def percent(self, at: datetime) -> str:
        return f"{self.x(at) * 100:.3f}%"

    def y(self, amount: Decimal) -> str:
        return f"{HEIGHT - HEIGHT * amount / self.top:.2f}"

    def down(self, amount: Decimal) -> str:
        return f"{TOP + HEIGHT - HEIGHT * amount / self.top:.2f}"


def _chart(tier: str, unit: str, lines: dict[Line, list[_Begun]], now: datetime) -> Chart:
    moments = [row.at for rows in lines.values() for row in rows]
    amounts = [usd_to_typed(row.usd, unit) for rows in lines.values() for row in rows if row.usd is not None]
    start, end = min(*moments, now), max(*moments, now)
    scale = _Scale.of([*moments, now], _top(max(amounts, default=Decimal(0))))
    are_few = len(moments) <= FEW
    return Chart(
        _title(tier, unit),
        [_series(number, line, rows, scale, now, are_few) for number, (line, rows) in enumerate(lines.items())],
        [(scale.down(part), decimals.money(part)) for part in (scale.top, scale.top / 2, Decimal(0))],
        scale.percent(now),
        f"{start:%Y-%m-%d}",
        f"{end:%Y-%m-%d}" if end > now else "",
        [row for line, rows in lines.items() for row in _rows(line, rows, now)],
    )


def _title(tier: str, unit: str) -> str:
    suffix = "" if tier == ServiceTier.DEFAULT else f", {ServiceTier(tier).label.lower()} tier"
    return f"Prices in $ per {pricing.unit_label(unit)}{suffix}"


def _top(highest: Decimal) -> Decimal:
    """The lowest round number that is not below the highest price."""
    if not highest:
        return Decimal(1)
    power = Decimal(1).scaleb(highest.adjusted())
    return next(step * power for step in STEPS if step * power >= highest)


def _series(number: int, line: Line, rows: list[_Begun], scale: _Scale, now: datetime, are_few: bool) -> Series:
    label = pricing.price_label(line)
    return Series(
        label,
        number % INKS,
        number % SHAPES,
        *_paths(rows, line.unit, scale, now),
        [mark for mark in _marks(label, rows, line.unit, scale) if are_few or mark.look != "price"],
    )


def _paths(rows: list[_Begun], unit: str, scale: _Scale, now: datetime) -> tuple[str, str]:
    """The steps of a line, those in force and those scheduled: each price holds until the next row."""
    past, ahead = list[str](), list[str]()
    before: str | None = None
    for row, until in pairwise([*rows, _Begun(scale.end, None)]):
        if row.usd is None:
            before = None
            continue
        height = scale.y(usd_to_typed(row.usd, unit))
        rise = f"M{scale.across(row.at)} {height}" if before is None else f"M{scale.across(row.at)} {before}V{height}"
        (past if row.at <= now else ahead).append(f"{rise}H{scale.across(until.at)}")
        before = height
    return "".join(past), "".join(ahead)


def _marks(label: str, rows: Iterable[_Begun], unit: str, scale: _Scale) -> Iterator[Mark]:
    last = Decimal(0)
    for row in rows:
        if row.usd is not None:
            last = usd_to_typed(row.usd, unit)
        look = "end" if row.usd is None else "price" if row.usd else "free"
        title = f"{label}: {_said(row.usd, unit)} from {time_text(row.at)}"
        yield Mark(scale.percent(row.at), scale.down(last), look, title)


def _rows(line: Line, rows: Iterable[_Begun], now: datetime) -> Iterator[PriceRow]:
    for row in rows:
        yield PriceRow(pricing.price_label(line), time_text(row.at), _said(row.usd, line.unit), row.at > now)


def _said(usd: Decimal | None, unit: str) -> str:
    if usd is None:
        return "ends, not sold"
    return shown_amount(usd, unit) if usd else f"{shown_amount(usd, unit)}, free"
