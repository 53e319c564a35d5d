"""Checks of PostgreSQL: its version, the connected role, its tables, rules, triggers and locks, and its clock."""

import time
from collections.abc import Iterator

from django.conf import settings
from django.db import connection

from catalog.operations.doctor.check_result import CheckResult, ok, warning, wrong
from catalog.operations.manifest import server_major
from catalog.operations.protections import missing_rules, missing_triggers
from catalog_site.migrations import applied_migrations, missing_migrations, unknown_migrations

OLDEST_POSTGRESQL = 15
SKEW = 2.0
"""Seconds by which the clocks may differ: scheduled prices follow the database's clock."""
OPEN_SECONDS, WAITING_SECONDS = 60, 5
"""Age of a transaction, and of a wait for a lock, from which they are reported."""


def server() -> Iterator[CheckResult]:
    """Whether it answers, its version, and the connected role."""
    major = server_major()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, usesuper, pg_is_in_recovery(), has_database_privilege(current_database(), 'TEMPORARY') "
            "FROM pg_user WHERE usename = current_user"
        )
        role, is_superuser, is_standby, may_compare = cursor.fetchone()
    if is_standby:
        yield wrong("The database is a standby, which accepts no writes.", "Set DATABASE_URL to the primary.")
    if major < OLDEST_POSTGRESQL:
        yield wrong(f"The PostgreSQL version is {major}.", f"Upgrade it to {OLDEST_POSTGRESQL} or newer: docs/recovery.md.")
    if not may_compare:
        yield wrong(f"{role} may not make temporary tables, which every review needs.", "Run deploy/roles.sql again.")
    if is_superuser and not settings.EMBEDDED_DATABASE:
        yield warning(f"The site connects as {role}, a superuser.", "Use a separate role: deploy/roles.sql.")
    yield ok(f"PostgreSQL {major} answers; connected as {role}.")


def extensions() -> Iterator[CheckResult]:
    """The extension of the triggers' language, which PostgreSQL always includes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        found = {name for (name,) in cursor.fetchall()}
    if "plpgsql" not in found:
        yield wrong("The language plpgsql is missing; triggers need it.", "CREATE EXTENSION plpgsql, as a superuser.")


def migrations() -> Iterator[CheckResult]:
    """Whether the tables are as this version needs them."""
    if missing := missing_migrations():
        yield wrong(f"{len(missing)} migrations are not applied, from {missing[0]} on.", "Run manage.py migrate.")
    if newer := unknown_migrations(applied_migrations()):
        yield warning(
            f"The database has a newer version: it has the migration {newer[0]}.",
            "Finish the upgrade, or restore a backup: docs/upgrade.md.",
        )


def protections() -> Iterator[CheckResult]:
    """Whether the rules that keep rows correct and the triggers that record changes exist."""
    if rules := missing_rules():
        yield wrong(
            f"Rules are missing from the database, so rows may be wrong: {', '.join(rules)}.",
            "Restore a backup into a new database (docs/recovery.md), or add them again with the statements in catalog/migrations.",
        )
    if triggers := missing_triggers():
        yield wrong(
            f"Triggers are missing or disabled, so changes are not recorded and not served: {', '.join(triggers)}.",
            "As catalog_owner, run manage.py pgtrigger install and manage.py pgtrigger enable; then manage.py check_listing.",
        )


def locks() -> Iterator[CheckResult]:
    """Long transactions, and who waits for them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pid, usename, application_name, state, extract(epoch FROM clock_timestamp() - xact_start)::int,
                pg_blocking_pids(pid), coalesce(extract(epoch FROM clock_timestamp() - query_start)::int, 0)
            FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
            """
        )
        for pid, role, program, state, seconds, blocking, waits in cursor.fetchall():
            who = f"Process {pid} of {role} ({program or 'unnamed'}, {state})"
            if blocking and waits >= WAITING_SECONDS:
                held = ", ".join(map(str, blocking))
                yield wrong(
                    f"{who} has waited for {waits} s for a lock of process {held}.",
                    f"SELECT pg_terminate_backend({blocking[0]});",
                )
            elif seconds >= OPEN_SECONDS:
                yield warning(
                    f"{who} has a transaction open for {seconds} s.", f"End it, or SELECT pg_terminate_backend({pid});"
                )


def clock() -> Iterator[CheckResult]:
    """Whether the database's clock agrees with this machine's."""
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float")
        (theirs,) = cursor.fetchone()
        after = time.time()
    skew = max(before - theirs, theirs - after, 0.0)
    if skew > SKEW:
        yield wrong(
            f"The clocks of the database and of this machine differ by {skew:.1f} s.",
            "Synchronize both with NTP (chrony, systemd-timesyncd).",
        )
