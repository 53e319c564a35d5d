"""Adds the counts of a process to those in the database. The counts of several processes for one reader are added up."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import Error, connection, transaction
from django.utils import timezone

from catalog.models import ListProblem
from catalog.readers.counting import LONGEST_AGENT, Count, Key, merged

logger = logging.getLogger(__name__)

MOST_KEPT = 1_000
"""The most readers in the database, not counting those that staff have named or watch."""
REGULAR = 10
"""Requests from which a reader is kept before those that came once: a flood of user agents does not displace it."""
KEPT_FOR = timedelta(days=90)
LATEST = 200
"""A reader's interval is the mean of this many fetches; older ones count less and less."""

FIELDS = (
    "who", "agent", "network", "format_name", "first_seen_at", "last_success_at", "last_failure_at", "last_failure_status",
    "revision", "read_at", "stale_at", "stale_cause", "requests", "failures", "bytes", "counted", "counted_from",
)  # fmt: skip
NEWER_LIST = "excluded.read_at >= coalesce(reader.read_at, '-infinity')"
ALL = f"(reader.counted + excluded.counted > {LATEST})"
FROM = "least(reader.counted_from, excluded.counted_from)"
LAST = "greatest(reader.last_success_at, excluded.last_success_at)"
UPSERT = f"""
    INSERT INTO catalog_reader AS reader ({", ".join(FIELDS)}, name, is_watched)
    VALUES ({", ".join(f"%({name})s" for name in FIELDS)}, '', false)
    ON CONFLICT (who, agent, network, format_name) DO UPDATE SET
        last_success_at = {LAST},
        last_failure_status = CASE WHEN excluded.last_failure_at >= coalesce(reader.last_failure_at, '-infinity')
            THEN excluded.last_failure_status ELSE reader.last_failure_status END,
        last_failure_at = greatest(reader.last_failure_at, excluded.last_failure_at),
        revision = CASE WHEN {NEWER_LIST} THEN excluded.revision ELSE reader.revision END,
        read_at = greatest(reader.read_at, excluded.read_at),
        stale_cause = CASE WHEN excluded.stale_at >= coalesce(reader.stale_at, '-infinity')
            THEN excluded.stale_cause ELSE reader.stale_cause END,
        stale_at = greatest(reader.stale_at, excluded.stale_at),
        requests = reader.requests + excluded.requests,
        failures = reader.failures + excluded.failures,
        bytes = reader.bytes + excluded.bytes,
        counted = (reader.counted + excluded.counted) / CASE WHEN {ALL} THEN 2 ELSE 1 END,
        counted_from = CASE WHEN {ALL} THEN {LAST} - ({LAST} - {FROM}) / 2 ELSE {FROM} END
"""  # noqa: S608 - of constants
DELETE_OLD = """
    DELETE FROM catalog_reader WHERE NOT is_watched AND name = '' AND (
        greatest(last_success_at, last_failure_at, first_seen_at) < %(oldest)s OR id IN (
            SELECT id FROM catalog_reader WHERE NOT is_watched AND name = ''
            ORDER BY requests >= %(regular)s DESC, greatest(last_success_at, last_failure_at, first_seen_at) DESC
            OFFSET %(most)s))
"""


class ReaderStore:
    """Writes the counts of one process. Counts that cannot be written now are written with the next ones. Used by one thread."""

    def __init__(self, failures: Callable[[], Mapping[str, tuple[str, bool]]]) -> None:
        """``failures`` says which lists this process cannot make: why, and whether entries would be lost."""
        self.failures = failures
        self.pending: dict[Key, Count] = {}

    def store(self, found: Mapping[Key, Count]) -> bool:
        """Write the counts. Returns whether that succeeded. Blocks."""
        merged(self.pending, found)
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    # In a fixed order, so that two processes do not wait for each other.
                    cursor.executemany(
                        UPSERT, [row(key, count) for key, count in sorted(self.pending.items(), key=lambda one: one[0])]
                    )
                    oldest = timezone.now() - KEPT_FOR
                    cursor.execute(DELETE_OLD, {"most": MOST_KEPT, "regular": REGULAR, "oldest": oldest})
                for name, (text, is_loss) in sorted(self.failures().items()):
                    facts = {"text": text, "is_loss": is_loss, "seen_at": timezone.now()}
                    ListProblem.objects.update_or_create(format_name=name, defaults=facts)
        except Error as error:
            logger.warning("The counts of readers cannot be written now: %s", str(error).partition("\n")[0])
            return False
        finally:
            connection.close()
        self.pending = {}
        return True


def row(key: Key, count: Count) -> dict[str, Any]:
    """The values of one reader."""
    return {
        "who": key.who,
        "agent": printable(key.agent)[:LONGEST_AGENT],
        "network": printable(key.network)[:60],
        "format_name": key.format_name,
        "first_seen_at": moment(count.first_at),
        "last_success_at": moment(count.succeeded_at),
        "last_failure_at": moment(count.failed_at),
        "last_failure_status": count.status or None,
        "revision": count.revision,
        "read_at": count.read_at,
        "stale_at": moment(count.stale_at),
        "stale_cause": count.stale_cause,
        "requests": count.requests,
        "failures": count.failures,
        "bytes": count.bytes,
        "counted": count.successes,
        "counted_from": moment(count.succeeded_from),
    }


def printable(text: str) -> str:
    """The characters that a page can show; PostgreSQL has no NUL."""
    return "".join(character for character in text if character.isprintable())


def moment(seconds: float) -> datetime | None:
    """A time, None for 0."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
