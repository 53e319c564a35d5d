"""What was: a model with its prices, datacenters, parameters and schedule, as one, at any moment; and how to bring it back.

Triggers record each row that comes, changes or goes (django-pghistory); this is what reads those records. A change counts
from the moment at which its transaction began, by the database's clock. What had been scheduled counts from its own moment.
"""

import json
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Max
from django.utils import timezone
from pghistory.models import Context

from catalog import decimals
from catalog.models import (
    AIModel,
    Datacenter,
    Line,
    ModelDatacenter,
    ParameterDescriptor,
    Price,
    PriceKind,
    Provider,
    ScheduledSwitch,
    ServiceTier,
    Switch,
)

OWNED: dict[type[models.Model], str] = {
    AIModel: "id",
    Price: "ai_model_id",
    ParameterDescriptor: "ai_model_id",
    ModelDatacenter: "aimodel_id",
    ScheduledSwitch: "ai_model_id",
}
"""The tables whose rows make up a model, and the column that says which one."""

RECORDS = OWNED | {AIModel: "pgh_obj_id"}
"""The same of their records: of a model's own, the column that has an index."""

SHARED: tuple[type[models.Model], ...] = (Datacenter, Provider)
"""The other tables that a listing is made of."""

FEW = 100
"""Models so few that the server need not count their rows before it plans."""

BEYOND = 2**48
"""Keys of rows that are written into the past start here, where no row of the present is."""

INSERTED = "insert"
DELETED = "delete"
ENDS = "ends"
AHEAD = ("scheduled price", "switch")
"""The parts of a state that are ahead; the last element of such a path is the moment."""

AT_ONCE = timedelta(hours=1)
"""A price that begins at once begins a little after its transaction did, at most this much."""

Row = dict[str, Any]
Path = tuple[str, ...]
State = dict[Path, Any]
"""A model at one moment: JSON values by what they are of.

``("field", name)``, ``("datacenter", code)``, ``("parameter", name)``; ``("price", line)`` for what is in force, in USD per one
unit; ``("scheduled price", line, moment)`` and ``("switch", name, moment)`` for what is ahead. A line is its JSON, a moment ISO
8601. What is not there has no key.
"""


class Difference(NamedTuple):
    """One thing that differs between two states; None is nothing."""

    path: Path
    old: Any
    new: Any


class Marks(NamedTuple):
    """The newest record of each table at some moment: all that came later is newer than these."""

    by_table: dict[type[models.Model], int]

    @classmethod
    def now(cls) -> "Marks":
        """As of what this transaction sees."""
        return cls({table: events(table).aggregate(last=Max("pgh_id"))["last"] or 0 for table in (*OWNED, *SHARED)})


def events(table: type[models.Model]) -> models.QuerySet[Any]:
    """The records of a table."""
    return apps.get_model("catalog", f"{table.__name__}Event")._default_manager.all()


def version(row: models.Model) -> str:
    """What tells whether anything of a row has changed: its newest record; of a model, that of each of its tables."""
    tables = RECORDS if isinstance(row, AIModel) else {type(row): "pgh_obj_id"}
    newest = [
        events(table).filter(**{owner: row.pk}).aggregate(last=Max("pgh_id"))["last"] for table, owner in tables.items()
    ]
    return ".".join(str(number or 0) for number in newest)


def marks_of(version: str) -> Marks:
    """The marks of a version of one model. Raises ``ValueError`` for a text that is none."""
    return Marks(dict(zip(OWNED, map(int, version.split(".")), strict=True)))


def touched_since(marks: Marks) -> list[int]:
    """The keys of the models whose rows, or whose datacenters, have records newer than the marks."""
    found: set[int] = set()
    for table, owner in OWNED.items():
        found |= set(events(table).filter(pgh_id__gt=marks.by_table[table]).values_list(owner, flat=True))
    places = events(Datacenter).filter(pgh_id__gt=marks.by_table[Datacenter]).values("pgh_obj_id")
    found |= set(ModelDatacenter.objects.filter(datacenter_id__in=places).values_list("aimodel_id", flat=True))
    return sorted(found)


