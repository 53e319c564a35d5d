"""Servers on this machine that answer as OpenRouter and inference servers do."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django.fixtures import Settings


class Server:
    """Answers each path with what ``documents`` holds: JSON, a status, or bytes. Anything else is 404."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                found = server.documents.get(self.path, 404)
                status, body = (found, b"") if isinstance(found, int) else (200, found)
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def new_server(settings: Settings) -> Iterator[Callable[[], Server]]:
    """Starts servers."""
    settings.ALLOW_PRIVATE_ADDRESSES = True
    servers: list[Server] = []

    def start() -> Server:
        servers.append(Server())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def openrouter(new_server: Callable[[], Server], settings: Settings) -> Server:
    """OpenRouter, which shows nothing yet."""
    server = new_server()
    settings.OPENROUTER_URL = f"{server.url}/api/v1"
    return server
