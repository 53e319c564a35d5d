"""A review: which models change, what OpenRouter does and when, what must be confirmed, and which permissions it needs.

Nothing is read from the database here; ``comparing`` makes a ``Review``.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.db.models import Model

from catalog.history import MODEL_ID, Difference
from catalog.listing import EntryKey
from catalog.models import AIModel, Line, ParameterDescriptor, Price, ScheduledSwitch
from catalog.openrouter.consequences import AS_SCHEDULED, Consequence
from catalog.openrouter.readiness.finding import Finding
from catalog.review.api_names import NameChange
from catalog.review.unlisted_prices import IS_PUBLIC, Doubt


class Agreement(NamedTuple):
    """A confirmation: the digest of the review that the person saw, and the text that they typed."""

    digest: str = ""
    typed: str = ""


class Document(NamedTuple):
    """An entry's JSON in one feed. Each line has a sign: ``-`` removed, ``+`` added, a space unchanged."""

    key: EntryKey
    format_name: str
    lines: tuple[tuple[str, str], ...]


class Moment(NamedTuple):
    """What changes in the OpenRouter feeds at one time; None: immediately."""

    at: datetime | None
    consequences: tuple[Consequence, ...]


class ModelChange(NamedTuple):
    """What changes in one model. ``model_id`` is the new one, or the last if the model is deleted."""

    model_id: str
    is_new: bool
    differences: tuple[Difference, ...]
    pk: int | None = None
    """Its key; None for a new model, which gets another key each time the change is carried out."""

    @property
    def is_deletion(self) -> bool:
        """Whether the model is deleted."""
        return any(one.path == MODEL_ID and one.new is None for one in self.differences)

    @property
    def is_withdrawal(self) -> bool:
        """Whether the model leaves every public list: it was public, and is not, or is deleted."""
        return any(one.path == IS_PUBLIC and one.old and not one.new for one in self.differences)

    @property
    def makes_public(self) -> bool:
        """Whether the model becomes public."""
        return any(one.path == IS_PUBLIC and one.new for one in self.differences)


class PastPrices(NamedTuple):
    """Prices that a model gets for times before now, which the price history shows: the start, line and amount in USD of each, oldest
    first. None ends the line."""

    model_id: str
    rows: tuple[tuple[datetime, Line, str | None], ...]


