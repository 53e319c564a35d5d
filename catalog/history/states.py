"""A model with its prices, datacenters, parameters and schedule as one mapping, and what differs between two of them.

No history is read here: ``steps`` and ``as_of`` give the rows.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.db import models
from django.utils import timezone

from catalog import decimals
from catalog.history.records import OWNED, Row, events
from catalog.models import (
    OFFER_FIELDS,
    SAME_AS_MODEL,
    AIModel,
    Datacenter,
    Line,
    ModelDatacenter,
    Offer,
    ParameterDescriptor,
    Price,
    PriceKind,
    ScheduledSwitch,
    ServiceTier,
    Switch,
    Variant,
)
from catalog.models.statements import KEYS, Statement

ENDS = "ends"

SCHEDULED_PARTS = ("scheduled price", "switch")
"""The parts of a state that are scheduled for later; the last element of such a path is the time."""

Path = tuple[str, ...]

MODEL_ID: Path = ("field", "model_id")
REPLACEMENT: Path = ("field", "replacement")

State = dict[Path, Any]
"""A model at one time: JSON values by their paths.

``("field", name)``, ``("datacenter", code)``, ``("parameter", name)``; ``("offer", variant, name)`` for what an offer states for
itself and for what it is ``without``; ``("price", line)`` for a price in force, in USD per one unit; ``("scheduled price", line,
time)`` and ``("switch", name, time)`` for what is scheduled. A line is JSON, a time ISO 8601. A value that is not set has no path.
"""


class Difference(NamedTuple):
    """One difference between two states. None: the value is not set."""

    path: Path
    old: Any
    new: Any


def states(model_pks: Iterable[int], at: datetime | None = None) -> dict[int, State]:
    """Models as the tables have them, by key, at a time (now by default). The number of queries does not depend on how many."""
    keys = list(model_pks)
    rows = {}
    for table in OWNED:
        columns, statement = _rows_of(table)
        rows[table] = [dict(zip(columns, row, strict=True)) for row in statement.rows(keys=keys)]
    return states_of(rows, at or timezone.now())


@cache
def _rows_of(table: type[models.Model]) -> tuple[list[str], Statement]:
    """The columns of a table, and its rows that belong to models."""
    columns = [field.attname for field in table._meta.concrete_fields]
    owned = {f"{OWNED[table]}__in": KEYS}
    return columns, Statement(lambda: table._default_manager.filter(**owned).order_by().values_list(*columns))


def states_of(rows: Mapping[type[models.Model], list[Row]], at: datetime) -> dict[int, State]:
    """Models by key, given the rows of their tables, at a time."""
    by_model: dict[int, dict[type[models.Model], list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table, owner in OWNED.items():
        for row in rows[table]:
            by_model[row[owner]][table].append(row)
    names = Names.of(rows[AIModel], rows[ModelDatacenter], rows[Offer])
    return {key: state_of(tables, names, at) for key, tables in by_model.items() if tables[AIModel]}


class Names(NamedTuple):
    """The names that keys stand for, including those of deleted rows."""

    models: dict[int, str]
    datacenters: dict[int, str]

    @classmethod
    def of(cls, models: Iterable[Row], links: Iterable[Row], offers: Iterable[Row]) -> "Names":
        """The latest names of the replacements and datacenters of these rows."""
        replacements = {row["replacement_id"] for row in models} - {None}
        datacenters = {row["datacenter_id"] for row in links} | {place for row in offers for place in row["datacenters"]}
        return cls(
            dict(_model_ids.rows(keys=replacements)) if replacements else {},
            dict(_codes.rows(keys=datacenters)) if datacenters else {},
        )


@Statement
def _model_ids() -> Any:
    """The ids of models by their keys, the newest last."""
    return events(AIModel).filter(pgh_obj__in=KEYS).order_by("pgh_id").values_list("id", "model_id")


@Statement
def _codes() -> Any:
    """The codes of datacenters by their keys, the newest last."""
    return events(Datacenter).filter(pgh_obj__in=KEYS).order_by("pgh_id").values_list("id", "code")


def state_of(tables: dict[type[models.Model], list[Row]], names: Names, at: datetime) -> State:
    """The state of one model, given the rows of its tables."""
    (model,) = tables[AIModel]
    state: State = {}
    for attribute, path in _FIELD_PATHS:
        value = model[attribute]
        if value is None or value == "" or value == []:
            continue
        state[path] = names.models.get(value) if attribute == "replacement_id" else _plain(value)
    for row in tables[ModelDatacenter]:
        state["datacenter", names.datacenters.get(row["datacenter_id"], str(row["datacenter_id"]))] = True
    for row in tables[Offer]:
        state |= {("offer", row["variant"], name): value for name, value in _offer(row, names).items()}
    for row in sorted(tables[ScheduledSwitch], key=lambda row: row["effective_from"]):
        if row["effective_from"] > at:
            value = SAME_AS_MODEL if row["value"] is None else row["value"]
            state["switch", row["switch"], row["effective_from"].isoformat()] = value
        elif row["value"] is None:
            state.pop(_switched(row["switch"]), None)
        else:
            state[_switched(row["switch"])] = row["value"]
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


def _switched(switch: str) -> Path:
    """The path of the value that a switch changes."""
    variant = Switch(switch).variant
    return ("field", switch) if variant is None else ("offer", variant.value, Switch.READY.value)


def _offer(row: Row, names: Names) -> dict[str, Any]:
    """What an offer states, by column."""
    stated = {name: _plain(row[name]) for name in (*OFFER_FIELDS, "without") if row[name] not in (None, [])}
    if "datacenters" in stated:
        stated["datacenters"] = sorted(names.datacenters.get(key, str(key)) for key in stated["datacenters"])
    return stated


_FIELD_PATHS = [(field.attname, ("field", field.name)) for field in AIModel._meta.concrete_fields if field.name != "id"]

_LINE = [name for name in Line._fields if name != "utc_days"]


@lru_cache(maxsize=4096)
def _line_text(*values: Any) -> str:
    """A line's JSON. Cached, because most price lists have the same few lines."""
    *rest, days = values
    return json.dumps(Line.of({**dict(zip(_LINE, rest, strict=True)), "utc_days": days}))


DESCRIPTION = ("type", "minimum", "maximum", "default", "values", "unit", "is_passthrough")
"""The columns of a parameter's description."""


def _plain(value: Any) -> Any:
    """A column's value as JSON, with all its digits."""
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
    """What differs, in the order of the form."""
    found = [path for path, old in before.items() if after.get(path) != old]
    found += [path for path, new in after.items() if path not in before and new is not None]
    return [Difference(path, before.get(path), after.get(path)) for path in sorted(found, key=_sort_key)]


_PARTS = ("field", "price", "scheduled price", "switch", "datacenter", "offer", "parameter")

_FIELDS = {field.name: number for number, field in enumerate(AIModel._meta.concrete_fields)}


def _sort_key(path: Path) -> tuple[Any, ...]:
    """The form's order: fields in theirs, prices as in a price list."""
    part, name, *more = path
    if part in ("price", "scheduled price"):
        order: Any = _line_order(name)
    elif part == "offer":
        order = (Variant.values.index(name), _FIELDS.get(more[0], len(_FIELDS)), 0)
    else:
        order = (_FIELDS.get(name, 0), 0, 0)
    return (_PARTS.index(part), *order, name, *more)


@lru_cache(maxsize=4096)
def _line_order(text: str) -> tuple[int, int, int]:
    """A line's place in a price list."""
    line = line_of(text)
    return ServiceTier.values.index(line.service_tier), PriceKind.values.index(line.kind), line.min_prompt_tokens or 0
