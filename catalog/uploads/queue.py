"""The queue of uploads for the serving processes: accept a file, start the work, and see its progress.

A waiting upload is only a row: it needs no connection, no thread and no process, and survives a restart. One runner
for the whole catalog works on the queue; whichever process finds work and no runner starts one.
"""

import hashlib
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Func, IntegerField, Sum
from django.utils import timezone

from catalog.models import AGAIN, UNDER_WAY, ApiKey, Upload, UploadState
from catalog.review import Agreement

LOCK = 0x7570_6C64
"""The first key of the advisory locks of this package. The second is the upload's key; 0 is the runner's."""

KEPT_FOR = timedelta(days=7)
MOST_KEPT = 100
"""How many uploads of one person are kept; older ones are removed."""

MOST_UNDER_WAY = 5
"""How many uploads of one person may wait or run at the same time."""

MOST_BYTES = 256 * 1024 * 1024
"""The most bytes, compressed, of all stored files of one person."""

STORE_TIMEOUT = 20.0
"""Seconds to wait while this process stores somebody else's file."""

UNCONFIRMED = Agreement()
"""Nothing is confirmed yet."""

WAITING_PHASE = "Waiting for its turn"
INTERRUPTED = "The work was interrupted: the process that did it has ended."

_storing = threading.Lock()
"""One file at a time: each takes several times its size in memory."""

_starting = threading.Lock()
_runner: "subprocess.Popen[bytes] | None" = None


class TooMuch(Exception):
    """One person has too much in the queue; the message says what, and what to do."""


class KeyReused(Exception):
    """The idempotency key already names another request."""


def add_file(chunks: Iterable[bytes], *, uploaded_by: User, **facts: Any) -> Upload:
    """Store a file and start the work on it. ``facts`` are fields of ``Upload``.

    A request that repeats an earlier one, by its ``idempotency_key``, gets the upload of that one, which starts again only if it has
    failed. Raises ``TooMuch`` and ``KeyReused``.
    """
    forget_old(uploaded_by)
    if not _storing.acquire(timeout=STORE_TIMEOUT):
        raise TooMuch("Another file is being stored. Try again in a moment.")
    try:
        stated = sorted((name, value) for name, value in facts.items() if name != "api_key")
        packer, seen, packed = zlib.compressobj(level=1), hashlib.blake2b(repr(stated).encode(), digest_size=32), []
        for chunk in chunks:
            seen.update(chunk)
            packed.append(packer.compress(chunk))
        content, facts["fingerprint"] = b"".join([*packed, packer.flush()]), seen.hexdigest()
        with transaction.atomic():
            _one_at_a_time(uploaded_by)
            if (upload := _earlier(**facts)) is None:
                _check_size(uploaded_by, len(content))
                upload = Upload.objects.create(content=b"", uploaded_by=uploaded_by, phase=WAITING_PHASE, **facts)
                _store(upload, content)
    finally:
        _storing.release()
    if upload.state == UploadState.FAILED:
        retry(upload)
    resume()
    return upload


def check_room(user: User) -> None:
    """Whether one person may have another upload in the queue, before its file is looked at. Raises ``TooMuch``."""
    if Upload.objects.filter(uploaded_by=user, state__in=UNDER_WAY).count() >= MOST_UNDER_WAY:
        raise TooMuch(f"You have {MOST_UNDER_WAY} uploads waiting or running. Wait until one of them is done.")


def begin(upload: Upload, agreement: Agreement = UNCONFIRMED, reason: str = "", *, proposes: bool = False) -> None:
    """Start the work on an upload again: apply or propose it if its review is the confirmed one, else preview it. Raises
    ``TooMuch``.

    Does nothing if it is already waiting or running, or if nothing is left to do.
    """
    with transaction.atomic():
        _one_at_a_time(upload.uploaded_by)
        _check_size(upload.uploaded_by, 0)
        Upload.objects.filter(pk=upload.pk, state__in=set(AGAIN) - set(UNDER_WAY)).update(
            state=UploadState.WAITING,
            phase=WAITING_PHASE,
            done=0,
            total=0,
            agreed=agreement.digest,
            typed=agreement.typed,
            reason=reason,
            proposes=proposes,
        )
    resume()


def retry(upload: Upload) -> None:
    """Start the work on an upload that has failed once more. Raises ``TooMuch``."""
    begin(upload, Agreement(upload.agreed, upload.typed), upload.reason, proposes=upload.proposes)


def resume() -> None:
    """Mark interrupted uploads as failed, and start a runner if something waits and none is running."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_upload SET state = %s, outcome = jsonb_build_object('why', %s::text) WHERE state = %s AND NOT EXISTS (
                SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = %s AND objid = catalog_upload.id
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
            """,
            [UploadState.FAILED.value, INTERRUPTED, UploadState.WORKING.value, LOCK],
        )
        if Upload.objects.filter(state=UploadState.WAITING).exists() and not _is_held(cursor, 0):
            start_runner()


def start_runner() -> None:
    """Start a process that works on the queue, unless one that this process has started is still running."""
    global _runner
    with _starting:
        if _runner is None or _runner.poll() is not None:
            command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_uploads"]
            _runner = subprocess.Popen(command, stdin=subprocess.DEVNULL)


def forget_old(user: User) -> None:
    """Remove old uploads, and those of one person beyond the number that is kept. The history stays."""
    Upload.objects.filter(uploaded_at__lt=timezone.now() - KEPT_FOR).delete()
    mine = Upload.objects.filter(uploaded_by=user).exclude(state__in=UNDER_WAY)
    Upload.objects.filter(pk__in=list(mine.order_by("-pk").values_list("pk", flat=True)[MOST_KEPT:])).delete()


def _is_held(cursor: Any, key: int) -> bool:
    cursor.execute(
        """
        SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = %s AND objid = %s
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """,
        [LOCK, key],
    )
    (is_held,) = cursor.fetchone()
    return bool(is_held)


def _one_at_a_time(user: User) -> None:
    """Make simultaneous requests of the same person wait for the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK + 1, user.pk])


def _earlier(*, fingerprint: str, idempotency_key: str = "", api_key: ApiKey | None = None, **_: Any) -> Upload | None:
    """The upload of an equal request; None if this is the first, or has no key. Raises ``KeyReused``."""
    if not idempotency_key:
        return None
    earlier = Upload.objects.defer("content").filter(api_key=api_key, idempotency_key=idempotency_key).first()
    if earlier is not None and earlier.fingerprint != fingerprint:
        raise KeyReused
    return earlier


def _check_size(user: User, size: int) -> None:
    """Check how much one person already has in the queue. After ``_one_at_a_time``. Raises ``TooMuch``."""
    check_room(user)
    length = Func("content", function="octet_length", output_field=IntegerField())
    kept = Upload.objects.filter(uploaded_by=user).aggregate(bytes=Sum(length))["bytes"] or 0
    if kept + size > MOST_BYTES:
        most = MOST_BYTES // 1024 // 1024
        raise TooMuch(f"The files of your uploads would take more than {most} MiB. Apply or discard some of them first.")


def _store(upload: Upload, content: bytes) -> None:
    """Send the bytes separately from the statement: Django writes values into its text, and a server that logs it would log the
    file."""
    assert connection.connection is not None
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute("UPDATE catalog_upload SET content = %b WHERE id = %s", [content, upload.pk])
