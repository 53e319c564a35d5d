"""The counters and histograms of the lists, served at ``/metrics``."""

import fcntl
import os
from itertools import count
from pathlib import Path
from typing import IO, Any

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess, values
from prometheus_client.registry import Collector

from catalog.formats import FORMATS

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The library's variable: the directory in which the processes of one server add up their counts.
``catalog_site.metrics_directory`` sets it."""


class ProcessNumber:
    """The number under which a process counts: the lowest that no running process has.

    With the process's id, the library's default, each worker that replaces a dead one would leave files behind. So it continues in
    the dead worker's files.
    """

    def __init__(self) -> None:
        self.process = 0
        self.number = 0
        self.lock: IO[str] | None = None  # held for the life of the process

    def __call__(self) -> int:
        """The number of this process, which is taken at the first call, also after a fork."""
        if self.process != os.getpid():
            directory = Path(os.environ[SHARED])
            for number in count():
                lock = (directory / f"{number}.lock").open("w")
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    lock.close()
                    continue
                self.process, self.number, self.lock = os.getpid(), number, lock
                break
        return self.number


if SHARED in os.environ:
    values.ValueClass = values.MultiProcessValue(ProcessNumber())  # type: ignore[no-untyped-call]

BUCKETS = (0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
"""Upper bounds, in seconds, of the durations of answers."""

REQUESTS = Counter("catalog_requests", "Answers, by the format of the list or the kind of page.", ["format", "status"])
REQUEST_SECONDS = Histogram(
    "catalog_request_seconds", "From a request's head to the end of its answer.", ["format"], buckets=BUCKETS
)
THROTTLED = Counter("catalog_throttled", "Requests that were refused by a limit, by kind of limit.", ["limit"])
REFUSED_LOSSES = Counter(
    "catalog_refused_losses",
    "Rebuilt lists that were not sent because they would have lost entries without a recorded change.",
    ["format"],
)
STALE_ANSWERS = Counter("catalog_stale_answers", "Answers that were a last good copy.", ["format"])
FAILED_REBUILDS = Counter("catalog_failed_rebuilds", "Rebuilds that failed or were refused.", ["format"])
REPLICA_FAILURES = Counter(
    "catalog_replica_failures", "Queries that the replica did not answer, or answered too far behind."
)
REBUILD_SECONDS = Histogram("catalog_rebuild_seconds", "How long it took to read and render a list.", ["format"])
for _name in FORMATS:  # 0 from the start, because a missing metric has no rate
    for _metric in (STALE_ANSWERS, FAILED_REBUILDS, REBUILD_SECONDS, REFUSED_LOSSES):
        _metric.labels(_name)
    REQUESTS.labels(_name, 200)
for _name in ("address", "site", "queue", "login"):
    THROTTLED.labels(_name)


def count_requests(name: str, status: int, number: int, seconds: float, buckets: list[int]) -> None:
    """Add a number of answers. ``buckets``: how many took at most as long as each of ``BUCKETS``, and how many took longer. The
    library observes one at a time, which would cost each request more than sending its answer from memory."""
    REQUESTS.labels(name, status).inc(number)
    histogram: Any = REQUEST_SECONDS.labels(name)
    histogram._sum.inc(seconds)
    for bucket, more in zip(histogram._buckets, buckets, strict=True):
        if more:
            bucket.inc(more)


def text(now: Collector | None = None) -> bytes:
    """All metrics of all processes of this server, in Prometheus' text format, and the gauges of ``now``, which only this process
    reads."""
    registry = REGISTRY
    if SHARED in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    gauges = CollectorRegistry()
    if now is not None:
        gauges.register(now)
    return generate_latest(registry) + generate_latest(gauges)
