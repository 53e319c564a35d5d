"""What a list is measured against: a WSGI function that sends the same bytes, and plain DRF rendering of the same data."""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Start = Callable[..., Any]
BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]
ETAG = '"bench"'


def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    """The bytes; 304 to who has them."""
    if environ.get("HTTP_IF_NONE_MATCH") == ETAG:
        start_response("304 Not Modified", [("ETag", ETAG)])
        return ()
    start_response("200 OK", HEADERS)
    return (BODY,)


def drf() -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """A DRF view that renders data which it has in memory, as a hand-written one does."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
    from django.core.wsgi import get_wsgi_application

    site = get_wsgi_application()
    from django.conf import settings
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
    application = drf()  # type: ignore[assignment]
