"""A site that is called as a server calls it."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from tests.asgi import Sent, answered


class Held:
    """Work that runs until it is told to end; says in which order it was started."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.gate = threading.Event()

    def work(self, name: str) -> Callable[[], str]:
        def run() -> str:
            self.started.append(name)
            assert self.gate.wait(30)
            return name

        return run


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """A WSGI application that says how long the body was."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{len(environ['wsgi.input'].read())} of {environ['CONTENT_LENGTH']}".encode()]


def ask(site: Any, method: str, path: str, **options: Any) -> Sent:
    return asyncio.run(answered(site, method, path, **options))
