"""Sentences for staff about the readers of the OpenRouter feeds."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from catalog.formats import FORMATS
from catalog.listing import Selection
from catalog.models import CatalogRevision, Reader

FEEDS = [name for name, format_ in FORMATS.items() if format_.selection is Selection.LISTED]
RECENT = timedelta(hours=1)
"""A reader that nobody watches is mentioned if it has fetched within this time."""


class ReaderLine(NamedTuple):
    """One sentence about one reader. ``is_bad``: it needs attention."""

    reader: Reader
    text: str
    is_bad: bool


def reader_lines() -> list[ReaderLine]:
    """Sentences about the watched readers, or about the most frequent reader of a feed without one."""
    now, state = timezone.now(), CatalogRevision.objects.first()
    watched = list(Reader.objects.filter(is_watched=True).order_by("name", "pk")[:10])
    if not watched:
        recent = Reader.objects.filter(format_name__in=FEEDS, last_success_at__gte=now - RECENT)
        watched = list(recent.order_by("-requests")[:1])
    return [
        ReaderLine(reader, f"{reader} {fetched(reader, now)} {seen(reader, state)}.", reader.is_quiet(now))
        for reader in watched
    ]


def seen_sentence() -> str:
    """The message after a change of a feed: that it has not been fetched since, and when it was last fetched; empty if nobody
    fetches it."""
    now = timezone.now()
    return " ".join(
        f"{line.reader} has not fetched the feed since: it {fetched(line.reader, now)}." for line in reader_lines()
    )


def fetched(reader: Reader, now: datetime) -> str:
    """When it last got a list."""
    if reader.last_success_at is None:
        return f"has not received the {reader.format_name} list yet"
    return f"last fetched the {reader.format_name} list {ago(now - reader.last_success_at)}"


def seen(reader: Reader, state: CatalogRevision | None) -> str:
    """Whether it has the last change."""
    if state is None or reader.revision is None:
        return "and has seen no change yet"
    changed = f"the change of {clock(state.changed_at)}"
    if reader.revision >= state.revision:
        return f"and has seen {changed}"
    return f"and has not fetched since {changed}"


def ago(passed: timedelta) -> str:
    """How long ago, in one unit."""
    seconds = max(0, int(passed.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length or (unit == "min" and seconds >= length):
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def clock(moment: datetime) -> str:
    """A time of today, or a day and a time (UTC)."""
    return f"{moment:%H:%M} UTC" if moment.date() == timezone.now().date() else f"{moment:%Y-%m-%d %H:%M} UTC"
