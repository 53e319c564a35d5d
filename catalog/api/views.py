"""The API's views: they choose a publication, or items of one, and send bytes."""

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Rss201rev2Feed
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, NotFound, ParseError
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog import browsing, sending
from catalog.api import errors, filters
from catalog.api.keys import BearerKey, HasKey
from catalog.checklist import listed_findings
from catalog.formats import CHOSEN_BY_QUERY, app, catalog, models_api, models_dev, wandb
from catalog.openrouter import readiness
from catalog.public_history import catalog_at
from catalog.publication import Item, Publication, Served, Unavailable, enclose, etag_of
from catalog.publication.encodings import chosen as chosen_encoding
from catalog.sending import PRIVATE, PUBLIC, current

Method = TypeVar("Method", bound=Callable[..., Any])
RSS = "application/rss+xml"
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML has no spelling for."""
ETAG = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An `ETag` from an earlier answer.")
CONDITIONAL = (
    "Answers with a strong `ETag`; send it back in `If-None-Match` to get 304 while nothing changed. The same type, "
    "whatever `Accept` says."
)
JSON = "application/json"


class PreconditionFailed(APIException):
    """A request asked for an answer with another entity tag, by ``If-Match``."""

    status_code = 412
    default_detail = "It has another ETag than If-Match asks for."


def documented(schema: dict[str, Any], *, operation: str, summary: str, **more: Any) -> Callable[[Method], Method]:
    """What every operation's documentation has: its answer, 304, and the errors that any of them may give."""
    parameters, responses, text = more.pop("parameters", ()), more.pop("responses", {}), more.pop("description", "")
    media_type = more.pop("media_type", JSON)
    decorator: Callable[[Method], Method] = extend_schema(
        operation_id=operation,
        summary=summary,
        description=f"{text} {CONDITIONAL}".strip(),
        parameters=[*parameters, ETAG],
        responses={
            (200, media_type): OpenApiResponse(schema, "The answer."),
            304: OpenApiResponse(None, "It is still the one with that `ETag`."),
            **responses,
            404: OpenApiResponse(errors.SCHEMA, "There is nothing of that name."),
            405: OpenApiResponse(errors.SCHEMA, "Only GET and HEAD are answered."),
            503: OpenApiResponse(errors.SCHEMA, "The database does not answer, and no copy is kept; see `Retry-After`."),
        },
        **more,
    )
    return decorator


class ReadOnlyView(APIView):
    """Sends what is published, to whoever asks."""

    http_method_names = ["get", "head"]
    cache_control = PUBLIC
    varies_by = ["Accept-Encoding"]
    reads_history = False
    """Whether it asks the database about the past: the server then gives it threads of their own."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer, and do not keep the answer: a view and its request refer to each other, so that what they hold stays in memory
        until Python looks for cycles among the oldest objects. A storm of answers of megabytes would be gigabytes by then."""
        response = super().dispatch(request, *args, **kwargs)
        del self.response
        return response

    def send(
        self,
        request: Request,
        served: Served,
        body: bytes,
        *,
        content_type: str = JSON,
        lasts: bool = True,
        etag: str | None = None,
        encoding: str | None = None,
    ) -> HttpResponse:
        """Bytes that were made of what is served, or 304 if the client has them.

        ``lasts``: whether this is the answer to the same question for as long as the list is the same. ``etag``: where it is known
        already; a whole list is not read again for it.
        """
        headers = {"Content-Type": content_type}
        if encoding:
            headers["Content-Encoding"] = encoding
        answer = sending.send(
            request._request,
            served,
            body,
            etag=etag or etag_of(body),
            headers=headers,
            cache_control=self.cache_control,
            varies_by=self.varies_by,
            lasts=lasts,
        )
        if answer.status_code == PreconditionFailed.status_code:
            raise PreconditionFailed
        return answer

    def send_whole(self, request: Request, format_name: str) -> HttpResponse:
        """A format's whole list, in a content coding that the client takes."""
        served = current(request._request, format_name)
        sending.note_whole(request._request, served)
        variant = served.publication.variant(chosen_encoding(request.headers.get("Accept-Encoding", "")))
        return self.send(request, served, variant.body, etag=variant.etag, encoding=variant.encoding)


