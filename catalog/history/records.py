"""The records that triggers keep of every row that is added, changed or deleted (django-pghistory), and what they are records of.

A change counts from the start of its transaction, by the database's clock. ``states`` computes a model's state.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, models
from pghistory.models import Context

from catalog.models import (
    AIModel,
    Datacenter,
    ModelDatacenter,
    Offer,
    ParameterDescriptor,
    Price,
    Provider,
    ScheduledSwitch,
)
from catalog.models.statements import Given, Statement

OWNED: dict[type[models.Model], str] = {
    AIModel: "id",
    Price: "ai_model_id",
    ParameterDescriptor: "ai_model_id",
    ModelDatacenter: "aimodel_id",
    ScheduledSwitch: "ai_model_id",
    Offer: "ai_model_id",
}
"""The tables whose rows make up a model, and the column that says which one."""

RECORDS = OWNED | {AIModel: "pgh_obj_id"}
"""The same for the records of these tables; for those of ``AIModel``, the column that has an index."""

SHARED: tuple[type[models.Model], ...] = (Datacenter, Provider)
"""The other tables that a listing is made of; many models share their rows."""

INSERTED = "insert"

DELETED = "delete"

Row = dict[str, Any]


class Position(NamedTuple):
    """A position in the history: the key of the newest record of each table. Later records have higher keys."""

    by_table: dict[type[models.Model], int]

    @classmethod
    def now(cls) -> "Position":
        """The newest position that this transaction sees."""
        tables = (*OWNED, *SHARED)
        return cls(dict(zip(tables, _newest(dict.fromkeys(tables, "true")), strict=True)))


def events(table: type[models.Model]) -> models.QuerySet[Any]:
    """The records of a table."""
    return apps.get_model("catalog", f"{table.__name__}Event")._default_manager.all()


def version(row: models.Model) -> str:
    """A text that changes with every change of a row: the key of its newest record; for a model, one of each of its tables."""
    tables = RECORDS if isinstance(row, AIModel) else {type(row): "pgh_obj_id"}
    return ".".join(map(str, _newest({table: f"{owner} = %s" for table, owner in tables.items()}, row.pk)))


def _newest(conditions: dict[type[models.Model], str], *keys: int) -> list[int]:
    """For each table, the key of the newest record that meets its condition, or 0 if there is none. One query. Each condition takes
    all the keys."""
    newest = (
        f"(SELECT coalesce(max(pgh_id), 0) FROM {events(table).model._meta.db_table} WHERE {condition})"  # noqa: S608
        for table, condition in conditions.items()
    )
    with connection.cursor() as cursor:
        # Names of tables and columns come from the models, never from outside.
        cursor.execute(f"SELECT {', '.join(newest)}", keys * len(conditions))
        return list(cursor.fetchone())


def position_of(version: str) -> Position:
    """The position that a ``version`` of a model names. Raises ``ValueError`` for any other text."""
    return Position(dict(zip(OWNED, map(int, version.split(".")), strict=True)))


@Statement
def _changed() -> Any:
    """The keys of the models with records after a position, which is given for each table by its name."""
    first, *others = (
        events(table).filter(pgh_id__gt=Given(table.__name__, models.BigIntegerField())).values_list(owner)
        for table, owner in OWNED.items()
    )
    return first.union(*others)


def changed_since(position: Position) -> list[int]:
    """The keys of the models that changed after a position, or whose datacenters did."""
    found: set[int] = {
        key for (key,) in _changed.rows(DEFAULT_DB_ALIAS, **{table.__name__: position.by_table[table] for table in OWNED})
    }
    datacenters = events(Datacenter).filter(pgh_id__gt=position.by_table[Datacenter])
    if moved := list(datacenters.values_list("pgh_obj_id", flat=True)):
        found |= set(ModelDatacenter.objects.filter(datacenter_id__in=moved).values_list("aimodel_id", flat=True))
        found |= set(Offer.objects.filter(datacenters__overlap=moved).values_list("ai_model_id", flat=True))
    return sorted(found)


def writers_since(position: Position, model_pk: int) -> list[tuple[datetime, Row | None]]:
    """When and by whom a model was changed after a position: each transaction once, oldest first."""
    found: dict[tuple[datetime, Any], None] = {}
    for table, owner in RECORDS.items():
        newer = events(table).filter(**{owner: model_pk, "pgh_id__gt": position.by_table[table]})
        found |= dict.fromkeys(newer.values_list("pgh_created_at", "pgh_context"))
    contexts = Context.objects.in_bulk([context for _, context in found if context is not None])
    return [
        (at, contexts[context].metadata if context is not None else None)
        for at, context in sorted(found, key=lambda one: one[0])
    ]


def changed_between(since: datetime, until: datetime) -> models.QuerySet[Any]:
    """The keys of the models that were changed, or had a scheduled price take effect, in a time span: a query for ``IN``."""
    span = (since, until)
    due = Price.objects.filter(effective_from__range=span).order_by().values_list("ai_model_id")
    recorded = [events(table).filter(pgh_created_at__range=span).values_list(owner) for table, owner in OWNED.items()]
    return due.union(*recorded)
