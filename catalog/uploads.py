"""Uploads at work: read, carried out inside a review, and kept or undone; by a thread of the process that was asked.

The work is one transaction, on a connection of the thread's own: the changes, what was found and the upload's last state come
together or not at all. How far it is goes through a second connection, so that every process can tell while the
first transaction is open. Whoever works at an upload holds a lock of the database's session on it, which goes with the
process, whatever ends that: an upload that is under way and that nobody holds has been interrupted, and nothing of it is
there.
"""

import logging
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Protocol

import pghistory
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction
from django.utils import timezone

from catalog import turns
from catalog.history import Difference
from catalog.importing.drafts import Remark
from catalog.importing.entry import printable
from catalog.importing.plan import Plan, carry_out
from catalog.importing.reading import SourceError
from catalog.importing.registry import read_content
from catalog.listing import EntryKey
from catalog.models import AGAIN, UNDER_WAY, Upload, UploadPage, UploadState
from catalog.models.refusals import refusal
from catalog.openrouter.consequences import Consequence, Effect
from catalog.openrouter.readiness import Finding, Level
from catalog.review import PUBLISH, Agreement, Document, ModelChange, Moment, NotAgreed, NotAllowed, Review, reviewed

logger = logging.getLogger(__name__)

PAGE = 100
"""Models, consequences, remarks … on one page of a preview."""

DANGERS_SHOWN = 20
KEPT_FOR = timedelta(days=7)

LOCK = 0x7570_6C64
"""The first key of the locks, by which they are told from others."""

PATIENCE = 10.0
"""Seconds for which a request waits until the work has begun."""

BETWEEN = 0.5
"""Seconds between two words of how far a phase is."""

NEEDED = (
    "catalog.add_upload",
    *(f"catalog.{action}_{table}" for action in ("add", "change") for table in ("aimodel", "price", "parameterdescriptor")),
    "catalog.delete_parameterdescriptor",
    "catalog.add_datacenter",
)
"""What an import may do, and its uploader must be allowed to."""

NOT_ANY_MORE = "You may not upload any more."

SESSION = """
    SET client_connection_check_interval = '2s';
    SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 2;
    SET statement_timeout = 0;
    SET lock_timeout = 0;
    SET idle_in_transaction_session_timeout = 0;
"""
"""How the connection is set up: the server finds out soon that a process is gone, and lets go of its locks. An upload may take its
time, which a request may not."""

NOBODY = Agreement()
"""Nobody has agreed to anything yet."""

_turn = threading.Lock()
"""One at a time in a process: each takes the memory of a whole file, and the database takes writers one after the other."""


class Progress(Protocol):
    """Is told the phase, how many of its rows are done, and how many there are."""

    def __call__(self, phase: str, done: int = 0, total: int = 0) -> None:
        """Take it down."""


def take(content: bytes, **facts: Any) -> Upload:
    """Keep a file with how it is to be taken, by the names of ``Upload``'s fields, and have it tried out."""
    upload = Upload.objects.create(content=zlib.compress(content, level=1), **facts)
    begin(upload)
    return upload


def begin(upload: Upload, agreement: Agreement = NOBODY) -> None:
    """Have somebody work at an upload, unless somebody does, or nothing is left to be done. Returns once that has begun.

    It is applied if its review is the one that is agreed to, and previewed else.
    """
    has_begun = threading.Event()
    arguments = (upload.pk, agreement, has_begun)
    threading.Thread(target=_work, args=arguments, name=f"upload-{upload.pk}", daemon=True).start()
    has_begun.wait(PATIENCE)


