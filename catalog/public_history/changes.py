"""What changed in the public catalog: models and their offers that were added, removed or deprecated, and prices that changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from catalog.history import IMMEDIATE_WITHIN
from catalog.models import Line, Offer, Price, ScheduledSwitch, Variant
from catalog.public_history.offers import FactsChange, FactsOverTime, OfferStep, facts_over_time, offer_steps
from catalog.public_history.prices import Lines, Step, price_steps
from catalog.public_history.publicity import Publicity, PublicityChange, PublicModel
from catalog.public_history.record_counts import Records, group_of, records_by_group

DAYS = timedelta(days=366)
"""How far back changes are told."""

MOST = 10_000
"""Changes; of more, the newest."""

HUNDREDTH = Decimal("0.01")


class ChangeKind(StrEnum):
    """What can change. The first four are those of ``PublicityChangeKind``."""

    ADDED = "added"
    REMOVED = "removed"
    DEPRECATED = "deprecated"
    UNDEPRECATED = "undeprecated"
    REPRICED = "repriced"
    SCHEDULED = "scheduled"
    """Prices that are announced for a moment ahead. When it comes they are ``repriced``."""
    OFFER_ADDED = "offer_added"
    OFFER_REMOVED = "offer_removed"
    OFFER_CHANGED = "offer_changed"
    """An offer's own facts changed, such as a deprecation. Changes of its model are not included."""


class PriceChange(NamedTuple):
    """What a line costs, in USD per one unit, before and after; None: it is not sold."""

    line: Line
    before: Decimal | None
    after: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        """By how many percent the price changed, to two decimals; None if there was no price above zero before."""
        if not self.before or self.after is None:
            return None
        return ((self.after - self.before) * 100 / self.before).quantize(HUNDREDTH)


class Change(NamedTuple):
    """A change of a model, or of one of its offers. ``at`` is when it happened or, if it is scheduled, when it was announced;
    ``effective_from`` is when it takes effect. ``replacement`` is an id."""

    kind: ChangeKind
    at: datetime
    model_id: str
    name: str
    effective_from: datetime | None = None
    prices: tuple[PriceChange, ...] = ()
    deprecation_at: datetime | None = None
    replacement: str | None = None
    offer: Variant | None = None
    facts: FactsChange | None = None

    @property
    def key(self) -> str:
        """The identity of the change, for readers of feeds."""
        moment = self.effective_from or self.at
        return "/".join([self.kind, moment.isoformat(), *([self.offer] if self.offer else []), self.model_id])


class _Known(NamedTuple):
    """The changes of prices and offers of some models between two times (None: until something is recorded), and what they depend
    on."""

    records: tuple[Records | None, ...]
    models: list[PublicModel]
    begin: datetime
    until: datetime | None
    changes: list[Change]

    def holds(self, records: tuple[Records | None, ...], models: list[PublicModel], now: datetime) -> bool:
        """Whether they are still the changes of these models."""
        is_now = self.begin <= now and (self.until is None or now < self.until)
        return is_now and self.records == records and self.models == models


