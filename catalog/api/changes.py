"""What changed in the catalog: for programs, and as feeds for news readers."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import escape
from rest_framework.request import Request

from catalog import browsing, decimals
from catalog.api import filters
from catalog.api.base import BAD_PARAMETER, ReadOnlyView, documented
from catalog.api.models_api import CONTROLS, page_address
from catalog.api.prices import CONDITIONS, MOMENT, SOLD, line_document, moment_text
from catalog.browsing import Parameter, reading
from catalog.formats import models_api
from catalog.formats.format import closed, usd, words
from catalog.formats.pricing import price_label, staff_amount
from catalog.models import OFFER_FIELDS, Feature, Offer, SamplingParameter, ServiceTier, Variant
from catalog.public_history import Change, ChangeKind, Facts, PriceChange, changes_of, chosen
from catalog.publication import Served
from catalog.sending import current

IN_A_FEED = 200
"""The most changes in a feed."""

KIND = Parameter(
    "kind",
    reading.words(ChangeKind),
    {"type": "array", "items": {"type": "string", "enum": list(ChangeKind)}},
    "Changes of these kinds. Without it, of all kinds.",
)
MODEL = Parameter("model", str, {"type": "string"}, "Changes of the model with this id.")
PARAMETERS = (KIND, MODEL, *browsing.PAGING)

_USD_OR_NONE = {**usd("one unit"), "type": ["string", "null"]}


def _or_none(*types: str) -> dict[str, Any]:
    return {"type": [*types, "null"]}


_FACTS = closed(
    {},
    {
        "is_ready": {"type": "boolean"},
        "deprecation_at": {**MOMENT, **_or_none("string")},
        "context_length": {"type": "integer"},
        "max_prompt_length": _or_none("integer"),
        "max_output_length": {"type": "integer"},
        "capacity_tpm": _or_none("integer"),
        "discount_to_user": {**_or_none("string"), "description": "A fraction of the price, as plain digits."},
        "supported_sampling_parameters": words(SamplingParameter, "All that the offer has."),
        "supported_features": words(Feature, "All that the offer has."),
    },
)
CHANGES_SCHEMA = closed(
    {
        "data": {
            "type": "array",
            "items": closed(
                {
                    "kind": {"type": "string", "enum": list(ChangeKind)},
                    "at": {**MOMENT, "description": "When the change came; for a scheduled change, when it was announced."},
                    "model": {"type": "string"},
                    "name": {"type": "string"},
                },
                {
                    "effective_from": {**MOMENT, "description": "When the prices take effect."},
                    "prices": {
                        "type": "array",
                        "items": closed(
                            {
                                **SOLD,
                                "from": {**_USD_OR_NONE, "description": "USD per unit; null: it was not sold."},
                                "to": {**_USD_OR_NONE, "description": "USD per unit; null: it is no longer sold."},
                                "percent": {"type": ["string", "null"], "description": "The change, to two decimals."},
                            },
                            CONDITIONS,
                        ),
                    },
                    "deprecation_at": MOMENT,
                    "replacement": {"type": "string", "description": "The id of the model to move to."},
                    "service_tier": {
                        "type": "string",
                        "enum": [tier for tier in ServiceTier.values if tier != ServiceTier.DEFAULT],
                        "description": "The change affects only this service tier.",
                    },
                    "is_free": {
                        "type": "boolean",
                        "const": True,
                        "description": "The change affects only the free variant.",
                    },
                    "from": {**_FACTS, "description": "The offer's own values before the change."},
                    "to": {
                        **_FACTS,
                        "description": "The values after the change, of the facts that differ. If a key is missing, the model's value "
                        "applies; null: none.",
                    },
                },
            ),
        },
        "total_count": {"type": "integer", "minimum": 0},
        "links": closed({"next": {"type": ["string", "null"]}}, {}),
    },
    {},
)


def asked(request: Request) -> tuple[list[Change], Served, dict[str, Any]]:
    """The changes that a request asks for, newest first."""
    values = filters.asked(request.query_params, PARAMETERS)
    changes, served = changes_of(current(request._request, models_api.FORMAT.name))
    models = [values["model"]] if values.get("model") else []
    return chosen(changes, map(ChangeKind, values.get("kind", ())), models), served, values


class ChangesView(ReadOnlyView):
    """``GET /api/v1/changes``."""

    takes_long = True

    @documented(
        CHANGES_SCHEMA,
        operation="list_changes",
        summary="What changed: models and offers added and removed, prices, deprecations, and scheduled changes",
        description="The changes of a year, newest first. Times when a model was not public are left out.",
        parameters=[filters.documented(parameter) for parameter in PARAMETERS],
        responses=BAD_PARAMETER,
    )
    def get(self, request: Request) -> HttpResponse:
        """Send them."""
        changes, served, values = asked(request)
        offset, limit = values.get("offset", 0), values.get("limit", browsing.PAGE)
        next_page = page_address(request, offset + limit, limit) if offset + limit < len(changes) else None
        body = {
            "data": [change_document(change) for change in changes[offset : offset + limit]],
            "total_count": len(changes),
            "links": {"next": next_page},
        }
        return self.send(request, served, orjson.dumps(body))


def change_document(change: Change) -> dict[str, Any]:
    """A change in the API's format."""
    written: dict[str, Any] = {
        "kind": change.kind,
        "at": moment_text(change.at),
        "model": change.model_id,
        "name": change.name,
        "effective_from": change.effective_from and moment_text(change.effective_from),
        "prices": [_price_document(price) for price in change.prices],
        "deprecation_at": change.deprecation_at and moment_text(change.deprecation_at),
        "replacement": change.replacement,
    }
    if change.offer is not None:
        written |= {"is_free": True} if change.offer == Variant.FREE else {"service_tier": change.offer}
    if change.facts is not None:
        written |= {"from": _facts_document(change.facts.before), "to": _facts_document(change.facts.after)}
    return {name: value for name, value in written.items() if value not in (None, [])}


