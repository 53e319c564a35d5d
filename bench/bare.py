"""The servers that lists are compared with: an ASGI function that sends the same bytes, and plain DRF rendering of the same
data."""

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Message = dict[str, Any]
BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
ETAG = b'"bench"'
SLICE = 256 * 1024
"""As the site writes: what is sent in one piece is slower where it is large."""


async def application(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """The bytes; 304 to who has them."""
    if (b"if-none-match", ETAG) in scope["headers"]:
        await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", ETAG)]})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    for start in range(0, len(BODY), SLICE):
        more = start + SLICE < len(BODY)
        await send({"type": "http.response.body", "body": BODY[start : start + SLICE], "more_body": more})


def drf() -> Any:
    """A WSGI application with a DRF view that renders data which it has in memory, as a hand-written one does."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
    import django
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler

    django.setup()  # with the site's own middleware, which its apps ask for; it expects the site's addresses
    settings.MIDDLEWARE = []
    site = WSGIHandler()
    from django.urls import path
    from rest_framework.response import Response
    from rest_framework.views import APIView

    data = json.loads(BODY)

    class View(APIView):
        def get(self, request: Any) -> Response:
            return Response(data)

    settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": [path("", View.as_view())]})
    return site


if os.environ.get("BENCH_DRF"):
    plain_drf = drf()
