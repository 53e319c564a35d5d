"""Checks of this site, and what to do about each problem. They change nothing."""

import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import Error, connection

from catalog.formats import FORMATS, openrouter
from catalog.listing import Selection
from catalog.models import CatalogRevision, ListProblem, Reader
from catalog.openrouter.readiness import Level as Severity
from catalog.openrouter.readiness import checklist
from catalog.operations.backups import scheduled
from catalog.operations.manifest import server_major
from catalog.operations.protections import missing_rules, missing_triggers
from catalog.publication.last_good_copies import LastGoodCopies, NoBytes, is_same_catalog
from catalog.readers import FEEDS, ago
from catalog_site.embedded.server import NotRunning
from catalog_site.migrations import applied_migrations, missing_migrations, unknown_migrations

OLDEST_POSTGRESQL = 15
SKEW = 2.0
"""Seconds by which the clocks may differ: scheduled prices follow the database's clock."""
OPEN_SECONDS, WAITING_SECONDS = 60, 5
"""Age of a transaction, and of a wait for a lock, from which they are reported."""
LEAST_FREE, LOW_FREE = 256 << 20, 2 << 30
"""Bytes left on a disk."""
RECENT = timedelta(minutes=5)
"""A list that could not be made within this time still cannot be made."""
BACKUP_AGE = timedelta(days=2)
CERTIFICATE_SOON, CERTIFICATE_NOW = timedelta(days=21), timedelta(days=3)
"""Time before the end of a certificate. Caddy and certbot renew 30 days ahead."""
PATIENCE = 5.0
ABOUT_TLS = {"security.W004", "security.W008", "security.W012", "security.W016"}
"""Django's checks that fail if ``BEHIND_TLS`` is false."""


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class Finding(NamedTuple):
    """The result of a check. ``remedy`` is empty if there is nothing to do."""

    check: str
    level: Level
    says: str
    remedy: str = ""


def ok(says: str) -> Finding:
    """Nothing to do."""
    return Finding("", Level.OK, says)


def warning(says: str, remedy: str) -> Finding:
    """It works, but needs attention."""
    return Finding("", Level.WARNING, says, remedy)


def wrong(says: str, remedy: str) -> Finding:
    """It does not work, or will soon stop working."""
    return Finding("", Level.WRONG, says, remedy)


Check = Callable[[], Iterator[Finding]]


def configuration() -> Iterator[Finding]:
    """Django's checks for production."""
    found = [] if settings.EMBEDDED_DATABASE else run_checks(include_deployment_checks=True)
    if not settings.BEHIND_TLS and not settings.EMBEDDED_DATABASE:
        found = [message for message in found if message.id not in ABOUT_TLS]
        yield warning(
            "BEHIND_TLS is false, so passwords and cookies travel unencrypted.",
            "Put a proxy with TLS in front of the site and unset BEHIND_TLS: docs/deployment.md.",
        )
    for message in found:
        if message.level >= WARNING and not message.is_silenced():
            yield warning(f"{message.id}: {message.msg}", message.hint or "See docs/configuration.md.")
    if settings.DEBUG:
        yield wrong("DEBUG is true, so errors show the source and settings to everybody.", "Unset DEBUG and restart.")
    if settings.BEHIND_TLS and not settings.TRUSTED_PROXIES and not settings.EMBEDDED_DATABASE:
        yield warning(
            "TRUSTED_PROXIES is empty, so clients behind a proxy cannot be told apart.", "Set it to your proxy's address."
        )


def database() -> Iterator[Finding]:
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


