"""The list of security events."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from catalog.admin.base import ReadOnly
from catalog.admin.labels import NOTHING
from catalog.models import SecurityEvent, SecurityEventKind

COLORS = {
    SecurityEventKind.LOGIN_FAILED.label: "danger",
    SecurityEventKind.CODE_FAILED.label: "danger",
    SecurityEventKind.REFUSED.label: "danger",
    SecurityEventKind.SECOND_FACTOR_REMOVED.label: "warning",
    SecurityEventKind.RECOVERY_CODE_USED.label: "warning",
    SecurityEventKind.LOGIN.label: "success",
}


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnly):
    """The list of security events, the newest first. They contain the addresses of colleagues, so not all staff may view them."""

    list_display = ["occurred_at", "event", "who", "about", "details", "address"]
    list_filter = ["kind"]
    search_fields = ["actor_name", "about", "details", "address"]
    search_help_text = "Search by name or address"
    date_hierarchy = "occurred_at"
    fields = ["occurred_at", "event", "who", "about", "details", "address"]
    readonly_fields = fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether they may view security events."""
        return bool(request.user.has_perm("catalog.view_securityevent"))

    @display(description="Event", ordering="kind", label=COLORS)  # type: ignore[untyped-decorator]
    def event(self, event: SecurityEvent) -> str:
        """What happened."""
        return SecurityEventKind(event.kind).label

    @admin.display(description="Who", ordering="actor_name")
    def who(self, event: SecurityEvent) -> str:
        """The user's name at that time."""
        return event.actor_name or NOTHING
