"""What is due, and what has come by itself: one page for prices, switches and deprecations of all models."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

import pghistory
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db import IntegrityError, connection
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import TruncSecond
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin

from catalog.admin.moments import MomentField
from catalog.admin.reviewing import carried_out, may_list
from catalog.admin.switches import ACTIONS
from catalog.admin.words import NOTHING, moment_text
from catalog.formats import pricing
from catalog.history import DELETED, IMMEDIATE_WITHIN, events
from catalog.models import IDENTITY, AIModel, Price, ScheduledSwitch, Switch
from catalog.models.refusals import refusal

PAGE = 50
NOT_AHEAD = "This is not ahead any more: it has come, or somebody has changed or cancelled it."
LOOKED_BACK = timedelta(days=30)
DEPRECATION, PRICE, SWITCH, TURNED = "deprecation", "price", "switch", "turned"
"""What a row of the timeline is. ``turned`` is a switch that is settled: of it there is the record."""


class Due(NamedTuple):
    """One row: a moment, what it is, and the key of its row."""

    due_at: datetime
    due_kind: str
    due_key: int


class Event(NamedTuple):
    """One thing that comes, or came, in words. ``token`` names it to who cancels it; empty: that person may not."""

    moment: str
    time: str
    """Its time of day, where the day is said already."""
    model_id: str
    address: str
    what: str
    old: str
    new: str
    token: str


class TimelineMixin(ModelAdmin):
    """The timeline, and its buttons that cancel."""

    def get_urls(self) -> list[Any]:
        """With the timeline's address."""
        own = path("timeline/", self.admin_site.admin_view(self.timeline_view), name="catalog_aimodel_timeline")
        return [own, *super().get_urls()]

    def timeline_view(self, request: HttpRequest) -> HttpResponse:
        """Show it; or cancel what a form names."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._cancel(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        ScheduledSwitch.objects.apply_due()
        now = timezone.now()
        ahead = _page(_ahead(request, now).order_by(*Due._fields), request.GET.get("page"))
        past = _page(_past(request, now).order_by("-due_at", "due_kind", "due_key"), request.GET.get("past"))
        may_cancel = self.has_change_permission(request)
        context = {
            **self.admin_site.each_context(request),
            "title": "Timeline",
            "now": moment_text(now.replace(microsecond=0)),
            "may_cancel": may_cancel,
            "ahead": ahead,
            "ahead_days": list(_by_day(_events(ahead, may_cancel=may_cancel, may_list=may_list(request)))),
            "past": past,
            "past_days": list(_by_day(_events(past))),
            "looked_back": LOOKED_BACK.days,
        }
        return TemplateResponse(request, "admin/catalog/timeline.html", context)

    def _cancel(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        answer = HttpResponseRedirect(request.get_full_path())
        if "_back" in request.POST:
            return answer
        token = request.POST.get("cancel", "")
        if (planned := _planned(token)) is None:
            messages.error(request, NOT_AHEAD)
            return answer
        if isinstance(planned.row, ScheduledSwitch) and planned.row.switch == Switch.LISTED and not may_list(request):
            raise PermissionDenied

        def change() -> HttpResponse:
            if (now_planned := _planned(token)) is None:  # it has come while somebody else was writing
                messages.error(request, NOT_AHEAD)
                return answer
            with pghistory.context(source="form"):
                now_planned.cancel()
                connection.check_constraints()
            messages.success(request, f"Cancelled: {planned.text}.")
            return answer

        try:
            return carried_out(request, change, title=f"Review: cancel {planned.text}")
        except IntegrityError as error:
            messages.error(request, f"Nothing was cancelled. {refusal(error).sentence}")
            return answer


def _rows(rows: QuerySet[Any], moment: str, kind: str, key: str = "pk") -> QuerySet[Any]:
    return (
        rows.order_by()
        .annotate(due_at=F(moment), due_kind=Value(kind, CharField()), due_key=F(key))
        .values_list(*Due._fields)
    )


def _sources(request: HttpRequest, sources: dict[str, QuerySet[Any]]) -> QuerySet[Any]:
    """All that a person may see, as one list."""
    more = {"catalog.view_price": PRICE, "catalog.view_scheduledswitch": SWITCH}
    shown = [sources[kind] for permission, kind in more.items() if request.user.has_perm(permission)]
    return sources[DEPRECATION].union(*shown, all=True)


def _ahead(request: HttpRequest, now: datetime) -> QuerySet[Any]:
    sources = {
        DEPRECATION: _rows(AIModel.objects.filter(deprecation_at__gt=now), "deprecation_at", DEPRECATION),
        PRICE: _rows(Price.objects.filter(effective_from__gt=now), "effective_from", PRICE),
        SWITCH: _rows(ScheduledSwitch.objects.filter(effective_from__gt=now), "effective_from", SWITCH),
    }
    return _sources(request, sources)


def _past(request: HttpRequest, now: datetime) -> QuerySet[Any]:
    """What had been scheduled and has come: known before its moment, and still there then."""
    span = {"effective_from__gt": now - LOOKED_BACK, "effective_from__lte": now}
    known = events(Price).filter(pgh_obj_id=OuterRef("pk"))
    # What begins at once does so a little after its transaction began, and at no whole second.
    long_before = Exists(known.filter(pgh_created_at__lt=OuterRef("effective_from") - IMMEDIATE_WITHIN))
    just_before = Exists(known.filter(pgh_created_at__lt=OuterRef("effective_from")))
    scheduled = Q(long_before) | Q(just_before, effective_from=TruncSecond("effective_from"))
    settled = events(ScheduledSwitch).filter(pgh_label=DELETED, pgh_created_at__gte=F("effective_from"), **span)
    gone = AIModel.objects.filter(deprecation_at__gt=now - LOOKED_BACK, deprecation_at__lte=now)
    sources = {
        DEPRECATION: _rows(gone, "deprecation_at", DEPRECATION),
        PRICE: _rows(Price.objects.filter(scheduled, **span), "effective_from", PRICE),
        SWITCH: _rows(settled.filter(ai_model__in=AIModel.objects.all()), "effective_from", TURNED, "pgh_id"),
    }
    return _sources(request, sources)


def _page(rows: QuerySet[Any], number: str | None) -> Page[Any]:
    return Paginator(rows, PAGE).get_page(number)


def _events(rows: Iterable[Any], *, may_cancel: bool = False, may_list: bool = False) -> Iterator[Event]:
    """The rows in words, in their order. As many queries for many as for one."""
    due = [Due(*row) for row in rows]
    keys: dict[str, list[int]] = {kind: [] for kind in (DEPRECATION, PRICE, SWITCH, TURNED)}
    for one in due:
        keys[one.due_kind].append(one.due_key)
    models = AIModel.objects.select_related("replacement").in_bulk(keys[DEPRECATION])
    prices = Price.objects.select_related("ai_model").in_bulk(keys[PRICE])
    switches = ScheduledSwitch.objects.select_related("ai_model").in_bulk(keys[SWITCH])
    turned = events(ScheduledSwitch).select_related("ai_model").in_bulk(keys[TURNED])
    before = _before(keys[PRICE])
    for moment, kind, key in due:
        row: Any = {DEPRECATION: models, PRICE: prices, SWITCH: switches, TURNED: turned}[kind].get(key)
        if row is None:  # somebody has just cancelled it
            continue
        model: AIModel = row if kind == DEPRECATION else row.ai_model
        may = may_cancel and (kind != SWITCH or row.switch != Switch.LISTED or may_list)
        yield Event(
            text := moment_text(moment),
            text.partition(" ")[2],
            model.model_id,
            reverse("admin:catalog_aimodel_change", args=[model.pk]),
            *_words(kind, row, before.get(key)),
            f"{kind}:{key}:{moment.isoformat()}" if may else "",
        )


def _words(kind: str, row: Any, before: Any) -> tuple[str, str, str]:
    """What it is, what holds before, and what from then on. Of a switch the first says all."""
    if kind == PRICE:
        old, new = (None if usd is None else pricing.staff_amount(usd, row.unit) for usd in (before, row.usd))
        return pricing.price_label(row.line), old or NOTHING, new or "ends"
    if kind == DEPRECATION:
        return f"Deprecation; replaced by {row.replacement.model_id}" if row.replacement else "Deprecation", "", ""
    todo, done = ACTIONS[Switch(row.switch), row.value]
    return (todo if kind == SWITCH else done), "", ""


def _before(keys: list[int]) -> dict[int, Any]:
    """What is in force before each of those prices, in USD per one unit; None where nothing is sold."""
    line = ", ".join(IDENTITY)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT id, before FROM (
                SELECT id, lag(usd) OVER (PARTITION BY {line} ORDER BY effective_from) AS before FROM catalog_price
                WHERE ai_model_id IN (SELECT ai_model_id FROM catalog_price WHERE id = ANY(%s))
            ) AS line WHERE id = ANY(%s)
            """,  # noqa: S608 (the names of columns are our own)
            [keys, keys],
        )
        return dict(cursor.fetchall())


