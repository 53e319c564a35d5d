"""The server in front of Django: whom it lets in, in which order, how much it reads and how long it waits."""

import asyncio
import gc
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from catalog_site.parsing import networks
from catalog_site.serving import application, bodies
from catalog_site.serving.application import Application
from catalog_site.serving.lanes import Busy, Gone, Lane
from catalog_site.serving.limits import Limits, Refused
from catalog_site.serving.request import Request, addresses
from tests.asgi import Sent, answered, scope
from tests.factories import make_listed


@pytest.fixture(autouse=True)
def _fresh_addresses() -> Iterator[None]:
    addresses.cache_clear()
    yield
    addresses.cache_clear()


@pytest.mark.parametrize(
    ("peer", "forwarded", "address", "limited_as"),
    [
        ("9.9.9.9", None, "9.9.9.9", "9.9.9.9"),
        ("9.9.9.9", "198.51.100.1", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.1, 198.51.100.1, 10.9.9.9", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "2001:db8:1:2:3::4", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("192.168.0.1", "198.51.100.1", "192.168.0.1", None),
        ("192.168.0.1", None, "192.168.0.1", "192.168.0.1"),
        ("", None, "", ""),
    ],
)
def test_a_clients_address_is_believed_from_trusted_proxies_only(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    peer: str,
    forwarded: str | None,
    address: str,
    limited_as: str | None,
) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8, 203.0.113.77")
    settings.TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
    assert addresses(peer, forwarded) == (address, limited_as)


def test_a_header_with_an_underscore_is_no_proxys_header() -> None:
    asked = Request(scope("GET", "/", {"x_forwarded_proto": "https", "x-real": "1"}))
    assert asked.headers == {"x-real": "1"}


def environ_of(path: str, **headers: str) -> dict[str, Any]:
    return Request(scope("GET", path, headers)).environ(io.BytesIO(), 0)


def test_django_gets_what_wsgi_says() -> None:
    environ = environ_of("/a%ff%2f/é?q=%ff", cookie="a=1", content_type="x", host="h:1")
    assert environ["PATH_INFO"] == "/a\xff//\xc3\xa9"
    assert (environ["QUERY_STRING"], environ["HTTP_COOKIE"], environ["HTTP_HOST"]) == ("q=%ff", "a=1", "h:1")
    assert (environ["SERVER_PROTOCOL"], environ["REMOTE_ADDR"], environ["CONTENT_LENGTH"]) == ("HTTP/1.1", "127.0.0.1", "")
    assert environ_of("/")["HTTP_HOST"] == ""
    assert "PATH" not in environ


class Held:
    """Work that runs until it is told to end; says in which order it was started."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.gate = threading.Event()

    def work(self, name: str) -> Callable[[], str]:
        def run() -> str:
            self.started.append(name)
            assert self.gate.wait(30)
            return name

        return run


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


def test_who_waits_for_a_thread_waits_in_the_order_of_addresses() -> None:
    async def main() -> list[str]:
        lane, held = Lane("test", 1, 10, 30), Held()
        first = asyncio.create_task(lane.run("a", held.work("a1")))
        await until(lambda: held.started == ["a1"])
        tasks = []
        for name in ("a2", "a3", "a4", "b1", "c1", "b2"):
            tasks.append(asyncio.create_task(lane.run(name[0], held.work(name))))
            await until(lambda: lane.number_waiting == len(tasks))
        held.gate.set()
        await asyncio.gather(first, *tasks)
        assert (lane.free, lane.number_waiting, dict(lane.waiting)) == (1, 0, {})
        return held.started

    assert asyncio.run(main()) == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


def test_a_full_queue_refuses_the_address_that_has_most_in_it() -> None:
    async def main() -> None:
        lane, held = Lane("test", 1, 3, 30), Held()
        first = asyncio.create_task(lane.run("a", held.work("a1")))
        waiting = [asyncio.create_task(lane.run("a", held.work(f"a{n}"))) for n in (2, 3, 4)]
        await until(lambda: lane.number_waiting == 3)
        with pytest.raises(Busy):
            await lane.run("a", held.work("a5"))
        other = asyncio.create_task(lane.run("b", held.work("b1")))
        with pytest.raises(Busy):
            await waiting.pop()
        held.gate.set()
        assert await asyncio.gather(first, *waiting, other) == ["a1", "a2", "a3", "b1"]
        assert lane.free == 1

    asyncio.run(main())


def test_who_waits_too_long_or_leaves_is_not_run() -> None:
    async def main() -> None:
        lane, held = Lane("test", 1, 3, 0.05), Held()
        first = asyncio.create_task(lane.run("a", held.work("a1")))
        await until(lambda: held.started == ["a1"])
        with pytest.raises(Busy):
            await lane.run("b", held.work("b1"))

        async def left() -> None:
            return

        with pytest.raises(Gone):
            await lane.run("b", held.work("b2"), left)
        held.gate.set()
        await first
        assert held.started == ["a1"]
        assert (lane.free, lane.number_waiting) == (1, 0)

    asyncio.run(main())


def test_work_that_fails_gives_its_thread_back() -> None:
    async def main() -> None:
        lane = Lane("test", 1, 3, 1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await lane.run("a", lambda: 1 / 0)
        assert await lane.run("a", lambda: 1) == 1

    asyncio.run(main())


def test_an_address_has_its_share_and_the_site_a_limit(settings: Settings) -> None:
    settings.MAX_REQUESTS, settings.MAX_REQUESTS_PER_ADDRESS = 3, 2
    limits = Limits()
    with limits.request("a"), limits.request("a"):
        with pytest.raises(Refused) as refused, limits.request("a"):
            pass
        assert refused.value.status == 429
        with limits.request("b"), pytest.raises(Refused) as refused, limits.request(None):
            pass
        assert refused.value.status == 503
    with limits.request("a"):
        assert limits.at_once == {"a": 1}
    assert (limits.total, limits.at_once) == (0, {})


def test_a_rate_comes_back_evenly(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REQUESTS_PER_MINUTE = 2
    now = 1000.0
    monkeypatch.setattr("catalog_site.serving.limits.time.monotonic", lambda: now)
    limits = Limits()
    limits.spend("a")
    limits.spend("a")
    with pytest.raises(Refused) as refused:
        limits.spend("a")
    assert (refused.value.status, refused.value.retry_after) == (429, 30)
    limits.spend("b")
    limits.spend(None)
    now += 31
    limits.spend("a")
    with pytest.raises(Refused):
        limits.spend("a")


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """A WSGI application that says how long the body was."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{len(environ['wsgi.input'].read())} of {environ['CONTENT_LENGTH']}".encode()]


