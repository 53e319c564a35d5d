"""One rule for each thing that OpenRouter does, with a sentence for staff and its source in OpenRouter's "Provider
Integration" documentation.

That page describes the fields of Model Document V2; we assume that OpenRouter treats the flat listing alike. ``entries``, ``facts``
and ``prices`` decide which rule applies to a change.
"""

from typing import NamedTuple

from catalog.listing import EntryKey
from catalog.openrouter.consequences.consequence import Consequence, Effect
from catalog.openrouter.readiness.finding import INTEGRATION


class Rule(NamedTuple):
    """What OpenRouter does in one case. ``sentence`` may have placeholders, in braces."""

    code: str
    effect: Effect
    sentence: str
    source: str


_BY_HAND = "unless its staff set it by hand"

_UNSTATED = (
    "The value leaves the feed with the next poll. OpenRouter does not say what it does with a missing value; ask whether "
    "the old one stays."
)

_NOT_OPTED_OUT = "unless it has agreed not to hide your models"

STRATEGY = "if your OpenRouter account uses the openai_extended pricing strategy (for windows also alibaba); ask OpenRouter"

ENTRY_REMOVED = Rule("entry-removed", Effect.HIDDEN,
    f"OpenRouter hides it on the next poll, {_NOT_OPTED_OUT}. It stays hidden until you ask OpenRouter, even if it comes back.",
    f"{INTEGRATION}: disappearance")  # fmt: skip

ENTRY_REMOVED_SHOWN = Rule("entry-removed-not-hidden", Effect.DETECTED,
    "OpenRouter does not automatically hide models whose only output is {outputs}; ask it to take this one down.",
    f"{INTEGRATION}: disappearance, exceptions")  # fmt: skip

ID_CHANGED = Rule("id-changed", Effect.HIDDEN,
    "OpenRouter identifies a model only by its id: it hides {old_id} on the next poll, " + _NOT_OPTED_OUT + ", keeps it hidden "
    "until you ask, and treats {new_id} as a new model.", f"{INTEGRATION}: id, disappearance")  # fmt: skip

ID_CHANGED_SHOWN = Rule("id-changed-not-hidden", Effect.DETECTED,
    "OpenRouter identifies a model only by its id and treats {new_id} as a new model. It does not automatically hide models whose only "
    "output is {outputs}; ask it to take {old_id} down.", f"{INTEGRATION}: id, disappearance, exceptions")  # fmt: skip

ENTRY_NEW = Rule("entry-new", Effect.STAGED,
    "OpenRouter matches it with a model it knows, adds it hidden and tests it. It goes live automatically if exactly one model "
    "matches, all tests pass and you already have {endpoint} there; otherwise OpenRouter's staff decide.",
    f"{INTEGRATION}: staging")  # fmt: skip

ENTRY_BACK = Rule(
    "entry-back",
    Effect.STAYS_HIDDEN,
    "It was in the feed before. OpenRouter does not show a hidden model again automatically; ask OpenRouter.",
    f"{INTEGRATION}: disappearance",
)

ENTRY_NEW_WAITS = Rule("entry-new-waits", Effect.STAGED,
    "OpenRouter adds it hidden; its staff decide when it is shown: {reason}.", f"{INTEGRATION}: staging")  # fmt: skip

ENTRY_NEW_SKIPPED = Rule("entry-new-skipped", Effect.IGNORED,
    "OpenRouter skips it: its deprecation is in the past.", f"{INTEGRATION}: staging")  # fmt: skip

NOT_READY = Rule("not-ready", Effect.HIDDEN,
    "OpenRouter hides it on the next poll. OpenRouter does not say whether it shows it again when it is ready; plan to ask them.",
    f"{INTEGRATION}: is_ready")  # fmt: skip

READY = Rule("ready-again", Effect.APPLIED,
    "OpenRouter reads it on the next poll: it tests an endpoint that is new there now. It does not say whether it shows a hidden one "
    "again automatically; ask OpenRouter if it does not.", f"{INTEGRATION}: is_ready")  # fmt: skip

DEPRECATION = Rule("deprecation-announced", Effect.ANNOUNCED,
    f"OpenRouter reads it on the next poll, {_BY_HAND}: it warns users, and may hide the model afterwards.",
    f"{INTEGRATION}: deprecation_date")  # fmt: skip

DEPRECATION_PAST = Rule("deprecation-past", Effect.ANNOUNCED,
    f"This time is in the past: OpenRouter reads it on the next poll, {_BY_HAND}, and may hide the model immediately.",
    f"{INTEGRATION}: deprecation_date")  # fmt: skip

DEPRECATION_REMOVED = Rule("deprecation-removed", Effect.UNSTATED, _UNSTATED, f"{INTEGRATION}: deprecation_date")

FACT = Rule("fact-applied", Effect.APPLIED, f"OpenRouter applies it on the next poll, {_BY_HAND}.",
    f"{INTEGRATION}: field reference")  # fmt: skip

FACT_REMOVED = Rule("fact-removed", Effect.UNSTATED, _UNSTATED, f"{INTEGRATION}: field reference")

