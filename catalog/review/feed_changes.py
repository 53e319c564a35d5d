"""What OpenRouter does when the listing changes: immediately, and at the times for which something is scheduled.

``openrouter.consequences`` judges a pair of listings; here are the pairs. Called by ``comparing``.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models.functions import Now

from catalog.history import Position, events
from catalog.listing import Entry, EntryKey, Listing, listed_at
from catalog.models import AIModel, Price, ServiceTier
from catalog.models.many import one_of
from catalog.openrouter.consequences import Consequence, cancelled, consequences


class ListingChange(NamedTuple):
    """The listing just before a time, and from that time on."""

    before: Listing
    after: Listing

    @classmethod
    def at_each(cls, times: Iterable[tuple[datetime, list[str]]]) -> list["ListingChange"]:
        """What is scheduled for each of the times, of the models with the given ids. Reads all of them at once."""
        asked = [(time, ids) for at, ids in times for time in (at - timedelta(microseconds=1), at)]
        found = iter(listed_at(asked))
        return [cls(before, after) for before, after in zip(found, found, strict=True)]

    @property
    def added(self) -> frozenset[EntryKey]:
        """The entries that are added at that time."""
        return frozenset(self.after.keys - self.before.keys)


def feed_consequences(position: Position, old: Sequence[Entry], new: Sequence[Entry], at: datetime) -> list[Consequence]:
    """What OpenRouter does when the listed entries ``old`` become ``new``. It knows what was listed up to ``position``."""
    known = known_to_openrouter(position, {one.key for one in new} - {one.key for one in old})
    return consequences(old, new, at=at, price_factor=settings.PRICE_CHANGE_FACTOR, known=known)


def consequences_ahead(position: Position, planned: ListingChange, scheduled: ListingChange) -> list[Consequence]:
    """What OpenRouter does at a scheduled time that was not planned for it, and what was planned and is cancelled.

    ``planned`` is what was scheduled before the change that is reviewed, ``scheduled`` what is scheduled after it.
    """
    before, after = (
        dict.fromkeys(feed_consequences(position, change.before.entries, change.after.entries, change.after.at))
        for change in (planned, scheduled)
    )
    added = [one for one in after if one not in before]
    replaced = {(one.key, one.field, one.label) for one in added}
    removed = [one for one in before if one not in after and (one.key, one.field, one.label) not in replaced]
    return [*added, *map(cancelled, removed)]


def consequences_for_later_entries(
    position: Position, planned: ListingChange, scheduled: ListingChange
) -> list[Consequence]:
    """What differs in entries that were to be added at a scheduled time, and still are. OpenRouter has seen neither version, so
    none of it is dangerous."""
    both = planned.added & scheduled.added
    old, new = ([one for one in change.after.entries if one.key in both] for change in (planned, scheduled))
    return [replace(one, danger="") for one in feed_consequences(position, old, new, scheduled.after.at)]


def known_to_openrouter(position: Position, added: Iterable[EntryKey]) -> frozenset[EntryKey]:
    """Those of the added entries that were in the feed at some time before."""
    ids = {key.model_id for key in added}
    if not ids:
        return frozenset()
    listed = events(AIModel).filter(
        model_id__in=one_of(ids), is_listed_on_openrouter=True, pgh_id__lte=position.by_table[AIModel]
    )
    were = set(listed.values_list("model_id", "pgh_obj_id", "has_free_variant").distinct())
    sold = events(Price).filter(
        ai_model_id__in=one_of({pk for _, pk, _ in were}),
        usd__isnull=False,
        effective_from__lte=Now(),
        pgh_id__lte=position.by_table[Price],
    )
    tiers = defaultdict[int, set[str]](set)
    for owner, tier in sold.values_list("ai_model_id", "service_tier").distinct():
        tiers[owner].add(tier)
    known = {EntryKey(model_id, ServiceTier.DEFAULT.value, has_free) for model_id, _, has_free in were}
    known |= {
        EntryKey(model_id, tier, False) for model_id, pk, _ in were for tier in {ServiceTier.DEFAULT.value} | tiers[pk]
    }
    return frozenset(known)
