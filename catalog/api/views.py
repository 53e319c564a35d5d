"""The API's views: they choose a publication and send its bytes."""

from typing import Any

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.api import errors
from catalog.formats import FORMATS
from catalog.publication import publisher

_ERROR = OpenApiResponse(errors.SCHEMA, "An error.")
_LISTINGS = (
    {"oneOf": [format_.schema for format_ in FORMATS.values()]} if len(FORMATS) > 1 else next(iter(FORMATS.values())).schema
)


class ModelsView(APIView):
    """``GET /v1/models``: the models, in the format that the query names."""

    http_method_names = ["get", "head"]

    @extend_schema(
        operation_id="list_models",
        summary="The models, in one of the listing formats",
        description="Answers with a strong `ETag`; send it back in `If-None-Match` to get 304 while nothing changed. "
        "Always JSON, whatever `Accept` says.",
        parameters=[
            OpenApiParameter(
                "format",
                str,
                required=True,
                enum=list(FORMATS),
                description="; ".join(f"`{name}`: {format_.title}" for name, format_ in FORMATS.items()),
            ),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An `ETag` from an earlier answer."),
        ],
        responses={
            200: OpenApiResponse(_LISTINGS, "The listing."),
            304: OpenApiResponse(None, "The listing is still the one with that `ETag`."),
            400: OpenApiResponse(
                errors.SCHEMA, "`format` is missing or not one of the known ones; the message names those."
            ),
            404: _ERROR,
            405: OpenApiResponse(errors.SCHEMA, "Only GET and HEAD are answered."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the bytes, or 304."""
        names = request.query_params.getlist("format")
        if len(names) != 1 or names[0] not in FORMATS:
            asked = f"format {names[0]!r} is not known" if len(names) == 1 else "Name one format"
            raise ParseError(f"{asked}; the formats are: {', '.join(FORMATS)}.")
        publication = publisher.current(names[0])
        response = HttpResponse(
            publication.body,
            content_type="application/json",
            headers={"ETag": publication.etag, "Cache-Control": "public, no-cache", "Access-Control-Allow-Origin": "*"},
        )
        answer: Any = get_conditional_response(request._request, etag=publication.etag, response=response)
        return answer
