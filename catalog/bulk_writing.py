"""Many rows at once: ``COPY`` for new rows, and one ``UPDATE`` for changed ones.

Django's ``bulk_create`` and ``bulk_update`` write each value into the text of a statement, and psycopg parses that text again: for
10,000 models this takes longer than the database does. The database's rules and triggers apply here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models.expressions import DatabaseDefault

from catalog.models.many import texts

STEP = 500
"""Rows after which ``done`` is called."""

Done = Callable[[int], None]
"""Gets the number of written rows."""

WITHOUT_CONVERSION = (
    models.AutoField,
    models.BigAutoField,
    models.BooleanField,
    models.CharField,
    models.DateTimeField,
    models.ForeignKey,
    models.IntegerField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
    models.TextField,
    ArrayField,
)
"""Classes of columns whose values psycopg writes as Django would. Their subclasses may convert values, so they are not included."""


def ignore(count: int) -> None:
    """Report nothing."""


def insert(table: type[models.Model], rows: Sequence[models.Model], done: Done = ignore) -> None:
    """Add rows, and set their keys. If a row has a column's database default, the database fills it in.

    Raises ``IntegrityError`` and ``DataError`` as ``bulk_create`` does. No signals are sent.
    """
    if not rows:
        return
    name = table._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        # COPY takes the same lock. This is a statement of Django, so pghistory sends who writes, and why; a COPY is not.
        cursor.execute(f"LOCK TABLE ONLY {_quoted(name)} IN ROW EXCLUSIVE MODE")
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [name, len(rows)])
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
        count = 0
        for fields, alike in _by_stated_fields(table, rows):
            _copy(cursor, name, fields, alike, lambda more, before=count: done(before + more))  # type: ignore[misc]
            count += len(alike)
    alias = connection.alias  # asking the connection takes as long as all the rest of a row
    for row in rows:
        row._state.adding = False
        row._state.db = alias


def update(table: type[models.Model], rows: Sequence[models.Model], names: Iterable[str], done: Done = ignore) -> None:
    """Write these fields of rows. Raises ``IntegrityError`` and ``DataError`` as ``bulk_update`` does. No signals are sent."""
    fields: list[models.Field[Any, Any]] = [table._meta.get_field(name) for name in dict.fromkeys(names)]  # type: ignore[misc]
    if not rows or not fields:
        return
    real, new = _quoted(table._meta.db_table), _quoted(f"{table._meta.db_table}_new")
    columns = [_quoted(str(field.column)) for field in fields]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {new} ON COMMIT DROP AS SELECT id, {', '.join(columns)} FROM {real} WITH NO DATA"  # noqa: S608
        )
        keyed = [table._meta.pk, *fields]
        _copy(cursor, f"{table._meta.db_table}_new", keyed, rows, done)
        assignments = ", ".join(f"{column} = {new}.{column}" for column in columns)
        cursor.execute(f"UPDATE {real} SET {assignments} FROM {new} WHERE {real}.id = {new}.id")  # noqa: S608
        cursor.execute(f"DROP TABLE {new}")


def _by_stated_fields(
    table: type[models.Model], rows: Iterable[models.Model]
) -> Iterable[tuple[list[models.Field[Any, Any]], list[models.Model]]]:
    """The rows, grouped by the fields that do not use the database's default."""
    fields = list(table._meta.concrete_fields)
    optional = [field.attname for field in fields if field.has_db_default()]
    alike: dict[tuple[str, ...], list[models.Model]] = {}
    for row in rows:
        left = tuple([name for name in optional if isinstance(getattr(row, name), DatabaseDefault)])
        alike.setdefault(left, []).append(row)
    for left, found in alike.items():
        yield [field for field in fields if field.attname not in left], found


def _copy(
    cursor: Any, name: str, fields: Sequence[models.Field[Any, Any]], rows: Iterable[models.Model], done: Done
) -> None:
    """Send the fields of rows."""
    prepare = [(field.attname, _prepared(field)) for field in fields]
    columns = ", ".join(_quoted(str(field.column)) for field in fields)
    with connection.wrap_database_errors, cursor.copy(f"COPY {_quoted(name)} ({columns}) FROM STDIN") as copy:
        for count, row in enumerate(rows, start=1):
            values = vars(row)
            copy.write_row([values[name] if to is None else to(values[name]) for name, to in prepare])
            if count % STEP == 0:
                done(count)


@cache
def _prepared(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    """The function that converts a field's value for psycopg; None if none is needed."""
    if isinstance(field, ArrayField) and type(field.base_field) is models.CharField:
        return _array_text
    if type(field) in WITHOUT_CONVERSION and not (
        isinstance(field, ArrayField) and type(field.base_field) not in WITHOUT_CONVERSION
    ):
        return None
    return lambda value: value if type(value) is Decimal else field.get_db_prep_save(value, connection)


def _array_text(value: Any) -> Any:
    """A list of texts as PostgreSQL writes it. Thousands of rows have the same few lists, and psycopg would write out each."""
    if type(value) is not list or not all(type(word) is str for word in value):
        return value
    return _array_literal(tuple(value))


_array_literal = lru_cache(maxsize=4096)(texts)


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))
