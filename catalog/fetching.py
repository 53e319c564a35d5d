"""The one HTTP client: fetches a document from an address that somebody gave, within limits of size, time, redirects and addresses.

A name is resolved once, all its addresses are checked, and the connection is made to a checked address; so changing the name in
between has no effect. Each redirect is checked the same way. The time limit is for the whole, however slowly an answer comes.
Addresses that are not public are refused unless ``ALLOW_PRIVATE_ADDRESSES`` is set: they belong to the network that the site runs
in. If ``HTTPS_PROXY`` or a similar variable names a proxy, the proxy resolves names and connects.
"""

import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2
from django.conf import settings

logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs every address with its query

MIB = 1024 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5

SPECIAL = [
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24", "192.88.99.0/24",
        "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100:0:0:1::/64", "2001::/23", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
    )
]  # fmt: skip
"""Networks of translated and tunnelled addresses, old site-local addresses, and reserved networks (a cloud serves its metadata at
192.0.0.192). ``is_global`` excludes only some of them, depending on the version of Python."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FetchError(Exception):
    """The document cannot be fetched; the message is a sentence about the host."""


class NotAllowed(FetchError):
    """The address, or one that it redirects to, is not allowed."""


class TooLarge(FetchError):
    """The document has too many bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer. The content is read only if the status is a success."""

    url: str
    status: int
    headers: httpx2.Headers
    content: bytes


class Fetcher:
    """Fetches documents one after the other, within ``seconds`` for all of them.

    ``largest`` is in bytes, for each document; ``silence`` is how many seconds to wait for the next bytes. With ``same_origin``
    redirects to another scheme, host or port are refused.
    """

    def __init__(self, *, largest: int, seconds: float, silence: float = 10, same_origin: bool = False) -> None:
        self.largest, self.seconds, self.silence, self.same_origin = largest, seconds, silence, same_origin
        self.deadline = time.monotonic() + seconds

    def get(self, url: str) -> Answer:
        """The answer at an address, after its redirects. Raises ``FetchError``."""
        for _ in range(MOST_REDIRECTS + 1):
            parts = self._checked(url)
            answer = self._ask(url, parts)
            if answer.status not in REDIRECTS:
                return answer
            url = self._next(parts, url, answer.headers.get("location", ""))
        raise NotAllowed(f"{parts.netloc} redirects endlessly.")

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer to a document that is sent to an address. A redirect is not followed. Raises ``FetchError``."""
        return self._ask(url, self._checked(url), "POST", content, headers)

    def remaining(self, timeout: float | None = None) -> float:
        """Seconds to wait for the next bytes. Raises ``FetchError`` if there are none left."""
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise FetchError(f"It took more than {self.seconds:g} seconds to answer; try again later.")
        return min(remaining, self.silence if timeout is None else timeout)

    def _checked(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_address = False
        if not is_address or parts.username is not None or not url.isprintable() or " " in url:
            raise NotAllowed(f"{url[:200]!a} is not a plain http or https address.")
        return parts

    def _next(self, parts: SplitResult, url: str, location: str) -> str:
        try:
            target = urlsplit(urljoin(url, location))
        except ValueError as error:
            raise NotAllowed(f"{parts.netloc} redirects to {location[:200]!a}, which is not an address.") from error
        is_elsewhere = (target.scheme, target.netloc) != (parts.scheme, parts.netloc)
        if (self.same_origin and is_elsewhere) or (parts.scheme == "https" and target.scheme != "https"):
            shown = f"{target.scheme}://{target.netloc}"[:200]
            raise NotAllowed(f"{parts.netloc} redirects to {shown!a}, which is not allowed.")
        return target.geturl()

    def _ask(
        self,
        url: str,
        parts: SplitResult,
        method: str = "GET",
        sent: bytes | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        headers = {"Accept": "application/json, */*;q=0.5", "Accept-Encoding": "identity", "User-Agent": "model-catalog"}
        proxy = None if proxy_bypass(str(parts.hostname)) else getproxies().get(parts.scheme)
        try:
            with (
                httpx2.Client(transport=_Transport(self, proxy), timeout=self.silence, trust_env=False) as client,
                client.stream(method, url, headers={**headers, **(more or {})}, content=sent) as answer,
            ):
                content = self._content(answer) if answer.is_success else b""
                return Answer(url, answer.status_code, answer.headers, content)
        except httpx2.RemoteProtocolError as error:
            if "complete message body" in str(error):
                raise FetchError(f"{parts.netloc} closed the connection in the middle of its answer; try again.") from error
            raise FetchError(f"{parts.netloc} sent an invalid HTTP answer.") from error
        except httpx2.TimeoutException as error:
            self.remaining()  # was it this silence, or the whole?
            raise FetchError(f"{parts.netloc} cannot be reached: it did not answer in time. Try again later.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise FetchError(f"{parts.netloc} cannot be reached: {_reason(error)}.") from error

    def _content(self, answer: httpx2.Response) -> bytes:
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise FetchError("The answer is compressed, although the request did not accept that.")
        content = bytearray()
        for chunk in answer.iter_raw():
            self.remaining()
            content += chunk
            if len(content) > self.largest:
                raise TooLarge(f"It is larger than {self.largest // MIB} MiB.")
        return bytes(content)


def fetch(url: str, *, largest: int, seconds: float, silence: float = 10) -> bytes:
    """The document at an address. Raises ``FetchError``, also for any status except success."""
    answer = Fetcher(largest=largest, seconds=seconds, silence=silence).get(url)
    if not 200 <= answer.status < 300:
        raise FetchError(f"{urlsplit(answer.url).netloc} answers {answer.status}.")
    return answer.content


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet only."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return False  # nobody publishes one; it is used to bypass a filter for IPv4
    return address.is_global and not address.is_multicast and not any(address in network for network in SPECIAL)


@cache
def _authorities() -> ssl.SSLContext:
    """The trusted certificate authorities. They are read once, because that takes longer than the rest of a request."""
    return httpx2.create_ssl_context(trust_env=False)


class _Transport(httpx2.HTTPTransport):
    """httpx2's transport, on guarded connections."""

    def __init__(self, fetcher: Fetcher, proxy: str | None) -> None:
        super().__init__(verify=_authorities(), trust_env=False, proxy=proxy)
        self._pool._network_backend = _Backend(fetcher, is_proxied=proxy is not None)


class _Backend(httpcore2.SyncBackend):
    """Connects only to checked addresses."""

    def __init__(self, fetcher: Fetcher, *, is_proxied: bool) -> None:
        super().__init__()
        self.fetcher, self.is_proxied = fetcher, is_proxied

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of a name that answers, after all of them were checked."""
        found: list[str] = [host] if self.is_proxied else self._resolve(host, port)
        failure: Exception | None = None
        for address in found:
            try:
                stream = super().connect_tcp(address, port, self.fetcher.remaining(timeout), local_address, socket_options)
                return _Stream(stream, self.fetcher)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"{host} has no address")

    def _resolve(self, host: str, port: int) -> list[str]:
        answers: list[Any] = []

        def ask() -> None:
            try:
                answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                answers.append(error)

        # A thread, because there is no other way to stop waiting for a resolver.
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(self.fetcher.remaining())
        if not answers:
            raise httpcore2.ConnectTimeout(f"{host} is not resolved")
        if isinstance(answers[0], Exception):
            raise httpcore2.ConnectError(getattr(answers[0], "strerror", None) or "its name cannot be resolved")
        found: list[str] = list(dict.fromkeys(entry[4][0] for entry in answers[0]))
        if not settings.ALLOW_PRIVATE_ADDRESSES:
            for address in found:
                if not is_public(ipaddress.ip_address(address.partition("%")[0])):
                    raise NotAllowed(f"{host} is at {address}, which is not a public address; see ALLOW_PRIVATE_ADDRESSES.")
        return found


class _Stream(httpcore2.NetworkStream):
    """A connection whose reads and writes all end at the total time limit: otherwise a server could send single bytes for hours."""

    def __init__(self, stream: httpcore2.NetworkStream, fetcher: Fetcher) -> None:
        self.stream, self.fetcher = stream, fetcher

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receive once."""
        return self.stream.read(max_bytes, self.fetcher.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self.stream.write(buffer, self.fetcher.remaining(timeout))

    def close(self) -> None:
        """Close it."""
        self.stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> "_Stream":
        """The same over TLS."""
        return _Stream(self.stream.start_tls(ssl_context, server_hostname, self.fetcher.remaining(timeout)), self.fetcher)

    def get_extra_info(self, info: str) -> Any:
        """The connection's facts."""
        return self.stream.get_extra_info(info)


def _reason(error: Exception) -> str:
    """The operating system's message, without its number."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error)[:200] or type(error).__name__
