"""What Django is given of a request: the client's address, and WSGI's names."""

import io
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from catalog_site.parsing import networks
from catalog_site.serving.request import Request, addresses
from tests.asgi import scope


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
