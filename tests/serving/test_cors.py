"""What is public may be read by pages of other origins; what is staff's may not."""

import asyncio
from typing import Any

import pytest
from django.test import Client

from catalog_site.serving.application import Application
from tests.asgi import Sent, answered
from tests.factories import make_listed

ASKS = {
    "host": "localhost",
    "origin": "https://elsewhere.example",
    "access-control-request-method": "GET",
    "access-control-request-headers": "authorization,if-none-match",
}
PUBLIC = (
    "/v1/models",
    "/v1/models/a/b",
    "/api/v1/models?q=x",
    "/api/v1/models/a/b/prices",
    "/api/v1/models/a/b/cost?prompt=1",
    "/api/v1/changes",
    "/api.json",
    "/pricing.csv",
    "/changes.atom",
    "/changes.rss",
    "/api/readiness",
    "/api/ai/models",
    "/inference/router/openrouter/models",
    "/schema/",
)


def never(*_: Any) -> Any:
    raise AssertionError("Django was asked.")


def preflight(path: str, **headers: str) -> Sent:
    return asyncio.run(answered(Application(never), "OPTIONS", path, ASKS | headers))


@pytest.mark.parametrize("path", PUBLIC)
def test_a_preflight_is_answered_without_a_thread(path: str) -> None:
    sent = preflight(path)
    assert (sent.status, sent.body) == (204, b"")
    assert sent.headers["access-control-allow-origin"] == "*"
    assert sent.headers["access-control-allow-headers"] == "*, Authorization"
    assert sent.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "access-control-allow-credentials" not in sent.headers


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/metrics", "/", "/api/v1/imports", "/api/v1/imports/1"])
def test_what_is_not_public_answers_no_preflight(client: Client, path: str) -> None:
    with_django = client.options(path, headers=ASKS)
    assert "Access-Control-Allow-Origin" not in with_django.headers
    assert preflight(path).status == 500  # Django was asked


@pytest.mark.django_db
def test_django_alone_answers_alike(client: Client) -> None:
    make_listed()
    for path in PUBLIC:
        assert client.options(path, headers=ASKS).status_code == 204
        answer = client.get(path)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "X-Request-ID"}.issubset(exposed)
    assert client.options("/v1/models").status_code == 405
    for path in ("/v1/models?format=none", "/api/ai/models"):
        assert client.get(path).headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get("/admin/login/").headers
