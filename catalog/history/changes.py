"""All changes of the catalog: who made each, when, how and why, and which models it touched.

A change is one transaction: the records with one context and one time. A scheduled price that takes effect has no record; it is a
change of its time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models import BooleanField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import Cast, Now, TruncSecond
from django.utils.dateparse import parse_datetime
from pghistory.models import Context

from catalog.history.records import DELETED, INSERTED, OWNED, RECORDS, SHARED, events
from catalog.models import AIModel, Datacenter, ModelDatacenter, Offer, ParameterDescriptor, Price, Provider, ScheduledSwitch
from catalog.models.many import one_of

NAMED = 3
"""How many models a summary names."""

BY_SQL = "sql"
"""The way of a change that has no context."""

SCHEDULE = "schedule"
"""The way of a change that took effect at its time."""

LISTING, READINESS, FACTS = "listing", "readiness", "facts"
ADDED, REMOVED = "added", "deleted"

KINDS: dict[str, tuple[type[models.Model], ...]] = {
    ADDED: (AIModel,),
    REMOVED: (AIModel,),
    LISTING: (AIModel,),
    READINESS: (AIModel,),
    FACTS: (AIModel,),
    "prices": (Price,),
    "offers": (Offer,),
    "scheduled": (ScheduledSwitch,),
    "datacenters": (ModelDatacenter, Datacenter),
    "parameters": (ParameterDescriptor,),
    "provider": (Provider,),
}
"""What changes are about, and the tables whose records say so."""


class ChangeKey(NamedTuple):
    """What distinguishes a change: its context; for a change without one, made by SQL, its time (ISO 8601)."""

    text: str

    @property
    def condition(self) -> dict[str, Any]:
        """The records of the change. Raises ``ValueError`` if the text names none."""
        try:
            return {"pgh_context": UUID(self.text)}
        except ValueError:
            at = parse_datetime(self.text)
            if at is None or at.tzinfo is None:
                raise ValueError(f"{self.text!r} names no change.") from None
            return {"pgh_context": None, "pgh_created_at": at}


def records_of(table: type[models.Model], change: ChangeKey) -> QuerySet[Any]:
    """The records that a change has written of one table."""
    return events(table).filter(**change.condition)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search for changes; empty fields match all. ``model`` is a part of an id, ``person`` a part of a name."""

    person: str = ""
    model: str = ""
    kind: str = ""
    way: str = ""
    since: datetime | None = None
    until: datetime | None = None
    key: ChangeKey | None = None


class Change(NamedTuple):
    """One change, summarized. ``counts`` are rows by kind; ``named`` are the keys and ids of its first models."""

    at: datetime
    key: str
    """As in ``ChangeKey``; empty for what took effect at its time."""
    context: dict[str, Any] | None
    counts: dict[str, int]
    models: int
    named: list[tuple[int, str]]
    shared: list[str]
    """The codes of datacenters, and the name of the provider."""


def find(wanted: Wanted) -> QuerySet[Any]:
    """The changes, newest first, as rows for ``summarized``."""
    keys = None
    if wanted.model:
        named = events(AIModel).filter(model_id__icontains=wanted.model)
        keys = list(named.order_by("pgh_obj_id").values_list("pgh_obj_id", flat=True).distinct())
    tables = KINDS[wanted.kind] if wanted.kind else (*OWNED, *SHARED)
    sources = [
        _rows(_of_kind(table, wanted.kind).filter(_condition(wanted), **_in_models(table, keys)), "pgh_created_at")
        for table in tables
        if keys is None or table in OWNED
    ]
    due = _due_prices(wanted, keys)
    first, *others = [*sources, _rows(due, "effective_from", is_due=True)] if due is not None else sources or [_nothing()]
    found: QuerySet[Any] = first.union(*others) if others else first
    return found.order_by("-at", "context")


