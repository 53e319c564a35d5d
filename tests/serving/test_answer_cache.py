"""What is sent again without passing through Django."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections
from pytest_django.fixtures import Settings

from catalog.models import AIModel, ApiKey, CatalogRevision
from catalog.publication import publisher, source
from catalog_site.serving.answer_cache import MOST_KEPT, AnswerCache
from catalog_site.serving.application import Application
from tests.asgi import answered
from tests.factories import make_listed
from tests.waiting import eventually

FEED = "/v1/models?format=openrouter"
committed = pytest.mark.django_db(transaction=True)


class Site:
    """The server's application, round a Django whose requests are counted."""

    def __init__(self) -> None:
        self.django = get_wsgi_application()
        self.asked = 0
        self.application = Application(self.ask)
        self.loop = asyncio.new_event_loop()

    def ask(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked += 1
        return self.django(environ, start_response)

    def get(self, path: str = FEED, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        sent = self.loop.run_until_complete(answered(self.application, method, path, {"host": "localhost", **headers}))
        return sent.status, sent.headers, sent.body

    def kept(self) -> int:
        return len(self.application.answers.lists) + len(self.application.answers.others)


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    make_listed()
    CatalogRevision.objects.update(changed_at="2026-01-01T00:00:00Z")
    publisher.clear()
    site = Site()
    yield site
    site.loop.close()


@committed
def test_what_was_sent_is_sent_again_without_django_until_it_is_another_list(site: Site) -> None:
    first = site.get()
    assert first[0] == 200
    assert site.asked == 1
    for _ in range(3):
        assert site.get() == first
    assert site.asked == 1
    AIModel.objects.update(name="Two")
    CatalogRevision.objects.update(changed_at="2026-01-02T00:00:00Z")
    _, _, body = site.get()
    assert b'"name":"Two"' in body
    assert site.asked == 2


@committed
def test_a_request_waits_once_in_front_of_django_and_behind(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both wait until a moment that is counted from the request's arrival, so the one behind has nothing left to wait for."""
    monkeypatch.setattr(source, "REQUEST_TIMEOUT", 0.5)
    waits: list[tuple[int, float]] = []
    wait = publisher.renewal.wait

    def noted(format_name: str, arrived: float, **facts: Any) -> None:
        waits.append((site.asked, arrived))
        wait(format_name, arrived, **facts)

    def is_reading() -> bool:
        with blocking.cursor() as cursor:
            cursor.execute("SELECT FROM pg_locks WHERE NOT granted AND relation = 'catalog_aimodel'::regclass")
            return bool(cursor.rowcount)

    site.get()
    publisher.current("catalog")
    AIModel.objects.update(name="Two")
    blocking = connection.copy()
    earlier = threading.Thread(target=publisher.current, args=["catalog"])
    try:
        with blocking.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE catalog_aimodel IN ACCESS EXCLUSIVE MODE")
        earlier.start()
        assert eventually(is_reading)  # so that the round in which this request is looked after begins while it waits
        monkeypatch.setattr(publisher.renewal, "wait", noted)
        headers = site.get()[1]
        assert "cache-status" in headers
        (asked_in_front, in_front), (asked_behind, behind) = waits
        assert (asked_in_front, asked_behind, site.asked) == (1, 2, 2)
        assert in_front == behind
    finally:
        blocking.close()
        earlier.join()


@committed
def test_a_304_and_each_coding_are_sent_again_too(site: Site) -> None:
    _, headers, _ = site.get()
    for _ in range(3):
        status, again, body = site.get(**{"if-none-match": headers["etag"]})
        assert (status, again["etag"], body) == (304, headers["etag"], b"")
    assert site.asked == 2
    for _ in range(3):
        site.get(**{"accept-encoding": "gzip"})
    assert site.asked == 3


@committed
def test_what_one_asks_is_not_answered_with_what_another_asked(site: Site) -> None:
    bodies = {path: site.get(path)[2] for path in (FEED, "/v1/models", "/v1/models?format=openrouter-v2")}
    assert len(set(bodies.values())) == 3
    for path, body in bodies.items():
        assert site.get(path)[2] == body
    assert site.get("/v1/models?format=nothing")[0] == 400
    assert site.get(FEED, host="evil.example")[0] == 400
    assert site.get(FEED, **{"if-match": '"x"'})[0] == 412
    assert site.get(FEED, method="POST")[0] == 405
    assert site.get(FEED, method="HEAD")[0] == 200
    assert site.get("/api/ai/models")[0] == 401


@committed
def test_errors_and_private_lists_are_never_kept(site: Site) -> None:
    changing = ("/api/v1/models?max_age_days=1", "/api/v1/models/count?min_age_days=1", "/api/v1/models?use_rss=true")
    for path in ("/v1/models?format=nothing", "/api/ai/models", "/v1/models/none", "/docs/api/", "/metrics", *changing):
        site.get(path)
    assert site.kept() == 0


@committed
@pytest.mark.parametrize(("path", "name"), [("/inference/router/openrouter/models", "wandb"), ("/api.json", "models-dev")])
def test_a_format_behind_a_key_is_sent_to_keys_alone_and_never_kept(
    site: Site, settings: Settings, path: str, name: str
) -> None:
    _, open_headers, body = site.get(path)
    assert "public" in open_headers["cache-control"]
    kept = site.kept()
    settings.FORMATS_BEHIND_KEY = [name, "openrouter"]
    made, key = ApiKey.objects.create_key(name="reader")
    for address in (path, FEED, f"{FEED}&x=1", "/v1/models?x=1&format=openrouter"):
        for tag in ("", open_headers["etag"], "*"):  # nor does an ETag open what was kept before
            status, headers, refusal = site.get(address, **{"if-none-match": tag})
            assert (status, headers["www-authenticate"]) == (401, 'Bearer realm="catalog"')
            assert json.loads(refusal)["error"]["message"].startswith("This list needs an API key")
        assert site.get(address, method="HEAD")[0] == 401
    status, headers, again = site.get(path, authorization=f"Bearer {key}")
    assert (status, again) == (200, body)
    assert (headers["cache-control"], headers["vary"]) == ("private, no-cache", "Authorization, Accept-Encoding")
    assert site.get(path, authorization=f"Bearer {key}", **{"if-none-match": headers["etag"]})[0] == 304
    assert site.get(path, authorization=f"Bearer {key[:-1]}x")[0] == 401
    assert site.get(path)[0] == 401
    assert site.kept() == kept
    ApiKey.objects.filter(pk=made.pk).update(revoked=True)
    assert site.get(path, authorization=f"Bearer {key}")[0] == 401
    assert site.get("/v1/models")[0] == 200


@committed
def test_what_is_sent_from_memory_makes_no_connection_object(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FEED_MAX_STALENESS = 3600
    first, made = site.get(), list[str]()
    monkeypatch.setattr(connections, "create_connection", made.append)  # Django keeps one for each context of an event loop
    assert site.get() == first
    assert site.asked == 1
    assert made == []


@committed
def test_answers_that_are_made_of_a_list_are_sent_again_too(site: Site) -> None:
    paths = (
        "/v1/models/acme/one",
        "/api/v1/models?q=a",
        "/api/v1/models/count",
        "/api/v1/model/acme/one",
        "/api/v1/providers",
    )
    first = [site.get(path) for path in paths]
    asked = site.asked
    assert [site.get(path) for path in paths] == first
    assert site.asked == asked
    AIModel.objects.update(name="Two")
    assert b"Two" in site.get("/v1/models/acme/one")[2]


@committed
def test_what_is_kept_is_bounded_in_bytes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(site.get("/api/v1/models?q=a")[2])
    monkeypatch.setattr("catalog_site.serving.answer_cache.MOST_BYTES", 3 * size)
    for number in range(10):
        site.get("/api/v1/models?q=a", **{"accept-encoding": f"x{number}"})
    assert 1 <= len(site.application.answers.others) <= 3


@committed
def test_what_is_kept_is_bounded_and_takes_no_place_from_whole_lists(site: Site, settings: Settings) -> None:
    settings.REQUESTS_PER_MINUTE = 10 * MOST_KEPT
    site.get()
    for number in range(MOST_KEPT + 10):
        site.get("/api/v1/models/count", **{"accept-encoding": f"identity, x{number}"})
    assert len(site.application.answers.others) == MOST_KEPT
    asked = site.asked
    site.get()
    assert site.asked == asked


@committed
def test_what_does_not_change_a_whole_list_asks_django_for_no_other(site: Site) -> None:
    etag = site.get()[1]["etag"]
    site.get(**{"if-none-match": etag})
    asked, kept = site.asked, site.kept()
    for headers in (
        {"accept-encoding": "x1"},
        {"accept-encoding": "deflate"},
        {"if-none-match": '"other"'},
        {"authorization": "Bearer x"},
        {"content-type": "application/json"},
        {"cookie": "a=b"},
        {"host": "127.0.0.1:8000"},
    ):
        assert site.get(**headers)[0] == 200
    for tags in (f'"a", {etag}', f"W/{etag}", "*"):
        assert site.get(**{"if-none-match": tags})[0] == 304
    assert site.get(method="HEAD")[2] == b""
    assert (site.asked, site.kept()) == (asked, kept)


@committed
def test_the_query_is_read_alike_whatever_charset_a_client_names(site: Site) -> None:
    make_listed("two")
    CatalogRevision.objects.update(changed_at="2026-01-01T00:00:00Z")
    odd = site.get(**{"content-type": "text/plain; charset=cp037"})[2]
    assert site.get()[2] == odd
    publisher.clear()
    site.application.answers = AnswerCache()
    assert site.get()[2] == odd


@committed
def test_an_endless_question_is_not_kept(site: Site) -> None:
    site.get("/api/v1/models/count", **{"accept-encoding": "x" * 5000})
    assert site.kept() == 0


@committed
def test_tags_of_others_are_not_kept(site: Site) -> None:
    _, headers, _ = site.get()
    kept = site.kept()
    for number in range(5):
        assert site.get(**{"if-none-match": f'"{number}", {headers["etag"]}'})[0] == 304
    assert site.kept() == kept