@dataclass(frozen=True)
class Review:
    """A change, its consequences, and what is needed to confirm it."""

    changes: tuple[ModelChange, ...] = ()
    moments: tuple[Moment, ...] = ()
    documents: tuple[Document, ...] = ()
    findings: tuple[Finding, ...] = ()
    """The findings that are new after the change."""
    is_of_models: bool = True
    """Whether ``changes`` is complete: no past prices, and no datacenters or provider, have changed."""
    writes_listing: bool = False
    """Whether it writes rows that decide what a feed shows, now or later, even if no feed differs yet."""
    names: tuple[NameChange, ...] = ()
    """The names that find another model, or none, in the API."""
    past: tuple[PastPrices, ...] = ()
    price_doubts: tuple[Doubt, ...] = ()
    """The prices that no feed shows and that must be confirmed."""

    @property
    def is_of_others(self) -> bool:
        """Whether it changes a datacenter or the provider, which no proposal can hold, and deletes no model."""
        return not self.is_of_models and not any(change.is_deletion for change in self.changes)

    @property
    def writes(self) -> bool:
        """Whether it changes anything in the catalog."""
        return bool(self.changes or self.past)

    @property
    def changes_feed(self) -> bool:
        """Whether anything changes in the OpenRouter feeds."""
        return bool(self.moments)

    @property
    def is_for_publishers(self) -> bool:
        """Whether it needs the permission to publish."""
        return self.changes_feed or bool(self.names) or self.writes_listing

    @property
    def must_be_agreed_to(self) -> bool:
        """Whether it is committed only after somebody has agreed to it."""
        published = any(change.makes_public and not change.is_new for change in self.changes)
        return self.changes_feed or bool(self.names) or bool(self.withdrawn) or bool(self.price_doubts) or published

    @property
    def withdrawn(self) -> tuple[str, ...]:
        """The ids of the models that leave every public list."""
        return tuple(change.model_id for change in self.changes if change.is_withdrawal)

    @property
    def made_public(self) -> tuple[str, ...]:
        """The ids of the models that become public."""
        return tuple(change.model_id for change in self.changes if change.makes_public)

    @property
    def leaves_scheduled_prices(self) -> bool:
        """Whether prices that were scheduled earlier will replace what it changes."""
        found = (one for moment in self.moments for one in moment.consequences)
        return any(one.field == "prices" and one.sentence.endswith(AS_SCHEDULED) for one in found)

    @cached_property
    def dangers(self) -> dict[str, tuple[str, ...]]:
        """Why the change must be confirmed by typing, by model id; of what happens later, with its time."""
        found: dict[str, list[str]] = {}
        for moment in self.moments:
            for one in moment.consequences:
                if one.danger:
                    found.setdefault(one.key.model_id, []).append(_at(moment.at, one.danger))
        for model_id, at, sentence in self.price_doubts:
            found.setdefault(model_id, []).append(_at(at, sentence))
        # If two models exchange their ids, the feed has the same ids as before, but for different models.
        in_feeds = {one.key.model_id for moment in self.moments for one in moment.consequences}
        for change in self.changes:
            for old, new in ((one.old, one.new) for one in change.differences if one.path == MODEL_ID):
                if old in in_feeds and new and old not in found:
                    found[old] = [f"The id changes from {old} to {new}."]
        for name in self.names:
            if name.is_taken:
                found.setdefault(name.model_id, []).append(name.sentence)
        new = {change.model_id for change in self.changes if change.is_new}
        for model_id, rows in self.past:
            if model_id not in new:
                past = "A past price is" if len(rows) == 1 else f"{len(rows):,} past prices are"
                found.setdefault(model_id, []).append(f"{past} added to its price history.")
        with_higher_prices = {
            one.key.model_id for moment in self.moments for one in moment.consequences if one.is_price_rise
        }
        if len(with_higher_prices) >= settings.PRICE_RISES_CONFIRMED:
            for model_id in sorted(with_higher_prices):
                found.setdefault(model_id, []).append(f"Prices rise for {len(with_higher_prices):,} models in one step.")
        return {model_id: tuple(dict.fromkeys(sentences)) for model_id, sentences in found.items()}

    @property
    def to_type(self) -> str:
        """What must be typed: the model's id, the number of models if there are several, or nothing."""
        dangers = self.dangers
        return next(iter(dangers)) if len(dangers) == 1 else f"{len(dangers)} models" if dangers else ""

    @cached_property
    def digest(self) -> str:
        """A hash of the whole review: different reviews have different digests."""
        content = repr((self.changes, self.moments, self.names, self.past, self.price_doubts)).encode()
        return hashlib.blake2b(content, digest_size=16).hexdigest()

    @property
    def permissions(self) -> frozenset[str]:
        """Django's permissions that its changes need, whichever page or file they come from."""
        found = frozenset(permission for change in self.changes for permission in _permissions(change))
        return found | {_permission(Price, "add")} if self.past else found

    def is_agreed(self, agreement: Agreement) -> bool:
        """Whether somebody has confirmed exactly this."""
        return agreement.digest == self.digest and agreement.typed.strip() == self.to_type


def _at(at: datetime | None, danger: str) -> str:
    return danger if at is None else f"From {at:%Y-%m-%d %H:%M} UTC on: {danger}"


_TABLES = {"scheduled price": Price, "switch": ScheduledSwitch, "parameter": ParameterDescriptor}
"""The tables whose rows are parts of a model's state."""


def _permission(table: type[Model], action: str) -> str:
    return f"{table._meta.app_label}.{get_permission_codename(action, table._meta)}"


def _permissions(change: ModelChange) -> Iterator[str]:
    if change.is_deletion:
        yield _permission(AIModel, "delete")
        return
    yield _permission(AIModel, "add" if change.is_new else "change")
    for part, old, new in ((one.path[0], one.old, one.new) for one in change.differences):
        if part == "price":  # one in force: every change of it is a new row
            yield _permission(Price, "add")
        elif part in _TABLES:
            yield _permission(_TABLES[part], "add" if old is None else "delete" if new is None else "change")
