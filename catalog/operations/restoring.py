"""Restoring a backup into the configured database, and checking that it is the same catalog."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from catalog.listing.snapshots import snapshot
from catalog.models import AIModel
from catalog.operations.backups import Refused, load, opened
from catalog.operations.manifest import Manifest, feed_digests, row_counts
from catalog_site import VERSION
from catalog_site.migrations import missing_migrations, unknown_migrations

OTHERS = """
    SELECT 'process ' || pid || ' of ' || usename || coalesce(' (' || nullif(application_name, '') || ')', '')
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL
        AND coalesce(backend_type, 'client backend') = 'client backend'  -- NULL to a role that may not see it
    ORDER BY pid
"""
EMPTY = """
DO $empty$
DECLARE statement text;
BEGIN
    FOR statement IN
        SELECT format('DROP TABLE %s CASCADE', oid::regclass) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    LOOP EXECUTE statement; END LOOP;
    FOR statement IN
        SELECT format('DROP ROUTINE %s CASCADE', oid::regprocedure) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    LOOP EXECUTE statement; END LOOP;
END $empty$;
"""
"""Removes the tables and functions that migrations made in a database with an empty catalog."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored catalog. ``is_compared``: the lists' bytes were compared too, which another version may write differently."""

    manifest: Manifest
    is_migrated: bool
    is_compared: bool


def restore(path: Path) -> Restored:
    """Restore a backup into the configured database. Raises ``Refused``; nothing has changed then, unless it says so."""
    with opened(path) as (manifest, archive):
        _refuse_newer(manifest)
        _refuse_used()
        connection.close()
        load(archive, EMPTY)
    _compare("rows", manifest.rows, row_counts())
    if is_older := bool(missing_migrations()):
        call_command("migrate", interactive=False, verbosity=0)
    is_compared = not is_older and manifest.version == VERSION
    if is_compared:
        with snapshot():
            _compare("list", manifest.feeds, feed_digests(manifest.made_at))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Restored(manifest, is_older, is_compared)


def users() -> list[str]:
    """The other connections to the configured database."""
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        return [name for (name,) in cursor.fetchall()]


def _refuse_newer(manifest: Manifest) -> None:
    unknown = unknown_migrations(manifest.migrations)
    if unknown or _number(manifest.version) > _number(VERSION):
        raise Refused(
            f"The backup has version {manifest.version}, which is newer than this one, {VERSION}"
            + (f" (it has the migrations {', '.join(unknown[:3])})." if unknown else ".")
            + " Restore it with that version or a later one."
        )


def _refuse_used() -> None:
    if others := users():
        raise Refused(
            f"The database is in use: {'; '.join(others[:5])}. Stop the site and everything else that uses it, and restore again."
        )
    with suppress(ProgrammingError), transaction.atomic():  # the tables do not exist yet
        if models := AIModel.objects.count():
            raise Refused(
                f"The database already has a catalog of {models} models. A backup can only be restored into an empty database: make one "
                "(createdb), and set DATABASE_URL to it."
            )


def _compare(what: str, wanted: dict[str, str] | dict[str, int], found: dict[str, str] | dict[str, int]) -> None:
    different = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))  # type: ignore[arg-type]
    if different:
        raise Refused(
            f"The restored database differs from the backup; do not use it. Different {what}: {', '.join(different)}."
        )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
