"""Records each answer: counts it for ``/metrics``, writes it to the log, and notes who fetches lists.

No request waits for that. The event loop adds a few numbers; a separate thread writes lines and adds to the metrics twice a second,
and another one writes to the database regularly. A worker that is told to stop writes the rest; if it is killed, half a second of
counts and lines is lost.
"""

import asyncio
import logging
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

from django.urls import URLResolver, get_resolver

from catalog.formats import FORMATS
from catalog.publication import metrics, publisher
from catalog.readers import ReaderStore, Tally
from catalog_site.logs import FIELDS, shortened
from catalog_site.request_notes import ADMIN
from catalog_site.serving.answer_cache import Answer, list_behind_key
from catalog_site.serving.request import Request

logger = logging.getLogger("catalog.requests")

FLUSHED_EVERY = 0.5
"""Seconds."""
WINDOW = 10.0
LINES_PER_CLIENT, LINES = 60, 1000
"""Lines of one client, and of all, in a window of this many seconds. Further lines are counted, and one line says how many there
were."""
LONGEST_PATH, LONGEST_AGENT = 200, 200
REFUSED = frozenset({400, 401, 403, 408, 413, 429, 431})
"""Statuses of requests that are refused: warnings, for somebody may be trying something."""
STORED_EVERY = 15.0
"""Seconds from a fetch of a list until it is recorded in the database."""
BY_KEY = "key "
"""The beginning of ``who`` for an API key."""
NO_PAGE = "none"
"""The kind of an unknown address, and of a refused request whose address has parameters."""

Line = tuple[float, Request, Answer, str, int, float]


class RequestRecorder:
    """The records of one process. Used only by its event loop, which must be running."""

    def __init__(self) -> None:
        fixed_addresses()  # computed now, when no request waits for it
        self.writer = ThreadPoolExecutor(1, "request-recorder")
        self.writing: Future[None] | None = None
        self.is_due = False
        self.counts: dict[tuple[str, int], list[Any]] = {}
        """By format and status: how many, seconds in all, and how many in each bucket."""
        self.throttled: Counter[str] = Counter()
        """Refused requests, by limit."""
        self.lines: list[Line] = []
        self.tally = Tally()
        self.reader_store = ReaderStore(publisher.failures)
        self.storing_thread = ThreadPoolExecutor(1, "readers")
        self.storing: Future[bool] | None = None
        self.is_stored = True
        self.window_ends = 0.0
        self.written_of: Counter[str] = Counter()
        self.written = 0
        self.left_out: Counter[int] = Counter()

    def note(self, request: Request, answer: Answer, whole: str | None, size: int) -> None:
        """Record an answer that was sent. ``whole`` is the format whose whole list was requested; ``size`` is in bytes."""
        now = time.monotonic()
        took = now - request.arrived
        sent = answer.sent
        name = whole or (sent.format_name if sent is not None else name_without_list(request, answer))
        counted = self.counts.get((name, answer.status))
        if counted is None:
            counted = self.counts[name, answer.status] = [0, 0.0, [0] * (len(metrics.BUCKETS) + 1)]
        counted[0] += 1
        counted[1] += took
        counted[2][bisect_left(metrics.BUCKETS, took)] += 1
        if name in FORMATS and request.method == "GET":
            self.count_reader(request, answer, name, size)
        if now >= self.window_ends:
            self.begin_window(now)
        client = request.limited_as or request.address
        may_be_written = self.written < LINES and self.written_of[client] < LINES_PER_CLIENT
        if may_be_written and len(self.lines) < LINES:  # so that lines do not accumulate while the log is blocked
            self.written += 1
            self.written_of[client] += 1
            self.lines.append((time.time(), request, answer._replace(body=b""), name, size, took))
        else:
            self.left_out[answer.status] += 1
        if not self.is_due:
            self.is_due = True
            asyncio.get_running_loop().call_later(FLUSHED_EVERY, self.flush)

    def count_reader(self, request: Request, answer: Answer, name: str, size: int) -> None:
        """Count a fetch of a whole list, or an attempt."""
        sent, by_key = answer.sent, answer.who.startswith(BY_KEY)
        agent, network = request.headers.get("user-agent", ""), request.limited_as or request.address
        key = (answer.who, "", "", name) if by_key else ("", agent, network, name)
        revision, read_at, stale = (None, None, "") if sent is None else (sent.revision, sent.at, sent.stale)
        self.tally.count(key, time.time(), answer.status, size, revision, read_at, stale)
        if self.is_stored:
            self.is_stored = False
            asyncio.get_running_loop().call_later(STORED_EVERY, self.store_readers)

    def store_readers(self) -> None:
        """Pass on who fetched what, unless the last write still waits for the database."""
        if self.storing is not None and not self.storing.done():
            asyncio.get_running_loop().call_later(STORED_EVERY, self.store_readers)
            return
        self.is_stored = True
        self.store_readers_now()

    def store_readers_now(self) -> None:
        """Pass on who fetched what. It is written after what is being written now."""
        self.storing = self.storing_thread.submit(self.reader_store.store, self.tally.take())

    def begin_window(self, now: float) -> None:
        """Reset the lines of every client, and say how many were not written."""
        self.say_left_out()
        self.written_of, self.written, self.window_ends = Counter(), 0, now + WINDOW

    def say_left_out(self) -> None:
        """Pass on how many lines were not written."""
        if self.left_out:
            self.writer.submit(log_left_out, self.left_out)
            self.left_out = Counter()

    def flush(self) -> None:
        """Pass on the records. If the log or the disk is blocked, new records are added up."""
        self.is_due = False
        if self.writing is not None and not self.writing.done():
            self.is_due = True
            asyncio.get_running_loop().call_later(FLUSHED_EVERY, self.flush)
            return
        self.flush_now()

    def flush_now(self) -> None:
        """Pass on the records. They are written after those that are being written now."""
        counts, self.counts = self.counts, {}
        throttled, self.throttled = self.throttled, Counter()
        lines, self.lines = self.lines, []
        self.writing = self.writer.submit(write, counts, throttled, lines)

    def finish(self) -> None:
        """Pass on all that is left. The process ends when its threads have written it."""
        self.flush_now()
        self.say_left_out()
        if not self.is_stored:
            self.store_readers_now()


