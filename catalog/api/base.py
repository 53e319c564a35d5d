"""The base of all views of published lists: the answer with its ETag, and its part of the OpenAPI document.

The views are in ``lists`` (whole lists), ``models_api`` (OpenRouter's Models API), ``readiness``, ``prices``, ``changes``,
``change_feeds`` and ``cost``.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog import sending
from catalog.api import errors
from catalog.api.keys import CHALLENGE, require_key
from catalog.publication import Item, Publication, Served, etag_of
from catalog.publication.encodings import chosen as chosen_encoding
from catalog.sending import PRIVATE, PUBLIC, current, needs_key

Method = TypeVar("Method", bound=Callable[..., Any])

ETAG = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An `ETag` from an earlier response.")

CONDITIONAL = (
    "The response has a strong `ETag`; send it back in `If-None-Match` to get 304 while nothing has changed. The content type is the "
    "same whatever `Accept` says."
)

JSON = "application/json"


class PreconditionFailed(APIException):
    """A request asked for a different entity tag with ``If-Match``."""

    status_code = 412
    default_detail = "The ETag differs from the one in If-Match."


def documented(schema: dict[str, Any], *, operation: str, summary: str, **more: Any) -> Callable[[Method], Method]:
    """The common documentation of every operation: its answer, 304, and the common errors."""
    parameters, responses, text = more.pop("parameters", ()), more.pop("responses", {}), more.pop("description", "")
    media_type = more.pop("media_type", JSON)
    decorator: Callable[[Method], Method] = extend_schema(
        operation_id=operation,
        summary=summary,
        description=f"{text} {CONDITIONAL}".strip(),
        parameters=[*parameters, ETAG],
        responses={
            (200, media_type): OpenApiResponse(schema, "The response."),
            304: OpenApiResponse(None, "It still has that `ETag`."),
            **responses,
            404: OpenApiResponse(errors.SCHEMA, "There is nothing with that name."),
            405: OpenApiResponse(errors.SCHEMA, "Only GET and HEAD are allowed."),
            503: OpenApiResponse(errors.SCHEMA, "The database does not answer, and there is no copy; see `Retry-After`."),
        },
        **more,
    )
    return decorator


class ReadOnlyView(APIView):
    """The base of the views that send published lists or parts of them."""

    http_method_names = ["get", "head"]
    cache_control = PUBLIC
    varies_by = ["Accept-Encoding"]
    takes_long = False
    """Whether it queries the database about the past, or writes a long file: then the server gives it separate threads."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer, and drop the reference to the answer: a view and its request refer to each other, so they stay in memory until
        Python looks for cycles among the oldest objects. Many answers of megabytes would be gigabytes by then."""
        response = super().dispatch(request, *args, **kwargs)
        del self.response
        return response

    def get_authenticate_header(self, request: Request) -> str:
        """The value of ``WWW-Authenticate`` in a 401, for a list that needs a key."""
        return CHALLENGE

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
        """Bytes made from the served list, or 304 if the client has them.

        ``lasts``: whether this is the answer to the same question for as long as the list is the same. ``etag``: if it is already
        known; then a whole list is not read again for it.
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
        """A format's whole list, in a content coding that the client takes; only to API keys, if the operator has set so."""
        if needs_key(format_name):
            require_key(request)
            self.cache_control, self.varies_by = PRIVATE, ["Authorization", "Accept-Encoding"]
        served = current(request._request, format_name)
        sending.note_whole(request._request, served)
        variant = served.publication.variant(chosen_encoding(request.headers.get("Accept-Encoding", "")))
        return self.send(request, served, variant.body, etag=variant.etag, encoding=variant.encoding)


def find_record(publication: Publication, name: str) -> Item:
    """The item with that id, alias or slug. Raises ``NotFound``."""
    try:
        return publication.made_of.by_name[name]
    except KeyError:
        raise NotFound(f"There is no model {name!r}.") from None


BAD_PARAMETER = {400: OpenApiResponse(errors.SCHEMA, "A parameter has an invalid value; the message names it.")}
