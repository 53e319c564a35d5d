"""The state that a change was compared with, so that it can be carried out later without comparing again."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from catalog.listing import revision, snapshot
from catalog.models import AIModel, Offer, Price, ScheduledSwitch
from catalog.review.api_names import having_a_name_of
from catalog.review.review import Agreement, Review


@dataclass(frozen=True, slots=True)
class Compared:
    """A state of the catalog, and the parts of a review that decide whether its change may be carried out."""

    catalog_id: str
    revision: int
    at: str
    """ISO 8601."""
    digest: str = ""
    to_type: str = ""
    permissions: tuple[str, ...] = ()
    is_for_publishers: bool = False
    changed: int = 0
    changes_feed: bool = False

    @classmethod
    def now(cls) -> "Compared":
        """The state that this transaction sees."""
        state = revision()
        return cls(str(state.catalog_id), state.revision, state.now.isoformat())

    @classmethod
    def with_unseen(cls, models: Iterable[tuple[str, list[str], str]]) -> "Compared | None":
        """What the adding of unlisted models is compared with, and that its review is empty: no feed shows them, and none of their names
        finds a model yet. None if one does. Each is an id, its aliases and its OpenRouter slug."""
        with snapshot():
            return None if having_a_name_of(models).exists() else cls.now().reviewed(Review())

    @classmethod
    def of(cls, content: dict[str, Any]) -> "Compared":
        """What ``as_json`` gave."""
        return cls(**{**content, "permissions": tuple(content["permissions"])})

    def as_json(self) -> dict[str, Any]:
        """As JSON, to store with the review until somebody confirms it."""
        return asdict(self)

    def reviewed(self, review: Review) -> "Compared":
        """With the review of a change of this state."""
        return replace(
            self,
            digest=review.digest,
            to_type=review.to_type,
            permissions=tuple(sorted(review.permissions)),
            is_for_publishers=review.is_for_publishers,
            changed=len(review.changes),
            changes_feed=review.changes_feed,
        )

    def is_agreed(self, agreement: Agreement, *, may_publish: bool, has_perms: Callable[[frozenset[str]], bool]) -> bool:
        """Whether somebody with permission has confirmed exactly this review."""
        return (
            (agreement.digest, agreement.typed.strip()) == (self.digest, self.to_type)
            and has_perms(frozenset(self.permissions))
            and (may_publish or not self.is_for_publishers)
        )

    def still_holds(self) -> bool:
        """Whether the catalog has not changed, and no scheduled time has come since. Call it under the write lock."""
        state = revision()
        span = (datetime.fromisoformat(self.at), state.now)
        return (
            (str(state.catalog_id), state.revision) == (self.catalog_id, self.revision)
            and not Price.objects.filter(effective_from__range=span).exists()
            and not ScheduledSwitch.objects.filter(effective_from__range=span).exists()
            and not AIModel.objects.filter(deprecation_at__range=span).exists()
            and not Offer.objects.filter(deprecation_at__range=span).exists()
        )