def is_interrupted(upload: Upload) -> bool:
    """Whether it is under way, and nobody works at it."""
    if upload.state not in UNDER_WAY:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = %s AND objid = %s
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
            """,
            [LOCK, upload.pk],
        )
        (is_held,) = cursor.fetchone()
    if is_held:
        return False
    # Its last state may have come between the two questions.
    return Upload.objects.filter(pk=upload.pk, state__in=UNDER_WAY).exists()


def forget_old() -> None:
    """Remove uploads that nobody has come back to. What they did is in the history."""
    Upload.objects.filter(uploaded_at__lt=timezone.now() - KEPT_FOR).delete()


def _work(pk: int, agreement: Agreement, has_begun: threading.Event) -> None:
    """The thread."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(SESSION)
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, pk])
            (is_mine,) = cursor.fetchone()
        waiting = {"state": UploadState.WAITING, "phase": "Waiting for its turn", "done": 0, "total": 0}
        words = {"agreed": agreement.digest, "typed": agreement.typed}
        is_to_do = is_mine and Upload.objects.filter(pk=pk, state__in=AGAIN).update(**waiting, **words)
        has_begun.set()
        if is_to_do:
            with _turn, _reporting(pk) as progress:
                _carry_out(Upload.objects.select_related("uploaded_by").get(pk=pk), progress)
    except Exception:
        logger.exception("The upload %s has failed; nothing of it is there.", pk)
        _note_failure(pk)
    finally:
        has_begun.set()
        connections.close_all()


def _note_failure(pk: int) -> None:
    """Say that it has failed; on a new connection, for the old one may be what failed."""
    try:
        connections.close_all()
        Upload.objects.filter(pk=pk, state__in=UNDER_WAY).update(state=UploadState.FAILED)
    except Exception:
        logger.exception("That the upload %s has failed cannot be noted; it counts as interrupted.", pk)


@contextmanager
def _reporting(pk: int) -> Iterator[Progress]:
    """A second connection, for how far it is."""
    second = connections.create_connection(DEFAULT_DB_ALIAS)
    said: tuple[str, float] = ("", 0.0)

    def progress(phase: str, done: int = 0, total: int = 0) -> None:
        nonlocal said
        now = time.monotonic()
        if phase == said[0] and now - said[1] < BETWEEN:
            return
        said = (phase, now)
        with second.cursor() as cursor:
            cursor.execute(
                "UPDATE catalog_upload SET state = %s, phase = %s, done = %s, total = %s WHERE id = %s",
                [UploadState.WORKING.value, phase, done, total, pk],
            )

    try:
        yield progress
    finally:
        second.close()


def _carry_out(upload: Upload, progress: Progress) -> None:
    """Read it and do it; what was found is kept with what it did."""
    user, plan, review = upload.uploaded_by, Plan(), None
    agreement, has_changed = Agreement(upload.agreed, upload.typed), False
    progress("Reading the file")
    try:
        reading = read_content(
            zlib.decompress(upload.content or b""),
            source=upload.name,
            name=upload.format or None,
            per_million=upload.per_million,
        )
    except SourceError as error:
        plan.problems.append(Remark("the file", "", printable(str(error))))
    if not user.has_perms(NEEDED):
        plan.problems.append(Remark("the file", "", NOT_ANY_MORE))
    if not plan.problems:
        progress("Waiting until nobody else writes")
        turns.wait()
    with transaction.atomic():
        if not plan.problems:
            try:
                with reviewed(agreement, may_publish=user.has_perm(PUBLISH), may=user.has_perms, always=True):
                    with pghistory.context(user=user.pk):
                        plan = carry_out(
                            reading,
                            source=upload.name,
                            list_on_openrouter=upload.list_on_openrouter,
                            way="upload",
                            progress=progress,
                        )
                    progress("Working out what changes and what OpenRouter does")
            except NotAgreed as asked:
                upload.state, review, has_changed = UploadState.PREVIEW, asked.review, asked.has_changed
            except NotAllowed as refused:
                upload.state, review = UploadState.NOT_ALLOWED, refused.review
            except IntegrityError as error:
                said = refusal(error)
                plan.problems.append(Remark("the catalog", said.field or "", said.sentence))
            else:
                upload.state = UploadState.APPLIED
        if plan.problems:
            upload.state = UploadState.REFUSED
        # From here on the second connection would wait for this one, which is the same thread's.
        _keep(upload, plan, review, has_changed)


def _keep(upload: Upload, plan: Plan, review: Review | None, has_changed: bool) -> None:
    """Write what was found. Of an upload that was agreed to and applied, the preview stays."""
    is_as_agreed = upload.state == UploadState.APPLIED and bool(plan.created or plan.changes)
    if not is_as_agreed:
        pages = _pages(plan, review)
        upload.outcome = _summary(plan, review, has_changed, len(pages))
        upload.pages.all().delete()
        UploadPage.objects.bulk_create(
            (UploadPage(upload=upload, number=number, content=page) for number, page in enumerate(pages, start=1)),
            batch_size=10,
        )
    if upload.state not in AGAIN:
        upload.content = None
    upload.phase, upload.done, upload.total = "", 0, 0
    upload.save(update_fields=["state", "outcome", "content", "phase", "done", "total"])