def _facts_document(facts: Facts) -> dict[str, Any]:
    return {name: _fact(value) for name, value in facts.items()}


def _fact(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment_text(value)
    return decimals.wire(value) if isinstance(value, Decimal) else value


def _price_document(price: PriceChange) -> dict[str, Any]:
    amounts = {"from": price.before, "to": price.after, "percent": price.percent}
    return line_document(price.line) | {
        name: None if amount is None else decimals.wire(amount) for name, amount in amounts.items()
    }


class FeedView(ReadOnlyView):
    """The changes as a feed."""

    takes_long = True
    feed: type[Atom1Feed] | type[Rss201rev2Feed]

    def send_feed(self, request: Request) -> HttpResponse:
        """Send it with the time of the latest change, not of the request."""
        changes, served, _ = asked(request)
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
    """A change in few words."""
    name = f"{change.name}, {change.offer.label}" if change.offer else change.name
    return f"{_TITLES[change.kind]}: {name} ({change.model_id})"


def sentences(change: Change) -> Iterator[str]:
    """What is to be said of a change, in English."""
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
        return "same as the model"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return _day(value)
    return (", ".join(value) if isinstance(value, list) else str(_fact(value))) if value not in (None, []) else "none"


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
        parameters=[filters.documented(parameter) for parameter in PARAMETERS[:2]],
        responses=BAD_PARAMETER,
        media_type="application/atom+xml",
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the newest."""
        return self.send_feed(request)


class RssView(FeedView):
    """``GET /changes.rss``."""

    feed = Rss201rev2Feed

    @documented(
        {"type": "string"},
        operation="read_changes_rss",
        summary="The changes as an RSS feed",
        parameters=[filters.documented(parameter) for parameter in PARAMETERS[:2]],
        responses=BAD_PARAMETER,
        media_type="application/rss+xml",
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the newest."""
        return self.send_feed(request)
