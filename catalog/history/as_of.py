"""The catalog's tables as they were: temporary tables in place of the real ones, filled from the records.

Used by everything that reads the catalog's past: reviews, the history pages, the public history.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from catalog.history.records import DELETED, OWNED, RECORDS, SHARED, Position, events
from catalog.models import AIModel

FEW_MODELS = 100
"""Up to this many models, the database plans well without counting the rows (``ANALYZE``)."""

FIRST_NEW_KEY = 2**48
"""Rows that are written to the temporary tables get keys from here on, which no row of the real tables has."""


@contextmanager
def tables_as_of(
    when: Position | datetime, model_pks: Iterable[int] | None = None, *, with_others: bool = False
) -> Iterator[None]:
    """Let every query inside see the catalog's tables as they were.

    Temporary tables with the same names hide the real ones, so the same code that reads the catalog reads the past. With
    ``model_pks``, the tables hold only these models; ``with_others`` adds the models that are not among them as they are now.
    Writes inside go to the temporary tables, without the database's rules, and are lost at the end.
    """
    keys = None if model_pks is None else list(model_pks)
    statements: list[str] = []
    params: list[Any] = []
    for table in (*OWNED, *SHARED):
        until = when.by_table.get(table) if isinstance(when, Position) else when
        more, some = _temporary_table(table, until, keys if table in OWNED else None, with_others and table is AIModel)
        statements += more
        params += some
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(";\n".join(statements), params)
        yield
        transaction.set_rollback(True)


def _temporary_table(
    table: type[models.Model], when: int | datetime | None, keys: list[int] | None, with_others: bool = False
) -> tuple[list[str], list[Any]]:
    """The statements that create and fill a temporary table, and their parameters."""
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in table._meta.concrete_fields)
    records = events(table).model._meta.db_table
    source, conditions, params = records, ["true"], list[Any]()
    if isinstance(when, int):
        conditions.append("pgh_id <= %s")
        params.append(when)
    elif when is not None:
        # The transaction that began first may have written a row last; the order of writing decides.
        source = (
            f"{records} LEFT JOIN (SELECT id, min(pgh_id) AS first_later FROM {records} "  # noqa: S608
            "WHERE pgh_created_at > %s GROUP BY id) AS later USING (id)"
        )
        conditions.append("(first_later IS NULL OR pgh_id < first_later)")
        params.append(when)
    if keys is not None:
        chosen = f"{RECORDS[table]} = ANY(%s)"
        conditions = [f"({' AND '.join([*conditions, chosen])} OR NOT {chosen})"] if with_others else [*conditions, chosen]
        params += [keys, keys] if with_others else [keys]
    name = connection.ops.quote_name(table._meta.db_table)
    # Names of tables and columns come from the models, never from outside. Until the temporary table exists, its name is that of the
    # real one, from which it takes its columns.
    statements = [
        f"CREATE TEMPORARY TABLE {name} (LIKE {name} INCLUDING DEFAULTS INCLUDING IDENTITY) ON COMMIT DROP",
        f"ALTER TABLE {name} ALTER COLUMN id RESTART WITH {FIRST_NEW_KEY}",
        f"""
            INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE
            SELECT {columns} FROM (
                SELECT DISTINCT ON (id) {columns}, pgh_label FROM {source}
                WHERE {" AND ".join(conditions)} ORDER BY id, pgh_id DESC
            ) AS newest WHERE pgh_label <> '{DELETED}'
        """,  # noqa: S608
    ]
    if keys is None or len(keys) > FEW_MODELS:
        statements.append(f"ANALYZE {name}")
    return statements, params