class KnownChanges:
    """The changes of prices and offers of all models. They are read again only for groups of models with new records or due
    changes."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

    def read(self, publicity: Publicity, now: datetime) -> Iterator[Change]:
        """Those of the last ``DAYS``, and what is scheduled, in no order."""
        since, before = now - DAYS, self._known
        counted = [records_by_group(table, "ai_model_id") for table in (Price, Offer, ScheduledSwitch)]
        models: dict[int, list[PublicModel]] = {}
        for key, model in publicity.by_key.items():
            models.setdefault(group_of(key), []).append(model)
        records = {group: tuple(one.get(group) for one in counted) for group in models}
        changed = [
            group
            for group, some in models.items()
            if group not in before or not before[group].holds(records[group], some, now)
        ]
        steps = price_steps(model for group in changed for model in models[group])
        facts = facts_over_time([model.key for group in changed for model in models[group]])
        read: dict[int, _Known] = {}
        for group in changed:
            moments = [step.at for model in models[group] for one in steps[model.key].values() for step in one]
            moments += [at for model in models[group] for one in facts.get(model.key, {}).values() for at, _ in one]
            changes = [
                change
                for model in models[group]
                for change in _price_and_offer_changes(model, steps[model.key], facts.get(model.key, {}), since, now)
            ]
            read[group] = _Known(
                records[group], models[group], now, min((at for at in moments if at > now), default=None), changes
            )
        self._known = known = {group: read.get(group) or before[group] for group in models}
        for some in known.values():
            yield from (change for change in some.changes if change.at >= since or change.kind == ChangeKind.SCHEDULED)


def recent_changes(publicity: Publicity, known: KnownChanges, now: datetime) -> tuple[Change, ...]:
    """The changes of the last ``DAYS``, and what is scheduled, newest first."""
    since = now - DAYS
    changes = list(known.read(publicity, now))
    for model in publicity.by_key.values():
        changes += (_publicity_change(change, publicity) for change in model.changes if change.at >= since)
    order = {kind: number for number, kind in enumerate(ChangeKind)}
    changes.sort(key=lambda change: (change.model_id, order[change.kind], change.offer or ""))
    changes.sort(key=lambda change: change.at, reverse=True)
    return tuple(changes[:MOST])


def _publicity_change(change: PublicityChange, publicity: Publicity) -> Change:
    return Change(
        ChangeKind(change.kind),
        change.at,
        change.model_id,
        change.name,
        deprecation_at=change.deprecation_at,
        replacement=publicity.id_of(change.replacement),
    )


def _price_and_offer_changes(
    model: PublicModel, steps: Lines, facts: FactsOverTime, since: datetime, now: datetime
) -> Iterator[Change]:
    """A model's changes of prices and offers."""
    yield from _price_changes(model, steps, since, now)
    for step in offer_steps(model, steps, facts, now):
        if step.at >= since:
            yield Change(_kind(step), step.at, model.model_id, model.name, offer=step.variant, facts=step.facts)


def _kind(step: OfferStep) -> ChangeKind:
    if step.facts is not None:
        return ChangeKind.OFFER_CHANGED
    return ChangeKind.OFFER_ADDED if step.is_added else ChangeKind.OFFER_REMOVED


def _price_changes(model: PublicModel, steps: Lines, since: datetime, now: datetime) -> Iterator[Change]:
    """A model's price changes, those of one minute as one. The prices that a model has when it is added are a part of that."""
    found: dict[tuple[datetime, bool], dict[Line, tuple[Step, PriceChange]]] = {}
    for line, one in steps.items():
        for before, step in zip([None, *one[:-1]], one, strict=True):
            was = before and before.usd
            if step.at < since or not _is_a_change(model, step.at, is_new=was is None):
                continue
            minute = step.at.replace(second=0, microsecond=0)
            together = found.setdefault((minute, step.at > now), {})
            if line in together:
                was = together[line][1].before
            together[line] = (step, PriceChange(line, was, step.usd))
    for (_, is_scheduled), together in found.items():
        prices = tuple(change for _, change in together.values() if change.before != change.after)
        if not prices:
            continue  # it was reverted immediately
        comes = max(step.at for step, _ in together.values())
        if is_scheduled:
            written_at = max(step.written_at for step, _ in together.values())
            announced = max(written_at, _visible_from(model, written_at))
            yield Change(ChangeKind.SCHEDULED, announced, model.model_id, model.name, comes, prices)
        else:
            yield Change(ChangeKind.REPRICED, comes, model.model_id, model.name, comes, prices)


def _is_a_change(model: PublicModel, at: datetime, *, is_new: bool) -> bool:
    """Whether a step was a visible change: while the model was public, and not when it was added or removed."""
    for span in model.spans:
        if span.has(at):
            return at > span.begin and not (is_new and at <= span.begin + IMMEDIATE_WITHIN)
    return False


def _visible_from(model: PublicModel, at: datetime) -> datetime:
    """The time from which the public could see what was written at a time."""
    return next((span.begin for span in model.spans if span.end is None or at < span.end), at)


def chosen(changes: Iterable[Change], kinds: Iterable[ChangeKind], model_ids: Iterable[str]) -> list[Change]:
    """The changes of these kinds and models; all, if none is named."""
    kinds, model_ids = set(kinds), set(model_ids)
    return [
        change
        for change in changes
        if (not kinds or change.kind in kinds) and (not model_ids or change.model_id in model_ids)
    ]
