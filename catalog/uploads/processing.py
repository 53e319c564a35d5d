"""The work on one upload: read the file, run the import inside a review, and commit or undo it; or read a repository on Hugging
Face.

A rehearsal, which blocks nobody, finds out what a file would do. Applying it is one transaction: the changes and the upload's last
state are committed together or not at all. A second connection writes the progress, so that every process can see it while the
first transaction is open. The session of the first connection holds a lock on the upload until the process ends, for whatever
reason: a running upload without this lock was interrupted, and nothing of it was applied.
"""

import logging
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Protocol

import pghistory
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS, Error, IntegrityError, connection, connections, transaction

from catalog.importing.applying.importer import apply_reading
from catalog.importing.drafts import Remark, Remarks
from catalog.importing.hugging_face import repository as hugging_face
from catalog.importing.hugging_face.hub import host
from catalog.importing.plan import Plan
from catalog.importing.registry import read_content
from catalog.importing.source import SourceError
from catalog.importing.values import printable
from catalog.models import AGAIN, UNDER_WAY, KeyStatus, Upload, UploadPage, UploadState
from catalog.models.upload import REPOSITORY
from catalog.models.violations import violation
from catalog.review import (
    PUBLISH,
    Agreement,
    Compared,
    NotAgreed,
    NotAllowed,
    Review,
    apply_rehearsed,
    can_be_proposed,
    keep_proposal,
)
from catalog.uploads.outcome import pages_of, summary
from catalog.uploads.queue import LOCK

logger = logging.getLogger(__name__)

REPORT_SECONDS = 0.5
"""Seconds between two reports of a phase's progress."""

NEEDED_PERMISSIONS = (
    "catalog.add_upload",
    *(f"catalog.{action}_{table}" for action in ("add", "change") for table in ("aimodel", "price", "parameterdescriptor")),
    "catalog.delete_parameterdescriptor",
    "catalog.add_datacenter",
)
"""The permissions that an import needs."""

NOT_ANY_MORE = "You no longer have permission to upload."
KEY_ENDED = "The API key was revoked or has expired."
MORE_PERMISSIONS = "You lack a permission that these changes need, such as to delete scheduled prices."
FAILED = "The work has failed. The reason is in the server's log."

SESSION = """
    SET client_connection_check_interval = '2s';
    SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 2;
"""
"""Settings of a connection: the server soon notices that a process has ended, and releases its locks."""


class Progress(Protocol):
    """Gets the phase, how many of its rows are done, and how many there are."""

    def __call__(self, phase: str, done: int = 0, total: int = 0) -> None:
        """Report it."""


class _Refused(Exception):
    """The plan has problems."""


def process(pk: int) -> None:
    """Do the work on a waiting upload, unless another process does it."""
    with connection.cursor() as cursor:
        cursor.execute(SESSION)
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, pk])
        (is_mine,) = cursor.fetchone()
    if not is_mine:
        return
    try:
        if Upload.objects.filter(pk=pk, state=UploadState.WAITING).update(state=UploadState.WORKING):
            upload = Upload.objects.select_related("uploaded_by", "api_key").defer("content").get(pk=pk)
            if upload.format == REPOSITORY:
                _read_repository(upload)
            else:
                with _reporting(pk) as progress:
                    _import(upload, progress)
    except MemoryError:
        raise
    except Exception:
        logger.exception("The upload %s has failed; nothing was applied.", pk)
        connections.close_all()  # the connection may have failed
        stop(pk, FAILED, is_final=False)
    finally:
        with suppress(Error), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, pk])


def stop(pk: int, sentence: str, *, is_final: bool) -> None:
    """Record that an upload was stopped, and why: refused if it would be stopped again, else failed."""
    upload = Upload.objects.defer("content").get(pk=pk)
    if is_final:
        _keep(upload, Plan(problems=Remarks([Remark("the file", "", sentence)])))
    else:
        Upload.objects.filter(pk=pk, state__in=UNDER_WAY).update(state=UploadState.FAILED, outcome={"why": sentence})


def _read_repository(upload: Upload) -> None:
    """Read a repository's metadata, and store it as JSON, or the error."""
    Upload.objects.filter(pk=upload.pk).update(phase=f"Asking {host()}")
    try:
        read = hugging_face.read(upload.name)
    except SourceError as error:
        upload.state, upload.outcome = UploadState.REFUSED, {"why": str(error)}
    else:
        upload.state = UploadState.READ
        upload.outcome = {
            "repository": read.repository,
            "revision": read.revision,
            "stated": [
                (one.field, one.value.isoformat() if isinstance(one.value, datetime) else one.value, one.where)
                for one in read.stated
            ],
            "missing": [(one.field, one.why) for one in read.missing],
            "remarks": read.remarks,
        }
    upload.content, upload.phase = None, ""
    upload.save(update_fields=["state", "outcome", "content", "phase"])


