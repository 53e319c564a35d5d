"""The limit on the connections of one address: sockets of this process, and a started server."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from catalog_site.serving.connections import Connections
from catalog_site.serving.request import Request
from tests.asgi import scope
from tests.faults.floods import connect
from tests.faults.machinery import wait_until
from tests.started import site_with_sample


class Server:
    """Accepts connections as the server does, and does nothing with them."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port: int = self.listening.getsockname()[1]
        self.connections = Connections(self.port)

    def connected(self, address: str = "127.0.0.1") -> socket.socket:
        """A client's end. The other one stays open."""
        client = self.stack.enter_context(socket.create_connection(("127.0.0.1", self.port), source_address=(address, 0)))
        self.stack.enter_context(self.listening.accept()[0])
        return client


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    settings.MAX_CONNECTIONS_PER_ADDRESS = 3
    with ExitStack() as stack:
        yield Server(stack)


def is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True


def from_address(client: socket.socket, **headers: str) -> Request:
    """A request that came on that connection, as granian says it."""
    host, port = client.getsockname()
    sent: dict[str, Any] = scope("GET", "/", headers) | {"client": (host, str(port))}
    return Request(sent)


def test_what_was_abandoned_is_closed_and_nothing_else(server: Server) -> None:
    clients = [server.connected() for _ in range(2)]
    server.connections.abandon(from_address(clients[0]))
    server.connections.close_excess()
    assert [is_open(client) for client in clients] == [False, True]


def test_what_one_address_has_over_the_limit_is_closed_and_nothing_else(server: Server) -> None:
    clients = [server.connected() for _ in range(5)]
    others = [server.connected("127.0.0.2") for _ in range(3)]
    assert server.connections.close_excess() == 2
    assert sum(map(is_open, clients)) == 3
    assert all(map(is_open, others))


def test_who_has_sent_something_just_now_is_not_closed_for_those_who_are_silent(server: Server) -> None:
    silent = [server.connected() for _ in range(4)]
    time.sleep(0.05)  # the kernel counts milliseconds
    for client in (talking := [server.connected() for _ in range(2)]):
        client.sendall(b"GET / ")
    assert server.connections.close_excess() == 3
    assert sum(map(is_open, silent)) == 1
    assert all(map(is_open, talking))


def test_a_connection_in_the_middle_of_a_request_is_kept(server: Server) -> None:
    clients = [server.connected() for _ in range(5)]
    with ExitStack() as requests:
        for client in clients[:4]:
            server.connections.begin(request := from_address(client))
            requests.callback(server.connections.end, request)
        assert server.connections.close_excess() == 1
        assert [is_open(client) for client in clients] == [True] * 4 + [False]
    assert server.connections.busy == set()


def test_a_proxys_connections_are_not_limited(server: Server, settings: Settings) -> None:
    clients = [server.connected() for _ in range(5)]
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]
    assert server.connections.close_excess() == 0
    settings.TRUSTED_PROXIES = []
    server.connections.begin(request := from_address(clients[0], **{"x-forwarded-for": "198.51.100.1"}))
    server.connections.end(request)
    assert server.connections.close_excess() == 0
    assert all(map(is_open, clients))


@pytest.mark.slow
def test_silent_connections_of_one_address_go_before_they_take_all(tmp_path: Path, sample_cluster: Path) -> None:
    """A server that may have few files open, and waits long for a head: without the limit, nobody else would be answered."""
    limits = {"MAX_CONNECTIONS": "100", "MAX_CONNECTIONS_PER_ADDRESS": "20", "HEADER_TIMEOUT": "60"}
    site = site_with_sample(sample_cluster, tmp_path, **limits)
    site.start()
    try:
        with ExitStack() as stack:
            silent = [stack.enter_context(connect(site.port)) for _ in range(400)]
            for client in silent:
                client.setblocking(False)
            wait_until(lambda: sum(map(is_open, silent)) <= 40, "what is over the limit is closed")
            elsewhere = HTTPConnection("127.0.0.1", site.port, timeout=30, source_address=("127.0.0.2", 0))
            for _ in range(20):  # on a connection that is kept
                elsewhere.request("GET", "/v1/models")
                answer = elsewhere.getresponse()
                answer.read()
                assert answer.status == 200
            elsewhere.close()
    finally:
        site.stop()
