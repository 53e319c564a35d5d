"""Answers to requests that Django does not see: JSON for programs, a page for people."""

import json
from collections.abc import Mapping
from functools import lru_cache

from django.template.loader import render_to_string

from catalog.api import cors
from catalog.api.errors import API_PREFIXES, RETRY_AFTER, body
from catalog_site.serving.answer_cache import Answer

REASONS = {
    400: ("The request is malformed", "The server could not read it, or it did not arrive completely."),
    408: ("The request took too long", "It did not arrive in time. Check the connection and send it again."),
    413: (
        "The request is too large",
        "Only staff can send files of up to 64 MiB: after logging in, or with an API key for imports.",
    ),
    429: ("Too many requests", "Your address sends too many requests. Wait a moment and try again."),
    431: ("The address or the headers are too long", "Delete this site's cookies, or shorten the address, and try again."),
    500: ("The site could not answer", "The error is on this side, and has been logged. Try again in a moment."),
    503: ("The site is busy", "Nothing was saved. Wait a moment and try again."),
}
"""By status, a heading and what to do."""


def encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI has them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


PREFLIGHT = Answer(204, [header for header in encoded(cors.PREFLIGHT) if header[0] != b"content-length"], b"")
"""The answer to a preflight: from memory, without a thread."""


def error_answer(status: int, path: str, retry_after: int = RETRY_AFTER) -> Answer:
    """The answer at that address, which closes the connection, because the request may not have been read."""
    return _error_answer(status, path.startswith(API_PREFIXES), cors.is_public(path), retry_after)


@lru_cache
def _error_answer(status: int, is_api: bool, is_public: bool, retry_after: int) -> Answer:
    subject, text = REASONS[status]
    if is_api:
        content, content_type = json.dumps(body(status, f"{subject}. {text}")).encode(), b"application/json"
    else:
        content = render_to_string("error.html", {"subject": subject, "text": text}).encode()
        content_type = b"text/html; charset=utf-8"
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if is_public:
        headers += encoded(cors.READABLE)
    if status in (408, 429, 503):
        headers.append((b"retry-after", str(retry_after).encode()))
    return Answer(status, headers, content)