CAPACITY = Rule("capacity-applied", Effect.APPLIED, "OpenRouter applies it on the next poll.", f"{INTEGRATION}: capacity")

CAPACITY_REMOVED = Rule("capacity-removed", Effect.APPLIED,
    "From the next poll, you declare no capacity; that does not mean zero.", f"{INTEGRATION}: capacity")  # fmt: skip

MODALITIES = Rule("modalities-detected", Effect.DETECTED,
    "OpenRouter notices it and its staff get an item to review; it is never applied to a live endpoint automatically.",
    f"{INTEGRATION}: modalities")  # fmt: skip

DETECTED = Rule("fact-detected", Effect.DETECTED, "OpenRouter notices it and does not act on it.",
    f"{INTEGRATION}: field reference")  # fmt: skip

HUGGING_FACE = Rule("hugging-face-id-detected", Effect.DETECTED,
    "OpenRouter matches a new model by it; it notices a later change and does not apply it.",
    f"{INTEGRATION}: hugging_face_id")  # fmt: skip

AT_STAGING = Rule("read-at-staging", Effect.AT_STAGING, "OpenRouter reads it only when the model is new there.",
    f"{INTEGRATION}: field reference")  # fmt: skip

IGNORED = Rule("fact-ignored", Effect.IGNORED, "OpenRouter does not use it.", f"{INTEGRATION}: field reference")

FEATURES = Rule("features-ignored", Effect.IGNORED,
    "OpenRouter ignores it: its own tests decide what the model can do.", f"{INTEGRATION}: capabilities")  # fmt: skip

NOT_INGESTED = Rule("parameters-not-read", Effect.IGNORED,
    "OpenRouter does not read the parameters of models without text output.",
    f"{INTEGRATION}: supported_parameters")  # fmt: skip

DESCRIPTION = Rule("parameter-reviewed", Effect.REVIEWED,
    "OpenRouter copies only the names of parameters; it does not say what it does with a description. Expect a "
    "manual review there.", f"{INTEGRATION}: supported_parameters")  # fmt: skip

FEATURE_DESCRIPTION = Rule("feature-description-ignored", Effect.IGNORED, FEATURES.sentence,
    f"{INTEGRATION}: capabilities")  # fmt: skip

PASSTHROUGH = Rule("passthrough-reviewed", Effect.REVIEWED, "OpenRouter's staff review it.",
    f"{INTEGRATION}: passthrough_parameters")  # fmt: skip

PASSTHROUGH_LEFT = Rule("passthrough-left", Effect.IGNORED,
    "The feed no longer has any passthrough parameter, so OpenRouter keeps the ones that it has. Ask OpenRouter.",
    f"{INTEGRATION}: passthrough_parameters")  # fmt: skip

PRICE = Rule(
    "price-changed", Effect.APPLIED, "OpenRouter applies the price on the next poll.", f"{INTEGRATION}: price changes"
)

FIRST_PRICE = Rule("first-price", Effect.APPLIED, "It had no price: OpenRouter applies its first one on the next poll.",
    f"{INTEGRATION}: price changes")  # fmt: skip

CACHE_PRICE = Rule("cache-price-added-or-removed", Effect.APPLIED,
    "A discount for cached tokens starts or ends on the next poll.", f"{INTEGRATION}: price changes")  # fmt: skip

CONDITIONAL = Rule("conditional-price-changed", Effect.APPLIED,
    f"OpenRouter applies it on the next poll {STRATEGY}. Otherwise it bills the base price.", f"{INTEGRATION}: what is billed")  # fmt: skip

CONDITION_AT_BASE = Rule("billed-at-base-price", Effect.BASE_PRICE,
    "OpenRouter accepts it, and bills the base price. {reason}", f"{INTEGRATION}: what is billed")  # fmt: skip

CONDITION_BILLED = Rule("condition-billed-again", Effect.APPLIED,
    f"The reason for not billing this price is gone: from the next poll OpenRouter bills it {STRATEGY}.",
    f"{INTEGRATION}: what is billed")  # fmt: skip

PRICE_REVIEWED = Rule("price-line-reviewed", Effect.REVIEWED,
    "OpenRouter's staff review a new or removed price.{reason}",
    f"{INTEGRATION}: price changes")  # fmt: skip

FREE_PRICE = Rule("free-price-reviewed", Effect.REVIEWED,
    "OpenRouter's staff review it: the free variant costs nothing there.", f"{INTEGRATION}: price changes")  # fmt: skip

NOT_BILLED = Rule("price-not-billed", Effect.NOT_BILLED, "{reason}",
    f"{INTEGRATION}: unsupported_pricing_entry, unsupported_cache_qualifier")  # fmt: skip

RULES = tuple(value for value in list(globals().values()) if isinstance(value, Rule))


def consequence_of(
    rule: Rule, key: EntryKey, field: str, label: str, old: str | None, new: str | None, *, danger: str = "", **filled: str
) -> Consequence:
    """The consequence of a change by a rule; ``filled`` are the values of the placeholders in its sentence."""
    sentence = rule.sentence.format(**filled)
    return Consequence(key, field, label, old, new, rule.code, rule.effect, sentence, rule.source, danger)
