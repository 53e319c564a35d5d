"""Cross-origin reads: pages of any origin may read public data (Fetch standard, CORS protocol).

These addresses ignore cookies, so every origin is allowed, with any headers; ``*`` does not include Authorization.
"""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse

from catalog.api.errors import API_PREFIXES

STAFFS = "/api/v1/imports"
"""What only staff's programs call, with a key that can write: no page of another origin reads it."""

READABLE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After, Age, Cache-Status, WWW-Authenticate, X-Request-ID",
}
"""On every answer, including errors: otherwise a page could not read the reason."""

PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*, Authorization",
    "Access-Control-Max-Age": "86400",
    "Content-Length": "0",
}
"""The answer to the question whether a page may send a request."""


def is_public(path: str) -> bool:
    """Whether pages of other origins may read this address."""
    return path.startswith(API_PREFIXES) and not path.startswith(STAFFS)


def is_preflight(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether this is a browser's preflight request. Header names in lower case."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers and is_public(path)


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let pages of other origins read public answers. Our server answers preflights itself; here they are answered for other
    servers."""

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
