"""Each line of a model's price list over time, as the public could see it.

A row counts from its ``effective_from`` on; one that was changed in its place, from the moment of that change. A row that begins
before it was written is a statement about the past (an imported price history), and is shown as it was stated, if the model was
public when it was written. A row that was written while the model was not public begins, for the public, when the model becomes
public. While the model is not public, no price is in force.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from catalog.history import DELETED, INSERTED, events
from catalog.listing import Entry, PriceLine
from catalog.models import Line, Price, ServiceTier, in_price_list
from catalog.public_history.publicity import PublicModel, Span

MODELS_PER_QUERY = 500
"""Models whose records are read by one query."""


class Step(NamedTuple):
    """A line's price from one moment on; ``usd`` None: it is not sold any more. ``written_at`` is when that was written."""

    at: datetime
    usd: Decimal | None
    written_at: datetime


class Period(NamedTuple):
    """A line's price, in USD per one unit, for a time; ``effective_until`` None: until further notice. Both can be in the
    future."""

    line: Line
    usd: Decimal
    effective_from: datetime
    effective_until: datetime | None

    def has(self, at: datetime) -> bool:
        """Whether it is in force at that moment."""
        return self.effective_from <= at and (self.effective_until is None or at < self.effective_until)


def price_periods(model: PublicModel) -> tuple[Period, ...]:
    """A model's price list over time: line by line, as a price list has them, oldest first. One query."""
    lines = price_steps([model])[model.key]
    return tuple(period for line in sorted(lines, key=in_price_list) for period in _periods(line, lines[line], model.spans))


def entries_at(entries: tuple[Entry, ...], periods: Iterable[Period], at: datetime) -> tuple[Entry, ...]:
    """A model's entries with the prices of another moment, past or scheduled; its other facts are those of now, of a tier that is
    not sold now those of the first entry. Empty, if it had no price then."""
    facts = {entry.service_tier: entry.model for entry in entries if not entry.is_free}
    lines = [_price_line(period) for period in periods if period.has(at)]
    tiers = [tier for tier in ServiceTier.values if any(line.service_tier == tier for line in lines)]
    return tuple(
        Entry(facts.get(tier, entries[0].model), tier, False, tuple(line for line in lines if line.service_tier == tier))
        for tier in tiers
    )


Lines = Mapping[Line, list[Step]]


def price_steps(models: Iterable[PublicModel]) -> Mapping[int, Lines]:
    """The steps of each line of these models, by their keys. A query for every ``MODELS_PER_QUERY`` models."""
    wanted = {model.key: model for model in models}
    keys = sorted(wanted)
    found: dict[int, Lines] = {}
    for start in range(0, len(keys), MODELS_PER_QUERY):
        some = keys[start : start + MODELS_PER_QUERY]
        records: dict[int, list[_Record]] = {key: [] for key in some}
        columns = ("ai_model_id", "id", "pgh_label", "pgh_created_at", "effective_from", "usd", *Line._fields)
        rows: Any = events(Price).filter(ai_model__in=some).order_by("pgh_id").values_list(*columns)
        for key, row, label, at, effective_from, usd, *line in rows:
            records[key].append(_Record(row, label, at, effective_from, usd, Line.of_columns(line)))
        found |= {key: _steps_by_line(records[key], wanted[key].spans) for key in some}
    return found


class _Record(NamedTuple):
    row: int
    label: str
    at: datetime
    effective_from: datetime
    usd: Decimal | None
    line: Line


class _Version(NamedTuple):
    """The values of a row for a time: they can be in force from ``begin`` until ``end``."""

    begin: datetime
    end: datetime | None
    effective_from: datetime
    usd: Decimal | None
    written_at: datetime


def _steps_by_line(records: list[_Record], spans: tuple[Span, ...]) -> dict[Line, list[Step]]:
    by_row: dict[int, list[_Record]] = defaultdict(list)
    at = datetime.min.replace(tzinfo=UTC)
    for record in records:
        at = max(at, record.at)  # the order of writing decides
        by_row[record.row].append(record._replace(at=at))
    by_line: dict[Line, list[_Version]] = defaultdict(list)
    for versions in by_row.values():
        for record, later in zip(versions, [*versions[1:], None], strict=True):
            end = later and later.at
            if record.label == DELETED or end == record.at:
                continue
            begin = _begin(record, versions[0], spans)
            if begin is not None and (end is None or begin < end):
                by_line[record.line].append(_Version(begin, end, record.effective_from, record.usd, record.at))
    return {line: steps for line, versions in by_line.items() if (steps := list(_steps(versions)))}


def _begin(record: _Record, first: _Record, spans: tuple[Span, ...]) -> datetime | None:
    """The first time at which the public could see these values of a row; None if there is none."""
    is_first = first.label == INSERTED and record.at == first.at
    was_public = any(span.has(record.at) for span in spans)
    begin = record.effective_from if is_first and was_public else max(record.at, record.effective_from)
    if was_public and begin < spans[0].begin:
        return begin
    return next((max(begin, span.begin) for span in spans if span.end is None or begin < span.end), None)


def _steps(versions: list[_Version]) -> Iterator[Step]:
    """The prices of a line over time: of all rows that apply, the one that begins last is in force."""
    moments = sorted({moment for version in versions for moment in (version.begin, version.end) if moment is not None})
    later = sorted(versions, key=lambda version: version.begin, reverse=True)
    current: list[_Version] = []
    price: Decimal | None = None
    for at in moments:
        current = [version for version in current if version.end is None or version.end > at]
        while later and later[-1].begin <= at:
            current.append(later.pop())
        newest = max(current, key=lambda version: (version.effective_from, version.written_at), default=None)
        usd = newest and newest.usd
        if usd != price:
            yield Step(at, usd, newest.written_at if newest else at)
        price = usd
        if newest is not None and newest.end is None:
            current = [newest]  # the others never apply again


def _periods(line: Line, steps: list[Step], spans: tuple[Span, ...]) -> Iterator[Period]:
    """The times of each price, without those in which the model was not public."""
    early = Span(datetime.min.replace(tzinfo=UTC), spans[0].end)
    for step, later in zip(steps, [*steps[1:], None], strict=True):
        if step.usd is None:
            continue
        for span in (early, *spans[1:]):
            begin = max(step.at, span.begin)
            ends = [moment for moment in (later and later.at, span.end) if moment is not None]
            end = min(ends, default=None)
            if end is None or begin < end:
                yield Period(line, step.usd, begin, end)


def _price_line(period: Period) -> PriceLine:
    line = period.line
    conditions = (line.min_prompt_tokens, line.utc_start, line.utc_end, line.utc_days, line.cache_ttl_seconds)
    return PriceLine(line.kind, line.unit, period.usd, line.service_tier, *conditions)
