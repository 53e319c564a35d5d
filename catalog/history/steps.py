"""The history of a model: when and by whom it was changed, and its state at any time."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Max
from django.utils import timezone
from pghistory.models import Context

from catalog.history.records import DELETED, INSERTED, OWNED, RECORDS, Row, events
from catalog.history.states import Difference, Names, State, differences, state_of
from catalog.models import AIModel, ModelDatacenter, Offer, Price, ScheduledSwitch

IMMEDIATE_WITHIN = timedelta(hours=1)
"""A price that starts immediately starts a little after its transaction did: at most this much later."""


class Step(NamedTuple):
    """One time at which a model changed: by a transaction, or because something scheduled took effect."""

    at: datetime
    context: dict[str, Any] | None
    """Who changed it and how, as recorded: ``user``, ``url``, ``source``, ``origin``. None: by SQL."""
    is_scheduled: bool
    differences: list[Difference]
    change: str = ""
    """The transaction, as in ``ChangeKey``; empty where something scheduled took effect."""


class _Record(NamedTuple):
    """One change of one row."""

    at: datetime
    table: type[models.Model]
    row: Row

    def apply_to(self, rows: dict[type[models.Model], dict[int, Row]]) -> None:
        """Make the change in these rows."""
        if self.row["pgh_label"] == DELETED:
            rows[self.table].pop(self.row["id"], None)
        else:
            rows[self.table][self.row["id"]] = self.row


class ModelHistory:
    """The whole history of one model, read once."""

    def __init__(self, model_pk: int) -> None:
        ((self.records, self.names, self.contexts),) = _recorded([model_pk]).values()

    @classmethod
    def of_many(cls, model_pks: Iterable[int]) -> dict[int, "ModelHistory"]:
        """The histories of several models, by their keys. The number of queries does not depend on how many."""
        histories = {}
        for key, recorded in _recorded(model_pks).items():
            histories[key] = history = cls.__new__(cls)
            history.records, history.names, history.contexts = recorded
        return histories

    def state(self, at: datetime) -> State:
        """The model as it was at a time; empty before it was created and after it was deleted."""
        rows = _no_rows()
        for record in self.records:
            if record.at > at:
                break
            record.apply_to(rows)
        return self._state(rows, at)

    def steps(self, until: datetime | None = None, since: datetime | None = None) -> list[Step]:
        """Every time at which something changed, oldest first; from ``since`` on, if it is given."""
        until = until or timezone.now()
        written = {record.at for record in self.records}
        ahead = {record.row["effective_from"] for record in self.records if record.table in (Price, ScheduledSwitch)}
        coming, rows = deque(self.records), _no_rows()
        steps: list[Step] = []
        before: State = {}
        moments = sorted(moment for moment in written | ahead if moment <= until)
        first = bisect_left(moments, since) if since is not None else 0
        if first:
            before = self.state(moments[first - 1])
        for at in moments[first:]:
            context, change = None, ""
            while coming and coming[0].at <= at:
                record = coming.popleft()
                record.apply_to(rows)
                context = self.contexts.get(record.row["pgh_context_id"], context)
                change = str(record.row["pgh_context_id"] or record.row["pgh_created_at"].isoformat())
            after = self._state(rows, at)
            if found := differences(before, after):
                steps.append(Step(at, context, at not in written, found, change))
            before = after
        return steps

    def _state(self, rows: dict[type[models.Model], dict[int, Row]], at: datetime) -> State:
        if not rows[AIModel]:
            return {}
        return state_of({table: list(found.values()) for table, found in rows.items()}, self.names, at)


def _recorded(model_pks: Iterable[int]) -> dict[int, tuple[list[_Record], Names, dict[Any, Any]]]:
    """For each model its records in order, the names of keys, and the contexts (who, from where)."""
    found = {key: list[_Record]() for key in model_pks}
    rows = {
        table: list(events(table).filter(**{f"{owner}__in": list(found)}).order_by("pgh_id").values())
        for table, owner in RECORDS.items()
    }
    counts_from = _moments_of_transactions(rows[Price])
    for table, owner in OWNED.items():
        last = defaultdict[int, datetime](lambda: datetime.min.replace(tzinfo=UTC))
        for row in rows[table]:
            key = row[owner]
            # The transaction that began first may have written last; the order of writing decides.
            last[key] = max(last[key], counts_from.get(_transaction(row), row["pgh_created_at"]))
            found[key].append(_Record(last[key], table, row))
    every = [record for records in found.values() for record in records]
    names = Names.of(*([one.row for one in every if one.table is table] for table in (AIModel, ModelDatacenter, Offer)))
    keys = {record.row["pgh_context_id"] for record in every}
    contexts = dict(Context.objects.filter(pk__in=keys).values_list("pk", "metadata"))
    for records in found.values():
        records.sort(key=lambda record: record.at)  # stable: a table's records stay in their order
    return {key: (records, names, contexts) for key, records in found.items()}


class RecentStep(NamedTuple):
    """A step of one model, with its key and id."""

    model_pk: int
    model_id: str
    step: Step


def recent_steps(count: int, since: datetime, until: datetime) -> list[RecentStep]:
    """The last ``count`` steps of all models, newest first. The number of queries does not depend on how many models there are."""
    newest: dict[int, datetime] = {}
    span = (since, until)
    sources: list[tuple[models.QuerySet[Any], str, str]] = [
        (Price.objects.filter(effective_from__range=span).order_by(), "ai_model_id", "effective_from"),
        *((events(table).filter(pgh_created_at__range=span), owner, "pgh_created_at") for table, owner in OWNED.items()),
    ]
    for rows, owner, column in sources:
        for key, last in rows.values(owner).annotate(last=Max(column)).order_by("-last").values_list(owner, "last")[:count]:
            newest[key] = max(last, newest.get(key, last))
    keys = sorted(newest, key=lambda key: newest[key], reverse=True)[:count]
    found = []
    for key, history in ModelHistory.of_many(keys).items():
        model_id = next((str(record.row["model_id"]) for record in reversed(history.records) if record.table is AIModel), "")
        found += [RecentStep(key, model_id, step) for step in history.steps(until, since)]
    return sorted(found, key=lambda one: one.step.at, reverse=True)[:count]


def _transaction(row: Row) -> tuple[Any, ...]:
    return (row["pgh_created_at"], row["pgh_context_id"])


def _moments_of_transactions(prices: list[Row]) -> dict[tuple[Any, ...], datetime]:
    """The transactions that count from the start of a price that they wrote.

    A price without a start time starts when its row is written, some milliseconds after its transaction began. It was not
    scheduled for that time, and the rest of its transaction counts from it too. Times that people schedule have no fractions of
    a second.
    """
    moments: dict[tuple[Any, ...], datetime] = {}
    for row in prices:
        began, start = row["pgh_created_at"], row["effective_from"]
        if row["pgh_label"] == INSERTED and start.microsecond and began < start <= began + IMMEDIATE_WITHIN:
            moments[_transaction(row)] = max(start, moments.get(_transaction(row), start))
    return moments


def _no_rows() -> dict[type[models.Model], dict[int, Row]]:
    return {table: {} for table in OWNED}
