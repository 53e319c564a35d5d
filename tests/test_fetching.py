"""The one HTTP client: what it fetches, what it refuses, and when it stops."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from catalog import fetching
from catalog.fetching import Fetcher, FetchError, NotAllowed, TooLarge, fetch, is_public
from tests.hugging_face.hub import Hub, running_hub


@pytest.fixture
def server(settings: Settings) -> Iterator[Hub]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    with running_hub() as hub:
        yield hub


def get(url: str, **limits: Any) -> bytes:
    return fetch(url, **{"largest": 1000, "seconds": 5, **limits})


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.1", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.1", "192.0.0.192",
        "192.168.1.1", "192.88.99.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1",
        "100:0:0:1::1", "3fff::1", "5f00::1",
        "2001::1", "2001:db8::1", "2002:a00:1::1", "2002:808:808::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_what_is_not_public_is_known(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "18.65.3.2", "100.128.0.1", "172.32.0.1", "2606:4700:4700::1111"])
def test_what_is_public_is_known(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_document_is_fetched_with_its_redirects(server: Hub) -> None:
    server.path("/there", b"found")
    server.path("/here", "", 302, Location="/there?x=1")
    assert get(f"{server.url}/here") == b"found"
    assert server.asked == ["/here", "/there"]
    assert server.headers[0]["Accept-Encoding"] == "identity"


def test_an_address_that_is_not_public_is_refused_and_not_asked(settings: Settings, server: Hub) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    port = server.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0", "127.1", "2130706433", "0x7f.1"):
        with pytest.raises(FetchError, match=r"not a public address|cannot be reached"):
            get(f"http://{host}:{port}/")
    assert server.asked == []


def test_all_addresses_of_a_name_are_checked_and_the_one_that_was_checked_is_asked(
    settings: Settings, server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(server.url.rpartition(":")[2])
    asked: list[str] = []
    real: Any = socket.getaddrinfo

    def resolve(*addresses: str) -> None:
        def getaddrinfo(host: str, port: int, *arguments: Any, **more: Any) -> list[Any]:
            if not host.endswith(".example"):
                return real(host, port, *arguments, **more)
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    settings.ALLOW_PRIVATE_ADDRESSES = False
    resolve("8.8.8.8", "10.0.0.1")
    with pytest.raises(NotAllowed, match=r"rebinding\.example is at 10\.0\.0\.1"):
        get(f"http://rebinding.example:{port}/")
    assert asked == ["rebinding.example"]
    monkeypatch.setattr(fetching, "is_public", lambda address: True)
    resolve("127.0.0.1")
    server.path("/", b"by its name")
    asked.clear()
    assert get(f"http://name.example:{port}/") == b"by its name"
    assert asked == ["name.example"]  # once: what it is at a moment later does not count
    assert server.headers[-1]["Host"] == f"name.example:{port}"


def test_a_redirect_is_checked_as_the_first_address_is(
    server: Hub, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    monkeypatch.setattr(fetching, "is_public", lambda address: str(address) == "127.0.0.1")
    for location in ("http://127.0.0.2:1/", "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/"):
        server.path("/", "", 302, Location=location)
        with pytest.raises(NotAllowed, match="is not a public address"):
            get(f"{server.url}/")


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "//user@127.0.0.1/", "http://[", "gopher://x", "http://127.0.0.1:0/", "a b"],
)
def test_a_redirect_to_what_is_no_address_is_refused(server: Hub, location: str) -> None:
    server.path("/", "", 302, Location=location)
    with pytest.raises(NotAllowed):
        get(f"{server.url}/")
    assert len(server.asked) == 1


def test_redirects_end_and_may_be_kept_to_one_origin(server: Hub) -> None:
    server.path("/", "", 307, Location="/")
    with pytest.raises(NotAllowed, match="endlessly"):
        get(f"{server.url}/")
    assert len(server.asked) == fetching.MOST_REDIRECTS + 1
    server.path("/", "", 307, Location=server.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(NotAllowed, match="which is not allowed"):
        Fetcher(largest=10, seconds=5, same_origin=True).get(f"{server.url}/")


@pytest.mark.parametrize(
    "url", ["", "x", "file:///etc/passwd", "http://", "http://a b/", "http://user:pw@h/", "http://h:0/", "http://h\n/"]
)
def test_what_is_no_address_is_not_asked(url: str) -> None:
    with pytest.raises(NotAllowed, match="is not a plain http or https address"):
        get(url)


def test_what_is_too_large_is_left_whether_it_says_so_or_not(server: Hub) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        while not server.is_over.is_set():
            handler.wfile.write(b" " * 65536)

    server.answers["/"] = endless
    with pytest.raises(TooLarge):
        get(f"{server.url}/", largest=1_000_000)
    server.path("/", b"x" * 1001)
    with pytest.raises(TooLarge):
        get(f"{server.url}/")
    server.path("/", b"x" * 1000)
    assert len(get(f"{server.url}/")) == 1000


def test_a_compressed_answer_is_refused_for_it_may_be_a_bomb(server: Hub) -> None:
    server.path("/", b"x", Content_Encoding="gzip")
    with pytest.raises(FetchError, match="compressed"):
        get(f"{server.url}/")


@pytest.mark.parametrize(
    "begin", [b"", b"HTTP/1.1 200 OK\r\nX-Header: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"]
)
def test_the_time_is_for_the_whole_however_slowly_it_comes(server: Hub, begin: bytes) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        while not server.is_over.wait(0.05):
            handler.wfile.write(b"x")

    server.answers["/"] = drip
    with pytest.raises(FetchError, match=r"more than 0\.5 seconds"):
        get(f"{server.url}/", seconds=0.5)


def test_a_resolver_that_does_not_answer_is_left(monkeypatch: pytest.MonkeyPatch, server: Hub) -> None:
    gave_up = threading.Event()

    def silent(*args: Any, **more: Any) -> None:
        if not server.is_over.wait(30):
            gave_up.set()

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    with pytest.raises(FetchError, match=r"more than 0\.3 seconds|silent"):
        get("http://slow.example/", seconds=0.3)
    assert not gave_up.is_set()


def test_a_proxy_of_the_environment_is_asked_and_resolves_the_name(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.path("http://only.the.proxy.knows.example/x", b"through it")
    assert get("http://only.the.proxy.knows.example/x") == b"through it"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server.path("/direct", b"past it")
    assert get(f"{server.url}/direct") == b"past it"


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_a_refusal_is_said_by_its_number(server: Hub, status: int) -> None:
    server.path("/", b"x" * 5000, status)
    with pytest.raises(FetchError, match=f"answers {status}"):
        get(f"{server.url}/")
