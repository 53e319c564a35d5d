"""The process that works on the queue: each upload in a child process of its own, with limits, a few at a time.

One runner works for the whole catalog, whatever the number of hosts: it holds an advisory lock of the database's session. It ends
when nothing has waited for a while. A child that is stopped by a limit, or ends in any other way, does not end the runner, which
records the reason in the upload.
"""

import logging
import os
import signal
import time
from collections.abc import Callable

from django.db import connection, connections

from catalog.importing.limits import limit_this_process, memory_sentence, time_sentence
from catalog.models import UNDER_WAY, Upload, UploadState
from catalog.models.upload import REPOSITORY
from catalog.uploads import processing
from catalog.uploads.queue import INTERRUPTED, LOCK

logger = logging.getLogger(__name__)

AT_ONCE = {False: 1, True: 4}
"""How many run at the same time, by whether they are repositories. A file takes memory and the write lock; reading a repository
mostly waits for the hub."""

IDLE_SECONDS = 20.0
"""Seconds without work after which the runner ends. Until then the next upload starts immediately."""

POLL_SECONDS = 0.2
"""Seconds between two checks of the queue and the children."""

OUT_OF_MEMORY = 3
"""A child's exit code."""

_inherited: list[object] = []
"""The runner's connections in a child: kept, so that nothing closes them."""


def run(linger: float = IDLE_SECONDS) -> None:
    """Process waiting uploads until the queue has been empty for ``linger`` seconds. Returns immediately if another runner is
    running."""
    while True:
        if not _lock():
            return
        _process_queue(linger)
        _unlock()
        # A process that adds an upload starts no runner while this one holds the lock, so check for new uploads.
        if not Upload.objects.filter(state=UploadState.WAITING).exists():
            return


def _lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(processing.SESSION)
        cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [LOCK])
        (is_mine,) = cursor.fetchone()
    return bool(is_mine)


def _unlock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [LOCK])


def _process_queue(linger: float) -> None:
    children: dict[int, tuple[int, bool]] = {}
    """The upload of each child's process id, and whether it is a repository."""
    last_busy = time.monotonic()
    while children or time.monotonic() - last_busy < linger:
        for process in list(children):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                note_end(children.pop(process)[0], os.waitstatus_to_exitcode(status))
        at_work = {pk for pk, _ in children.values()}
        waiting = Upload.objects.filter(state=UploadState.WAITING).exclude(pk__in=at_work).order_by("pk")
        for is_repository, most in AT_ONCE.items():
            free = most - sum(one is is_repository for _, one in children.values())
            kind = waiting.filter(format=REPOSITORY) if is_repository else waiting.exclude(format=REPOSITORY)
            for pk in kind.values_list("pk", flat=True)[:free]:
                children[start_child(lambda pk=pk: processing.process(pk))] = (pk, is_repository)  # type: ignore[misc]
        if children:
            last_busy = time.monotonic()
        time.sleep(POLL_SECONDS)


def start_child(task: Callable[[], None]) -> int:
    """Run a function in a child process with limits, at a lower priority than the serving processes. Returns its process id."""
    if process := os.fork():
        return process
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        for one in connections.all(initialized_only=True):
            _inherited.append(one.connection)
            one.connection = None
        os.nice(5)
        limit_this_process()
        task()
        code = 0
    except MemoryError:
        code = OUT_OF_MEMORY
    except BaseException:
        logger.exception("The child process has failed.")
    finally:
        os._exit(code)


def note_end(pk: int, code: int) -> None:
    """Record in an upload how its child ended, if the child has not: by its exit code, negative for a signal."""
    if code == 0:
        return
    sentence, is_final = INTERRUPTED, True
    if code == OUT_OF_MEMORY:
        sentence = memory_sentence()
    elif code in (-signal.SIGXCPU, -signal.SIGALRM):
        sentence = time_sentence()
    else:
        is_final = False
    if Upload.objects.filter(pk=pk, state__in=UNDER_WAY).exists():
        logger.error("The upload %s was stopped (exit code %s): %s", pk, code, sentence)
        processing.stop(pk, sentence, is_final=is_final)
