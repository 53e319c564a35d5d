"""Carrying out a change in a transaction, and committing it only if somebody has confirmed its review.

``reviewed`` does both under the write lock: for a change of a few rows. ``rehearse`` and ``apply_rehearsed`` compare without the
lock, and hold it only while they write: for imports and bulk actions. Called by the admin, uploads and ``import_models``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import InternalError, connection
from psycopg.errors import ReadOnlySqlTransaction

from catalog import write_lock
from catalog.history import Position
from catalog.listing import without_garbage_collection
from catalog.models import ScheduledSwitch
from catalog.review.compared import Compared
from catalog.review.comparing import review_since
from catalog.review.rehearsal import read_only, rehearsal
from catalog.review.review import Agreement, Review

Answer = TypeVar("Answer")

ATTEMPTS = 3
"""Rehearsals of one change while others keep changing the catalog, before it is compared under the write lock."""

PUBLISH = "catalog.list_on_openrouter"
"""Django's permission to change what the feeds show."""


class NotAgreed(Exception):
    """The change was rolled back, because nobody has confirmed its review yet."""

    def __init__(self, review: Review, agreement: Agreement, compared: Compared | None = None) -> None:
        super().__init__("The change has consequences that nobody has confirmed.")
        self.review = review
        self.compared = compared
        """What it was compared with, for ``apply_rehearsed``; None if it was compared under the write lock."""
        self.has_changed = bool(agreement.digest) and agreement.digest != review.digest
        """Somebody confirmed a different review: the catalog has changed since."""
        self.is_mistyped = agreement.digest == review.digest


class NotAllowed(Exception):
    """The change was rolled back: it decides what the feeds show, now or later, and its maker may not publish."""

    def __init__(self, review: Review) -> None:
        super().__init__("The change decides what the OpenRouter feeds show.")
        self.review = review


@dataclass(slots=True)
class Outcome:
    """The result of a change. The change itself may ask for confirmation, and may find that the given one was for something else."""

    agreement: Agreement
    review: Review = field(default_factory=Review)
    """Filled in at the end."""
    must_be_agreed_to: bool = False


@contextmanager
def reviewed(
    agreement: Agreement,
    *,
    may_publish: bool,
    has_perms: Callable[[frozenset[str]], bool] = lambda permissions: True,
    always: bool = False,
    lock_timeout: int | None = None,
) -> Iterator[Outcome]:
    """Carry out the change inside, in a transaction, and commit it if nothing prevents it.

    A change that the feeds do not show needs no confirmation, unless ``always``. ``has_perms`` says whether the person has Django's
    permissions; ``lock_timeout`` is how many seconds to wait for other writers, None without limit.

    Everything is rolled back with ``NotAgreed``; ``NotAllowed`` if the change needs the permission to publish and the person lacks
    it; ``PermissionDenied``; ``write_lock.Busy``.
    """
    with write_lock.held(lock_timeout):
        position = Position.now()
        outcome = Outcome(agreement)
        yield outcome
        connection.check_constraints()
        outcome.review = review = review_since(position)
        asks = always or outcome.must_be_agreed_to
        _check(review, outcome.agreement, may_publish=may_publish, has_perms=has_perms, always=asks)


@without_garbage_collection()
def rehearse(change: Callable[[], Answer]) -> tuple[Answer, Review, Compared]:
    """What ``change`` would do, and what it was compared with. It leaves nothing behind and blocks nobody."""
    if not connection.in_atomic_block:
        ScheduledSwitch.objects.apply_due()  # or the next writer's doing so would look like a change
    with rehearsal() as originals:
        with originals.shown():
            before = Compared.now()
        with write_lock.held():  # that of the copies
            position = Position.now()
            answer = change()
            connection.check_constraints()
            review = review_since(position, originals)
    return answer, review, before.reviewed(review)


def unless_it_writes(change: Callable[[], Answer]) -> Answer | None:
    """What ``change`` returns, if it writes nothing; None as soon as it would. It leaves nothing behind, blocks nobody and copies no
    tables."""
    try:
        with read_only():
            return change()
    except InternalError as error:
        if isinstance(error.__cause__, ReadOnlySqlTransaction):
            return None
        raise


class Applied(NamedTuple, Generic[Answer]):
    """What a change has returned, how many models it has changed, and whether the OpenRouter feeds differ by it."""

    answer: Answer
    changed: int
    changes_feed: bool


class _CatalogChanged(Exception):
    """The catalog has changed since the change was compared with it."""


def apply_rehearsed(
    change: Callable[[], Answer],
    agreement: Agreement,
    *,
    may_publish: bool,
    has_perms: Callable[[frozenset[str]], bool],
    compared: Compared | None = None,
    lock_timeout: int | None = None,
    on_wait: Callable[[], None] = lambda: None,
    finish: Callable[[], None] = lambda: None,
) -> Applied[Answer]:
    """Carry out a change that somebody has confirmed.

    ``change`` is called for the rehearsal and again to be committed, so it must do the same each time. With ``compared``, from the
    rehearsal whose review was confirmed, there is no second rehearsal if the catalog has not changed. ``on_wait`` is called before
    the write lock is taken, ``finish`` in the transaction that is committed.

    Raises what ``reviewed`` raises, and always asks for confirmation; then nothing is changed.
    """
    rules: Any = {"may_publish": may_publish, "has_perms": has_perms}
    if compared is not None and not compared.is_agreed(agreement, **rules):
        compared = None
    for _ in range(ATTEMPTS):
        if compared is None:
            _, review, compared = rehearse(change)
            _check(review, agreement, compared=compared, always=True, **rules)
        on_wait()
        try:
            return Applied(_commit(change, compared, lock_timeout, finish), compared.changed, compared.changes_feed)
        except _CatalogChanged:
            compared = None
    with reviewed(agreement, always=True, lock_timeout=lock_timeout, **rules) as outcome:
        answer = change()
        finish()
    return Applied(answer, len(outcome.review.changes), outcome.review.changes_feed)


def _commit(
    change: Callable[[], Answer], compared: Compared, lock_timeout: int | None, finish: Callable[[], None]
) -> Answer:
    with write_lock.held(lock_timeout):
        if not compared.still_holds():
            raise _CatalogChanged
        answer = change()
        connection.check_constraints()
        finish()
    return answer


def _check(
    review: Review,
    agreement: Agreement,
    *,
    may_publish: bool,
    has_perms: Callable[[frozenset[str]], bool],
    always: bool,
    compared: Compared | None = None,
) -> None:
    """Raise what prevents committing the change."""
    if not has_perms(review.permissions):
        raise PermissionDenied
    if review.is_for_publishers and not may_publish:
        raise NotAllowed(review)
    if (review.must_be_agreed_to or (always and review.writes)) and not review.is_agreed(agreement):
        raise NotAgreed(review, agreement, compared)