def _summary(plan: Plan, review: Review | None, has_changed: bool, pages: int) -> dict[str, Any]:
    dangers = {} if review is None else review.dangers
    return {
        "counts": {
            "new": len(plan.created),
            "changed": len({change.model_id for change in plan.changes}),
            "unchanged": len(plan.unchanged),
            "listed": len(plan.listed),
            "missing": len({remark.entry for remark in plan.missing}),
            "problems": len(plan.problems),
            "notes": len(plan.notes),
            "changes": 0 if review is None else len(review.changes),
            "consequences": 0 if review is None else sum(len(moment.consequences) for moment in review.moments),
            "dangers": len(dangers),
            "pages": pages,
        },
        "digest": "" if review is None else review.digest,
        "to_type": "" if review is None else review.to_type,
        "changes_feed": review is not None and review.changes_feed,
        "is_of_models": review is not None and review.is_of_models,
        "has_changed": has_changed,
        "dangers": dict(list(dangers.items())[:DANGERS_SHOWN]),
    }


def _pages(plan: Plan, review: Review | None) -> list[dict[str, Any]]:
    """What was found, as JSON, in parts of so many of everything: the gravest first."""
    review = review or Review((), (), (), ())
    remarks = {"problems": plan.problems, "notes": plan.notes, "missing": _by_entry(plan.missing)}
    found: dict[str, list[Any]] = {name: [_remark(one) for one in rows] for name, rows in remarks.items()}
    found["changes"] = [list(change) for change in review.changes]
    found["consequences"] = [
        [moment.at and moment.at.isoformat(), asdict(one)]
        for moment in review.moments
        for one in sorted(moment.consequences, key=lambda one: not one.danger)
    ]
    found["findings"] = [asdict(one) for one in review.findings]
    # Those of a review are few, and stay together.
    documents = [list(document) for document in review.documents]
    count = max(1, -(-max(map(len, found.values())) // PAGE))
    pages = [{name: rows[at * PAGE : (at + 1) * PAGE] for name, rows in found.items()} for at in range(count)]
    return [{**page, "documents": documents if at == 0 else []} for at, page in enumerate(pages)]


def _by_entry(remarks: list[Remark]) -> list[Remark]:
    """One remark for each entry."""
    found: dict[str, list[Remark]] = {}
    for one in remarks:
        found.setdefault(one.entry, []).append(one)
    return [
        Remark(entry, ", ".join(dict.fromkeys(one.field for one in said)), " ".join(one.sentence for one in said))
        for entry, said in found.items()
    ]


def _remark(remark: Remark) -> list[str]:
    return [printable(remark.entry), printable(remark.field), remark.sentence]


def remarks_of(page: dict[str, Any]) -> dict[str, list[Remark]]:
    """The remarks of a page, by what they are."""
    return {name: [Remark(*one) for one in page[name]] for name in ("problems", "notes", "missing")}


def review_of(page: dict[str, Any]) -> Review:
    """The part of the review that a page holds."""
    moments: dict[str | None, list[Consequence]] = {}
    for at, one in page["consequences"]:
        facts = {**one, "key": EntryKey(*one["key"]), "effect": Effect(one["effect"]), "feeds": tuple(one["feeds"])}
        moments.setdefault(at, []).append(Consequence(**facts))
    return Review(
        changes=tuple(
            ModelChange(model_id, is_new, tuple(Difference(tuple(path), old, new) for path, old, new in found), pk)
            for model_id, is_new, found, pk in page["changes"]
        ),
        moments=tuple(Moment(at and datetime.fromisoformat(at), tuple(found)) for at, found in moments.items()),  # type: ignore[arg-type]
        documents=tuple(
            Document(EntryKey(*key), name, tuple((sign, line) for sign, line in lines))
            for key, name, lines in page["documents"]
        ),
        findings=tuple(Finding(**{**one, "level": Level(one["level"])}) for one in page["findings"]),
    )
