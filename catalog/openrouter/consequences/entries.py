"""Entries that are added to the feeds, removed from them, or get another id."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import orjson

from catalog.formats import openrouter, openrouter_v2, pricing
from catalog.formats.plausibility import AT_ZERO, FREE_VARIANT
from catalog.listing import Entry, EntryKey
from catalog.models import OutputModality, ServiceTier
from catalog.openrouter.consequences.consequence import FLAT, Consequence, entry_name
from catalog.openrouter.consequences.facts import deprecation_text
from catalog.openrouter.consequences.prices import amount_text, implausible_prices
from catalog.openrouter.consequences.rules import (
    DEPRECATION,
    ENTRY_BACK,
    ENTRY_NEW,
    ENTRY_NEW_SKIPPED,
    ENTRY_NEW_WAITS,
    ENTRY_REMOVED,
    ENTRY_REMOVED_SHOWN,
    ID_CHANGED,
    ID_CHANGED_SHOWN,
    consequence_of,
)
from catalog.openrouter.readiness.price_rules import costs_nothing

NEVER_HIDDEN = {
    OutputModality.VIDEO.value,
    OutputModality.SPEECH.value,
    OutputModality.TRANSCRIPTION.value,
    OutputModality.EMBEDDINGS.value,
}
"""Outputs whose endpoints OpenRouter does not hide when they are missing from the feed. The documentation does not say what happens
to a model that has other outputs too; here it counts as hidden."""

MATCHED_BY_STAFF = ("anthropic", "google", "openai", "x-ai")
"""OpenRouter's staff match models of these authors if they have no Hugging Face id."""


def new_ids(gone: list[Entry], new: list[Entry]) -> dict[EntryKey, str]:
    """The new ids of removed entries, if exactly one added entry is otherwise the same in the feeds."""
    found: dict[bytes, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for side, entries in enumerate((gone, new)):
        for entry in entries:
            found[_fingerprint(entry)][side].append(entry)
    return {old[0].key: others[0].model.model_id for old, others in found.values() if len(old) == len(others) == 1}


def _fingerprint(entry: Entry) -> bytes:
    nameless = entry._replace(model=entry.model._replace(model_id=""))
    return orjson.dumps([openrouter.entry_document(nameless), openrouter_v2.entry_document(nameless)])


def entry_removed(entry: Entry, new_id: str | None) -> Consequence:
    """What OpenRouter does when an entry is no longer in the feeds. ``new_id`` is its new id, if only the id has changed."""
    key = entry.key
    stays = NEVER_HIDDEN.issuperset(entry.model.output_modalities)
    outputs = " and ".join(entry.model.output_modalities)
    if new_id is not None:
        rule = ID_CHANGED_SHOWN if stays else ID_CHANGED
        danger = f"The id changes from {key.model_id} to {new_id}: OpenRouter sees a removed and a new model."
        filled = {"old_id": key.model_id, "new_id": new_id, "outputs": outputs}
        return consequence_of(rule, key, "model_id", "Model id", key.model_id, new_id, danger=danger, **filled)
    rule = ENTRY_REMOVED_SHOWN if stays else ENTRY_REMOVED
    danger = f"{entry_name(key)} leaves the feed, and does not come back on OpenRouter automatically."
    return consequence_of(rule, key, "entry", "Entry in the feed", entry_name(key), None, danger=danger, outputs=outputs)


def entry_added(entry: Entry, at: datetime, is_known: bool) -> Iterator[Consequence]:
    """What OpenRouter does with a new entry; ``is_known`` if it was in the feeds at some time before."""
    key = entry.key
    reasons = "; ".join(_reasons_to_wait(entry))
    deprecation = entry.model.deprecation_at
    if is_known and not NEVER_HIDDEN.issuperset(entry.model.output_modalities):
        rule = ENTRY_BACK
    elif deprecation is not None and deprecation <= at:
        rule = ENTRY_NEW_SKIPPED
    else:
        rule = ENTRY_NEW_WAITS if reasons else ENTRY_NEW
    endpoint = "a launched endpoint" if entry.is_free else "a launched paid endpoint"
    lines = tuple((pricing.price_label(line), amount_text(line, line.unit) or "") for line in entry.prices)
    words = [entry_name(key), *(f"{label}: {amount}" for label, amount in lines)]
    made = consequence_of(
        rule, key, "entry", "Entry in the feed", None, "; ".join(words), reason=reasons, endpoint=endpoint,
        danger=" ".join([*_given_away(entry), *implausible_prices(entry.prices)]),
    )  # fmt: skip
    yield replace(made, lines=lines)
    if deprecation is not None and deprecation > at:
        yield consequence_of(DEPRECATION, key, "deprecation_at", "Deprecation", None, deprecation_text(entry.model, FLAT))


def newly_given_away(old: Entry, new: Entry) -> str:
    """Why a change of an entry must be confirmed that lets users pay nothing: each of its prices may end without becoming 0."""
    known = [*_given_away(old)]
    return " ".join(sentence for sentence in _given_away(new) if sentence not in known)


def _given_away(entry: Entry) -> Iterator[str]:
    if entry.is_free:
        yield FREE_VARIANT.format(name=entry.model.model_id)
    elif costs_nothing(entry):
        yield AT_ZERO.format(name=entry_name(entry.key))
    if openrouter.shows_only_zeros(entry):
        name = entry_name(entry.key)
        yield f"OpenRouter's flat listing has no key for the prices of {name} and shows 0. Does OpenRouter use your Model Document V2 feed?"


def _reasons_to_wait(entry: Entry) -> Iterator[str]:
    """Why OpenRouter does not show a new entry automatically after staging it."""
    model = entry.model
    if not model.is_ready:
        yield "it is not ready, so it is not tested either"
    if entry.service_tier != ServiceTier.DEFAULT:
        yield "a service tier waits until its default tier is live, OpenRouter forwards service_tier and your API echoes it"
    if costs_nothing(entry):
        yield "it costs nothing, and is not the free variant"
    if not entry.is_free and not entry.prices:
        yield "it has no price"
    if model.output_modalities != (OutputModality.TEXT,):
        yield "it generates more than text, or no text"
    author, slash, _ = model.model_id.partition("/")
    if not model.hugging_face_id and not slash:
        yield "without a Hugging Face id or an author in its id, a person there has to match it"
    elif not model.hugging_face_id and author in MATCHED_BY_STAFF:
        yield f"a person there matches models of {author} that have no Hugging Face id"
