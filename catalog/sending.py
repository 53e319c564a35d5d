"""How an answer made of a publication is sent: validators, freshness, and a note that it may be sent again.

The API and the site answer alike: a strong entity tag, ``Last-Modified`` if it is certain, and, if the database cannot be reached,
the age of the last good copy.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from catalog.formats import app
from catalog.publication import Served, metrics, publisher

NOTE = "catalog.sent"
"""The key of a request's environment under which a view leaves what its answer was made of."""

ARRIVED = "catalog.arrived"
"""The key of the request's arrival time, by the monotonic clock: waits in front of Django and waits in the view share one time
limit."""

CLIENT_UNKNOWN = "catalog.client_unknown"
"""The key under which the server says that ``REMOTE_ADDR`` belongs to an unknown proxy, not to the client."""

WHO = "catalog.who"
"""The key under which the view leaves who asked, if known: ``key <prefix>`` or ``user <name>``."""

REASON = "catalog.reason"
"""The key under which it leaves why the request is refused, for the log. It has nothing from a query or a body."""

SENT = "catalog.sent_list"
"""The key under which it leaves which whole list it sent (``SentList``)."""

PUBLIC, PRIVATE = "public, max-age=0, stale-if-error=86400", "private, no-cache"
"""Caches may store the list, but must revalidate it each time, because a price may have changed; if the site cannot be reached, the
stored list may be used for a day (RFC 5861)."""

SETTLED = timedelta(seconds=2)
"""``Last-Modified`` has whole seconds. Only if a list is older than this, no later list can have the same value."""


class SentList(NamedTuple):
    """A whole list that was sent: its format, its revision and the time at which it was read. ``stale`` is why it is a copy, empty
    if it is not."""

    format_name: str
    revision: int
    at: datetime
    stale: str


def needs_key(format_name: str) -> bool:
    """Whether a format's list is sent to API keys alone."""
    return format_name == app.FORMAT.name or format_name in settings.FORMATS_BEHIND_KEY


def current(request: HttpRequest, format_name: str) -> Served:
    """The list to send to that request. Raises ``Unavailable`` if there is none."""
    return publisher.current(format_name, request.META.get(ARRIVED))


def note_whole(request: HttpRequest, served: Served) -> None:
    """Mark this answer as a whole list."""
    publication, stale = served.publication, served.stale
    cause = "" if stale is None else stale.cause.value
    request.META[SENT] = SentList(publication.format_name, publication.revision, publication.at, cause)


def note_sent(request: HttpRequest, served: Served) -> None:
    """Mark the answer to this request as valid for all equal requests while that publication is current."""
    if served.stale is None:
        request.META[NOTE] = served.publication.identity


def send(
    request: HttpRequest,
    served: Served,
    body: bytes,
    *,
    etag: str,
    headers: dict[str, str],
    cache_control: str = PUBLIC,
    varies_by: Sequence[str] = ("Accept-Encoding",),
    lasts: bool = True,
) -> HttpResponse:
    """The body, 304 if the client has it, or 412 if it asks for another one.

    ``lasts``: whether this is the answer to the same question for as long as the list is the same. One that depends on the time
    as well has no ``Last-Modified``.
    """
    headers = {"ETag": etag, "Cache-Control": cache_control, **headers}
    if varies_by:
        headers["Vary"] = ", ".join(varies_by)
    stale = {}
    if served.stale is not None:
        metrics.STALE_ANSWERS.labels(served.publication.format_name).inc()
        stale["Age"] = str(served.stale.age)
        stale["Cache-Status"] = f"model-catalog; hit; ttl=-{served.stale.age}; detail={served.stale.cause}"
    since, last_modified = served.publication.since, None
    if lasts and since is not None and datetime.now(UTC) - since >= SETTLED:
        last_modified = int(since.timestamp())
        headers["Last-Modified"] = http_date(last_modified)
    answer: Any = get_conditional_response(request, etag, last_modified, HttpResponse(body, headers=headers))
    for header, value in stale.items():
        answer.headers[header] = value  # on a 304 too: it was not checked
    if last_modified is not None and cache_control == PUBLIC and answer.status_code != 412:
        note_sent(request, served)
    return answer  # type: ignore[no-any-return]