def _by_day(events: Iterable[Event]) -> Iterator[tuple[str, list[Event]]]:
    for day, group in groupby(events, key=lambda event: event.moment[:10]):
        yield day, list(group)


class Planned(NamedTuple):
    """What can be cancelled, and what it is in words."""

    row: AIModel | Price | ScheduledSwitch
    text: str

    def cancel(self) -> None:
        """Let it not come: its row goes, and of a deprecation the moment."""
        if isinstance(self.row, AIModel):
            self.row.deprecation_at = None
            self.row.save(update_fields=["deprecation_at"])
        else:
            self.row.delete()


def _planned(token: str) -> Planned | None:
    """What a token names; None where it is not ahead just so."""
    kind, _, rest = token.partition(":")
    key, _, moment = rest.partition(":")
    try:
        chosen = {"pk": int(key)}
        at = MomentField().clean(moment)
    except (ValueError, ValidationError):
        return None
    if at <= timezone.now() or not 0 < chosen["pk"] < 2**63:
        return None
    row: Any = None
    if kind == DEPRECATION:
        row = AIModel.objects.select_related("replacement").filter(**chosen, deprecation_at=at).first()
    elif kind in (PRICE, SWITCH):
        table: Any = Price if kind == PRICE else ScheduledSwitch
        row = table.objects.select_related("ai_model").filter(**chosen, effective_from=at).first()
    if row is None:
        return None
    what, _, _ = _words(kind, row, None)
    model: AIModel = row if kind == DEPRECATION else row.ai_model
    return Planned(row, f"{what}, of {model.model_id} at {moment_text(at)}")
