"""Counting in memory. However many user agents and networks there are, a process counts a limited number of readers."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

MOST_READERS = 500
"""How many readers are told apart between two writes; the others count as one."""
MOST_AGENTS = 5
"""How many user agents of one network are told apart, likewise."""
LONGEST_AGENT = 200
OTHERS = "(others)"
SUCCESSES = (200, 304)


class Key(NamedTuple):
    """The identity of a reader. With an API key, user agent and network are empty: a key is one reader wherever it is used."""

    who: str
    agent: str
    network: str
    format_name: str


class Count:
    """The fetches of one reader since the last write. Times are in seconds since 1970."""

    __slots__ = (
        "bytes", "failed_at", "failures", "first_at", "read_at", "requests", "revision", "stale_at", "stale_cause", "status",
        "succeeded_at", "succeeded_from", "successes",
    )  # fmt: skip

    def __init__(self, now: float) -> None:
        self.first_at = now
        self.requests = self.failures = self.successes = self.bytes = 0
        self.succeeded_from = self.succeeded_at = self.failed_at = self.stale_at = 0.0
        self.status = 0
        self.revision: int | None = None
        self.read_at: datetime | None = None
        self.stale_cause = ""

    def add(self, other: "Count") -> None:
        """Add later fetches of the same reader."""
        self.requests += other.requests
        self.failures += other.failures
        self.bytes += other.bytes
        self.successes += other.successes
        self.succeeded_from = self.succeeded_from or other.succeeded_from
        self.succeeded_at = other.succeeded_at or self.succeeded_at
        if other.failed_at:
            self.failed_at, self.status = other.failed_at, other.status
        if other.stale_at:
            self.stale_at, self.stale_cause = other.stale_at, other.stale_cause
        if other.read_at is not None:
            self.read_at, self.revision = other.read_at, other.revision


class Tally:
    """The fetches of all readers in one process. Used only by its event loop."""

    def __init__(self) -> None:
        self.found: dict[Key, Count] = {}
        self.agents: dict[str, set[str]] = {}

    def count(
        self,
        key: tuple[str, str, str, str],
        now: float,
        status: int,
        size: int,
        revision: int | None,
        read_at: datetime | None,
        stale: str,
    ) -> None:
        """Count one answer of ``size`` bytes. ``key`` is a ``Key``, or as much; ``revision`` and ``read_at`` are the list's; ``stale``
        is why it is a copy."""
        count = self.found.get(key)  # type: ignore[call-overload]
        if count is None:
            count = self.begin(Key(*key), now)
        count.requests += 1
        count.bytes += size
        if status in SUCCESSES:
            count.successes += 1
            count.succeeded_at = now
            count.succeeded_from = count.succeeded_from or now
            if revision is not None:
                count.revision, count.read_at = revision, read_at
            if stale:
                count.stale_at, count.stale_cause = now, stale
        elif status >= 400:
            count.failures += 1
            count.failed_at, count.status = now, status

    def begin(self, key: Key, now: float) -> Count:
        """The count of a reader that is new since the last write, or the count that it must share."""
        if not key.who:
            agents = self.agents.setdefault(key.network, set()) if len(self.agents) < MOST_READERS else {OTHERS}
            if key.agent not in agents:
                if len(agents) >= MOST_AGENTS or OTHERS in agents:
                    key = key._replace(agent=OTHERS)
                else:
                    agents.add(key.agent)
        if key not in self.found and len(self.found) >= MOST_READERS:
            key = Key("", OTHERS, "", key.format_name)
        return self.found.setdefault(key, Count(now))

    def take(self) -> dict[Key, Count]:
        """Return the counts and reset them."""
        found, self.found, self.agents = self.found, {}, {}
        return found


def merged(counts: dict[Key, Count], more: Mapping[Key, Count]) -> None:
    """Add later counts to those that could not be written, as far as there is room."""
    for key, count in more.items():
        if key in counts:
            counts[key].add(count)
        elif len(counts) < MOST_READERS:
            counts[key] = count
