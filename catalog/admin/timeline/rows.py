"""The rows of the timeline: which models, prices and switches change at which time, as one query."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import TruncSecond
from django.http import HttpRequest

from catalog.history import DELETED, IMMEDIATE_WITHIN, events
from catalog.models import AIModel, Offer, Price, ScheduledSwitch

APPLIED_WITHIN = timedelta(days=30)

DEPRECATION, OFFER, PRICE, SWITCH, APPLIED_SWITCH = "deprecation", "offer", "price", "switch", "turned"
"""The kinds of rows; an offer's is its deprecation. An applied switch is read from its record, because its row is removed."""


class Due(NamedTuple):
    """One row of the timeline: its time, its kind, and the key of the model, price, switch or record."""

    due_at: datetime
    due_kind: str
    due_key: int


def _rows(rows: QuerySet[Any], moment: str, kind: str, key: str = "pk") -> QuerySet[Any]:
    return (
        rows.order_by()
        .annotate(due_at=F(moment), due_kind=Value(kind, CharField()), due_key=F(key))
        .values_list(*Due._fields)
    )


def _sources(request: HttpRequest, sources: dict[str, QuerySet[Any]]) -> QuerySet[Any]:
    """The rows that a person may see, as one query."""
    more = {"catalog.view_price": PRICE, "catalog.view_scheduledswitch": SWITCH}
    shown = [sources[kind] for permission, kind in more.items() if request.user.has_perm(permission)]
    return sources[DEPRECATION].union(sources[OFFER], *shown, all=True)


def scheduled_rows(request: HttpRequest, now: datetime) -> QuerySet[Any]:
    """What is scheduled for later."""
    sources = {
        DEPRECATION: _rows(AIModel.objects.filter(deprecation_at__gt=now), "deprecation_at", DEPRECATION),
        OFFER: _rows(Offer.objects.filter(deprecation_at__gt=now), "deprecation_at", OFFER),
        PRICE: _rows(Price.objects.filter(effective_from__gt=now), "effective_from", PRICE),
        SWITCH: _rows(ScheduledSwitch.objects.filter(effective_from__gt=now), "effective_from", SWITCH),
    }
    return _sources(request, sources)


def applied_rows(request: HttpRequest, now: datetime) -> QuerySet[Any]:
    """What was scheduled and has taken effect: it was known before its time and not cancelled."""
    span = {"effective_from__gt": now - APPLIED_WITHIN, "effective_from__lte": now}
    known = events(Price).filter(pgh_obj_id=OuterRef("pk"))
    # A price that starts immediately starts a little after its transaction began, and not at a whole second.
    long_before = Exists(known.filter(pgh_created_at__lt=OuterRef("effective_from") - IMMEDIATE_WITHIN))
    just_before = Exists(known.filter(pgh_created_at__lt=OuterRef("effective_from")))
    scheduled = Q(long_before) | Q(just_before, effective_from=TruncSecond("effective_from"))
    applied = events(ScheduledSwitch).filter(pgh_label=DELETED, pgh_created_at__gte=F("effective_from"), **span)
    gone = {"deprecation_at__gt": now - APPLIED_WITHIN, "deprecation_at__lte": now}
    sources = {
        DEPRECATION: _rows(AIModel.objects.filter(**gone), "deprecation_at", DEPRECATION),
        OFFER: _rows(Offer.objects.filter(**gone), "deprecation_at", OFFER),
        PRICE: _rows(Price.objects.filter(scheduled, **span), "effective_from", PRICE),
        SWITCH: _rows(applied.filter(ai_model__in=AIModel.objects.all()), "effective_from", APPLIED_SWITCH, "pgh_id"),
    }
    return _sources(request, sources)
