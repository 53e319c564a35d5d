"""``/changes``: what changed in the catalog, day by day: models and offers added, removed or deprecated, and prices."""

from datetime import UTC
from itertools import groupby
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.formats import catalog
from catalog.public_history import Change, ChangeKind, PriceChange, changes_of, chosen
from catalog.publication import Served
from catalog.publication.rendering import Content
from catalog.site import labels, numbers, offers, price_table
from catalog.site.page import Page, PageContent
from catalog.site.paging import offset_of
from catalog.site.price_history import label

SIZE = 100
"""Changes on a page."""


class Changes(Page):
    """The changes of a year, newest first."""

    name = "changes"
    takes_long = True
    template = "site/changes.html"
    format_name = catalog.FORMAT.name

    def show(self, request: HttpRequest, served: Served) -> PageContent:
        """The changes of the kinds and the model in the query."""
        content = served.publication.made_of
        changes, served = changes_of(served)
        kinds = [kind for kind in ChangeKind if kind in request.GET.getlist("kind")]
        model_id = request.GET.get("model", "")
        item = content.by_name.get(model_id)
        wanted = chosen(changes, kinds, [item.entries[0].model.model_id if item else model_id] if model_id else [])
        offset = offset_of(request.GET)
        some = wanted[offset : offset + SIZE]
        return PageContent(
            title=_("Changes"),
            description=_("New, changed and removed models of %(name)s, and their prices, day by day.")
            % {"name": content.listing.provider.name},
            context={
                "days": [
                    {"day": numbers.day(day), "changes": [_change(change, content) for change in of_day]}
                    for day, of_day in groupby(some, key=lambda change: change.at.astimezone(UTC).date())
                ],
                "kinds": [{"value": kind, "label": labels.CHANGES[kind], "is_chosen": kind in kinds} for kind in ChangeKind],
                "model_id": model_id,
                "is_filtered": bool(kinds or model_id),
                "feeds": _feeds(kinds, model_id),
                "newer": _page(request.GET, offset - SIZE) if offset else None,
                "older": _page(request.GET, offset + SIZE) if offset + SIZE < len(wanted) else None,
            },
            is_indexed=not request.GET,
            served=served,
        )


def _page(query: QueryDict, offset: int) -> str:
    changed = query.copy()
    changed.pop("offset", None)
    if offset > 0:
        changed["offset"] = str(offset)
    return f"?{changed.urlencode()}"


def _feeds(kinds: list[ChangeKind], model_id: str) -> list[tuple[str, str, str]]:
    """The same changes as feeds: the title, the address and the media type of each."""
    query = QueryDict(mutable=True)
    if kinds:
        query["kind"] = ",".join(kinds)
    if model_id:
        query["model"] = model_id
    tail = f"?{query.urlencode()}" if query else ""
    return [
        ("Atom", reverse("changes-atom") + tail, "application/atom+xml"),
        ("RSS", reverse("changes-rss") + tail, "application/rss+xml"),
    ]


def _change(change: Change, content: Content) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "label": labels.CHANGES[change.kind],
        "name": change.name,
        "model_id": change.model_id,
        "href_id": _published(change.model_id, content),
        "from": numbers.moment(change.effective_from)
        if change.kind == ChangeKind.SCHEDULED and change.effective_from
        else None,
        "deprecation": numbers.moment(change.deprecation_at) if change.deprecation_at else None,
        "replacement": change.replacement,
        "replacement_id": _published(change.replacement, content),
        "prices": [_price(price, change) for price in change.prices],
        "offer": offers.name(change.offer) if change.offer else None,
        "facts": offers.changes(change.facts) if change.facts else [],
    }


def _published(model_id: str | None, content: Content) -> str | None:
    """The id of the page to link to; None if there is none, as for a withdrawn model."""
    item = content.by_name.get(model_id) if model_id else None
    return item.key if item else None


def _price(price: PriceChange, change: Change) -> dict[str, Any]:
    line = price.line
    percent = price.percent
    return {
        "label": label(line),
        "conditions": price_table.conditions(line, UTC, change.effective_from or change.at),
        "before": None if price.before is None else numbers.price(price.before, line.unit),
        "after": None if price.after is None else numbers.price(price.after, line.unit),
        "unit": labels.UNITS[line.unit],
        "percent": None if percent is None else numbers.signed_percent(percent),
        "direction": "" if not percent else "up" if percent > 0 else "down",
    }
