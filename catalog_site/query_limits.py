"""Time limits for the database queries of the serving processes.

A lock of a migration, or a transaction left open in psql, must not block the threads that answer requests.
Migrations, imports and commands have no such limits.
"""

from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

SET = """
    SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false),
        set_config('idle_in_transaction_session_timeout', %s, false)
"""


def limit(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Set the limits of one connection. By ``SET``: a pooler such as PgBouncer refuses startup options that it does not know."""
    seconds = (settings.DATABASE_STATEMENT_TIMEOUT, settings.DATABASE_LOCK_TIMEOUT, settings.DATABASE_IDLE_TIMEOUT)
    with connection.cursor() as cursor:
        cursor.execute(SET, [f"{number}s" for number in seconds])


def limit_this_process() -> None:
    """Set the limits of every connection that this process opens from now on."""
    connection_created.connect(limit, dispatch_uid="query_limits")
