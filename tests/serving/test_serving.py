"""The site under load: who is refused, and who never waits."""

import asyncio
import gc
import io
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from pytest_django.fixtures import Settings

from catalog_site.serving import application
from catalog_site.serving.application import Application
from catalog_site.serving.request import Request
from tests.asgi import answered, scope
from tests.factories import make_listed
from tests.serving.common import Held, ask, echo, until


def test_a_busy_site_says_so_in_the_readers_language(settings: Settings) -> None:
    settings.MAX_REQUESTS = 0
    for path, content_type in (("/api/v1/models?q=x", "application/json"), ("/admin/", "text/html; charset=utf-8")):
        refused = ask(Application(echo), "GET", path)
        assert (refused.status, refused.headers["content-type"], refused.headers["retry-after"]) == (503, content_type, "1")
        assert b"busy" in refused.body


def test_who_fills_the_site_keeps_nobody_from_a_whole_list(settings: Settings) -> None:
    settings.MAX_REQUESTS, settings.MAX_REQUESTS_PER_ADDRESS = 1, 1
    site = Application(echo)
    with site.limits.request("127.0.0.1"):
        assert ask(site, "GET", "/api/v1/models?q=x").status == 503
        assert ask(site, "GET", "/v1/models?format=openrouter", headers={"host": "localhost"}).status == 200


def test_who_asks_more_than_its_share_is_refused_early(settings: Settings) -> None:
    settings.REQUESTS_PER_MINUTE = 1
    site = Application(echo)
    assert [ask(site, "GET", "/api/v1/models?q=x").status for _ in range(2)] == [200, 429]
    assert ask(site, "GET", "/api/v1/models?q=x", client="127.0.0.2").status == 200
    assert ask(site, "GET", "/v1/models").status == 200
    staff = {"host": "localhost", "cookie": "sessionid=x"}
    assert ask(site, "GET", "/admin/", headers=staff).status == 200
    assert ask(site, "GET", "/admin/login/", headers=staff).status == 429


def test_what_django_fails_to_answer_is_500(caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("broken")

    assert ask(Application(broken), "GET", "/api/v1/models?q=x").status == 500
    assert "could not be answered" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_lists_go_on_while_every_other_thread_is_taken(settings: Settings) -> None:
    django, held = get_wsgi_application(), Held()

    def some(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/static/held":
            held.work("held")()
            return echo(environ, start_response)
        return django(environ, start_response)

    async def main() -> None:
        site = Application(some)
        tasks = [
            asyncio.create_task(answered(site, "GET", "/static/held", client=f"127.0.0.{number % 2 + 2}"))
            for number in range(settings.WEB_THREADS + 20)
        ]
        await until(lambda: len(held.started) == settings.WEB_THREADS and site.others.number_waiting == 20)
        for _ in range(3):
            for path in ("/v1/models?format=openrouter", "/v1/models", "/api/v1/models?output_modalities=all"):
                assert (await answered(site, "GET", path)).status == 200
        assert (await answered(site, "GET", "/api/ai/models", {"host": "localhost", "authorization": "x"})).status == 401
        held.gate.set()
        assert {sent.status for sent in await asyncio.gather(*tasks)} == {200}

    asyncio.run(main())


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_let_go_without_the_collector_of_cycles() -> None:
    make_listed()
    django = get_wsgi_application()
    gc.collect()
    others = [one for one in gc.get_objects() if type(one) is HttpResponse]  # which earlier tests still hold
    known = set(map(id, others))
    gc.disable()
    try:
        for number in range(5):
            asked = scope("GET", f"/api/v1/models?output_modalities=all&max_price={number}", {"host": "localhost"})
            assert application.answered(django, Request(asked).environ(io.BytesIO(), 0)).status == 200
        assert [one for one in gc.get_objects() if type(one) is HttpResponse and id(one) not in known] == []
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("method", "path", "headers", "pool"),
    [
        ("GET", "/", {}, "public"),
        ("GET", "/api/v1/models?q=x", {}, "public"),
        ("GET", "/v1/models?format=x", {}, "public"),
        ("GET", "/api/v1/models?at=2026-01-01", {}, "past"),
        ("GET", "/api/v1/models/acme/one/prices", {}, "past"),
        ("HEAD", "/pricing.csv", {}, "past"),
        ("GET", "/changes", {}, "past"),
        ("GET", "/zh-hans/models/acme/one", {}, "past"),
        ("GET", "/v1/models/acme/one", {}, "public"),
        ("GET", "/ar/pricing", {}, "public"),
        ("GET", "/api/readiness", {"authorization": "Bearer x"}, "others"),
        ("GET", "/admin/", {}, "others"),
        ("GET", "/static/catalog/icon.svg", {}, "others"),
        ("POST", "/", {}, "others"),
    ],
)
def test_each_kind_of_request_has_threads_of_its_own(method: str, path: str, headers: dict[str, str], pool: str) -> None:
    site = Application(echo)
    assert site.pool(Request(scope(method, path, headers))) is getattr(site, pool)


def test_every_view_that_takes_long_says_so() -> None:
    """The threads for the past are found by the view, not by a list of addresses."""
    for path in (
        "/api/v1/changes",
        "/changes.atom",
        "/fr/changes",
        "/api/v1/models/a/b/cost",
        "/pricing.csv",
        "/sitemap.xml",
    ):
        assert application.takes_long(path)
    for path in ("/", "/nothing", "/v1/models/a/prices/x", "/admin/", "/zz/changes", "/models"):
        assert not application.takes_long(path)