@contextmanager
def rewound(to: Marks | datetime, model_pks: Iterable[int] | None = None, *, beside: bool = False) -> Iterator[None]:
    """Let every query inside see the catalog's tables as they were; those of some models alone, where they are given.

    Temporary tables of the same names stand before the real ones, so whatever reads the catalog reads the past, and there
    is no second way from rows to entries. What is written inside is written into that past, without its rules, and goes
    with the tables at the end.
    """
    keys = None if model_pks is None else list(model_pks)
    with transaction.atomic():
        for table in (*OWNED, *SHARED):
            _stand_in(
                table,
                to.by_table.get(table) if isinstance(to, Marks) else to,
                keys if table in OWNED else None,
                beside and table is AIModel,
            )
        yield
        transaction.set_rollback(True)


def _stand_in(table: type[models.Model], to: int | datetime | None, keys: list[int] | None, beside: bool = False) -> None:
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in table._meta.concrete_fields)
    records = events(table).model._meta.db_table
    source, conditions, params = records, ["true"], list[Any]()
    if isinstance(to, int):
        conditions.append("pgh_id <= %s")
        params.append(to)
    elif to is not None:
        # Of two transactions the one that began first may have written a row last; the order of writing is what holds.
        source = (
            f"{records} LEFT JOIN (SELECT id, min(pgh_id) AS first_later FROM {records} "  # noqa: S608
            "WHERE pgh_created_at > %s GROUP BY id) AS later USING (id)"
        )
        conditions.append("(first_later IS NULL OR pgh_id < first_later)")
        params.append(to)
    if keys is not None:
        chosen = f"{RECORDS[table]} = ANY(%s)"
        conditions = [f"({' AND '.join([*conditions, chosen])} OR NOT {chosen})"] if beside else [*conditions, chosen]
        params += [keys, keys] if beside else [keys]
    name = connection.ops.quote_name(table._meta.db_table)
    with connection.cursor() as cursor:
        # Names of tables and columns come from the models, never from outside. Before the temporary table is there, its name
        # is the real one's, from which it takes its columns.
        cursor.execute(f"CREATE TEMPORARY TABLE {name} (LIKE {name} INCLUDING DEFAULTS INCLUDING IDENTITY) ON COMMIT DROP")
        cursor.execute(f"ALTER TABLE {name} ALTER COLUMN id RESTART WITH {BEYOND}")
        cursor.execute(
            f"""
            INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE
            SELECT {columns} FROM (
                SELECT DISTINCT ON (id) {columns}, pgh_label FROM {source}
                WHERE {" AND ".join(conditions)} ORDER BY id, pgh_id DESC
            ) AS newest WHERE pgh_label <> '{DELETED}'
            """,  # noqa: S608
            params,
        )
        if keys is None or len(keys) > FEW:
            cursor.execute(f"ANALYZE {name}")


