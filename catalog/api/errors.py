"""The one shape of every error: ``{"error": {"code": 400, "message": "…"}}``."""

import sys
from typing import Any

from django.http import HttpRequest, JsonResponse
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from catalog.publication import Unavailable
from catalog.sending import REASON

API_PREFIXES = ("/v1/", "/api/", "/inference/", "/api.json", "/pricing.csv", "/changes.atom", "/changes.rss", "/schema/")
"""Paths for programs: an error there is JSON, not the site's page, and pages of other origins may read them."""

RETRY_AFTER = 5
"""Seconds after which a client may ask again if nothing could be sent."""

SCHEMA = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
            "required": ["code", "message"],
        }
    },
    "required": ["error"],
}


def body(code: int, message: str) -> dict[str, Any]:
    """The envelope."""
    return {"error": {"code": code, "message": message}}


class NotNow(APIException):
    """Nothing can be sent now; DRF turns ``wait`` into ``Retry-After``."""

    status_code = 503
    wait = RETRY_AFTER


def envelope(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: DRF's answer, in the envelope. Anything else is the server's error (``server_error``)."""
    if isinstance(exception, Unavailable):
        exception = NotNow(str(exception))
    response = exception_handler(exception, context)
    if response is None:
        return None
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    message = str(detail or exception)
    if response.status_code in (401, 403):  # the messages of other errors repeat what was sent
        context["request"].META[REASON] = message
    response.data = body(response.status_code, message)
    return response


def not_found(request: HttpRequest, exception: Exception) -> Any:
    """Django's 404: the envelope under the API's paths, the site's page elsewhere."""
    if request.path.startswith(API_PREFIXES):
        return JsonResponse(body(404, f"There is nothing at {request.path}."), status=404)
    from django.views.defaults import page_not_found

    return page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> Any:
    """Django's 400, likewise: a host that the site does not answer for, an invalid header."""
    if request.path.startswith(API_PREFIXES):
        return JsonResponse(body(400, "The request is malformed, or this site does not serve its Host."), status=400)
    from django.views.defaults import bad_request as page

    return page(request, exception)


def server_error(request: HttpRequest) -> Any:
    """Django's 500, likewise; 503 if the database cannot do its work, such as for a session that cannot be read."""
    from catalog.api.database_errors import reason, unavailable

    if why := reason(sys.exception()):
        return unavailable(request, why)
    if request.path.startswith(API_PREFIXES):
        return JsonResponse(body(500, "The server failed to answer the request."), status=500)
    from django.views.defaults import server_error as page

    return page(request)
