"""The rows of the timeline as text, and cancelling one of them."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from catalog.admin.fields import UTCDateTimeField
from catalog.admin.labels import NOTHING, time_text
from catalog.admin.models.scheduled_switches import ACTIONS
from catalog.admin.prices.fields import shown_amount
from catalog.admin.reviews.page import may_list
from catalog.admin.timeline.rows import APPLIED_SWITCH, DEPRECATION, OFFER, PRICE, SWITCH, Due
from catalog.formats import pricing
from catalog.history import events
from catalog.models import IDENTITY, OTHER_TIERS, AIModel, Offer, Price, ScheduledSwitch, Switch
from catalog.models.many import one_of


class Event(NamedTuple):
    """One row as text. ``token`` names it in the form that cancels it; empty if the person may not cancel it."""

    moment: str
    time: str
    """The time of day, shown below its day."""
    model_id: str
    address: str
    what: str
    old: str
    new: str
    token: str


CANCELS = {PRICE: "catalog.delete_price", SWITCH: "catalog.delete_scheduledswitch"}
"""The permission to cancel a row, if it is not the permission to change the model."""


def events_of(rows: Iterable[Any], request: HttpRequest | None = None) -> Iterator[Event]:
    """The rows as text, in order, and whether the user of the request may cancel each. The number of queries does not depend on
    the number of rows."""
    due = [Due(*row) for row in rows]
    keys: dict[str, list[int]] = {kind: [] for kind in (DEPRECATION, OFFER, PRICE, SWITCH, APPLIED_SWITCH)}
    for one in due:
        keys[one.due_kind].append(one.due_key)
    tables: dict[str, Any] = {DEPRECATION: AIModel.objects.select_related("replacement").in_bulk(keys[DEPRECATION])}
    owned = (
        (OFFER, Offer.objects),
        (PRICE, Price.objects),
        (SWITCH, ScheduledSwitch.objects),
        (APPLIED_SWITCH, events(ScheduledSwitch)),
    )
    tables |= {kind: rows_of.select_related("ai_model").in_bulk(keys[kind]) for kind, rows_of in owned if keys[kind]}
    before = _amounts_before(keys[PRICE])
    models = {row.pk if kind == DEPRECATION else row.ai_model_id for kind, found in tables.items() for row in found.values()}
    ever_listed = AIModel.objects.filter(pk__in=one_of(models)).ever_listed().values_list("pk", flat=True)
    in_feeds = set() if request is None else set(ever_listed)
    for moment, kind, key in due:
        row: Any = tables[kind].get(key)
        if row is None:  # somebody else has just cancelled it
            continue
        model: AIModel = row if kind == DEPRECATION else row.ai_model
        may = request is not None and _may_cancel(request, kind, row, is_in_feeds=model.pk in in_feeds)
        yield Event(
            text := time_text(moment),
            text.partition(" ")[2],
            model.model_id,
            reverse("admin:catalog_aimodel_change", args=[model.pk]),
            *_texts(kind, row, before.get(key)),
            f"{kind}:{key}:{moment.isoformat()}" if may else "",
        )


def _may_cancel(request: HttpRequest, kind: str, row: Any, *, is_in_feeds: bool) -> bool:
    """Whether the review would allow it. Changes that affect the feeds, now or later, need the permission to list or propose."""
    if not request.user.has_perms(["catalog.change_aimodel", CANCELS.get(kind, "catalog.change_aimodel")]):
        return False
    decides_feeds = (is_in_feeds and _tier(kind, row) not in OTHER_TIERS) or (kind == SWITCH and row.switch == Switch.LISTED)
    return not decides_feeds or may_list(request)


def _tier(kind: str, row: Any) -> str | None:
    """The service tier that changes; None for the whole model."""
    if kind == PRICE:
        return str(row.service_tier)
    if kind == OFFER:
        return str(row.variant)
    return Switch(row.switch).variant if kind == SWITCH else None


def _texts(kind: str, row: Any, before: Any) -> tuple[str, str, str]:
    """What changes, the old value, and the new one. For a switch the first text says all."""
    if kind == PRICE:
        old, new = (None if usd is None else shown_amount(usd, row.unit) for usd in (before, row.usd))
        return pricing.price_label(row.line), old or NOTHING, new or "ends"
    if kind == DEPRECATION:
        return f"Deprecation; replaced by {row.replacement.model_id}" if row.replacement else "Deprecation", "", ""
    if kind == OFFER:
        return f"Deprecation of the offer {row}", "", ""
    todo, done = ACTIONS[Switch(row.switch), row.value]
    return (todo if kind == SWITCH else done), "", ""


def _amounts_before(keys: list[int]) -> dict[int, Any]:
    """The amount in force before each of these prices, in USD per one unit; None if it was not sold."""
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


def by_day(events: Iterable[Event]) -> Iterator[tuple[str, list[Event]]]:
    """The events grouped by their days."""
    for day, group in groupby(events, key=lambda event: event.moment[:10]):
        yield day, list(group)


class Planned(NamedTuple):
    """Something scheduled that can be cancelled, and its text."""

    row: AIModel | Offer | Price | ScheduledSwitch
    text: str

    def cancel(self) -> None:
        """Remove its row; for a deprecation, its time, and the row of an offer that then states nothing."""
        if isinstance(self.row, AIModel | Offer):
            self.row.deprecation_at = None
            if isinstance(self.row, AIModel) or self.row.own_facts():
                self.row.save(update_fields=["deprecation_at"])
                return
        self.row.delete()


def planned_by(token: str) -> Planned | None:
    """The scheduled change that a token names; None if exactly this is no longer scheduled."""
    kind, _, rest = token.partition(":")
    key, _, moment = rest.partition(":")
    try:
        chosen = {"pk": int(key)}
        at = UTCDateTimeField().clean(moment)
    except (ValueError, ValidationError):
        return None
    if at <= timezone.now() or not 0 < chosen["pk"] < 2**63:
        return None
    row: Any = None
    if kind == DEPRECATION:
        row = AIModel.objects.select_related("replacement").filter(**chosen, deprecation_at=at).first()
    elif kind == OFFER:
        row = Offer.objects.select_related("ai_model").filter(**chosen, deprecation_at=at).first()
    elif kind in (PRICE, SWITCH):
        table: Any = Price if kind == PRICE else ScheduledSwitch
        row = table.objects.select_related("ai_model").filter(**chosen, effective_from=at).first()
    if row is None:
        return None
    what, _, _ = _texts(kind, row, None)
    model: AIModel = row if kind == DEPRECATION else row.ai_model
    return Planned(row, f"{what}, of {model.model_id} at {time_text(at)}")
