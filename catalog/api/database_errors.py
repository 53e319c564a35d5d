"""The answer if the database fails or is too slow: 503, with a page that keeps what was typed.

A lock of another writer, a statement that takes too long, a full disk, a restarting server: none of these is an error of the
request or the code, and each may be over soon.
"""

import logging
from collections.abc import Iterator

from django.contrib.messages.storage import default_storage
from django.db import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from catalog import write_lock
from catalog.api.errors import API_PREFIXES, RETRY_AFTER, body
from catalog_site.embedded.server import NotRunning

logger = logging.getLogger(__name__)

REASONS = {
    "55P03": "The database is locked by another program, such as a migration or a transaction that was left open.",
    "57014": "The database took too long.",
    "40001": "Somebody else changed the same rows at the same time.",
    "40P01": "Somebody else changed the same rows at the same time.",
    "25006": "The database accepts no changes at the moment.",
    "53100": "The disk of the database is full. Tell the operator of this site.",
    "53300": "The database has no connection left.",
}
"""By PostgreSQL's code for the error, or by the first two characters of it, its class."""

CLASSES = {
    "08": "The database cannot be reached.",
    "53": "The database is short of memory or disk space. Tell the operator of this site.",
    "57": "The database is being restarted.",
    "58": "The database cannot read or write its disk. Tell the operator of this site.",
}

ENDED_WHILE_IDLE = ("25P03", "57P05")
UNREACHABLE, RESTARTED = CLASSES["08"], CLASSES["57"]
LOCKED = "An upload or another person is writing to the catalog, which takes a while."

SECRET = ("password", "csrfmiddlewaretoken")
"""Fields that are not sent back, by a part of their names."""


def reason(error: BaseException | None) -> str | None:
    """Why the database fails, as a sentence; None if the error has another cause."""
    while error is not None:
        if isinstance(error, write_lock.Busy):
            return LOCKED
        if isinstance(error, Error):
            return _reason(error)
        if isinstance(error, NotRunning):
            return UNREACHABLE
        error = error.__cause__
    return None


def _reason(error: Error) -> str | None:
    code = getattr(error.__cause__, "sqlstate", None) or ""
    if code in ENDED_WHILE_IDLE:
        return REASONS["57014"]
    if not code and isinstance(error, OperationalError | InterfaceError):
        return UNREACHABLE  # libpq has no code for a lost connection
    return REASONS.get(code) or CLASSES.get(code[:2])


def unavailable(request: HttpRequest, why: str) -> HttpResponse:
    """The answer: the API's envelope, or a page. It makes no query."""
    if request.path.startswith(API_PREFIXES):
        answer: HttpResponse = JsonResponse(body(503, why), status=503)
    else:
        if hasattr(request, "_messages"):
            request._messages = default_storage(request)  # a change that was rolled back was not "changed successfully"
        context = {
            "subject": "This cannot be done right now",
            "why": why,
            "posted": list(_posted(request)),
            "has_files": bool(request.FILES),
            "may_be_saved": why in (UNREACHABLE, RESTARTED),  # the connection may have been lost after the commit
        }
        answer = HttpResponse(render_to_string("503.html", context, request), status=503)
    answer.headers["Retry-After"] = str(RETRY_AFTER)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _posted(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.POST.lists():
        if not any(part in name for part in SECRET):
            yield from ((name, value) for value in values)


class DatabaseErrors:
    """Middleware that answers errors of the database."""

    def __init__(self, get_response: object) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; only errors are answered here."""
        return self.get_response(request)  # type: ignore[operator,no-any-return]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer, or None for an error of another kind."""
        why = reason(exception)
        if why is None:
            return None
        logger.warning("%s %s: %s (%s)", request.method, request.path, why, str(exception).partition("\n")[0])
        return unavailable(request, why)
