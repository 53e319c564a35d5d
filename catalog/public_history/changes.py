"""What changed in the public catalog: models that were added, removed or deprecated, and prices that changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from catalog.history import IMMEDIATE_WITHIN
from catalog.models import Line
from catalog.public_history.prices import KnownSteps, Lines, Step
from catalog.public_history.publicity import Publicity, Shown, Turn

DAYS = timedelta(days=366)
"""How far back changes are told."""

MOST = 10_000
"""Changes; of more, the newest."""

HUNDREDTH = Decimal("0.01")


class ChangeKind(StrEnum):
    """What can change. The first four are those of ``TurnKind``."""

    ADDED = "added"
    REMOVED = "removed"
    DEPRECATED = "deprecated"
    UNDEPRECATED = "undeprecated"
    REPRICED = "repriced"
    SCHEDULED = "scheduled"
    """Prices that are announced for a moment ahead. When it comes they are ``repriced``."""


class PriceChange(NamedTuple):
    """What a line costs, in USD per one unit, before and after; None: it is not sold."""

    line: Line
    before: Decimal | None
    after: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        """By how much it changed, to two decimals; None where there was no price, or none above zero."""
        if not self.before or self.after is None:
            return None
        return ((self.after - self.before) * 100 / self.before).quantize(HUNDREDTH)


class Change(NamedTuple):
    """One change of one model. ``at`` is when it came, or for what is scheduled when that was announced, and ``effective_from``
    when it comes. ``replacement`` is an id."""

    kind: ChangeKind
    at: datetime
    model_id: str
    name: str
    effective_from: datetime | None = None
    prices: tuple[PriceChange, ...] = ()
    deprecation_at: datetime | None = None
    replacement: str | None = None

    @property
    def key(self) -> str:
        """What tells it from all others, for readers of feeds."""
        moment = self.effective_from or self.at
        return f"{self.kind}/{moment.isoformat()}/{self.model_id}"


def recent_changes(publicity: Publicity, known: KnownSteps, now: datetime) -> tuple[Change, ...]:
    """The changes of the last ``DAYS``, and what is scheduled, newest first."""
    since = now - DAYS
    changes: list[Change] = []
    steps = known.of(publicity.by_key.values())
    for key, shown in publicity.by_key.items():
        changes += (_of_turn(turn, publicity) for turn in shown.turns if turn.at >= since)
        changes += _of_prices(shown, steps[key], since, now)
    order = {kind: number for number, kind in enumerate(ChangeKind)}
    changes.sort(key=lambda change: (change.model_id, order[change.kind]))
    changes.sort(key=lambda change: change.at, reverse=True)
    return tuple(changes[:MOST])


def _of_turn(turn: Turn, publicity: Publicity) -> Change:
    return Change(
        ChangeKind(turn.kind),
        turn.at,
        turn.model_id,
        turn.name,
        deprecation_at=turn.deprecation_at,
        replacement=publicity.id_of(turn.replacement),
    )


def _of_prices(shown: Shown, steps: Lines, since: datetime, now: datetime) -> Iterator[Change]:
    """A model's price changes, those of one minute as one. The prices that a model has when it is added are a part of that."""
    found: dict[tuple[datetime, bool], dict[Line, tuple[Step, PriceChange]]] = {}
    for line, one in steps.items():
        for before, step in zip([None, *one[:-1]], one, strict=True):
            was = before and before.usd
            if step.at < since or not _is_a_change(shown, step.at, is_new=was is None):
                continue
            minute = step.at.replace(second=0, microsecond=0)
            together = found.setdefault((minute, step.at > now), {})
            if line in together:
                was = together[line][1].before
            together[line] = (step, PriceChange(line, was, step.usd))
    for (_, is_ahead), together in found.items():
        prices = tuple(change for _, change in together.values() if change.before != change.after)
        if not prices:
            continue  # it was taken back at once
        comes = max(step.at for step, _ in together.values())
        if is_ahead:
            said_at = max(step.said_at for step, _ in together.values())
            announced = max(said_at, _since(shown, said_at))
            yield Change(ChangeKind.SCHEDULED, announced, shown.model_id, shown.name, comes, prices)
        else:
            yield Change(ChangeKind.REPRICED, comes, shown.model_id, shown.name, comes, prices)


def _is_a_change(shown: Shown, at: datetime, *, is_new: bool) -> bool:
    """Whether a step was seen as one: while the model was public, and not as it came or went."""
    for span in shown.spans:
        if span.has(at):
            return at > span.begin and not (is_new and at <= span.begin + IMMEDIATE_WITHIN)
    return False


def _since(shown: Shown, at: datetime) -> datetime:
    """The moment from which the public could know what was written then."""
    return next((span.begin for span in shown.spans if span.end is None or at < span.end), at)


def chosen(changes: Iterable[Change], kinds: Iterable[ChangeKind], model_ids: Iterable[str]) -> list[Change]:
    """Those of these kinds and models; all, where none is named."""
    kinds, model_ids = set(kinds), set(model_ids)
    return [
        change
        for change in changes
        if (not kinds or change.kind in kinds) and (not model_ids or change.model_id in model_ids)
    ]
