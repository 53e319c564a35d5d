"""A request as the server reads it: its headers, the client's address, and the environment for Django."""

import itertools
import logging
import os
import re
import secrets
import sys
import time
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

from django.conf import settings

from catalog.sending import ARRIVED, CLIENT_UNKNOWN

FORWARDING = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "x-real-ip"})
"""Headers that proxies set."""

logger = logging.getLogger(__name__)

ID = "catalog.request_id"
"""The key of WSGI's environment under which Django finds the request's id."""
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
PROCESS = secrets.token_hex(5)
"""The beginning of the ids that this process gives; random, because they must not repeat after a restart, or in another worker."""
numbers = itertools.count(1)

Address = IPv4Address | IPv6Address

LONGEST_HEADER = 8190
"""Characters of one header, and of a path with its query, as in other servers. The site's own cookies have a few hundred."""
LONGEST_FORWARDED = 256
"""Characters at the end of ``X-Forwarded-For`` that are looked at: the hops that trusted proxies have added."""
BOUNDARY = re.compile(r';\s*boundary=("[ !#-~]*+"|[!#-:<-~]*+)\s*(?:;|$)', re.IGNORECASE)
"""The only parameter of ``Content-Type`` that is passed on: Django would decode query and form with the charset of another one.
A value has no quote, and an unquoted value no semicolon, so a long header is read in one pass."""


def begin_anew() -> None:
    """Start new request ids in a worker, which is a copy of the process that imported this module."""
    global PROCESS
    PROCESS = secrets.token_hex(5)


os.register_at_fork(after_in_child=begin_anew)


