"""OpenRouter's Models API: the list with its filters, sorting, pages and RSS, one model, its endpoints, and the provider."""

import re
from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpResponse, QueryDict
from django.utils.feedgenerator import Rss201rev2Feed
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request

from catalog import browsing
from catalog.api import filters
from catalog.api.base import BAD_PARAMETER, ReadOnlyView, documented, find_record
from catalog.formats import models_api, models_api_schema
from catalog.public_history import catalog_at
from catalog.publication import Item, Publication, Served, enclose
from catalog.sending import current

RSS = "application/rss+xml"

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot contain."""


class ModelsApiView(ReadOnlyView):
    """``GET /api/v1/models``: OpenRouter's Models API."""

    @documented(
        models_api.FORMAT.schema,
        operation="list_api_models",
        summary="The models, as OpenRouter's Models API lists them",
        description="Without `output_modalities` it lists models that generate text, as that API does. With `at` it is the list at "
        "another time: in the past, as it was, with the models that may still be mentioned; in the future, as it is scheduled.",
        parameters=[filters.documented(parameter) for parameter in filters.PARAMETERS],
        responses=BAD_PARAMETER | {(200, RSS): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the requested models."""
        values = filters.parse_query(request.query_params)
        if values.keys() == {"output_modalities"} and "all" in values["output_modalities"]:
            return self.send_whole(request, models_api.FORMAT.name)  # of which a copy is kept
        served, publication, answer = choose(request, values)
        items, total, next_page = answer.items(), answer.total, None
        if "offset" in values or "limit" in values:
            offset, limit = values.get("offset", 0), values.get("limit", browsing.PAGE)
            items = items[offset : offset + limit]
            if offset + limit < total:
                next_page = page_address(request, offset + limit, limit)
        if values.get("use_rss"):
            feed = rss(request, publication, items)
            return self.send(request, served, feed, content_type=f"{RSS}; charset=utf-8", lasts=False)  # it tells the time
        listing = publication.made_of.listing
        body = enclose(models_api.FORMAT.name, items, listing, total=total, next_page=next_page)
        return self.send(request, served, body, lasts=not answer.depends_on_time)


def choose(request: Request, values: dict[str, Any]) -> tuple[Served, Publication, browsing.Answer]:
    """The publication of that API, the list at the requested time, and the part of it that the query selects."""
    served = current(request._request, models_api.FORMAT.name)
    publication, at = served.publication, values.get("at")
    if at is not None:
        publication, served = catalog_at(served, at)
    values = {"output_modalities": ["text"], **values}
    if values.get("use_rss"):
        values.setdefault("sort", "newest")
    with filters.refused():
        return served, publication, browsing.answer(browsing.index_of(publication), values, at or datetime.now(UTC))


def page_address(request: Request, offset: int, limit: int) -> str:
    """The address of another page of the same query."""
    query: QueryDict = request.query_params.copy()
    query["offset"], query["limit"] = str(offset), str(limit)
    return f"{request.path}?{query.urlencode()}"


def rss(request: Request, publication: Publication, items: list[Item]) -> bytes:
    """The models as a feed for news readers."""
    provider = publication.made_of.listing.provider
    feed = Rss201rev2Feed(
        title=CONTROLS.sub("", f"{provider.name} Models"),
        link=request.build_absolute_uri(request.path),
        description=CONTROLS.sub("", f"The models that {provider.name} serves."),
        feed_url=request.build_absolute_uri(),
    )
    for item in items:
        model = item.entries[0].model
        details: str = orjson.loads(item.body)["links"]["details"]
        feed.add_item(
            title=CONTROLS.sub("", models_api.name(model, item.entries)),
            link=request.build_absolute_uri(details),
            description=CONTROLS.sub("", model.description),
            unique_id=item.key,
            unique_id_is_permalink=False,
            pubdate=model.released_at,
        )
    text: str = feed.writeString("utf-8")
    return text.encode()


class ModelsCountView(ReadOnlyView):
    """``GET /api/v1/models/count``."""

    @documented(
        models_api_schema.COUNT_SCHEMA,
        operation="count_api_models",
        summary="How many models the list has",
        parameters=[filters.documented(parameter) for parameter in (*browsing.FILTERS, filters.AT)],
        responses=BAD_PARAMETER,
    )
    def get(self, request: Request) -> HttpResponse:
        """Count the requested models."""
        values = filters.parse_query(request.query_params, (*browsing.FILTERS, filters.AT))
        served, _, answer = choose(request, values)
        body = orjson.dumps({"data": {"count": answer.total}})
        return self.send(request, served, body, lasts=not answer.depends_on_time)


class ModelApiView(ReadOnlyView):
    """``GET /api/v1/model/{author}/{slug}``: one model of that API."""

    @documented(
        models_api_schema.ONE_SCHEMA,
        operation="retrieve_api_model",
        summary="One model, by its id, its OpenRouter slug or an alias, with `:free` for its free variant",
    )
    def get(self, request: Request, model_id: str) -> HttpResponse:
        """Send its record."""
        served = current(request._request, models_api.FORMAT.name)
        item = find_record(served.publication, model_id)
        return self.send(request, served, orjson.dumps({"data": orjson.Fragment(item.body)}))


class EndpointsView(ReadOnlyView):
    """``GET /api/v1/models/{author}/{slug}/endpoints``: one model's service tiers."""

    @documented(
        models_api_schema.ENDPOINTS_SCHEMA,
        operation="list_api_endpoints",
        summary="The endpoints of one model, by service tier",
    )
    def get(self, request: Request, model_id: str) -> HttpResponse:
        """Send them."""
        served = current(request._request, models_api.FORMAT.name)
        item = find_record(served.publication, model_id)
        document = models_api.endpoints_document(item.key, item.entries, served.publication.made_of.listing.provider)
        return self.send(request, served, orjson.dumps(document))


class ProvidersView(ReadOnlyView):
    """``GET /api/v1/providers``: this provider."""

    @documented(models_api_schema.PROVIDERS_SCHEMA, operation="list_api_providers", summary="The provider")
    def get(self, request: Request) -> HttpResponse:
        """Send it."""
        served = current(request._request, models_api.FORMAT.name)
        provider = served.publication.made_of.listing.provider
        return self.send(request, served, orjson.dumps(models_api.providers_document(provider)))
