"""Whole lists as the formats render them, and one model of the standard catalog."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from catalog.api import errors
from catalog.api.base import ReadOnlyView, documented, find_record
from catalog.formats import CHOSEN_BY_QUERY, app, catalog, catalog_schema, models_dev, wandb
from catalog.sending import current


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
        responses={
            400: OpenApiResponse(errors.SCHEMA, "`format` is not one of the known ones; the message names those."),
            401: OpenApiResponse(errors.SCHEMA, "This format needs an API key, and the request has none."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the bytes, or 304."""
        names = request.query_params.getlist("format") or [catalog.FORMAT.name]
        if len(names) != 1 or names[0] not in CHOSEN_BY_QUERY:
            asked = f"format {names[0]!r} is unknown" if len(names) == 1 else "Name one format"
            raise ParseError(f"{asked}; the formats are: {', '.join(CHOSEN_BY_QUERY)}.")
        return self.send_whole(request, names[0])


class ModelsDevView(ReadOnlyView):
    """``GET /api.json``: the address of models.dev's document."""

    @documented(
        models_dev.FORMAT.schema, operation="get_models_dev", summary="The models in the format of models.dev's api.json"
    )
    def get(self, request: Request) -> HttpResponse:
        """Send it."""
        return self.send_whole(request, models_dev.FORMAT.name)


class ModelView(ReadOnlyView):
    """``GET /v1/models/{id}``: one model of the standard catalog."""

    @documented(catalog_schema.MODEL_SCHEMA, operation="retrieve_model", summary="One model, by its id or an alias")
    def get(self, request: Request, model_id: str) -> HttpResponse:
        """Send its record."""
        served = current(request._request, catalog.FORMAT.name)
        return self.send(request, served, find_record(served.publication, model_id).body)


class RouterView(ReadOnlyView):
    """``GET /inference/router/openrouter/models``: W&B's route."""

    @documented(
        wandb.FORMAT.schema,
        operation="list_router_models",
        summary="The models listed on OpenRouter, in the format of W&B's router",
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the list."""
        return self.send_whole(request, wandb.FORMAT.name)


class AppModelsView(ReadOnlyView):
    """``GET /api/ai/models``: for app back ends with a key."""

    @documented(
        app.FORMAT.schema,
        operation="list_app_models",
        summary="Models that generate text or images, for app back ends",
        description="Needs an API key, which staff create in the admin.",
        responses={401: OpenApiResponse(errors.SCHEMA, "The request has no valid API key.")},
        auth=[{"apiKey": []}],
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the groups."""
        return self.send_whole(request, app.FORMAT.name)
