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
"""Bytes of the longest answer that is handed to the server as a whole. It may be left with it by a client that does not take it."""
SLICE = 64 * 1024
"""Bytes of a longer answer that are handed over at once."""
SERVERS_QUEUE = 4
"""Slices that the server takes before it has sent one."""
HELD = 384 * 1024
"""Bytes that the server holds of a longer answer: its queue and its buffer."""


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


async def write(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes, place: Place | None = None
) -> bool:
    """Send an answer. False if its client was too slow: the connection is then closed, and ``Content-Length`` tells the client that its
    answer is not complete.

    The client may take ``CLIENT_TIMEOUT`` seconds, and one more for each ``CLIENT_MIN_RATE`` bytes that it has taken, but for nothing
    more than ``CLIENT_TIMEOUT`` seconds. An answer that is not sent in one go needs a place.
    """
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if place is None:
        await send({"type": "http.response.body", "body": body})
        return True
    # What is empty waits until the server has taken what is in front of it, but is not sent.
    slices = (body[start : start + SLICE] for start in range(0, len(body) + SERVERS_QUEUE * SLICE, SLICE))
    time_of = asyncio.get_running_loop().time
    began = renewed = time_of()
    most: float = settings.CLIENT_TIMEOUT
    try:
        async with asyncio.timeout(most) as place.patience:
            for number, part in enumerate(slices):
                if place.is_given_up:
                    return False
                now = time_of()
                if now - renewed > most / 10:  # a client that is not slow costs no timers
                    renewed = now
                    place.patience.reschedule(min(now, began + number * SLICE / settings.CLIENT_MIN_RATE) + most)
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        return False
    return True