class Request:
    """One HTTP request, without its body. ``scope`` is ASGI's; ``arrived`` is by the monotonic clock, by default now."""

    def __init__(self, scope: Mapping[str, Any], arrived: float | None = None) -> None:
        self.scope = scope
        self.arrived = time.monotonic() if arrived is None else arrived
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: str = scope["query_string"].decode("latin-1")
        self.headers = joined(scope["headers"])
        self.whole_list: str | None = ""
        """The result of ``answer_cache.whole_list``; empty until it is called."""
        peer = scope["client"][0] if scope.get("client") else ""
        self.address, self.limited_as = addresses(peer, self.headers.get("x-forwarded-for"))

    @property
    def is_head_too_long(self) -> bool:
        """Whether the request is refused before it is parsed, because parsing would delay the requests behind it."""
        longest = max(map(len, self.headers.values()), default=0)
        return longest > LONGEST_HEADER or len(self.scope["raw_path"]) + len(self.query) > LONGEST_HEADER

    @cached_property
    def id(self) -> str:
        """Its id in the log: the one from a trusted proxy in ``X-Request-ID``, else a new one."""
        given = self.headers.get("x-request-id", "")
        if given and self.is_client_known and "x-forwarded-for" in self.headers and GIVEN_ID.fullmatch(given):
            return given
        return f"{PROCESS}{next(numbers):06x}"

    @property
    def is_client_known(self) -> bool:
        """Whether ``address`` is the client's, not that of a proxy that ``TRUSTED_PROXIES`` does not name."""
        if not FORWARDING.isdisjoint(self.headers):
            peer = parsed(self.scope["client"][0]) if self.scope.get("client") else None
            return peer is not None and is_trusted(peer) and "x-forwarded-for" in self.headers
        return True

    @property
    def queued_as(self) -> str:
        """The name under which the request waits in a queue."""
        return self.limited_as or self.address

    @property
    def is_secure(self) -> bool:
        """Whether the request came over TLS, by Django's rule."""
        if (protocol := self.headers.get("x-forwarded-proto")) is not None and settings.SECURE_PROXY_SSL_HEADER:
            return protocol.split(",", 1)[0].strip() == "https"
        return self.scope["scheme"] == "https"

    @property
    def content_length(self) -> int | None:
        """Bytes of the body, as declared; None if it is sent in chunks. The server has checked that it is a number."""
        if "transfer-encoding" in self.headers:
            return None
        return int(self.headers.get("content-length") or 0)

    def environ(self, body: BinaryIO, length: int) -> dict[str, Any]:
        """WSGI's environment, with a body that has been read completely."""
        host, port = self.scope["server"]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(self.scope["raw_path"]).decode("latin-1"),
            "QUERY_STRING": self.query,
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": f"HTTP/{self.scope['http_version']}",
            "REMOTE_ADDR": self.address,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.scope["scheme"],
            "wsgi.input": body,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "HTTP_HOST": "",
            ARRIVED: self.arrived,
            CLIENT_UNKNOWN: not self.is_client_known,
            ID: self.id,
        }
        for name, value in self.headers.items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        environ["CONTENT_TYPE"] = content_type(environ.pop("HTTP_CONTENT_TYPE", ""))
        environ.pop("HTTP_CONTENT_LENGTH", None)
        environ.pop("HTTP_TRANSFER_ENCODING", None)  # the server has already decoded it
        environ["CONTENT_LENGTH"] = str(length) if length else ""
        return environ


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by their names in lower case; repeated ones are joined.

    A name with an underscore is left out: WSGI could not tell it from the one with a hyphen that a proxy sets.
    """
    result: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name:
            continue
        if name in result:
            value = f"{result[name]}{'; ' if name == 'cookie' else ','}{value}"
        result[name] = value
    return result


def content_type(value: str) -> str:
    """``Content-Type`` with no parameter except its boundary: all text here is UTF-8."""
    kind, semicolon, _ = value.partition(";")
    boundary = BOUNDARY.search(value) if semicolon else None
    return f"{kind}; boundary={boundary[1]}" if boundary else kind


def is_trusted(address: Address) -> bool:
    """Whether ``TRUSTED_PROXIES`` contains the address."""
    networks: list[IPv4Network | IPv6Network] = settings.TRUSTED_PROXIES
    return any(address in network for network in networks)


def parsed(text: str) -> Address | None:
    """An address, an IPv4 one also if it is written as IPv6; None for anything else."""
    try:
        address = ip_address(text.strip().removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(100)
def warn_of_proxy(address: str) -> None:
    """Warn once that limits by address do not apply to requests through this proxy."""
    logger.warning(
        "Requests come through %s, which TRUSTED_PROXIES does not name, so they are not limited by address.", address
    )


def addresses(peer: str, forwarded: str | None) -> tuple[str, str | None]:
    """The client's address, and the name under which its requests are counted.

    If the peer is a trusted proxy, the client is the last hop of ``X-Forwarded-For`` that is not one; else the peer. An IPv6
    network of 64 bits counts as one client. The name is None for a local proxy that ``TRUSTED_PROXIES`` does not name: its clients
    cannot be told apart, and must not be limited as one.
    """
    if forwarded is not None:
        forwarded = forwarded[-LONGEST_FORWARDED:] if is_trusted_peer(peer) else ""
    return _addresses(peer, forwarded)


@lru_cache(4096)
def is_trusted_peer(peer: str) -> bool:
    """Whether ``TRUSTED_PROXIES`` names the other end of a connection."""
    address = parsed(peer)
    return address is not None and is_trusted(address)


@lru_cache(4096)
def _addresses(peer: str, forwarded: str | None) -> tuple[str, str | None]:
    address = parsed(peer)
    if address is None:
        return peer, peer
    if forwarded is not None:
        if is_trusted(address):
            for hop in reversed(forwarded.split(",")):
                if (previous := parsed(without_port(hop.strip()))) is None:
                    break
                address = previous
                if not is_trusted(address):
                    break
        elif address.is_private:
            warn_of_proxy(str(address))
            return str(address), None
    return str(address), network(str(address))


def without_port(hop: str) -> str:
    """An address without the port that some load balancers write after it."""
    host, _, _ = hop.rpartition(":")
    return host if host.endswith("]") or (host and ":" not in host) else hop


def network(address: str) -> str:
    """The unit of one client: an IPv4 address, or an IPv6 network of 64 bits."""
    found = parsed(address)
    return str(IPv6Network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address
