"""The changes as Atom and RSS, for news readers: the newest of ``GET /api/v1/changes``, each with a title and sentences in English."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import escape
from rest_framework.request import Request

from catalog import decimals
from catalog.api import filters
from catalog.api.base import BAD_PARAMETER, ReadOnlyView, documented
from catalog.api.changes import KIND, MODEL, fact_value, parse_query
from catalog.api.models_api import CONTROLS
from catalog.formats.pricing import price_label, staff_amount
from catalog.models import OFFER_FIELDS, SAME_AS_MODEL, Offer
from catalog.public_history import Change, ChangeKind, Facts, PriceChange

IN_A_FEED = 200
"""The most changes in a feed."""

PARAMETERS = [filters.documented(parameter) for parameter in (KIND, MODEL)]


class FeedView(ReadOnlyView):
    """The changes as a feed."""

    takes_long = True
    feed: type[Atom1Feed] | type[Rss201rev2Feed]

    def send_feed(self, request: Request) -> HttpResponse:
        """Send it with the time of the latest change, not of the request."""
        changes, served, _ = parse_query(request)
        provider = served.publication.made_of.listing.provider
        feed = self.feed(
            title=_clean(f"{provider.name}: changes"),
            link=request.build_absolute_uri(
                reverse("site:changes", kwargs={"language": "en"}) if settings.SITE_ENABLED else "/"
            ),
            author_name=_clean(provider.name),
            description=_clean(f"New, changed and removed models of {provider.name}, and their prices."),
            feed_url=request.build_absolute_uri(),
            feed_guid=request.build_absolute_uri(),
            language="en",
        )
        for change in changes[:IN_A_FEED]:
            feed.add_item(
                title=_clean(title(change)),
                link=request.build_absolute_uri(_page(change.model_id)),
                description="<br>".join(escape(_clean(sentence)) for sentence in sentences(change)),
                unique_id=uuid5(NAMESPACE_URL, f"{provider.slug}/{change.key}").urn,  # Atom wants an absolute IRI
                unique_id_is_permalink=False,
                pubdate=change.at,
                updateddate=change.at,
                categories=[change.kind],
            )
        return self.send(request, served, feed.writeString("utf-8").encode(), content_type=str(self.feed.content_type))


def _page(model_id: str) -> str:
    """The page of a model; without the site, its address in the API."""
    if settings.SITE_ENABLED:
        return reverse("site:model", kwargs={"language": "en", "model_id": model_id})
    return reverse("api-model", kwargs={"model_id": model_id})


def _clean(text: str) -> str:
    return CONTROLS.sub("", text)


_TITLES = {
    ChangeKind.ADDED: "New",
    ChangeKind.REMOVED: "Removed",
    ChangeKind.DEPRECATED: "Deprecated",
    ChangeKind.UNDEPRECATED: "Not deprecated any more",
    ChangeKind.REPRICED: "New price",
    ChangeKind.SCHEDULED: "Price change scheduled",
    ChangeKind.OFFER_ADDED: "New offer",
    ChangeKind.OFFER_REMOVED: "Offer removed",
    ChangeKind.OFFER_CHANGED: "Offer changed",
}


def title(change: Change) -> str:
    """The title of a change."""
    name = f"{change.name}, {change.offer.label}" if change.offer else change.name
    return f"{_TITLES[change.kind]}: {name} ({change.model_id})"


def sentences(change: Change) -> Iterator[str]:
    """The sentences about a change, in English."""
    if change.kind == ChangeKind.SCHEDULED and change.effective_from is not None:
        yield f"From {_day(change.effective_from)}:"
    for price in change.prices:
        percent = "" if price.percent is None else f" ({'+' if price.percent > 0 else ''}{decimals.wire(price.percent)}%)"
        yield f"{price_label(price.line)}: {_amount(price, price.before)} → {_amount(price, price.after)}{percent}"
    if change.deprecation_at is not None:
        yield f"It ends on {_day(change.deprecation_at)}."
    if change.replacement is not None:
        yield f"Replacement: {change.replacement}"
    if change.facts is not None:
        before, after = change.facts
        for name in OFFER_FIELDS:
            if name not in before and name not in after:
                continue
            field: Any = Offer._meta.get_field(name)
            yield f"{field.verbose_name.capitalize()}: {_fact_text(name, before)} → {_fact_text(name, after)}"


def _fact_text(name: str, facts: Facts) -> str:
    value = facts.get(name)
    if name not in facts:
        return SAME_AS_MODEL
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return _day(value)
    return (", ".join(value) if isinstance(value, list) else str(fact_value(value))) if value not in (None, []) else "none"


def _amount(price: PriceChange, amount: Any) -> str:
    return "not sold" if amount is None else f"${staff_amount(amount, price.line.unit)}"


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


class AtomView(FeedView):
    """``GET /changes.atom``."""

    feed = Atom1Feed

    @documented(
        {"type": "string"},
        operation="read_changes_atom",
        summary="The changes as an Atom feed",
        parameters=PARAMETERS,
        responses=BAD_PARAMETER,
        media_type="application/atom+xml",
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the newest changes."""
        return self.send_feed(request)


class RssView(FeedView):
    """``GET /changes.rss``."""

    feed = Rss201rev2Feed

    @documented(
        {"type": "string"},
        operation="read_changes_rss",
        summary="The changes as an RSS feed",
        parameters=PARAMETERS,
        responses=BAD_PARAMETER,
        media_type="application/rss+xml",
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the newest changes."""
        return self.send_feed(request)