def ask(site: Any, method: str, path: str, **options: Any) -> Sent:
    return asyncio.run(answered(site, method, path, **options))


def test_a_body_is_read_before_a_thread_is_taken(settings: Settings) -> None:
    settings.CLIENT_TIMEOUT = 0.05
    site = Application(echo)
    post = {"host": "localhost", "content-length": "10"}
    assert ask(site, "POST", "/x", headers=post, body=[b"12345", b"67890", b""]).body == b"10 of 10"
    chunked = {"host": "localhost", "transfer-encoding": "chunked"}
    assert ask(site, "POST", "/x", headers=chunked, body=[b"123", b""]).body == b"3 of 3"

    def never(*_: Any) -> Any:
        raise AssertionError("Django was asked.")

    for headers in (post, chunked, post | {"expect": "100-continue"}):
        late = ask(Application(never), "POST", "/", headers=headers, body=[b"12"])
        assert (late.status, late.headers["connection"], late.headers["retry-after"]) == (408, "close", "5")
        assert ask(Application(never), "POST", "/", headers=headers, body=[b"12"], leaves=True).status == 0


def test_a_body_that_drips_is_let_go_even_if_it_never_pauses(settings: Settings) -> None:
    settings.CLIENT_TIMEOUT, settings.CLIENT_MIN_RATE = 0.2, 1_000_000

    async def main() -> int:
        number = 0

        async def receive() -> dict[str, Any]:
            nonlocal number
            number += 1
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"x", "more_body": True}

        with pytest.raises(bodies.TooSlow):
            await bodies.read(receive, 1000)
        return number

    assert 1 < asyncio.run(main()) <= 25


def test_a_large_body_is_refused_before_it_is_read(settings: Settings) -> None:
    settings.MAX_BODY = 1024
    site = Application(echo)
    declared = ask(site, "POST", "/api/x", headers={"host": "localhost", "content-length": "1025"})
    assert (declared.status, declared.headers["content-type"]) == (413, "application/json")
    assert b'"code": 413' in declared.body
    chunked = ask(site, "POST", "/x", headers={"host": "localhost", "transfer-encoding": "chunked"}, body=[b"x" * 1000] * 3)
    assert (chunked.status, chunked.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert b"too large" in chunked.body


@pytest.mark.django_db(transaction=True)
def test_staff_may_send_more_than_others(settings: Settings) -> None:
    settings.MAX_BODY = 1024
    site = Application(echo)

    def sent(user: User | None, cookie: str = "") -> int:
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies["sessionid"].value
        headers = {"host": "localhost", "content-length": "2000", "cookie": f"a=b; sessionid={cookie}"}
        return ask(site, "POST", "/x", headers=headers, body=[b"x" * 2000, b""]).status

    staff = User.objects.create_user("staff", is_staff=True)
    assert sent(staff) == 200
    assert sent(User.objects.create_user("visitor")) == 413
    assert sent(User.objects.create_user("gone", is_staff=True, is_active=False)) == 413
    assert sent(None, "invented") == 413
    settings.MAX_STAFF_BODY = 1500
    assert sent(staff) == 413


def test_a_reader_that_takes_nothing_is_let_go(settings: Settings) -> None:
    settings.CLIENT_TIMEOUT = 0.05
    whole = b"x" * (3 * bodies.SLICE + 1)

    async def main() -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            if len(messages) == 2:
                await asyncio.Event().wait()
            messages.append(message)

        assert not await bodies.write(send, 200, [], whole)
        return messages

    assert [message.get("more_body") for message in asyncio.run(main())] == [None, True]

    async def complete() -> bytes:
        parts: list[bytes] = []

        async def send(message: dict[str, Any]) -> None:
            parts.append(message.get("body", b""))

        assert await bodies.write(send, 200, [], whole)
        return b"".join(parts)

    assert asyncio.run(complete()) == whole


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
        tasks = [asyncio.create_task(answered(site, "GET", "/static/held")) for _ in range(settings.WEB_THREADS + 20)]
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
    ("method", "path", "headers", "lane"),
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
def test_each_kind_of_request_has_threads_of_its_own(method: str, path: str, headers: dict[str, str], lane: str) -> None:
    site = Application(echo)
    assert site.lane(Request(scope(method, path, headers))) is getattr(site, lane)
