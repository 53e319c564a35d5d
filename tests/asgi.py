"""Calls an ASGI application as a server does."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote


class Sent(NamedTuple):
    """What a client gets."""

    status: int
    headers: dict[str, str]
    body: bytes


def scope(method: str, path: str, headers: dict[str, str], client: str = "127.0.0.1") -> dict[str, Any]:
    """The scope of a request."""
    raw, _, query = path.partition("?")
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": (client, 1),
        "server": ("127.0.0.1", 8000),
    }


async def answered(
    application: Any,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    *,
    body: Sequence[bytes] = (),
    client: str = "127.0.0.1",
    leaves: bool = False,
) -> Sent:
    """One answer. After the pieces of ``body`` the client is silent, unless the last one is empty, which ends the body; or it
    ``leaves``."""
    messages: list[dict[str, Any]] = []
    pieces = list(body)

    async def receive() -> dict[str, Any]:
        if pieces:
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": piece != b""}
        if not leaves:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await application(scope(method, path, headers or {"host": "localhost"}, client), receive, send)
    if not messages:
        return Sent(0, {}, b"")
    headers = {name.decode(): value.decode("latin-1") for name, value in messages[0]["headers"]}
    return Sent(messages[0]["status"], headers, b"".join(message["body"] for message in messages[1:]))
