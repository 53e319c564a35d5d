"""A limit on the connections of one address, also of those that send nothing.

Granian accepts connections itself and passes only requests to the application, so only the kernel knows about silent connections.
A thread of each worker asks it: of the connections to the site's port that the worker has open, those of one address beyond
``MAX_CONNECTIONS_PER_ADDRESS`` that are not in the middle of a request are shut down, starting with those that have been silent
longest. Granian then closes them as it does when a client disconnects.
"""

import logging
import os
import socket
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings

from catalog_site.serving.request import Request, addresses, is_trusted, parsed

TCP_LAST_DATA_RECEIVED = 52
"""Where ``tcpi_last_data_recv`` is in Linux's ``struct tcp_info``."""

Peer = tuple[str, int]
"""The address and the port of a client."""

logger = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds between two checks."""
OPEN_FILES = "/dev/fd"
"""A directory with a name for each file that the process has open. Linux and macOS have it."""


class Connections:
    """The connections of this process to one port of it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.busy: set[Peer] = set()
        """The remote ends of the connections whose request is being answered."""
        self.proxies: set[str] = set()
        """Addresses that send requests of many clients, which cannot be told apart."""
        self.abandoned: set[Peer] = set()
        """The remote ends of the connections whose answer was cut off. Granian would keep what their clients have not read."""

    def begin(self, request: Request) -> None:
        """Protect the connection of this request while it is read, waits and is answered: until ``end``."""
        if (peer := peer_of(request)) is not None:
            self.busy.add(peer)
            if request.limited_as is None:
                self.proxies.add(peer[0])

    def end(self, request: Request) -> None:
        """The request is answered."""
        if (peer := peer_of(request)) is not None:
            self.busy.discard(peer)

    def abandon(self, request: Request) -> None:
        """Shut down the connection of that request soon."""
        if (peer := peer_of(request)) is not None:
            self.abandoned.add(peer)

    def watch(self) -> None:
        """Enforce the limit from now on, in a separate thread."""
        threading.Thread(target=self._watch, name="connections", daemon=True).start()

    def _watch(self) -> None:
        took = 0.0
        while True:
            time.sleep(max(PAUSE, 10 * took))
            began = time.monotonic()
            try:
                self.close_excess()
            except Exception:
                logger.exception("The limit on connections could not be enforced.")
            took = time.monotonic() - began

    def close_excess(self) -> int:
        """Shut down abandoned connections, and connections over the limit. Returns the number of the latter."""
        most, closed = settings.MAX_CONNECTIONS_PER_ADDRESS, 0
        abandoned, self.abandoned = self.abandoned, set()
        files = os.listdir(OPEN_FILES)  # noqa: PTH208 - names are all that is needed
        if len(files) <= most and not abandoned:
            return 0
        by_address = defaultdict[str, list[tuple[int, int, Peer]]](list)
        for number in map(int, files):
            with suppress(OSError), _socket(number) as connection:
                if (peer := self._peer(connection)) in abandoned:
                    connection.shutdown(socket.SHUT_RDWR)
                elif peer is not None:
                    by_address[self._counted_as(peer[0])].append((_silence(connection), number, peer))
        by_address.pop("", None)
        for address, connections in by_address.items():
            if (excess := len(connections) - most) <= 0:
                continue
            logger.info("%s has %s connections to this process.", address, len(connections))
            idle = sorted((one for one in connections if one[2] not in self.busy), reverse=True)
            for _, number, peer in idle[:excess]:
                with suppress(OSError), _socket(number) as connection:
                    if self._peer(connection) == peer:  # the number still belongs to the same file
                        connection.shutdown(socket.SHUT_RDWR)
                        closed += 1
        return closed

    def _peer(self, connection: socket.socket) -> Peer | None:
        """The remote end of a client's connection; None for any other socket. Raises ``OSError`` if there is none."""
        if connection.family not in (socket.AF_INET, socket.AF_INET6) or connection.getsockname()[1] != self.port:
            return None
        host, port = connection.getpeername()[:2]
        return host, port

    def _counted_as(self, host: str) -> str:
        """The name under which an address's connections are counted; empty for proxies, which have no limit."""
        address = parsed(host)
        if host in self.proxies or (address is not None and is_trusted(address)):
            return ""
        return addresses(host, None)[1] or ""


def peer_of(request: Request) -> Peer | None:
    """The remote end of that request's connection, as the kernel says it: granian writes the port as text."""
    client = request.scope.get("client")
    return None if client is None else (client[0], int(client[1]))


def _silence(connection: socket.socket) -> int:
    """Milliseconds since the client last sent something; 0 if the system does not say (not Linux)."""
    if not hasattr(socket, "TCP_INFO"):
        return 0
    facts = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_LAST_DATA_RECEIVED + 4)
    return int.from_bytes(facts[TCP_LAST_DATA_RECEIVED:], sys.byteorder)


@contextmanager
def _socket(number: int) -> Iterator[socket.socket]:
    """A second handle of an open file, which stays valid if the number is reused. Raises ``OSError`` if it is closed, or not a
    socket."""
    copy = os.dup(number)
    try:
        connection = socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
    with connection:
        yield connection
