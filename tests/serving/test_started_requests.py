"""What a started server with two workers does with requests that are half-sent, slow, too long or malformed."""

from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.faults.floods import connect
from tests.faults.machinery import Site, wait_until
from tests.started import MODEL, got, site_with_sample, until_closed

pytestmark = pytest.mark.slow
HALF_SENT = (
    b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\na=1",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\na=1",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n",
    b"GET /v1/models HTTP/1.1\r\nHo",
    b"",
)
MULTIPART = b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
LENGTH = b"Content-Length: 419430400\r\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sample_cluster: Path) -> Iterator[Site]:
    site = site_with_sample(sample_cluster, tmp_path_factory.mktemp("site"), CLIENT_TIMEOUT="2", HEADER_TIMEOUT="2")
    site.start()
    yield site
    site.stop()


def test_half_sent_requests_hold_nobody_up_and_are_let_go(site: Site) -> None:
    connections = [connect(site.port) for _ in range(10) for _ in HALF_SENT]
    for connection, sent in zip(connections, HALF_SENT * 10, strict=True):
        connection.sendall(sent)
    for _ in range(20):
        answer = site.get()
        assert answer is not None
        assert answer.status == 200
    assert got(site, "/admin/login/")[0] == 200
    for connection in connections:
        received = until_closed(connection)
        received = received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert received == b"" or received.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        connection.close()


@pytest.mark.parametrize("expects", [b"", b"Expect: 100-continue\r\n"])
def test_a_body_that_is_declared_too_long_is_refused_before_it_is_sent(site: Site, expects: bytes) -> None:
    with connect(site.port) as connection:
        connection.sendall(MULTIPART + LENGTH + expects + b"\r\n")
        assert until_closed(connection).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_unknown_length_is_cut_at_the_limit(site: Site) -> None:
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    with connect(site.port) as connection:
        connection.sendall(MULTIPART + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        with suppress(ConnectionError):
            for _ in range(6400):  # 400 MiB
                connection.sendall(chunk)
                sent += len(chunk)
        assert sent < 16 * 1024 * 1024  # the limit of 1 MiB, and what the two kernels hold
        received = until_closed(connection)
    assert received == b"" or received.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 408 "),
        (b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Header: ", b""),
    ],
    ids=["body", "head"],
)
def test_who_sends_a_byte_at_a_time_is_let_go(site: Site, head: bytes, status: bytes) -> None:
    with connect(site.port) as connection:
        connection.sendall(head)
        connection.settimeout(0.1)
        received = None
        for _ in range(600):  # a minute; it may take two seconds
            try:
                connection.sendall(b"a")
                received = connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                received = received or b""
            break
    assert received is not None
    assert received == b"" or received.startswith(status)


@pytest.mark.parametrize("header", ["If-None-Match", "Accept-Encoding", "Cookie", "X-Forwarded-For", "Host", "X"])
@pytest.mark.parametrize("length", [9_000, 390_000])
def test_a_long_head_is_refused(site: Site, header: str, length: int) -> None:
    with connect(site.port) as connection, suppress(ConnectionError):
        head = f"GET /v1/models?format=openrouter HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}: {'a=b,;' * (length // 5)}\r\n\r\n"
        connection.sendall(head.encode())
        assert until_closed(connection).startswith(b"HTTP/1.1 431 ")


def test_the_longest_head_that_is_taken_arrives_whole(site: Site) -> None:
    cookies = "; ".join(f"cookie{number}={'c' * 4000}" for number in range(2))
    assert got(site, f"/api/v1/models?q={'a' * 8000}", Cookie=cookies, X_Other="x" * 8000)[0] in (200, 400)
    assert got(site, "/v1/models?format=openrouter", Cookie=cookies, X_Other="x" * 8000)[0] == 200


CHARSETS = ("punycode", "zlib_codec", "rot13", "undefined", "hex", "base64", "idna", "utf-16", "utf-7", "unicode_escape")


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_charset_fails_nowhere(site: Site, charset: str) -> None:
    feed = got(site, "/v1/models?format=openrouter")
    assert got(site, "/v1/models?format=openrouter", Content_Type=f"text/html; charset={charset}") == feed
    for path in ("/api/v1/models?q=%ff%fe", "/?q=%ff", "/admin/login/?next=%ff", f"/v1/models/{MODEL}?x=%ff"):
        assert got(site, path, Content_Type=f"text/html; charset={charset}")[0] == 200
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    form = f"csrfmiddlewaretoken={'c' * 32}&username=b%ff&password=c\xff".encode("latin-1")
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    connection.request("POST", "/admin/login/", form, {"Content-Type": kind, "Cookie": f"csrftoken={'c' * 32}"})
    assert connection.getresponse().status in (200, 429)
    connection.close()


def test_broken_chunks_are_refused_with_our_own_answer(site: Site) -> None:
    def send(path: str) -> None:
        with connect(site.port) as connection:
            connection.sendall(
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".encode()
            )
            received = until_closed(connection)
        assert received.startswith(b"HTTP/1.1 400 ")
        assert b"malformed" in received

    def is_logged() -> bool:  # the other requests of this site may have used up what the log says of one client in a minute
        send("/nothing")
        return "or its body is malformed" in (site.data_dir / "site.log").read_text()

    for path in ("/admin/login/", "/v1/models"):
        send(path)
    wait_until(is_logged, "the log says it", seconds=90, pause=1)
