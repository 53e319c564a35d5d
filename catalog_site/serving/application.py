"""The ASGI application: decides what answers each request."""

import asyncio
import io
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, BinaryIO

from django.conf import settings
from django.urls import Resolver404, get_resolver, resolve

from catalog.api.cors import is_preflight
from catalog.api.database_errors import reason
from catalog.api.errors import RETRY_AFTER
from catalog.sending import NOTE, REASON, SENT, WHO
from catalog_site.logs import REQUEST_ID
from catalog_site.request_notes import KIND
from catalog_site.serving import bodies, health, sessions
from catalog_site.serving.answer_cache import Answer, AnswerCache, list_with_key, whole_list
from catalog_site.serving.connections import Connections
from catalog_site.serving.current_lists import Arrivals, CurrentLists
from catalog_site.serving.error_answers import PREFLIGHT, error_answer
from catalog_site.serving.limits import Limits, Refused
from catalog_site.serving.request import ID, Request
from catalog_site.serving.request_recorder import RequestRecorder
from catalog_site.serving.send_budget import SendBudget
from catalog_site.serving.thread_pools import Busy, ClientDisconnected, ThreadPool

logger = logging.getLogger(__name__)

PUBLIC_THREADS = 1
"""Threads for public pages and lists that are made from published lists. They compute in Python, which runs one thread at a time
anyway. With two of them nobody waited less, and the feed's p95 was about three times as long while searches flooded the site."""
PAST_THREADS = 2
"""Threads for queries about the past and for long files: neither may delay requests that need no database. No other page takes
longer than a tenth of a second, however many models there are."""
LIST_THREADS = 4
"""Threads that only make answers with whole lists that are not in memory."""
LIST_TIMEOUT = 60.0
"""Seconds that a request for a whole list waits for one of them."""
CUT_OFF = 499
"""The status that is recorded if the client disconnected before the end of its answer, or did not receive it in time. nginx uses
it, too."""
INCOMPLETE = "its client left, or its body is malformed"
ADMIN, STATIC, METRICS = "/admin/", "/static/", "/metrics"
LOGIN = "/admin/login/"

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Application:
    """The site, for an ASGI server. ``django`` is a WSGI application."""

    def __init__(self, django: WSGI) -> None:
        self.django = django
        get_resolver().url_patterns  # noqa: B018 - imports the views now, where no request waits for it
        self.answers = AnswerCache()
        self.arrivals = Arrivals()
        self.current = CurrentLists()
        self.probes = health.Probes()
        self.connections = Connections(settings.PORT)
        self.recorder = RequestRecorder()
        self.limits = Limits()
        self.list_limits = Limits()
        """Only for whole lists: a flood of other requests must not block lists."""
        self.send_budget = SendBudget()
        self.list_budget = SendBudget()
        """Likewise."""
        self.lists = ThreadPool("lists", LIST_THREADS, settings.MAX_REQUESTS, LIST_TIMEOUT)
        self.public = ThreadPool("public", PUBLIC_THREADS, settings.MAX_QUEUE, settings.QUEUE_TIMEOUT)
        self.past = ThreadPool("past", PAST_THREADS, settings.MAX_QUEUE, settings.QUEUE_TIMEOUT)
        self.metrics = ThreadPool("metrics", 1, settings.MAX_QUEUE, settings.QUEUE_TIMEOUT)
        share = max(1, settings.WEB_THREADS // 2)
        self.others = ThreadPool("others", settings.WEB_THREADS, settings.MAX_QUEUE, settings.QUEUE_TIMEOUT, share)

    async def __call__(self, scope: dict[str, Any], receive: bodies.Receive, send: bodies.Send) -> None:
        """Answer one request, or the server's messages about its start and stop."""
        if scope["type"] == "lifespan":
            await self.live(receive, send)
            return
        request = Request(scope, self.arrivals.now())
        self.connections.begin(request)
        try:
            await self.respond(request, receive, send)
        finally:
            self.connections.end(request)

    async def live(self, receive: bodies.Receive, send: bodies.Send) -> None:
        """Confirm the start. When the server has answered its last request, write what is left to record."""
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        self.recorder.finish()
        await send({"type": "lifespan.shutdown.complete"})

    async def respond(self, request: Request, receive: bodies.Receive, send: bodies.Send) -> None:
        """Answer a request from memory, or within the limits by Django."""
        if request.is_head_too_long:
            await self.write(request, error_answer(431, request.path), receive, send)
            return
        if is_preflight(request.method, request.path, request.headers):
            await self.write(request, PREFLIGHT, receive, send)
            return
        try:
            if request.path.startswith(health.PREFIX) and (probed := await self.probes.answer(request)) is not None:
                await bodies.write(send, probed.status, probed.headers, b"" if request.method == "HEAD" else probed.body)
                return
            answer = await self.kept_answer(request)
            if answer is None:
                limits = self.list_limits if whole_list(request) is not None else self.limits
                with limits.request(request.limited_as):
                    answer = await self.answer(request, receive)
            await self.write(request, answer, receive, send)
        except (bodies.Disconnected, ClientDisconnected):  # or its chunks are malformed: the server does not say which
            incomplete = error_answer(400, request.path)._replace(reason=INCOMPLETE)
            await self.write(request, incomplete, receive, send)
        except Refused as refused:
            self.recorder.throttled[refused.limit] += 1
            refusal = error_answer(refused.status, request.path, refused.retry_after)
            await self.write(request, refusal, receive, send)

    async def write(self, request: Request, answer: Answer, receive: bodies.Receive, send: bodies.Send) -> None:
        """Send an answer, for HEAD without its body, and record it. An error has the id of its line in the log. Raises ``Refused``
        if
        there is no room for a long one."""
        body = b"" if request.method == "HEAD" else answer.body
        headers = answer.headers
        if answer.status >= 400:
            headers = [*headers, (b"x-request-id", request.id.encode())]
        whole, size, is_read = whole_list(request), len(body), True
        if size <= bodies.LONGEST_SINGLE_MESSAGE:
            await bodies.write(send, answer.status, headers, body)
        else:
            # The bytes of a whole list are the same for all.
            budget, held = (self.send_budget, size) if whole is None else (self.list_budget, bodies.BUFFERED)
            with budget.reserve(request.limited_as, held) as reservation:
                # Between two chunks it is checked whether the client has disconnected. For one chunk, that task would cost a fifth
                # of the time.
                disconnecting = (
                    asyncio.ensure_future(bodies.give_up_on_disconnect(receive, reservation))
                    if size > bodies.CHUNK
                    else None
                )
                try:
                    is_read = await bodies.write_long(send, answer.status, headers, body, reservation)
                finally:
                    if disconnecting is not None:
                        disconnecting.cancel()
            if not is_read:
                self.connections.abandon(request)
                answer = answer._replace(status=CUT_OFF)
        self.recorder.note(request, answer, whole, size)

    async def kept_answer(self, request: Request) -> Answer | None:
        """The earlier answer to the same request, if it is still right."""
        answer = self.answers.find(request)
        if answer is None or answer.made_of is None:
            return None
        identity = await self.current.identity(answer.made_of.format_name, request.arrived)
        if identity == answer.made_of:
            return answer
        again = self.answers.find(request)  # another request may have fetched the new one meanwhile
        return again if again is not None and again.made_of == identity else None

    async def answer(self, request: Request, receive: bodies.Receive) -> Answer:
        """Django's answer, or the error answer if Django was not called."""
        try:
            if whole_list(request) is not None or list_with_key(request) is not None:
                return await self.run(self.lists, request, io.BytesIO(), 0, receive)  # its body would not be read
            if is_anonymous(request):
                self.limits.spend(request.limited_as)
            pool = self.pool(request)
            length = request.content_length
            if length == 0:
                return await self.run(pool, request, io.BytesIO(), 0, receive)
            body, length = await bodies.read(receive, await self.body_limit(request, length))
            with body:
                return await self.run(pool, request, body, length, receive)
        except bodies.TooLarge:
            return error_answer(413, request.path)
        except bodies.TooSlow:
            return error_answer(408, request.path)
        except Busy:
            raise Refused(503, retry_after=RETRY_AFTER, limit="queue") from None
        except (Refused, bodies.Disconnected, ClientDisconnected):
            raise
        except Exception as error:
            if reason(error) is not None:  # whether the client is staff could not be asked
                logger.warning("%s %s: %s", request.method, request.path, error)
                raise Refused(503, retry_after=RETRY_AFTER) from None
            logger.exception("%s %s could not be answered.", request.method, request.path)
            return error_answer(500, request.path)

    def pool(self, request: Request) -> ThreadPool:
        """The threads for everything except whole lists."""
        if request.path == METRICS:
            return self.metrics
        if (
            request.method not in ("GET", "HEAD")
            or request.path.startswith((ADMIN, STATIC))
            or "authorization" in request.headers
        ):
            return self.others
        if any(part.startswith("at=") for part in request.query.split("&")) or takes_long(request.path):
            return self.past
        return self.public

    async def body_limit(self, request: Request, length: int | None) -> int:
        """The most bytes of the body; ``length`` is the declared length. Who it is is looked up only for a body that an anonymous
        client may not send. Raises ``TooLarge`` before anything is read."""
        if length is not None and length <= settings.MAX_BODY:
            return int(settings.MAX_BODY)
        is_staff = sessions.staff_check(request)
        is_short = (length or 0) <= settings.MAX_STAFF_BODY
        if is_staff is not None and is_short and await self.others.run(request.queued_as, is_staff):
            return int(settings.MAX_STAFF_BODY)
        if length is not None:
            raise bodies.TooLarge
        return int(settings.MAX_BODY)

    async def run(self, pool: ThreadPool, request: Request, body: BinaryIO, length: int, receive: bodies.Receive) -> Answer:
        """Let Django answer, in a thread of that pool."""
        environ = request.environ(body, length)
        answer = await pool.run(
            request.queued_as, lambda: answered(self.django, environ), partial(bodies.wait_for_disconnect, receive)
        )
        self.answers.keep(request, answer)
        return answer


def is_anonymous(request: Request) -> bool:
    """Whether it counts against ``REQUESTS_PER_MINUTE``: everything except files, and except pages of the admin for clients with a
    session."""
    if request.path.startswith(ADMIN) and request.path != LOGIN:
        return not sessions.key(request)
    return not request.path.startswith(STATIC)


def takes_long(path: str) -> bool:
    """Whether the view at that path queries the database about the past, or writes a long file."""
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return bool(getattr(getattr(view, "view_class", view), "takes_long", False))


def answered(django: WSGI, environ: dict[str, Any]) -> Answer:
    """Call a WSGI application. Blocks."""
    REQUEST_ID.set(environ[ID])
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        started[:] = [int(status.split(" ", 1)[0]), headers]

    parts = django(environ, start_response)
    try:
        listed = list(parts)
        body = listed[0] if len(listed) == 1 else b"".join(listed)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()  # tells Django that the request is over
    status, headers = started
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    found = environ.get
    return Answer(status, encoded, body, found(NOTE), found(KIND, ""), found(SENT), found(WHO, ""), found(REASON, ""))
