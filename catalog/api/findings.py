"""The findings of the checklist, for programs with an API key."""

from dataclasses import asdict
from typing import Any

import orjson
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request

from catalog.api import errors
from catalog.api.base import JSON, PreconditionFailed, ReadOnlyView, documented
from catalog.api.keys import BearerKey, HasKey
from catalog.checklist import listed_findings
from catalog.openrouter.readiness.finding import FINDING_SCHEMA
from catalog.publication import Unavailable, etag_of
from catalog.sending import PRIVATE


class FindingsView(ReadOnlyView):
    """``GET /api/readiness``: the findings for listed models."""

    authentication_classes = [BearerKey]
    permission_classes = [HasKey]

    @documented(
        {"type": "array", "items": FINDING_SCHEMA},
        operation="list_findings",
        summary="What OpenRouter would reject, misread or not bill in the listed models",
        description="The same as `check_listing --json`. Needs an API key, which staff create in the admin.",
        responses={401: OpenApiResponse(errors.SCHEMA, "The request has no valid API key.")},
        auth=[{"apiKey": []}],
    )
    def get(self, request: Request) -> HttpResponse:
        """Send the findings by model. The last good copy is of no use here: clients want the current state."""
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
