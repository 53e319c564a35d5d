"""The public history of each offer of a model: when it was sold, and which facts of its own it had.

A service tier is an offer while one of its lines has a price, the free variant while the model has one. Facts that an offer got while it
was not sold, or while its model was not public, appear when it is sold and public.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from catalog.history import DELETED, IMMEDIATE_WITHIN, events
from catalog.models import OFFER_FIELDS, Offer, ScheduledSwitch, Switch, Variant, own_facts_of, variant_of, with_readiness
from catalog.models.many import one_of
from catalog.public_history.prices import Lines
from catalog.public_history.publicity import PublicModel, Span

SHOWN_FIELDS = tuple(name for name in OFFER_FIELDS if name != "datacenters")
"""The facts whose changes are shown. Datacenters are not, because they may have been renamed or deleted since."""

SHOWN_WHEN_ADDED = ("deprecation_at",)
"""Facts that are shown even if the offer was added with them, because people plan by them, as for models."""

Facts = Mapping[str, Any]
"""An offer's own facts, by field. If a field is missing, the model's value applies; None or an empty list means none."""


class FactsChange(NamedTuple):
    """An offer's own facts before and after, as far as they differ."""

    before: Facts
    after: Facts


class OfferStep(NamedTuple):
    """An offer is added or removed, or its ``facts`` change."""

    variant: Variant
    at: datetime
    is_added: bool = False
    facts: FactsChange | None = None


FactsOverTime = Mapping[Variant, list[tuple[datetime, Facts]]]
"""The own facts of a model's offers, by the time from which they apply."""


_SWITCHES = {Switch.ready(variant).value: variant for variant in Variant}


class _ScheduledReadiness(NamedTuple):
    """The scheduled readiness of an offer, and when it applies: from its time until it is written to the offer itself."""

    span: Span
    is_ready: bool | None


def facts_over_time(keys: Collection[int]) -> dict[int, FactsOverTime]:
    """The own facts of offers over time, including the future, by model key. Models whose offers never had any are left out. Two queries."""
    found, switched = _written_facts(keys), _scheduled_readiness(keys)
    return {
        key: {
            variant: _with_readiness(found.get(key, {}).get(variant, []), switched.get(key, {}).get(variant, []))
            for variant in found.get(key, {}).keys() | switched.get(key, {}).keys()
        }
        for key in found.keys() | switched.keys()
    }


def _written_facts(keys: Collection[int]) -> dict[int, dict[Variant, list[tuple[datetime, Facts]]]]:
    """The own facts of offers, as they were written."""
    columns = ("ai_model_id", "id", "pgh_label", "pgh_created_at", "variant", "without", *SHOWN_FIELDS)
    rows: Any = events(Offer).filter(ai_model__in=one_of(keys)).order_by("pgh_id").values_list(*columns)
    found: dict[int, dict[Variant, dict[datetime, Facts]]] = {}
    current: dict[int, tuple[Variant, Facts]] = {}
    latest: dict[int, datetime] = {}
    for key, row, label, at, variant, without, *values in rows:
        at = latest[key] = max(at, latest.get(key, at))  # the last one written applies
        of_model = found.setdefault(key, {})
        if (before := current.pop(row, None)) is not None:
            of_model.setdefault(before[0], {})[at] = {}
        if label != DELETED:
            state = (Variant(variant), own_facts_of(dict(zip(SHOWN_FIELDS, values, strict=True)), without))
            current[row] = state
            of_model.setdefault(state[0], {})[at] = state[1]
    return {key: {variant: list(steps.items()) for variant, steps in of_model.items()} for key, of_model in found.items()}


def _scheduled_readiness(keys: Collection[int]) -> dict[int, dict[Variant, list[_ScheduledReadiness]]]:
    """The scheduled readiness of offers, in order of time. What was cancelled before its time is left out."""
    rows: Any = (
        events(ScheduledSwitch)
        .filter(ai_model__in=one_of(keys), switch__in=list(_SWITCHES))
        .order_by("id", "-pgh_id")
        .distinct("id")  # the last record of each
        .values_list("ai_model_id", "switch", "effective_from", "pgh_label", "pgh_created_at", "value")
    )
    found: dict[int, dict[Variant, list[_ScheduledReadiness]]] = {}
    for key, switch, begin, label, at, is_ready in sorted(rows, key=lambda row: row[2]):
        end = at if label == DELETED else None
        if end is None or begin <= end:
            found.setdefault(key, {}).setdefault(_SWITCHES[switch], []).append(
                _ScheduledReadiness(Span(begin, end), is_ready)
            )
    return found


