"""Cross-origin reads: what is public may be read by a page of any origin (Fetch standard, CORS protocol).

No cookie is looked at there, so every origin is allowed, with whatever headers it sends; ``*`` does not stand for Authorization.
"""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse

from catalog.api.errors import API_PREFIXES

READABLE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After, Age, Cache-Status, WWW-Authenticate",
}
"""On every answer there, errors included: else a page could not read why."""

PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*, Authorization",
    "Access-Control-Max-Age": "86400",
    "Content-Length": "0",
}
"""The answer to the question whether a page may send a request."""


def is_public(path: str) -> bool:
    """Whether pages of other origins may read what is there."""
    return path.startswith(API_PREFIXES)


def is_preflight(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks, before it sends a request, whether it may. Header names in lower case."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers and is_public(path)


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let pages of other origins read public answers. The server answers preflights itself; here they are for other servers."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not is_public(request.path_info):
            return get_response(request)
        if is_preflight(
            request.method or "", request.path_info, {name.lower(): value for name, value in request.headers.items()}
        ):
            return HttpResponse(status=204, headers=PREFLIGHT)
        response = get_response(request)
        for name, value in READABLE.items():
            response.headers[name] = value
        return response

    return answer
