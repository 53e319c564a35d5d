"""The gauges of ``/metrics``: the current state, read when Prometheus asks.

The gauges of lists describe what the answering process would send now. Gauges whose values the database does not return now are
left out.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import Error
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from catalog import checklist
from catalog.drift import latest
from catalog.models import (
    UNDER_WAY,
    AIModel,
    Alarm,
    CatalogRevision,
    DriftSide,
    DriftState,
    Offer,
    Price,
    Reader,
    ScheduledSwitch,
    Upload,
)
from catalog.openrouter.readiness.finding import Level
from catalog.publication import Unavailable, publisher
from catalog_site import VERSION
from catalog_site.embedded.server import NotRunning

MOST_CHECKED = 1000
"""The most models that are checked while Prometheus waits, if this process has not checked them yet."""


class CatalogCollector(Collector):
    """A collector for one answer."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All gauges."""
        yield gauge("catalog_build_info", "The version that serves, as a label.", [({"version": VERSION}, 1)])
        yield from lists()
        try:
            yield from [*catalog(), *readers(), *watch()]
            is_up = 1
        except (Error, NotRunning):
            is_up = 0
        yield gauge("catalog_database_up", "Whether the database answers.", [({}, is_up)])


def gauge(name: str, text: str, samples: Any) -> GaugeMetricFamily:
    """A gauge with its samples: labels and a value."""
    labels = list(dict.fromkeys(label for names, _ in samples for label in names))
    family = GaugeMetricFamily(name, text, labels=labels)
    for names, value in samples:
        family.add_metric([str(names[label]) for label in labels], value)
    return family


def lists() -> Iterator[GaugeMetricFamily]:
    """The lists that somebody has asked for."""
    ages, entries, revisions = [], [], []
    for name, what in publisher.sendable().items():
        if not what:
            continue
        try:
            publication, stale = publisher.current(name)
        except Unavailable:
            continue
        ages.append(({"format": name}, 0 if stale is None else stale.age))
        entries.append(({"format": name}, len(publication.entries)))
        revisions.append(({"format": name}, publication.revision))
    yield gauge("catalog_list_age_seconds", "How long ago the served list was last known to be right.", ages)
    yield gauge("catalog_list_entries", "Entries of the served list.", entries)
    yield gauge("catalog_list_revision", "The catalog's revision of the served list.", revisions)


def catalog() -> Iterator[GaugeMetricFamily]:
    """The catalog in the database."""
    now = timezone.now()
    state = CatalogRevision.objects.first()
    if state is not None:
        yield gauge("catalog_revision", "The catalog's revision.", [({}, state.revision)])
    if checklist.is_cached() or AIModel.objects.count() <= MOST_CHECKED:
        errors = sum(finding.level is Level.ERROR for finding in checklist.listed_findings())
        yield gauge("catalog_readiness_errors", "Errors of listed models that OpenRouter would reject.", [({}, errors)])
    due = []
    for kind, rows, field in (
        ("price", Price.objects.all(), "effective_from"),
        ("switch", ScheduledSwitch.objects.all(), "effective_from"),
        ("deprecation", AIModel.objects.all(), "deprecation_at"),
        ("offer_deprecation", Offer.objects.all(), "deprecation_at"),
    ):
        for within, days in (("1d", 1), ("30d", 30)):
            span = {f"{field}__gt": now, f"{field}__lte": now + timedelta(days=days)}
            due.append(({"kind": kind, "within": within}, rows.filter(**span).count()))
    yield gauge("catalog_due_moments", "Scheduled changes that are due within that time.", due)
    states = dict.fromkeys((one.value for one in UNDER_WAY), 0)
    for state_name in Upload.objects.filter(state__in=UNDER_WAY).values_list("state", flat=True):
        states[state_name] += 1
    yield gauge(
        "catalog_uploads", "Uploads that wait or are being processed.", [({"state": one}, n) for one, n in states.items()]
    )


def readers() -> Iterator[GaugeMetricFamily]:
    """The readers that staff watch; the others have no bound."""
    watched = list(Reader.objects.filter(is_watched=True, last_success_at__isnull=False).order_by("pk")[:50])
    now = timezone.now()
    labels = [{"reader": f"{reader.pk} {reader}", "format": reader.format_name} for reader in watched]
    ages = [(now - reader.last_success_at).total_seconds() for reader in watched if reader.last_success_at]
    quiet = [int(reader.is_quiet(now)) for reader in watched]
    yield gauge(
        "catalog_reader_age_seconds", "How long ago a watched reader got the list.", list(zip(labels, ages, strict=True))
    )
    yield gauge("catalog_reader_quiet", "Whether a watched reader is quiet.", list(zip(labels, quiet, strict=True)))


def watch() -> Iterator[GaugeMetricFamily]:
    """The results of the scheduled runs."""
    open_alarms = Alarm.objects.filter(ended_at=None).count()
    yield gauge("catalog_open_alarms", "Open alarms.", [({}, open_alarms)])
    numbers, ages = [], []
    for side in DriftSide:
        if (found := latest(side)) is not None:
            if found.state != DriftState.UNKNOWN:
                numbers.append(({"side": side.value}, len(found.differences)))
            ages.append(({"side": side.value}, (timezone.now() - found.checked_at).total_seconds()))
    yield gauge("catalog_drift_differences", "Differences from the other side in the latest comparison.", numbers)
    yield gauge("catalog_drift_age_seconds", "How long ago the latest comparison with the other side was.", ages)
