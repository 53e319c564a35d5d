"""The timeline: one page with the scheduled and applied changes of all models, with buttons that cancel."""

from typing import Any

import pghistory
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from unfold.admin import ModelAdmin

from catalog.admin.labels import time_text
from catalog.admin.paging import pager
from catalog.admin.reviews.page import may_list, save_with_review
from catalog.admin.timeline.events import by_day, events_of, planned_by
from catalog.admin.timeline.rows import APPLIED_WITHIN, Due, applied_rows, scheduled_rows
from catalog.models import ScheduledSwitch, Switch
from catalog.models.violations import violation

PAGE_SIZE = 50

NOT_SCHEDULED = "This change is no longer scheduled: it was applied, or somebody changed or cancelled it."


class TimelineMixin(ModelAdmin):
    """The timeline, and its buttons that cancel."""

    def get_urls(self) -> list[Any]:
        """With the timeline's address."""
        own = path("timeline/", self.admin_site.admin_view(self.timeline_view), name="catalog_aimodel_timeline")
        return [own, *super().get_urls()]

    def timeline_view(self, request: HttpRequest) -> HttpResponse:
        """Show the page, or cancel what the form names."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._cancel(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        ScheduledSwitch.objects.apply_due()
        now = timezone.now()
        ahead = _page(scheduled_rows(request, now).order_by(*Due._fields), request.GET.get("page"))
        past = _page(applied_rows(request, now).order_by("-due_at", "due_kind", "due_key"), request.GET.get("past"))
        ahead_days = list(by_day(events_of(ahead, request)))
        context = {
            **self.admin_site.each_context(request),
            "title": "Timeline",
            "now": time_text(now.replace(microsecond=0)),
            "may_cancel": any(event.token for _, events in ahead_days for event in events),
            "ahead_pager": pager(request, ahead, label="Pages: upcoming"),
            "ahead_days": ahead_days,
            "past_pager": pager(request, past, name="past", label="Pages: applied"),
            "past_days": list(by_day(events_of(past))),
            "looked_back": APPLIED_WITHIN.days,
        }
        return TemplateResponse(request, "admin/timeline/timeline.html", context)

    def _cancel(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        answer = HttpResponseRedirect(request.get_full_path())
        if "_back" in request.POST:
            return answer
        token = request.POST.get("cancel", "")
        if (planned := planned_by(token)) is None:
            messages.error(request, NOT_SCHEDULED)
            return answer
        if isinstance(planned.row, ScheduledSwitch) and planned.row.switch == Switch.LISTED and not may_list(request):
            raise PermissionDenied

        def change() -> HttpResponse:
            if (now_planned := planned_by(token)) is None:  # it has taken effect while another writer held the lock
                messages.error(request, NOT_SCHEDULED)
                return answer
            with pghistory.context(source="form"):
                now_planned.cancel()
                connection.check_constraints()
            messages.success(request, f"Cancelled: {planned.text}.")
            return answer

        try:
            return save_with_review(request, change, title=f"Review: cancel {planned.text}", back="Back to the timeline")
        except IntegrityError as error:
            messages.error(request, f"Nothing was cancelled. {violation(error).sentence}")
            return answer


def _page(rows: QuerySet[Any], number: str | None) -> Page[Any]:
    return Paginator(rows, PAGE_SIZE).get_page(number)
