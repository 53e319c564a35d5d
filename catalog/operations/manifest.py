"""The manifest of a backup: its version and revision, how many rows it has, and a digest of each list.

The same facts of a restored database are compared with it.
"""

import hashlib
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from catalog.formats import FORMATS
from catalog.listing import listing
from catalog.listing.snapshots import revision
from catalog.publication import render
from catalog_site import VERSION
from catalog_site.migrations import applied_migrations

KIND, LAYOUT = "model-catalog backup", 1
WITHOUT_ROWS = ("django_session",)
"""Tables that stay empty: everybody must sign in again."""

TABLES = """
    SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts. ``made_at`` is the time whose prices the lists show; ``feeds`` are SHA-256 digests of the bytes."""

    made_at: datetime
    version: str
    catalog_id: str | None
    revision: int
    postgresql: int
    migrations: dict[str, list[str]]
    rows: dict[str, int]
    feeds: dict[str, str]
    dump_bytes: int = 0
    dump_sha256: str = ""

    def write(self) -> bytes:
        """As JSON."""
        return orjson.dumps({"kind": KIND, "layout": LAYOUT, **asdict(self)}, option=orjson.OPT_INDENT_2)

    @classmethod
    def read(cls, content: bytes) -> "Manifest":
        """From JSON. Raises ``ValueError``."""
        found: Any = orjson.loads(content)
        if not isinstance(found, dict) or found.get("kind") != KIND:
            raise ValueError("its manifest does not belong to a model catalog")
        if found.get("layout") != LAYOUT:
            raise ValueError(f"its layout is {found.get('layout')!r}, and this version reads {LAYOUT}")
        try:
            values = {field.name: found[field.name] for field in fields(cls)}
            return cls(**values | {"made_at": datetime.fromisoformat(found["made_at"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"its manifest lacks {error}") from None


def taken(at: datetime | None = None, *, feeds: bool = True) -> Manifest:
    """The facts of the database as this transaction sees it, with the prices of a time (by default now)."""
    state = revision()
    at = at or state.now
    return Manifest(
        made_at=at,
        version=VERSION,
        catalog_id=None if state.catalog_id is None else str(state.catalog_id),
        revision=state.revision,
        postgresql=server_major(),
        migrations=applied_migrations(),
        rows=row_counts(),
        feeds=feed_digests(at) if feeds else {},
    )


def feed_digests(at: datetime) -> dict[str, str]:
    """A digest of the bytes of each format's list at that time."""
    contents = {selection: listing(selection, at=at) for selection in {format_.selection for format_ in FORMATS.values()}}
    bodies = {name: render(name, contents[format_.selection]).body for name, format_ in FORMATS.items()}
    return {name: hashlib.sha256(body).hexdigest() for name, body in bodies.items()}


def row_counts() -> dict[str, int]:
    """The number of rows of each table whose rows are in a backup."""
    counts = {}
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            if table not in WITHOUT_ROWS:
                cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - quoted
                (counts[table],) = cursor.fetchone()
    return counts


def server_major() -> int:
    """The major version of the database's server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        return int(cursor.fetchone()[0])