def name_without_list(request: Request, answer: Answer) -> str:
    """The name under which an answer without a whole list counts."""
    if (name := list_behind_key(request)) is not None:
        return name
    if request.path.startswith("/admin/"):
        return ADMIN
    return answer.kind or fixed_addresses().get(request.path, NO_PAGE)


@cache
def fixed_addresses() -> dict[str, str]:
    """The kinds of the addresses without parameters, for requests that were refused before Django saw them."""
    return dict(_addresses(get_resolver(), "/", ""))


def _addresses(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[tuple[str, str]]:
    names = resolver.reverse_dict
    for name in filter(lambda name: isinstance(name, str), names):
        for forms, *_ in names.getlist(name):
            yield from ((f"{prefix}{path}", f"{namespace}{name}") for path, parameters in forms if not parameters)
    for space, (path, inner) in resolver.namespace_dict.items():
        if space == ADMIN:
            continue
        yield from _addresses(inner, f"{prefix}{path}", f"{namespace}{space}:")


def write(counts: dict[tuple[str, int], list[Any]], throttled: Counter[str], lines: list[Line]) -> None:
    """Add to the metrics, and write the lines. Blocks."""
    for limit, number in throttled.items():
        metrics.THROTTLED.labels(limit).inc(number)
    for (name, status), (number, seconds, buckets) in counts.items():
        metrics.count_requests(name, status, number, seconds, buckets)
    for line in lines:
        log(*line)


def log(at: float, request: Request, answer: Answer, name: str, size: int, took: float) -> None:
    """One line. It has the address without its query, and only the ``User-Agent`` header: others may contain secrets."""
    sent = answer.sent
    fields = {
        "request_id": request.id,
        "client": request.address,
        "who": shortened(answer.who, LONGEST_AGENT),
        "method": shortened(request.method, 20),
        "path": shortened(request.path, LONGEST_PATH),
        "format": name,
        "status": answer.status,
        "revision": None if sent is None else sent.revision,
        "stale": "" if sent is None else sent.stale,
        "reason": shortened(answer.reason, LONGEST_PATH),
        "ms": round(took * 1000, 3),
        "bytes": size,
        "agent": shortened(request.headers.get("user-agent", ""), LONGEST_AGENT),
    }
    level = logging.ERROR if answer.status >= 500 else logging.WARNING if answer.status in REFUSED else logging.INFO
    fields = {key: value for key, value in fields.items() if value not in ("", None, False)}
    if logger.isEnabledFor(level):
        record = logger.makeRecord(logger.name, level, __file__, 0, "request", (), None, extra={FIELDS: fields})
        record.created = at
        logger.handle(record)


def log_left_out(statuses: Counter[int]) -> None:
    """One line for all lines that were not written."""
    fields = {"requests": statuses.total(), "by_status": {str(status): number for status, number in statuses.items()}}
    logger.warning("requests that are not in the log, because their clients sent too many", extra={FIELDS: fields})
