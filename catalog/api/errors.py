"""The one shape of every error: ``{"error": {"code": 400, "message": "…"}}``."""

from typing import Any

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
    """The body of an error."""
    return {"error": {"code": code, "message": message}}


class NotNow(APIException):
    """Nothing can be sent now; DRF turns ``wait`` into ``Retry-After``."""

    status_code = 503
    wait = RETRY_AFTER


def envelope(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: DRF's answer, in the envelope. None for any other exception, which ``error_handlers`` answers."""
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
