"""Which migrations the database has, lacks, and has beyond this version of the code.

``/health/ready`` asks every second, so the files are read once in a process.
"""

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

Key = tuple[str, str]
"""A migration: its application and its name."""


def applied_migrations() -> dict[str, list[str]]:
    """The migrations that are applied according to the database, by application. One query."""
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


def missing_migrations() -> list[str]:
    """The migrations of this version that the database lacks. One query."""
    applied = {(app, name) for app, names in applied_migrations().items() for name in names}
    return [f"{app}.{name}" for app, name in sorted(_on_disk()) if not _is_applied((app, name), applied)]


def unknown_migrations(migrations: dict[str, list[str]]) -> list[str]:
    """The migrations, of a backup or of ``applied_migrations``, that this version of the code does not have."""
    return [f"{app}.{name}" for app, names in migrations.items() for name in names if (app, name) not in _on_disk()]


@cache
def _on_disk() -> dict[Key, tuple[frozenset[Key], frozenset[Key]]]:
    """The migrations of this version: for each, the ones that it replaces, and the ones that replace it."""
    replaces: dict[Key, frozenset[Key]] = {
        key: frozenset((app, name) for app, name in migration.replaces)
        for key, migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()
    }
    return {
        key: (replaced, frozenset(other for other, theirs in replaces.items() if key in theirs))
        for key, replaced in replaces.items()
    }


def _is_applied(key: Key, applied: set[Key]) -> bool:
    replaced, replacing = _on_disk()[key]
    return key in applied or (bool(replaced) and replaced <= applied) or not replacing.isdisjoint(applied)