def summarized(rows: Iterable[Any], *, named: int | None = NAMED) -> list[Change]:
    """These changes with what they touched, and the first ``named`` models of each (None: all). The number of queries does not
    depend on how many there are."""
    found = list(rows)
    counts: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    touched: dict[Any, set[int]] = defaultdict(set)
    shared: dict[Any, list[str]] = defaultdict(list)
    written = [(at, context) for at, context, is_due in found if not is_due]
    chosen = Q(pgh_context__in={context for _, context in written if context}) | Q(
        pgh_context=None, pgh_created_at__in={at for at, context in written if context is None}
    )
    for kind, tables in KINDS.items():
        for table in tables:
            name = RECORDS.get(table) or ("code" if table is Datacenter else "name")
            groups = _of_kind(table, kind).filter(chosen).order_by().values_list("pgh_created_at", "pgh_context_id")
            for at, context, number, which in groups.annotate(number=Count("pgh_id"), which=ArrayAgg(name, distinct=True)):
                counts[at, context, False][kind] += number
                if table in OWNED:
                    touched[at, context, False].update(which)
                else:
                    shared[at, context, False] += [f"{table._meta.verbose_name} {one}" for one in which]
    due = Price.objects.filter(effective_from__in=[at for at, _, is_due in found if is_due]).order_by()
    for at, number, which in due.values_list("effective_from").annotate(
        number=Count("pk"), which=ArrayAgg("ai_model_id", distinct=True)
    ):
        counts[at, None, True]["prices"] = number
        touched[at, None, True].update(which)
    first = {row: sorted(touched[row])[:named] for row in found}
    newest = events(AIModel).filter(pgh_obj__in=one_of({key for keys in first.values() for key in keys}))
    ids = dict(newest.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id").values_list("pgh_obj_id", "model_id"))
    contexts = Context.objects.in_bulk({context for _, context in written if context})
    return [
        Change(
            row[0],
            "" if row[2] else str(row[1] or row[0].isoformat()),
            {"source": SCHEDULE} if row[2] else contexts[row[1]].metadata if row[1] in contexts else None,
            {kind: counts[row][kind] for kind in KINDS if kind in counts[row]},
            len(touched[row]),
            [(key, ids.get(key, "")) for key in first[row]],
            shared[row],
        )
        for row in found
    ]


def _rows(found: QuerySet[Any], moment: str, *, is_due: bool = False) -> QuerySet[Any]:
    context = Cast(Value(None), UUIDField()) if is_due else F("pgh_context_id")
    named = found.order_by().annotate(at=F(moment), context=context, is_due=Value(is_due, BooleanField()))
    return named.values_list("at", "context", "is_due").distinct()


def _nothing() -> QuerySet[Any]:
    return _rows(events(AIModel).filter(pk=None), "pgh_created_at")


def _in_models(table: type[models.Model], keys: Sequence[int] | None) -> dict[str, Any]:
    return {} if keys is None else {f"{RECORDS[table]}__in": one_of(keys)}


def _of_kind(table: type[models.Model], kind: str) -> QuerySet[Any]:
    """The records of a table that are of a kind. The kind of a model's record is found by comparing it with the record before."""
    found = events(table)
    if table is not AIModel or not kind:
        return found
    if kind in (ADDED, REMOVED):
        return found.filter(pgh_label=INSERTED if kind == ADDED else DELETED)
    before = events(AIModel).filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")).order_by("-pgh_id")
    found = found.exclude(pgh_label__in=[INSERTED, DELETED]).annotate(
        was_listed=Subquery(before.values("is_listed_on_openrouter")[:1]), was_ready=Subquery(before.values("is_ready")[:1])
    )
    listing, readiness = ~Q(is_listed_on_openrouter=F("was_listed")), ~Q(is_ready=F("was_ready"))
    return found.filter({LISTING: listing, READINESS: readiness}.get(kind, ~listing & ~readiness))


def _condition(wanted: Wanted) -> Q:
    found = Q(pgh_created_at__gte=wanted.since) if wanted.since else Q()
    if wanted.until:
        found &= Q(pgh_created_at__lt=wanted.until)
    if wanted.key:
        found &= Q(**wanted.key.condition)
    if wanted.way == BY_SQL:
        return found & Q(pgh_context=None)
    contexts = Context.objects.all()
    if wanted.person:
        contexts = contexts.filter(metadata__user_name__icontains=wanted.person)
    if wanted.way:
        contexts = contexts.filter(metadata__source=wanted.way)
    return found & Q(pgh_context__in=contexts.values("pk")) if wanted.person or wanted.way else found


def _due_prices(wanted: Wanted, keys: Sequence[int] | None) -> QuerySet[Any] | None:
    """The scheduled prices that have taken effect; None if none is looked for. Only what people schedule starts at a whole
    second."""
    if wanted.person or wanted.key or wanted.way not in ("", SCHEDULE) or wanted.kind not in ("", "prices"):
        return None
    known = events(Price).filter(pgh_obj_id=OuterRef("pk"), pgh_created_at__lt=OuterRef("effective_from"))
    found = Price.objects.filter(Exists(known), effective_from__lte=Now(), effective_from=TruncSecond("effective_from"))
    found = found if keys is None else found.filter(ai_model__in=one_of(keys))
    found = found.filter(effective_from__gte=wanted.since) if wanted.since else found
    return found.filter(effective_from__lt=wanted.until) if wanted.until else found
