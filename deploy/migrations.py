"""Check with squawk whether the SQL of each unreleased migration is safe on a running site; part of ``make lint``.

The SQL of a released migration cannot be changed any more, so those are left out: ``RELEASED`` is the last one of the last
release. What squawk finds but is intended is listed in ``INTENDED``, with the reason.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import django

RELEASED = "0018"
IN_MILLISECONDS = "the table has at most as many rows as people keep: all of them are checked in milliseconds"
INTENDED: dict[str, dict[str, str]] = {
    "0020_reader_facts_and_ids": {
        "constraint-missing-not-valid": IN_MILLISECONDS,
        "ban-drop-constraint": "ids may have more characters than before; the last release has the rules in its forms, and reads any id",
    },
    "0024_offers": {
        "constraint-missing-not-valid": IN_MILLISECONDS,
        "ban-drop-constraint": "the same migration adds it again with one more service tier",
    },
    "0028_imports_from_pipelines": dict.fromkeys(
        ("adding-foreign-key-constraint", "require-concurrent-index-creation", "constraint-missing-not-valid"),
        IN_MILLISECONDS,
    ),
    "0031_scheduled_readiness_of_offers": {
        "constraint-missing-not-valid": IN_MILLISECONDS,
        "ban-drop-constraint": "the same migration adds it again with the switches of offers",
        "ban-drop-not-null": "only a switch of an offer can be without a value; the feeds of the last release ignore these",
    },
}
"""By migration: squawk's rule, and why it does not hold there."""
LEFT_OUT = (
    *(
        "prefer-text-field",
        "prefer-bigint-over-int",
        "prefer-bigint-over-smallint",
        "prefer-identity",
        "prefer-robust-stmts",
    ),
    *("transaction-nesting", "require-timeout-settings"),
)
"""Rules of taste, and two that ``manage.py migrate`` keeps: a time limit for locks, and one transaction a migration."""
OLDEST_POSTGRESQL = "15.0"


def main() -> int:
    """Print squawk's findings. Returns 1 if there are any."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
    django.setup()
    found = [line for name, sql in unreleased() for line in (*problems(name, sql), *unlocked(name, sql))]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def unreleased(after: str = RELEASED) -> Iterator[tuple[str, str]]:
    """The names of our migrations that are later than the last release, with their SQL. No database is queried."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None, replace_migrations=False)
    loader.connection = connection
    names = sorted(name for app, name in loader.disk_migrations if app == "catalog" and name[:4] > after)
    for name in names:
        yield name, "\n".join(loader.collect_sql([(loader.disk_migrations["catalog", name], False)]))


def tables_locked(sql: str) -> list[str]:
    """The existing tables that are locked against writers, because they are changed or are the target of a new foreign key.
    History tables are left out, because whoever writes to one has already locked its table."""
    made = set(re.findall(r'CREATE TABLE "(\w+)"', sql))
    found = re.findall(r'(?:ALTER TABLE|REFERENCES) "(\w+)"', sql)
    return sorted({table for table in found if not table.endswith("event")} - made)


def unlocked(name: str, sql: str) -> list[str]:
    """Whether a migration takes several tables from writers without locking them at its beginning.

    A writer of a model reads and writes other tables after it: without the lock, each holds what the other one waits for.
    """
    tables = tables_locked(sql)
    is_locked = re.match(r"(--.*\n|\s+)*LOCK TABLE .+ IN SHARE ROW EXCLUSIVE MODE", sql) is not None
    if len(tables) < 2 or is_locked:
        return []
    return [f"{name}: begin with RunSQL('LOCK TABLE … IN SHARE ROW EXCLUSIVE MODE'); it changes {', '.join(tables)}"]


def problems(name: str, sql: str) -> list[str]:
    """Squawk's findings in a migration that runs in one transaction."""
    command = [
        str(Path(sys.executable).with_name("squawk")), "--reporter=Json", "--assume-in-transaction",
        f"--pg-version={OLDEST_POSTGRESQL}",
        f"--exclude={','.join(LEFT_OUT)}",
    ]  # fmt: skip
    done = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout or "[]")
    except ValueError:
        return [f"{name}: squawk did not answer: {done.stderr.strip()}"]
    meant = INTENDED.get(name, {})
    return [
        f"{name}: {one['rule_name']}: {one['message']} {one.get('help') or ''}"
        for one in found
        if one["rule_name"] not in meant
    ]


if __name__ == "__main__":
    sys.exit(main())
