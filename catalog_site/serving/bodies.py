"""Reading and writing bodies with time limits: a slow client takes no thread, and one that is too slow is disconnected."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from django.conf import settings

from catalog_site.serving.room import Place

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

IN_MEMORY = 64 * 1024
"""Bytes of a client's body that are kept in memory; a larger body goes to a temporary file."""
IN_ONE_GO = 64 * 1024
"""Bytes of the longest answer that is handed to the server as a whole. If a client does not receive it, the server may keep it."""
PIECE = 320 * 1024
"""Bytes of a longer answer that are handed over at once."""
HELD = 384 * 1024
"""Bytes that the server holds of a longer answer: a piece, and its buffer."""
SERVERS_QUEUE = 4
"""Messages that the server puts into its queue while it sends the one before them."""
EMPTY = {"type": "http.response.body", "body": b"", "more_body": True}
"""A message that is queued by the server, but not sent."""


class TooLarge(Exception):
    """The body is longer than this client may send."""


class TooSlow(Exception):
    """The body did not come in time."""


class Disconnected(Exception):
    """The client left before its request was complete."""


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


async def left(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def give_up_if_left(receive: Receive, place: Place) -> None:
    """End an answer before its next piece if its client has left. A client that has the last piece may leave."""
    await left(receive)
    place.is_given_up = True


async def write(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Send an answer of at most ``IN_ONE_GO`` bytes."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def write_long(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes, place: Place) -> bool:
    """Send a longer answer. False if its client left, or was too slow: the connection is then closed, and ``Content-Length`` tells the client
    that its answer is not complete.

    The client may take ``CLIENT_TIMEOUT`` seconds, and one more for each ``CLIENT_MIN_RATE`` bytes that it has taken, but for no piece
    more than ``CLIENT_TIMEOUT`` seconds.
    """
    await send({"type": "http.response.start", "status": status, "headers": headers})
    time_of = asyncio.get_running_loop().time
    began, patience = time_of(), settings.CLIENT_TIMEOUT
    try:
        async with asyncio.timeout(patience) as place.patience:
            for start in range(0, len(body), PIECE):
                if place.is_given_up:
                    return False
                if start:
                    place.patience.reschedule(min(time_of(), began + start / settings.CLIENT_MIN_RATE) + patience)
                await send({"type": "http.response.body", "body": body[start : start + PIECE], "more_body": True})
                await taken(send)
            await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        return False
    return True


async def taken(send: Send) -> None:
    """Wait until the client has taken the piece that was handed over, except for what fits into the server's buffer. Before that, the
    server takes nothing out of its queue, which has no room for one message more than ``SERVERS_QUEUE``."""
    for _ in range(SERVERS_QUEUE):
        await send(EMPTY)
    # Other requests have their turn. Most clients take the piece meanwhile, and a send that has to wait costs more.
    await asyncio.sleep(0)
    await send(EMPTY)
