"""Whether this process can serve requests: the answer of ``/health/ready``.

The rule is that of the feeds: a list that can be sent is sent. A process that has lost its database stays in service while it has
copies, because otherwise nobody would send them. A process that has just started on a database without its migrations does not
enter service: the processes that it replaces are still running.
"""

import logging
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import Error, connection

from catalog.formats import openrouter
from catalog.publication import Unavailable, publisher
from catalog_site import VERSION
from catalog_site.embedded.server import NotRunning
from catalog_site.migrations import missing_migrations

logger = logging.getLogger(__name__)


class Database(StrEnum):
    """The state of the database."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    SILENT = "silent"


class Migrations(StrEnum):
    """Whether the tables are as this version of the code needs them."""

    APPLIED = "applied"
    MISSING = "not applied"
    UNKNOWN = "unknown"


class Checked(NamedTuple):
    """The results of a check of the database."""

    database: Database
    migrations: Migrations


NO_ANSWER = Checked(Database.SILENT, Migrations.UNKNOWN)
HEALTHY = Checked(Database.OK, Migrations.APPLIED)


class Health(NamedTuple):
    """Whether requests should be sent to this process, and the document that says why."""

    is_ready: bool
    document: dict[str, Any]


def check() -> Checked:
    """Query the database, and make the OpenRouter feed if it is missing; blocks for as long as that takes."""
    publisher.take_a_copy()
    try:
        connection.close_if_unusable_or_obsolete()
        missing = missing_migrations()
    except (Error, NotRunning) as error:
        logger.debug("The database cannot be reached: %s", error)
        connection.close()
        return Checked(Database.UNREACHABLE, Migrations.UNKNOWN)
    if missing:
        return Checked(Database.OK, Migrations.MISSING)
    try:
        publisher.current(openrouter.FORMAT.name)
    except Unavailable as error:
        logger.warning("The OpenRouter feed cannot be sent: %s", error)
    return HEALTHY


def health(checked: Checked, *, was_ready: bool) -> Health:
    """The answer, from the last check of the database, without a query. ``was_ready``: whether this process has been ready
    before."""
    lists = publisher.sendable()
    is_ready = any(lists.values()) and (was_ready or checked.migrations is not Migrations.MISSING)
    is_whole = checked == HEALTHY and not publisher.failures()
    document = {
        "status": ("ready" if is_whole else "degraded") if is_ready else "not ready",
        "version": VERSION,
        "database": checked.database.value,
        "migrations": checked.migrations.value,
        "lists": {name: _shown(what, checked.database) for name, what in lists.items()},
    }
    return Health(is_ready, document)


def _shown(what: str, database: Database) -> str:
    """What is sent for a list. Without the database, this is the last good copy."""
    return "copy" if what and database is not Database.OK else what or "none"
