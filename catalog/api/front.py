"""In front of Django: sends again what a view has just sent, for as long as it is still right.

A view answers the first request for a list, with everything that Django puts round it. Requests that ask the same get the
same answer, headers and all, without passing through Django; it is kept until the list is another one. So there is one place
that makes answers, and sending one again costs no more than sending its bytes.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from catalog.publication import Identity, publisher
from catalog.sending import ARRIVED, NOTE

MOST_KEPT = 512
"""Answers. Each differs from the others by its address, its host or what the client accepts."""
MOST_BYTES = 256 * 1024 * 1024
"""Of all of them together. Those of whole lists are the list's own, and take no more memory."""

OTHER_HEADERS = ("CONTENT_TYPE", "HTTP_AUTHORIZATION", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
"""Whoever sends one of these is answered by Django, for each may change the answer: even on a GET Django reads the query in the
charset that ``Content-Type`` names."""

LONGEST_QUESTION = 2000
"""Characters; what is longer is not kept."""

Start = Callable[..., Any]


class Answer(NamedTuple):
    """One answer, and the publication that it is right for."""

    made_of: Identity
    status: str
    headers: list[tuple[str, str]]
    body: tuple[bytes, ...]


class Front:
    """A WSGI application round Django's."""

    def __init__(self, application: Callable[[dict[str, Any], Start], Iterable[bytes]]) -> None:
        self.application = application
        self.kept: dict[tuple[str, ...], Answer] = {}
        self.bytes = 0

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """Answer from what is kept, else let Django answer."""
        environ[ARRIVED] = time.monotonic()
        question = _question(environ)
        if question is None:
            return self.application(environ, start_response)
        answer = self.kept.get(question)
        if answer is not None and self._is_right(answer, environ[ARRIVED]):
            start_response(answer.status, answer.headers)
            return answer.body
        return self._ask(question, environ, start_response)

    def _is_right(self, answer: Answer, arrived: float) -> bool:
        try:
            served = publisher.current(answer.made_of.format_name, arrived)
        except Exception:
            return False  # Django says what is wrong
        return served.publication.identity == answer.made_of and served.stale is None

    def _ask(self, question: tuple[str, ...], environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            started[:] = [status, headers]
            return start_response(status, headers, *more)

        body = self.application(environ, start)
        made_of = environ.get(NOTE)
        if made_of is not None and _may_be_kept(question, started[0], started[1]):
            parts, close = tuple(body), getattr(body, "close", None)
            if close is not None:
                close()  # the server would; it tells Django that the request is over
            body = parts
            self._keep(question, Answer(made_of, started[0], started[1], parts))
        return body

    def _keep(self, question: tuple[str, ...], answer: Answer) -> None:
        size = sum(map(len, answer.body))
        if (old := self.kept.pop(question, None)) is not None:
            self.bytes -= sum(map(len, old.body))
        if len(self.kept) >= MOST_KEPT or self.bytes + size > MOST_BYTES:
            self.kept.clear()
            self.bytes = 0
        self.kept[question] = answer
        self.bytes += size


def _question(environ: dict[str, Any]) -> tuple[str, ...] | None:
    """All of a request that its answer depends on; None if it depends on more than is kept apart here."""
    if environ["REQUEST_METHOD"] != "GET" or any(environ.get(header) for header in OTHER_HEADERS):
        return None
    get = environ.get
    question = (
        environ["PATH_INFO"],
        get("QUERY_STRING", ""),
        get("HTTP_HOST", ""),
        environ["wsgi.url_scheme"],
        get("HTTP_X_FORWARDED_PROTO", ""),
        get("HTTP_ACCEPT_ENCODING", ""),
        get("HTTP_IF_NONE_MATCH", ""),
    )
    return question if sum(map(len, question)) <= LONGEST_QUESTION else None


def _may_be_kept(question: tuple[str, ...], status: str, headers: list[tuple[str, str]]) -> bool:
    """200, and 304 to the very tag; any number of other lists of tags would get one too."""
    if any(name == "Set-Cookie" for name, _ in headers):
        return False
    return status.startswith("200") or (status.startswith("304") and ("ETag", question[-1]) in headers)
