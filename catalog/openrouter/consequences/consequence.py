"""One consequence: what changes in an entry, and what OpenRouter does about it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from catalog.formats import openrouter, openrouter_v2
from catalog.listing import EntryKey
from catalog.models import ServiceTier

FLAT, V2 = openrouter.FORMAT.name, openrouter_v2.FORMAT.name

FEEDS = (FLAT, V2)


class Effect(StrEnum):
    """What OpenRouter does."""

    STAGED = "staged"
    """It matches a new entry with a model, stages it hidden, tests it, and possibly shows it without a person's decision."""
    APPLIED = "applied"
    """It applies the change on the next poll."""
    REVIEWED = "reviewed"
    """A person there reviews it first."""
    DETECTED = "detected"
    """It notices the change and does not apply it."""
    AT_STAGING = "at_staging"
    """It reads the field only when the entry is new there."""
    IGNORED = "ignored"
    """It does nothing."""
    HIDDEN = "hidden"
    """It hides the endpoint on the next poll, and keeps it hidden until you ask to bring it back."""
    STAYS_HIDDEN = "stays_hidden"
    """An entry that it has hidden is in the feed again, and stays hidden until you ask to bring it back."""
    BASE_PRICE = "base_price"
    """It accepts the price and bills the base price."""
    NOT_BILLED = "not_billed"
    """It accepts the price and does not bill it."""
    UNSTATED = "unstated"
    """It does not document what it does."""
    CANCELLED = "cancelled"
    """A scheduled change is cancelled; OpenRouter has not seen it."""
    ANNOUNCED = "announced"
    """It warns users of a deprecation, and may hide the endpoint after it."""


IMPORTANCE = [
    *(Effect.HIDDEN, Effect.STAYS_HIDDEN, Effect.ANNOUNCED, Effect.STAGED, Effect.BASE_PRICE, Effect.NOT_BILLED),
    *(Effect.REVIEWED, Effect.UNSTATED, Effect.APPLIED, Effect.DETECTED, Effect.AT_STAGING, Effect.IGNORED),
    Effect.CANCELLED,
]


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing that changes, and what OpenRouter does about it.

    ``field`` is the model's, or ``prices``, ``datacenters``, ``parameters``, and ``entry`` for a whole entry that comes or
    goes; ``label`` is what staff call it, with the unit of ``old`` and ``new``, which are texts (None: nothing). ``code``
    names the rule and stays. ``danger`` is why the change must be confirmed by typing the model's id; empty, it need not.
    ``feeds`` are the formats that show the change. ``is_price_rise`` says that a price becomes higher. ``lines`` are the prices of an
    entry that is new, as labels and amounts.
    """

    key: EntryKey
    field: str
    label: str
    old: str | None
    new: str | None
    code: str
    effect: Effect
    sentence: str
    source: str
    danger: str = ""
    feeds: tuple[str, ...] = FEEDS
    is_price_rise: bool = False
    lines: tuple[tuple[str, str], ...] = ()


AS_SCHEDULED = "Already scheduled; this change does not affect it."


def entry_name(key: EntryKey) -> str:
    """The model's id, with the service tier or the free variant."""
    variant = "free variant" if key.is_free else f"{ServiceTier(key.service_tier).label.lower()} tier"
    return key.model_id if not key.is_free and key.service_tier == ServiceTier.DEFAULT else f"{key.model_id}, {variant}"


def cancelled(one: Consequence) -> Consequence:
    """A consequence that was scheduled for later and no longer happens."""
    sentence = "This scheduled change is cancelled. OpenRouter has not seen it."
    code = "no-longer-planned"
    return replace(one, code=code, effect=Effect.CANCELLED, sentence=sentence, source="", danger="", is_price_rise=False)


def as_scheduled(one: Consequence) -> Consequence:
    """A later consequence that was already scheduled; the change does not affect it."""
    return replace(one, sentence=f"{one.sentence} {AS_SCHEDULED}") if one.effect is not Effect.CANCELLED else one
