"""Carrying out a change in a transaction, and committing it only if somebody has agreed to its review.

Called by the admin, uploads and ``import_models``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied
from django.db import connection

from catalog import write_lock
from catalog.history import Position
from catalog.review.comparing import review_since
from catalog.review.review import Agreement, Review

PUBLISH = "catalog.list_on_openrouter"
"""Django's permission to change what the feeds show."""


class NotAgreed(Exception):
    """The change was rolled back, because nobody has agreed to its review yet."""

    def __init__(self, review: Review, agreement: Agreement) -> None:
        super().__init__("The change has consequences that nobody has agreed to.")
        self.review = review
        self.has_changed = bool(agreement.digest) and agreement.digest != review.digest
        """Somebody agreed to another review: the catalog has changed since."""
        self.is_mistyped = agreement.digest == review.digest


class NotAllowed(Exception):
    """The change was rolled back: it decides what the feeds show, now or later, and its maker may not publish."""

    def __init__(self, review: Review) -> None:
        super().__init__("The change decides what the OpenRouter feeds show.")
        self.review = review


@dataclass(slots=True)
class Outcome:
    """What has been carried out; filled in at the end, but for ``must_be_agreed_to``: the change may ask for agreement itself."""

    review: Review = field(default_factory=lambda: Review((), (), (), ()))
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
    """Carry out what is inside, in a transaction, and commit it if nothing stands against it.

    A change that the feeds do not show needs no agreement, unless ``always``. ``has_perms`` says whether the person has Django's
    permissions; ``lock_timeout`` is how many seconds to wait for other writers, None without limit.

    Everything is rolled back with ``NotAgreed``; ``NotAllowed`` if the change needs the permission to publish and the person lacks
    it; ``PermissionDenied``; ``write_lock.Busy``.
    """
    with write_lock.held(lock_timeout):
        position = Position.now()
        outcome = Outcome()
        yield outcome
        connection.check_constraints()
        outcome.review = review = review_since(position)
        if not has_perms(review.permissions):
            raise PermissionDenied
        if review.is_for_publishers and not may_publish:
            raise NotAllowed(review)
        asks = always or outcome.must_be_agreed_to
        if (review.must_be_agreed_to or (asks and review.changes)) and not review.is_agreed(agreement):
            raise NotAgreed(review, agreement)