def states(model_pks: Iterable[int], at: datetime | None = None) -> dict[int, State]:
    """Models as they are in the tables, by key, at a moment, now by default. As many queries for many as for one."""
    keys = list(model_pks)
    rows = {table: list(table._default_manager.filter(**{f"{owner}__in": keys}).values()) for table, owner in OWNED.items()}
    by_model: dict[int, dict[type[models.Model], list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table, owner in OWNED.items():
        for row in rows[table]:
            by_model[row[owner]][table].append(row)
    names = _Names.of(rows[AIModel], rows[ModelDatacenter])
    at = at or timezone.now()
    return {key: _state(tables, names, at) for key, tables in by_model.items() if tables[AIModel]}


class _Names(NamedTuple):
    """What keys stand for, also those of rows that are gone."""

    models: dict[int, str]
    places: dict[int, str]

    @classmethod
    def of(cls, models: Iterable[Row], links: Iterable[Row]) -> "_Names":
        """The names of the replacements and datacenters of these rows, as they were last."""
        replacements = {row["replacement_id"] for row in models} - {None}
        places = {row["datacenter_id"] for row in links}
        newest_last = events(AIModel).filter(pgh_obj__in=replacements).order_by("pgh_id")
        return cls(
            dict(newest_last.values_list("id", "model_id")),
            dict(events(Datacenter).filter(pgh_obj__in=places).order_by("pgh_id").values_list("id", "code")),
        )


def _state(tables: dict[type[models.Model], list[Row]], names: _Names, at: datetime) -> State:
    (model,) = tables[AIModel]
    state: State = {}
    for attribute, path in _FIELD_PATHS:
        value = model[attribute]
        if value is None or value == "" or value == []:
            continue
        state[path] = names.models.get(value) if attribute == "replacement_id" else _plain(value)
    for row in sorted(tables[ScheduledSwitch], key=lambda row: row["effective_from"]):
        if row["effective_from"] <= at:
            state["field", row["switch"]] = row["value"]
        else:
            state["switch", row["switch"], row["effective_from"].isoformat()] = row["value"]
    for row in tables[ModelDatacenter]:
        state["datacenter", names.places.get(row["datacenter_id"], str(row["datacenter_id"]))] = True
    for row in tables[ParameterDescriptor]:
        state["parameter", row["name"]] = {key: _plain(row[key]) for key in DESCRIPTION}
    for row in sorted(tables[Price], key=lambda row: row["effective_from"]):
        line = _line_text(*(row[name] for name in _LINE), tuple(row["utc_days"]))
        if row["effective_from"] > at:
            state["scheduled price", line, row["effective_from"].isoformat()] = _plain(row["usd"]) or ENDS
        elif row["usd"] is None:
            state.pop(("price", line), None)
        else:
            state["price", line] = _plain(row["usd"])
    return state


_FIELD_PATHS = [(field.attname, ("field", field.name)) for field in AIModel._meta.concrete_fields if field.name != "id"]
_LINE = [name for name in Line._fields if name != "utc_days"]


@lru_cache(maxsize=4096)
def _line_text(*values: Any) -> str:
    """A line's JSON. Price lists have few lines, and all of them the same ones."""
    *rest, days = values
    return json.dumps(Line.of({**dict(zip(_LINE, rest, strict=True)), "utc_days": days}))


DESCRIPTION = ("type", "minimum", "maximum", "default", "values", "unit", "is_passthrough")
"""The columns of a parameter's description."""


def _plain(value: Any) -> Any:
    """A column's value as JSON has it, digit for digit."""
    if isinstance(value, Decimal):
        return decimals.wire(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def line_of(text: str) -> Line:
    """The line that a path names."""
    line = Line(*json.loads(text))
    return line._replace(utc_days=tuple(line.utc_days))


def differences(before: State, after: State) -> list[Difference]:
    """What differs, in a settled order."""
    found = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    return [Difference(path, before.get(path), after.get(path)) for path in sorted(found, key=_place)]


_PARTS = ("field", "price", "scheduled price", "switch", "datacenter", "parameter")
_FIELDS = {field.name: number for number, field in enumerate(AIModel._meta.concrete_fields)}


def _place(path: Path) -> tuple[Any, ...]:
    """As the form has it: fields in their order, prices as a price list has them."""
    part, name, *more = path
    if part in ("price", "scheduled price"):
        line = line_of(name)
        place: Any = (
            ServiceTier.values.index(line.service_tier),
            PriceKind.values.index(line.kind),
            line.min_prompt_tokens or 0,
        )
    else:
        place = (_FIELDS.get(name, 0), 0, 0)
    return (_PARTS.index(part), *place, name, *more)


def writers_since(marks: Marks, model_pk: int) -> list[tuple[datetime, Row | None]]:
    """When and by whom a model was written since those marks, each transaction once, oldest first."""
    found: dict[tuple[datetime, Any], None] = {}
    for table, owner in RECORDS.items():
        newer = events(table).filter(**{owner: model_pk, "pgh_id__gt": marks.by_table[table]})
        found |= dict.fromkeys(newer.values_list("pgh_created_at", "pgh_context"))
    contexts = Context.objects.in_bulk([context for _, context in found if context is not None])
    return [
        (at, contexts[context].metadata if context is not None else None)
        for at, context in sorted(found, key=lambda one: one[0])
    ]


class Unrestorable(Exception):
    """A difference cannot be applied: what it needs is not there any more. The text says what."""


def apply(model: AIModel, wanted: Iterable[Difference]) -> None:
    """Give a model what each difference has as new. Prices in force begin now, as a new row; the past stays.

    Raises ``Unrestorable``; the database's rules hold as for every writer. To be called in a transaction.
    """
    fields = []
    for path, _, new in wanted:
        part, *key = path
        if part == "field":
            _set_field(model, key[0], new)
            fields.append(key[0])
        elif part == "datacenter":
            place = Datacenter.objects.filter(code=key[0]).first()
            if place is None:
                raise Unrestorable(f"The datacenter {key[0]} is not there any more.")
            (model.datacenters.add if new else model.datacenters.remove)(place)
        elif part == "parameter":
            if new is None:
                model.parameter_descriptors.filter(name=key[0]).delete()
            else:
                model.parameter_descriptors.update_or_create(
                    name=key[0], defaults={k: _stored(ParameterDescriptor, k, v) for k, v in new.items()}
                )
        elif part == "price":
            usd = None if new is None else Decimal(new)
            Price.objects.create(ai_model=model, usd=usd, **_columns(model, key[0]))
        else:
            _set_scheduled(model, part, key, new)
    if fields:
        model.save(update_fields=fields)


def create(wanted: Iterable[Difference]) -> AIModel:
    """Make a model of what each difference has as new. It is listed last, once it has what a listing needs."""
    wanted = list(wanted)
    facts = [one for one in wanted if one.path[0] == "field" and one.path[1] != Switch.LISTED]
    model = AIModel()
    for one in facts:
        _set_field(model, one.path[1], one.new)
    model.save(force_insert=True)
    apply(model, [one for one in wanted if one not in facts])
    return model


def _set_field(model: AIModel, name: str, value: Any) -> None:
    if name == "replacement":
        model.replacement = AIModel.objects.filter(model_id=value).first() if value else None
        if value and model.replacement is None:
            raise Unrestorable(f"The replacement, {value}, is not there any more.")
        return
    field: Any = AIModel._meta.get_field(name)
    if value is None:
        value = None if field.null else field.get_default()
    setattr(model, name, _stored(AIModel, name, value))


def _stored(table: type[models.Model], name: str, value: Any) -> Any:
    field: Any = table._meta.get_field(name)
    return value if value is None or isinstance(field, models.JSONField) else field.to_python(value)


def _columns(model: AIModel, text: str) -> Row:
    """A line's columns. The order of its days, which is a part of the row's identity, is that of the rows that are there."""
    line = line_of(text)
    days = list(line.utc_days)
    if len(days) > 1:
        there = model.prices.filter(kind=line.kind, unit=line.unit, service_tier=line.service_tier)
        same = (row.utc_days for row in there.order_by("-effective_from") if row.line == line)
        days = next(same, days)
    return {**line._asdict(), "utc_days": days}


def _set_scheduled(model: AIModel, part: str, key: list[str], new: Any) -> None:
    moment = datetime.fromisoformat(key[1])
    if moment <= timezone.now():
        raise Unrestorable(f"The moment {moment:%Y-%m-%d %H:%M} UTC, for which it was scheduled, is past.")
    if part == "switch":
        if new is None:
            model.scheduled_switches.filter(switch=Switch(key[0]), effective_from=moment).delete()
        else:
            ScheduledSwitch.objects.update_or_create(
                ai_model=model, switch=key[0], effective_from=moment, defaults={"value": new}
            )
        return
    columns = _columns(model, key[0])
    found = Price.objects.filter(ai_model=model, effective_from=moment, **columns)
    if new is None:
        found.delete()
    else:
        usd = None if new == ENDS else Decimal(new)
        if not found.update(usd=usd):
            Price.objects.create(ai_model=model, effective_from=moment, usd=usd, **columns)


class Step(NamedTuple):
    """One moment at which a model became another: by a transaction, or by what had been scheduled."""

    at: datetime
    context: dict[str, Any] | None
    """Who and from where, as recorded: ``user``, ``url``, ``source``, ``origin``. None: SQL."""
    is_scheduled: bool
    differences: list[Difference]


class _Record(NamedTuple):
    """What became of one row."""

    at: datetime
    table: type[models.Model]
    row: Row

    def play(self, rows: dict[type[models.Model], dict[int, Row]]) -> None:
        """Let it happen."""
        if self.row["pgh_label"] == DELETED:
            rows[self.table].pop(self.row["id"], None)
        else:
            rows[self.table][self.row["id"]] = self.row


class Past:
    """The whole history of one model, read once."""

    def __init__(self, model_pk: int) -> None:
        ((self.records, self.names, self.contexts),) = _recorded([model_pk]).values()

    @classmethod
    def of_many(cls, model_pks: Iterable[int]) -> dict[int, "Past"]:
        """The histories of several models, by their keys; as many queries for many as for one."""
        pasts = {}
        for key, recorded in _recorded(model_pks).items():
            pasts[key] = past = cls.__new__(cls)
            past.records, past.names, past.contexts = recorded
        return pasts

    def state(self, at: datetime) -> State:
        """The model as it was at a moment; empty before it was made, and after it was deleted."""
        rows = _no_rows()
        for record in self.records:
            if record.at > at:
                break
            record.play(rows)
        return self._state(rows, at)

    def steps(self, until: datetime | None = None, since: datetime | None = None) -> list[Step]:
        """Every moment at which something changed, oldest first; those from ``since`` on, where it is given."""
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
            context = None
            while coming and coming[0].at <= at:
                record = coming.popleft()
                record.play(rows)
                context = self.contexts.get(record.row["pgh_context_id"], context)
            after = self._state(rows, at)
            if found := differences(before, after):
                steps.append(Step(at, context, at not in written, found))
            before = after
        return steps

    def _state(self, rows: dict[type[models.Model], dict[int, Row]], at: datetime) -> State:
        if not rows[AIModel]:
            return {}
        return _state({table: list(found.values()) for table, found in rows.items()}, self.names, at)


def _recorded(model_pks: Iterable[int]) -> dict[int, tuple[list[_Record], _Names, dict[Any, Any]]]:
    """What is recorded of each model: its records in their order, what keys stand for, and who and from where."""
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
            # Of two transactions the one that began first may have written last; the order of writing is what holds.
            last[key] = max(last[key], counts_from.get(_transaction(row), row["pgh_created_at"]))
            found[key].append(_Record(last[key], table, row))
    every = [record for records in found.values() for record in records]
    names = _Names.of(*([one.row for one in every if one.table is table] for table in (AIModel, ModelDatacenter)))
    keys = {record.row["pgh_context_id"] for record in every}
    contexts = dict(Context.objects.filter(pk__in=keys).values_list("pk", "metadata"))
    for records in found.values():
        records.sort(key=lambda record: record.at)  # stable: a table's records stay in their order
    return {key: (records, names, contexts) for key, records in found.items()}


def touched_between(since: datetime, until: datetime) -> models.QuerySet[Any]:
    """The keys of the models with records, or with prices that have come, from one moment to another: a query for ``IN``."""
    span = (since, until)
    come = Price.objects.filter(effective_from__range=span).order_by().values_list("ai_model_id")
    recorded = [events(table).filter(pgh_created_at__range=span).values_list(owner) for table, owner in OWNED.items()]
    return come.union(*recorded)


class Latest(NamedTuple):
    """A step of one model, by its id."""

    model_pk: int
    model_id: str
    step: Step


def latest(count: int, since: datetime, until: datetime) -> list[Latest]:
    """The last steps of all models, newest first. As many queries for many models as for one."""
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
    for key, past in Past.of_many(keys).items():
        model_id = next((str(record.row["model_id"]) for record in reversed(past.records) if record.table is AIModel), "")
        found += [Latest(key, model_id, step) for step in past.steps(until, since)]
    return sorted(found, key=lambda one: one.step.at, reverse=True)[:count]


def _transaction(row: Row) -> tuple[Any, ...]:
    return (row["pgh_created_at"], row["pgh_context_id"])


def _moments_of_transactions(prices: list[Row]) -> dict[tuple[Any, ...], datetime]:
    """The transactions that count from the moment of a price that they have begun.

    A price without a moment begins when its row is written, some milliseconds after its transaction began. It was not
    scheduled for then, and the rest of its transaction goes with it. What people schedule has no fractions of a second.
    """
    moments: dict[tuple[Any, ...], datetime] = {}
    for row in prices:
        begun, moment = row["pgh_created_at"], row["effective_from"]
        if row["pgh_label"] == INSERTED and moment.microsecond and begun < moment <= begun + AT_ONCE:
            moments[_transaction(row)] = max(moment, moments.get(_transaction(row), moment))
    return moments


def _no_rows() -> dict[type[models.Model], dict[int, Row]]:
    return {table: {} for table in OWNED}
