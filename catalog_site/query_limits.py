"""Time limits for what the serving processes ask of the database.

A lock that a migration holds, or a transaction that somebody left open in psql, must not hold the threads that answer requests.
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