@contextmanager
def _reporting(pk: int) -> Iterator[Progress]:
    """A second connection, for the progress."""
    second = connections.create_connection(DEFAULT_DB_ALIAS)
    reported: tuple[str, float] = ("", 0.0)

    def progress(phase: str, done: int = 0, total: int = 0) -> None:
        nonlocal reported
        now = time.monotonic()
        if phase == reported[0] and now - reported[1] < REPORT_SECONDS:
            return
        reported = (phase, now)
        with second.cursor() as cursor:
            cursor.execute(
                "UPDATE catalog_upload SET state = %s, phase = %s, done = %s, total = %s WHERE id = %s",
                [UploadState.WORKING.value, phase, done, total, pk],
            )

    try:
        yield progress
    finally:
        second.close()


def _import(upload: Upload, progress: Progress) -> None:
    """Read the file and run the import; store the findings with the result."""
    user, plan = upload.uploaded_by, Plan()
    progress("Reading the file")
    try:
        reading = read_content(
            zlib.decompress(Upload.objects.values_list("content", flat=True).get(pk=upload.pk) or b""),
            source=upload.name,
            name=upload.format or None,
            per_million=upload.per_million,
            skip=upload.skip,
        )
    except SourceError as error:
        plan.problems.append(Remark("the file", "", printable(str(error))))
    if not user.is_staff or not user.has_perms(NEEDED_PERMISSIONS):
        plan.problems.append(Remark("the file", "", NOT_ANY_MORE))
    key = upload.api_key
    if key is not None and key.status != KeyStatus.ACTIVE:
        plan.problems.append(Remark("the file", "", KEY_ENDED))
    if plan.problems:
        _keep(upload, plan)
        return

    why = {"reason": upload.reason} if upload.reason else {}
    made = ""

    def change() -> Plan:
        nonlocal plan, made
        by_key = {} if key is None else {"api_key": f"{key.name} ({key.prefix})"}
        with pghistory.context(user=user.pk, user_name=user.get_username(), **by_key, **why) as context:
            made = str(context.id)
            plan = apply_reading(
                reading,
                source=upload.name,
                list_on_openrouter=upload.list_on_openrouter,
                way="upload" if key is None else "pipeline",
                progress=progress,
            )
        if plan.problems:
            raise _Refused
        progress("Finding out what changes and what OpenRouter does")
        return plan

    def finish() -> None:
        # From here on the second connection would wait for this one, which belongs to the same thread.
        upload.state = UploadState.APPLIED
        upload.outcome["change"] = made
        _keep(upload, plan)

    compared = upload.outcome.get("compared") if upload.agreed else None
    agreement = Agreement() if upload.proposes else Agreement(upload.agreed, upload.typed)
    try:
        apply_rehearsed(
            change,
            agreement,
            may_publish=user.has_perm(PUBLISH) and not settings.FOUR_EYES,
            has_perms=user.has_perms,
            compared=Compared.of(compared) if compared else None,
            on_wait=lambda: progress("Waiting for another writer"),
            finish=finish,
        )
    except (NotAgreed, NotAllowed) as asked:
        compared_now = asked.compared if isinstance(asked, NotAgreed) else None
        upload.state = UploadState.NOT_ALLOWED if isinstance(asked, NotAllowed) else UploadState.PREVIEW
        has_changed = bool(upload.agreed) and upload.agreed != asked.review.digest
        if upload.proposes and not has_changed and can_be_proposed(asked.review):
            keep_proposal(asked.review.changes, proposed_by=user, reason=upload.reason)
            upload.state = UploadState.PROPOSED
        _keep(upload, plan, asked.review, compared_now, has_changed=has_changed)
    except PermissionDenied:
        plan.problems.append(Remark("the catalog", "", MORE_PERMISSIONS))
        _keep(upload, plan)
    except _Refused:
        _keep(upload, plan)
    except IntegrityError as error:
        broken = violation(error)
        plan.problems.append(Remark("the catalog", broken.field or "", broken.sentence))
        _keep(upload, plan)


@transaction.atomic
def _keep(
    upload: Upload,
    plan: Plan,
    review: Review | None = None,
    compared: Compared | None = None,
    *,
    has_changed: bool = False,
) -> None:
    """Store the result. An applied upload keeps the preview that was confirmed, if it had one; one with problems is refused."""
    if plan.problems:
        upload.state = UploadState.REFUSED
    has_preview, has_done = "digest" in upload.outcome, bool(plan.created or plan.changes)
    is_as_agreed = upload.state == UploadState.APPLIED and has_preview and has_done
    if not is_as_agreed:
        pages = pages_of(plan, review)
        made = {"change": upload.outcome["change"]} if "change" in upload.outcome else {}
        upload.outcome = {
            **made,
            **summary(plan, review, has_changed, len(pages)),
            "compared": compared and compared.as_json(),
        }
        upload.pages.all().delete()
        UploadPage.objects.bulk_create(
            (UploadPage(upload=upload, number=number, content=page) for number, page in enumerate(pages, start=1)),
            batch_size=10,
        )
    upload.phase, upload.done, upload.total = "", 0, 0
    fields = ["state", "outcome", "phase", "done", "total"]
    if upload.state not in AGAIN:
        upload.content = None
        fields.append("content")
    upload.save(update_fields=fields)