def extensions() -> Iterator[Finding]:
    """The extension of the triggers' language, which PostgreSQL always includes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        found = {name for (name,) in cursor.fetchall()}
    if "plpgsql" not in found:
        yield wrong("The language plpgsql is missing; triggers need it.", "CREATE EXTENSION plpgsql, as a superuser.")


def migrations() -> Iterator[Finding]:
    """Whether the tables are as this version needs them."""
    if missing := missing_migrations():
        yield wrong(f"{len(missing)} migrations are not applied, from {missing[0]} on.", "Run manage.py migrate.")
    if newer := unknown_migrations(applied_migrations()):
        yield warning(
            f"The database has a newer version: it has the migration {newer[0]}.",
            "Finish the upgrade, or restore a backup: docs/upgrade.md.",
        )


def protections() -> Iterator[Finding]:
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


def locks() -> Iterator[Finding]:
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


def clock() -> Iterator[Finding]:
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


def disk() -> Iterator[Finding]:
    """Free space for copies, for the embedded database, and for backups."""
    for path in filter(None, (settings.DATA_DIR, settings.BACKUP_DIR)):
        free = shutil.disk_usage(path).free
        says = f"{path} has {free / (1 << 30):.1f} GiB of free space."
        if free < LEAST_FREE:
            yield wrong(says, "Make room, or move it to a larger disk.")
        elif free < LOW_FREE:
            yield warning(says, "Make room, or move it to a larger disk.")


def copies() -> Iterator[Finding]:
    """The last good copies, which are sent while the database is down."""
    kept = LastGoodCopies(settings.DATA_DIR / "copies")
    for name in FORMATS:
        try:
            found = kept.read(name)
        except NoBytes as error:
            yield wrong(f"{name}: {error}.", "Make room on the disk of DATA_DIR.")
        except ValueError as error:
            yield wrong(str(error), "Remove the file; the site writes a new one.")
        else:
            if found is None and name == openrouter.FORMAT.name:
                yield warning("There is no copy of the OpenRouter feed.", "Fetch it once; set DATA_DIR as for the site.")


def backups() -> Iterator[Finding]:
    """The age of the newest scheduled backup."""
    if settings.BACKUP_DIR is None:
        if not settings.EMBEDDED_DATABASE:
            yield warning("BACKUP_DIR is not set, so doctor cannot check backups.", "Schedule them: docs/recovery.md.")
        return
    newest = max(scheduled(settings.BACKUP_DIR), default=None)
    if newest is None:
        yield wrong(
            f"There is no backup in {settings.BACKUP_DIR}.", "Run manage.py backup, and schedule it: docs/recovery.md."
        )
    elif (age := datetime.now(UTC) - newest) > BACKUP_AGE:
        yield wrong(f"The newest backup is {age.days} days old.", "See the log of the backup service.")


def listing() -> Iterator[Finding]:
    """Errors that OpenRouter would reject, lists that cannot be made, and a database with a different catalog from before."""
    catalog = CatalogRevision.objects.values_list("catalog_id", flat=True).first()
    heads = {name: LastGoodCopies(settings.DATA_DIR / "copies").head(name) for name in FORMATS}
    if others := [name for name, head in heads.items() if head and not is_same_catalog(head.catalog_id, catalog)]:
        yield wrong(
            f"The database has a different catalog from the one whose lists were sent before: {', '.join(others)}.",
            "Correct DATABASE_URL. If the new catalog is correct, delete the copies of the old one in DATA_DIR/copies.",
        )
    for problem in ListProblem.objects.filter(seen_at__gte=datetime.now(UTC) - RECENT).order_by("format_name"):
        yield wrong(
            f"The list {problem.format_name} cannot be made, so its last good copy is sent: {problem.text}",
            "Restore the rows, or run manage.py accept_losses: docs/operating.md."
            if problem.is_loss
            else "Correct the rows: docs/operating.md.",
        )
    _, found = checklist(Selection.LISTED)
    if errors := [finding for finding in found if finding.level is Severity.ERROR]:
        yield wrong(f"OpenRouter would reject or misread fields of {len(errors)} entries.", "Run manage.py check_listing.")


def readers() -> Iterator[Finding]:
    """Watched readers that have gone quiet, and whether anybody is watched."""
    now = datetime.now(UTC)
    for reader in Reader.objects.filter(is_watched=True).order_by("pk"):
        if reader.last_success_at is not None and reader.is_quiet(now):
            yield wrong(
                f"{reader.name or 'A watched reader'} last fetched the {reader.format_name} list {ago(now - reader.last_success_at)}.",
                "See Admin → Readers, and docs/alarms.md#reader_quiet.",
            )
    fetched = Reader.objects.filter(format_name__in=FEEDS)
    if fetched.exists() and not fetched.filter(is_watched=True).exists():
        yield warning(
            "No reader of the OpenRouter feeds is watched, so nobody notices if OpenRouter stops fetching.",
            "Find OpenRouter in Admin → Readers, name it, and watch it.",
        )


def certificates(hosts: list[str]) -> Iterator[Finding]:
    """How long the certificates of these addresses (``host:port``) are valid."""
    for host in hosts:
        name, _, port = host.partition(":")
        try:
            with (
                socket.create_connection((name, int(port or 443)), timeout=PATIENCE) as plain,
                ssl.create_default_context().wrap_socket(plain, server_hostname=name) as secure,
            ):
                ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str((secure.getpeercert() or {})["notAfter"])), UTC)
        except ssl.SSLCertVerificationError as error:
            yield wrong(
                f"The certificate of {host} is not valid: {error.verify_message}.", "Renew it, and have the proxy load it."
            )
        except (OSError, ValueError) as error:
            yield warning(
                f"The certificate of {host} cannot be read: {error}.", "Run doctor on a machine that can reach it."
            )
        else:
            left = ends - datetime.now(UTC)
            if left < CERTIFICATE_SOON:
                level = Level.WRONG if left < CERTIFICATE_NOW else Level.WARNING
                yield Finding(
                    "",
                    level,
                    f"The certificate of {host} expires in {left.days} days.",
                    "Renew it, and have the proxy load it.",
                )
            else:
                yield ok(f"The certificate of {host} is valid for {left.days} days.")


def https_hosts() -> list[str]:
    """The addresses of the site in its settings."""
    origins = [urlsplit(origin) for origin in settings.CSRF_TRUSTED_ORIGINS]
    return sorted({origin.netloc for origin in origins if origin.scheme == "https" and "*" not in origin.netloc})


ASKS_DATABASE: dict[str, Check] = {
    "database": database,
    "extensions": extensions,
    "migrations": migrations,
    "protections": protections,
    "locks": locks,
    "clock": clock,
    "listing": listing,
    "readers": readers,
}
ASKS_NOBODY: dict[str, Check] = {"settings": configuration, "disk": disk, "copies": copies, "backups": backups}


def examine(hosts: list[str] | None = None) -> list[Finding]:
    """Run all checks. A check without a finding found no problem."""
    found: list[Finding] = []
    is_away = False
    for name, check in {**ASKS_NOBODY, **ASKS_DATABASE}.items():
        if is_away:
            found.append(Finding(name, Level.WARNING, "Not known: the database cannot be reached.", "See database."))
            continue
        try:
            said = list(check()) or [ok("Nothing is wrong.")]
        except (Error, NotRunning) as error:
            connection.close()
            says = " ".join(str(error).split())
            if name in ASKS_DATABASE and name != "database":
                said = [Finding(name, Level.WARNING, f"Not known: {says}", "See database and migrations.")]
            else:
                is_away = True
                said = [
                    wrong(
                        f"The database cannot be reached: {says}",
                        "Start it, or correct DATABASE_URL. The site sends its copies meanwhile.",
                    )
                ]
        found += [finding._replace(check=name) for finding in said]
    names = https_hosts() if hosts is None else hosts
    found += [finding._replace(check="certificates") for finding in certificates(names)]
    return found


def is_wrong(found: list[Finding]) -> bool:
    """Whether somebody must act now."""
    return any(finding.level is Level.WRONG for finding in found)
