"""Who fetches the lists: a table, and the settings of each reader."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from catalog.admin.base import ReadOnly
from catalog.admin.labels import NOTHING
from catalog.admin.reviews.page import may_publish
from catalog.models import Reader
from catalog.readers.sentences import ago

STATES = {"quiet": "danger", "failing": "danger", "stale": "warning", "ok": "success"}
RECENT = timedelta(minutes=10)


@admin.register(Reader)
class ReaderAdmin(ReadOnly):
    """Everybody who may view the models may see who fetches them; publishers decide which readers are watched."""

    list_display = ["title", "format_name", "state", "fetched", "every", "revision", "requests", "failures", "megabytes"]
    list_filter = ["format_name", "is_watched"]
    search_fields = ["name", "who", "agent", "network"]
    search_help_text = "Search by name, API key, user agent or network"
    ordering = ["-is_watched", "-last_success_at"]
    own_fields = ["name", "is_watched", "quiet_after"]
    facts = [
        "format_name", "who", "agent", "network", "first_seen_at", "last_success_at", "every", "revision", "read_at",
        "last_failure_at", "last_failure_status", "stale_at", "stale_cause", "requests", "failures", "bytes",
    ]  # fmt: skip
    fieldsets = [(None, {"fields": own_fields}), ("What it fetches", {"fields": facts})]
    readonly_fields = facts

    @admin.display(description="Reader", ordering="name")
    def title(self, reader: Reader) -> str:
        """Its name, or else how it is identified."""
        return str(reader)

    @display(description="State", label=STATES)  # type: ignore[untyped-decorator]
    def state(self, reader: Reader) -> str:
        """Its current state."""
        now = timezone.now()
        if reader.is_watched and reader.is_quiet(now):
            return "quiet"
        if reader.last_failure_at and (reader.last_success_at is None or reader.last_failure_at > reader.last_success_at):
            return "failing"
        return "stale" if reader.stale_at and now - reader.stale_at < RECENT else "ok"

    @admin.display(description="Last fetched", ordering="last_success_at")
    def fetched(self, reader: Reader) -> str:
        """How long ago."""
        return "never" if reader.last_success_at is None else ago(timezone.now() - reader.last_success_at)

    @admin.display(description="Every")
    def every(self, reader: Reader) -> str:
        """The mean time between its fetches."""
        return NOTHING if reader.interval is None else ago(reader.interval).removesuffix(" ago")

    @admin.display(description="MB", ordering="bytes")
    def megabytes(self, reader: Reader) -> str:
        """The number of megabytes that it was sent."""
        return f"{reader.bytes / 1_000_000:,.1f}"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may publish."""
        return may_publish(request)
