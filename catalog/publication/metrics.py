"""What a monitor should know of the lists. Served at ``/metrics``."""

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

from catalog.formats import FORMATS

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The library's variable: where the processes of one server add up what they count. Read when it is imported."""

STALE_ANSWERS = Counter("catalog_stale_answers", "Answers that were a last good copy, unchecked.", ["format"])
FAILED_REBUILDS = Counter("catalog_failed_rebuilds", "Rebuilds that failed or were refused.", ["format"])
REPLICA_FAILURES = Counter("catalog_replica_failures", "Questions that the replica did not answer, or too far behind.")
REBUILD_SECONDS = Histogram("catalog_rebuild_seconds", "How long a list took to be read and rendered.", ["format"])
for _name in FORMATS:  # 0 until something is counted: no rate can be taken of what is not there
    for _metric in (STALE_ANSWERS, FAILED_REBUILDS, REBUILD_SECONDS):
        _metric.labels(_name)


def text() -> bytes:
    """All of them, of all processes of this server, in Prometheus' text format."""
    registry = REGISTRY
    if SHARED in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