def _with_readiness(
    written: list[tuple[datetime, Facts]], switched: list[_ScheduledReadiness]
) -> list[tuple[datetime, Facts]]:
    """The facts of an offer with its scheduled readiness, which applies until it is written."""
    found: list[tuple[datetime, Facts]] = []
    for at in sorted({at for at, _ in written} | {one.span.begin for one in switched}):
        facts = next((facts for since, facts in reversed(written) if since <= at), {})
        applying = [one for one in switched if one.span.has(at)]
        facts = with_readiness(facts, applying[-1].is_ready) if applying else facts
        if not found or found[-1][1] != facts:
            found.append((at, facts))
    return found


def offer_steps(model: PublicModel, lines: Lines, facts_by_offer: FactsOverTime, now: datetime) -> Iterator[OfferStep]:
    """The public changes of a model's offers until now, in no order."""
    for variant, spans in _spans_by_offer(model, lines).items():
        for span in spans:
            public = next(one for one in model.spans if one.has(span.begin))
            if span.begin > now:
                continue
            if span.begin > public.begin + IMMEDIATE_WITHIN:
                yield OfferStep(variant, span.begin, is_added=True)
            yield from _facts_changes(
                variant, span, [(at, facts) for at, facts in facts_by_offer.get(variant, []) if at <= now]
            )
            if span.end is not None and span.end <= now and (public.end is None or span.end < public.end):
                yield OfferStep(variant, span.end)


def _spans_by_offer(model: PublicModel, lines: Lines) -> dict[Variant, list[Span]]:
    """The times at which each offer was public."""
    found: dict[Variant, list[Span]] = {Variant.FREE: list(model.free)} if model.free else {}
    tiers: dict[Variant, list[tuple[datetime, int]]] = {}
    for line, steps in lines.items():
        variant = variant_of(line.service_tier, False)
        if variant is None:
            continue
        is_sold = False
        for step in steps:
            if (step.usd is not None) != is_sold:
                is_sold = not is_sold
                tiers.setdefault(variant, []).append((step.at, 1 if is_sold else -1))
    for variant, changes in tiers.items():
        found[variant] = [
            Span(max(span.begin, public.begin), min((one for one in (span.end, public.end) if one), default=None))
            for span in _spans(changes)
            for public in model.spans
            if (span.end is None or public.begin < span.end) and (public.end is None or span.begin < public.end)
        ]
    return found


def _spans(changes: list[tuple[datetime, int]]) -> Iterator[Span]:
    """The times at which any line is sold, from the times at which the number of sold lines changes."""
    moments: dict[datetime, int] = {}
    for at, by in changes:
        moments[at] = moments.get(at, 0) + by
    begin: datetime | None = None
    sold = 0
    for at in sorted(moments):
        sold += moments[at]
        if sold and begin is None:
            begin = at
        elif not sold and begin is not None:
            yield Span(begin, at)
            begin = None
    if begin is not None:
        yield Span(begin, None)


def _facts_changes(variant: Variant, span: Span, facts_over_time: list[tuple[datetime, Facts]]) -> Iterator[OfferStep]:
    """The changes of an offer's own facts while it is sold; changes within a minute are one. Changes within an hour of its being added
    belong to that."""
    begun = [facts for at, facts in facts_over_time if at <= span.begin]
    last: Facts = {}
    found: dict[datetime, tuple[datetime, Facts, Facts]] = {}
    steps = [
        (span.begin, begun[-1] if begun else {}),
        *((at, facts) for at, facts in facts_over_time if at > span.begin and span.has(at)),
    ]
    for at, facts in steps:
        minute = at.replace(second=0, microsecond=0)
        _, before, _ = found.get(minute, (at, last, facts))
        if at <= span.begin + IMMEDIATE_WITHIN:
            known = {name: before[name] for name in SHOWN_WHEN_ADDED if name in before}
            before = {name: value for name, value in facts.items() if name not in SHOWN_WHEN_ADDED} | known
        found[minute] = (at, before, facts)
        last = facts
    for at, before, after in found.values():
        if change := _difference(before, after):
            yield OfferStep(variant, at, facts=change)


def _difference(before: Facts, after: Facts) -> FactsChange | None:
    names = [name for name in SHOWN_FIELDS if (name in before, before.get(name)) != (name in after, after.get(name))]
    if not names:
        return None
    return FactsChange(*({name: facts[name] for name in names if name in facts} for facts in (before, after)))
