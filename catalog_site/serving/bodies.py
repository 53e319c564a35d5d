"""Reading and writing bodies with time limits: a slow client takes no thread, and one that is too slow is disconnected."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from django.conf import settings

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

IN_MEMORY = 64 * 1024
"""Bytes of a client's body that are kept in memory; a larger body goes to a temporary file."""
SLICE = 256 * 1024
"""Bytes of an answer that are written at once."""


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


async def write(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> bool:
    """Send an answer. False if the client did not take a slice within ``CLIENT_TIMEOUT`` seconds: the connection is then closed by
    the server, and ``Content-Length`` tells the client that its answer is not complete."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if len(body) <= SLICE:
        await send({"type": "http.response.body", "body": body})
        return True
    try:
        for start in range(0, len(body), SLICE):
            more = start + SLICE < len(body)
            message = {"type": "http.response.body", "body": body[start : start + SLICE], "more_body": more}
            async with asyncio.timeout(settings.CLIENT_TIMEOUT):
                await send(message)
    except TimeoutError:
        return False
    return True
