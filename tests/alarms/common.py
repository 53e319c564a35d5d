"""A receiver of webhooks, and what alarms are raised about."""

import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.utils import timezone

from catalog.alarms.occurrences import occurrences
from catalog.models import (
    ListProblem,
    Reader,
)

NOW = timezone.now()


class Receiver:
    """Takes webhooks, and answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/hook"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


def kinds(now: Any = None) -> dict[str, str]:
    return {one.kind: one.text for one in occurrences(now or timezone.now())}


def problem() -> ListProblem:
    return ListProblem.objects.create(
        format_name="openrouter", is_loss=True, text="2 entries would be gone", seen_at=timezone.now()
    )


def make_reader(**facts: Any) -> Reader:
    first = {"format_name": "openrouter", "name": "OpenRouter", "is_watched": True, "first_seen_at": NOW - timedelta(days=9)}
    return Reader.objects.create(**{**first, **facts})
