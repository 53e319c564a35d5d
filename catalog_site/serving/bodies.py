"""Reading and writing bodies with time limits: a slow client takes no thread, and one that is too slow is disconnected."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from django.conf import settings

from catalog_site.serving.send_budget import Reservation

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

IN_MEMORY = 64 * 1024
"""Bytes of a client's body that are kept in memory; a larger body goes to a temporary file."""
LONGEST_SINGLE_MESSAGE = 64 * 1024
"""Bytes of the longest answer that is handed to the server in one message. If a client does not receive it, the server may keep it."""
CHUNK = 320 * 1024
"""Bytes of a longer answer that are handed over at once."""
BUFFERED = 384 * 1024
"""Bytes that the server holds of a longer answer: a chunk, and its buffer."""
SERVERS_QUEUE = 4
"""Messages that the server puts into its queue while it sends the one before them."""
EMPTY = {"type": "http.response.body", "body": b"", "more_body": True}
"""A message that is queued by the server, but not sent."""


class TooLarge(Exception):
    """The body is longer than this client may send."""


class TooSlow(Exception):
    """The body did not come in time."""


class Disconnected(Exception):
    """The client disconnected before its request was complete."""


async def read(receive: Receive, limit: int) -> tuple[BinaryIO, int]:
    """The whole body, at its beginning, and its length in bytes. The caller closes it.

    It may take ``CLIENT_TIMEOUT`` seconds, and one more for each ``CLIENT_MIN_RATE`` bytes that have come. Raises ``TooLarge``,
    ``TooSlow``, ``Disconnected``.
    """
    body = cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - the caller closes it
    began, length = time.monotonic(), 0
    try:
        while True:
            deadline = began + settings.CLIENT_TIMEOUT + length / settings.CLIENT_MIN_RATE
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            if message["type"] == "http.disconnect":
                raise Disconnected
            chunk = message.get("body", b"")
            length += len(chunk)
            if length > limit:
                raise TooLarge
            body.write(chunk)
            if not message.get("more_body"):
                body.seek(0)
                return body, length
    except BaseException:
        body.close()
        raise


async def wait_for_disconnect(receive: Receive) -> None:
    """Wait until the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def give_up_on_disconnect(receive: Receive, reservation: Reservation) -> None:
    """End an answer before its next chunk if its client has disconnected. A client that has the last chunk may disconnect."""
    await wait_for_disconnect(receive)
    reservation.is_given_up = True


async def write(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Send an answer of at most ``LONGEST_SINGLE_MESSAGE`` bytes."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def write_long(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes, reservation: Reservation
) -> bool:
    """Send a longer answer. Returns False if its client disconnected or was too slow.

    The connection is then closed, and ``Content-Length`` tells the client that its answer is not complete.

    The client may take ``CLIENT_TIMEOUT`` seconds, and one more for each ``CLIENT_MIN_RATE`` bytes that it has taken, but for no chunk
    more than ``CLIENT_TIMEOUT`` seconds.
    """
    await send({"type": "http.response.start", "status": status, "headers": headers})
    time_of = asyncio.get_running_loop().time
    began, timeout = time_of(), settings.CLIENT_TIMEOUT
    try:
        async with asyncio.timeout(timeout) as reservation.timeout:
            for start in range(0, len(body), CHUNK):
                if reservation.is_given_up:
                    return False
                if start:
                    reservation.timeout.reschedule(min(time_of(), began + start / settings.CLIENT_MIN_RATE) + timeout)
                await send({"type": "http.response.body", "body": body[start : start + CHUNK], "more_body": True})
                await wait_until_taken(send)
            await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        return False
    return True


async def wait_until_taken(send: Send) -> None:
    """Wait until the client has received the chunk that was handed over, except for what fits into the server's buffer. Before that, the
    server takes nothing out of its queue, which has no room for one message more than ``SERVERS_QUEUE``."""
    for _ in range(SERVERS_QUEUE):
        await send(EMPTY)
    # Other requests have their turn. Most clients receive the chunk meanwhile, and a send that has to wait costs more.
    await asyncio.sleep(0)
    await send(EMPTY)
