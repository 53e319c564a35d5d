"""Makes a change to copies of the catalog's tables, which blocks nobody and leaves nothing behind.

Temporary tables replace the real ones for the rest of a transaction, with their constraints, indexes and triggers. So a change
meets the same rules and gets the same history, but locks no row that somebody else writes. Everything is rolled back at the end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction

from catalog.history.as_of import FIRST_NEW_KEY
from catalog.history.records import OWNED
from catalog.models import CatalogRevision, Datacenter

TABLES: tuple[type[models.Model], ...] = (*OWNED, Datacenter, CatalogRevision)
"""The tables that are copied: what makes up a model, and the row that writers lock."""


class Originals:
    """The real tables, inside a rehearsal."""

    def __init__(self, schemas: str) -> None:
        self._schemas = schemas

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Let queries inside see the real tables, as they were when the rehearsal began."""
        self._search(f"{self._schemas}, pg_temp")
        yield
        self._search(f"pg_temp, {self._schemas}")

    def _search(self, path: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('search_path', %s, true)", [path])


@contextmanager
def rehearsal() -> Iterator[Originals]:
    """A transaction on one state of the catalog that writes to copies of its tables and is rolled back.

    Takes no lock that a writer waits for, the write lock among them.
    """
    with _one_state() as cursor:
        cursor.execute("SELECT string_agg(quote_ident(name), ', ') FROM unnest(current_schemas(false)) AS name")
        originals = Originals(*cursor.fetchone())
        _copy(cursor, *TABLES)
        # Explicit, although temporary tables come first anyway: only a changed path lets functions that ran before find them.
        originals._search(f"pg_temp, {originals._schemas}")
        yield originals


@contextmanager
def read_only() -> Iterator[None]:
    """A transaction on one state of the catalog that is rolled back, in which writing fails with psycopg's
    ``ReadOnlySqlTransaction``, but for the write lock: it is taken of a copy."""
    with _one_state() as cursor:
        _copy(cursor, CatalogRevision)
        cursor.execute("SET TRANSACTION READ ONLY")  # temporary tables can be written to nevertheless
        yield


@contextmanager
def _one_state() -> Iterator[Any]:
    """A cursor in a transaction that is rolled back, in which every query sees the same state of the catalog."""
    is_own = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_own:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield cursor
        transaction.set_rollback(True)


DEFINITIONS = """
    SELECT table_name, format('%%I.%%I', nspname, relname),
        EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'id' AND attidentity <> ''),
        ARRAY(
            SELECT format('ADD CONSTRAINT %%I %%s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
            WHERE conrelid = pg_class.oid AND contype IN ('p', 'u', 'x')
        ),
        ARRAY(
            SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = pg_class.oid
            AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)
            UNION ALL
            SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = pg_class.oid AND NOT tgisinternal
        )
    FROM unnest(%s::text[]) AS table_name
    JOIN pg_class ON pg_class.oid = table_name::regclass JOIN pg_namespace ON pg_namespace.oid = relnamespace
"""
"""For each table: the name with the schema, whether its ids are generated, the constraints that have indexes, and the other
indexes and the triggers."""


def _copy(cursor: Any, *tables: type[models.Model]) -> None:
    """Temporary tables with the rows, rules and triggers of tables. Names of tables come from the models, never from outside."""
    cursor.execute(DEFINITIONS, [[table._meta.db_table for table in tables]])
    statements: list[str] = []
    for table, real, is_numbered, constraints, definitions in cursor.fetchall():
        name = connection.ops.quote_name(table)
        copy = f"pg_temp.{name}"
        statements.append(f"CREATE TEMPORARY TABLE {name} (LIKE {real} INCLUDING ALL EXCLUDING INDEXES) ON COMMIT DROP")
        if is_numbered:
            statements.append(f"ALTER TABLE {copy} ALTER COLUMN id RESTART WITH {FIRST_NEW_KEY}")
        statements.append(f"INSERT INTO {copy} OVERRIDING SYSTEM VALUE SELECT * FROM {real}")  # noqa: S608
        # LIKE would rename constraints and indexes, so violations could not be recognized by name.
        statements += [f"ALTER TABLE {copy} {clause}" for clause in constraints]
        for definition in definitions:
            before, separator, after = definition.partition(f" ON {real} ")
            assert separator, definition
            statements.append(f"{before} ON {copy} {after}")
        statements.append(f"ANALYZE {copy}")
    cursor.execute(";\n".join(statements))
