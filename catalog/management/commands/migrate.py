"""``manage.py migrate``: Django's command, with a short wait for locks."""

import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, ProgrammingError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.exceptions import MigrationSchemaMissing
from psycopg.errors import DeadlockDetected, InsufficientPrivilege, LockNotAvailable

from catalog.management.command import reaching_the_database

LOCK_TIMEOUT = 5
"""Seconds that a migration waits for a lock. Readers of the table wait behind it for the same time."""

ATTEMPTS = 12
PAUSE = 5
"""Seconds between two attempts, so that other transactions can continue."""

HOLDERS = """
    SELECT 'process ' || pid || ' of ' || usename || coalesce(' (' || nullif(application_name, '') || ')', '') || ', ' || state
        || ', since ' || date_trunc('second', xact_start)
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '1 second'
    ORDER BY xact_start LIMIT 5
"""


class Command(migrate.Command):
    """Migrates. If another connection holds a lock, tries again for about two minutes, and then names the holders."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run it; if the database cannot be reached, say so."""
        with reaching_the_database():
            return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate. Migrations of earlier attempts stay applied; each migration is applied as a whole or not at all."""
        connection = connections[options["database"]]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _set_lock_timeout(connection, f"{LOCK_TIMEOUT}s")
                super().handle(*args, **options)
                _set_lock_timeout(connection, "0")
            except (MigrationSchemaMissing, ProgrammingError) as error:
                refused = error.__context__ if isinstance(error, MigrationSchemaMissing) else error
                if not isinstance(refused and refused.__cause__, InsufficientPrivilege):
                    raise
                role = connection.get_connection_params().get("user", "The role of DATABASE_URL")
                raise CommandError(
                    f"{role} may not change tables. Migrate as catalog_owner, with its DATABASE_URL: docs/deployment.md."
                ) from error
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                    raise
                connection.close()  # the schema editor leaves the transaction open if one of its last statements fails
                connection.connect()
                holders = _holders(connection)
                if attempt == ATTEMPTS:
                    raise CommandError(
                        "The migration was not applied, because it needs a lock that another connection holds. Open "
                        f"transactions: {holders}. End them (SELECT pg_terminate_backend(…)), and migrate again."
                    ) from error
                self.stderr.write(
                    f"Another connection holds a lock; trying again in {PAUSE} s. Open transactions: {holders}."
                )
                time.sleep(PAUSE)
            else:
                return


def _set_lock_timeout(connection: BaseDatabaseWrapper, timeout: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [timeout])


def _holders(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS)
        return "; ".join(text for (text,) in cursor.fetchall()) or "none any more"