def found(publication: Publication, name: str) -> Item:
    """The item of that id or other name. Raises ``NotFound``."""
    try:
        return publication.made_of.by_name[name]
    except KeyError:
        raise NotFound(f"There is no model {name!r}.") from None


class ModelsView(ReadOnlyView):
    """``GET /v1/models``: the standard catalog, or the format that the query names."""

    @documented(
        {"oneOf": [format_.schema for format_ in CHOSEN_BY_QUERY.values()]},
        operation="list_models",
        summary="The models: OpenAI's list with the whole catalog, or another listing format",
        parameters=[
            OpenApiParameter(
                "format",
                str,
                enum=list(CHOSEN_BY_QUERY),
                default=catalog.FORMAT.name,
                description="; ".join(f"`{name}`: {format_.title}" for name, format_ in CHOSEN_BY_QUERY.items()),
            ),
        ],
        responses={400: OpenApiResponse(errors.SCHEMA, "`format` is not one of the known ones; the message names those.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the bytes, or 304."""
        names = request.query_params.getlist("format") or [catalog.FORMAT.name]
        if len(names) != 1 or names[0] not in CHOSEN_BY_QUERY:
            asked = f"format {names[0]!r} is not known" if len(names) == 1 else "Name one format"
            raise ParseError(f"{asked}; the formats are: {', '.join(CHOSEN_BY_QUERY)}.")
        return self.send_whole(request, names[0])


class ModelsDevView(ReadOnlyView):
    """``GET /api.json``: where models.dev has its document."""

    @documented(models_dev.FORMAT.schema, operation="get_models_dev", summary="The models as models.dev's api.json has them")
    def get(self, request: Request) -> HttpResponse:
        """Send it."""
        return self.send_whole(request, models_dev.FORMAT.name)


class ModelView(ReadOnlyView):
    """``GET /v1/models/{id}``: one model of the standard catalog."""

    @documented(catalog.MODEL_SCHEMA, operation="retrieve_model", summary="One model, by its id or an alias")
    def get(self, request: Request, model_id: str) -> HttpResponse:
        """Send its record."""
        served = current(request._request, catalog.FORMAT.name)
        return self.send(request, served, found(served.publication, model_id).body)


class RouterView(ReadOnlyView):
    """``GET /inference/router/openrouter/models``: W&B's route."""

    @documented(wandb.FORMAT.schema, operation="list_router_models", summary="The models listed on OpenRouter, as W&B lists")
    def get(self, request: Request) -> HttpResponse:
        """Send the list."""
        return self.send_whole(request, wandb.FORMAT.name)


BAD_PARAMETER = {400: OpenApiResponse(errors.SCHEMA, "A parameter has a value that it does not take; the message names it.")}


class ModelsApiView(ReadOnlyView):
    """``GET /api/v1/models``: OpenRouter's Models API."""

    @documented(
        models_api.FORMAT.schema,
        operation="list_api_models",
        summary="The models, as OpenRouter's Models API lists them",
        description="Without `output_modalities` it lists models that give text, as that API does. With `at` it is the list of "
        "another moment: of the past, as it was, with the models that may still be mentioned; of one ahead, as it is scheduled.",
        parameters=[filters.documented(parameter) for parameter in filters.PARAMETERS],
        responses=BAD_PARAMETER | {(200, RSS): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the models that were asked for."""
        values = filters.asked(request.query_params)
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
    """What is published for that API, the list of the moment that is asked for, and what the query keeps of that."""
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
    """The same question for another page."""
    query: QueryDict = request.query_params.copy()
    query["offset"], query["limit"] = str(offset), str(limit)
    return f"{request.path}?{query.urlencode()}"


def rss(request: Request, publication: Publication, items: list[Item]) -> bytes:
    """The models as a feed for readers of news."""
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
        models_api.COUNT_SCHEMA,
        operation="count_api_models",
        summary="How many models the list has",
        parameters=[filters.documented(parameter) for parameter in (*browsing.FILTERS, filters.AT)],
        responses=BAD_PARAMETER,
    )
    def get(self, request: Request) -> HttpResponse:
        """Count the models that were asked for."""
        values = filters.asked(request.query_params, (*browsing.FILTERS, filters.AT))
        served, _, answer = choose(request, values)
        body = orjson.dumps({"data": {"count": answer.total}})
        return self.send(request, served, body, lasts=not answer.depends_on_time)


class ModelApiView(ReadOnlyView):
    """``GET /api/v1/model/{author}/{slug}``: one model of that API."""

    @documented(
        models_api.ONE_SCHEMA,
        operation="retrieve_api_model",
        summary="One model, by its id, its OpenRouter slug or an alias, with `:free` for its free variant",
    )
    def get(self, request: Request, model_id: str) -> HttpResponse:
        """Send its record."""
        served = current(request._request, models_api.FORMAT.name)
        item = found(served.publication, model_id)
        return self.send(request, served, orjson.dumps({"data": orjson.Fragment(item.body)}))


class EndpointsView(ReadOnlyView):
    """``GET /api/v1/models/{author}/{slug}/endpoints``: one model's service tiers."""

    @documented(
        models_api.ENDPOINTS_SCHEMA, operation="list_api_endpoints", summary="Where one model is served, tier by tier"
    )
    def get(self, request: Request, model_id: str) -> HttpResponse:
        """Send them."""
        served = current(request._request, models_api.FORMAT.name)
        item = found(served.publication, model_id)
        document = models_api.endpoints_document(item.key, item.entries, served.publication.made_of.listing.provider)
        return self.send(request, served, orjson.dumps(document))


class ProvidersView(ReadOnlyView):
    """``GET /api/v1/providers``: this one."""

    @documented(models_api.PROVIDERS_SCHEMA, operation="list_api_providers", summary="The provider")
    def get(self, request: Request) -> HttpResponse:
        """Send it."""
        served = current(request._request, models_api.FORMAT.name)
        provider = served.publication.made_of.listing.provider
        return self.send(request, served, orjson.dumps(models_api.providers_document(provider)))


class ReadinessView(ReadOnlyView):
    """``GET /api/readiness``: what the checklist finds in what is listed."""

    authentication_classes = [BearerKey]
    permission_classes = [HasKey]

    @documented(
        {"type": "array", "items": readiness.FINDING_SCHEMA},
        operation="list_findings",
        summary="What OpenRouter would reject, misread or not bill in what is listed",
        description="The same as `check_listing --json`. Needs an API key, which staff make in the admin.",
        responses={401: OpenApiResponse(errors.SCHEMA, "No valid API key came with the request.")},
        auth=[{"apiKey": []}],
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the findings by model. The last good copy is no use here: who asks wants to know how it is now."""
        try:
            found = listed_findings()
        except (DatabaseError, ImproperlyConfigured) as error:
            raise Unavailable("The database does not answer.") from error
        body = orjson.dumps([asdict(finding) for finding in found])
        etag = etag_of(body)
        headers = {
            "ETag": etag,
            "Cache-Control": PRIVATE,
            "Vary": "Authorization",
        }
        response = HttpResponse(body, content_type=JSON, headers=headers)
        answer: Any = get_conditional_response(request._request, etag, None, response)
        if answer.status_code == PreconditionFailed.status_code:
            raise PreconditionFailed
        return answer


class AppModelsView(ReadOnlyView):
    """``GET /api/ai/models``: for app back ends that hold a key."""

    authentication_classes = [BearerKey]
    permission_classes = [HasKey]
    cache_control = PRIVATE
    varies_by = ["Authorization", "Accept-Encoding"]

    @documented(
        app.FORMAT.schema,
        operation="list_app_models",
        summary="Models that answer in text or in images, for app back ends",
        description="Needs an API key, which staff make in the admin.",
        responses={401: OpenApiResponse(errors.SCHEMA, "No valid API key came with the request.")},
        auth=[{"apiKey": []}],
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the groups."""
        return self.send_whole(request, app.FORMAT.name)
