"""Django's handlers of errors: JSON under the paths of the API, pages elsewhere. ``catalog_site.urls`` names them."""

import sys
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views import defaults

from catalog.api.database_errors import reason, unavailable
from catalog.api.errors import API_PREFIXES, body


def not_found(request: HttpRequest, exception: Exception) -> Any:
    """Django's 404: an error as JSON under the API's paths, Django's page elsewhere."""
    if request.path.startswith(API_PREFIXES):
        return JsonResponse(body(404, f"There is nothing at {request.path}."), status=404)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> Any:
    """Django's 400, likewise: for a host that the site does not answer for, or an invalid header."""
    if request.path.startswith(API_PREFIXES):
        return JsonResponse(body(400, "The request is malformed, or this site does not serve its Host."), status=400)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> Any:
    """Django's 500, likewise; 503 if the database cannot do its work, such as for a session that cannot be read."""
    if why := reason(sys.exception()):
        return unavailable(request, why)
    if request.path.startswith(API_PREFIXES):
        return JsonResponse(body(500, "The server failed to answer the request."), status=500)
    return defaults.server_error(request)
