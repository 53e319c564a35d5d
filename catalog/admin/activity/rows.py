"""Changes as text: who made them, what changed, how and why."""

from collections.abc import Iterable
from typing import NamedTuple

from django.urls import reverse

from catalog.admin.labels import NOTHING, changed_by_texts, time_text
from catalog.history import Change
from catalog.history.changes import ADDED, FACTS, LISTING, NAMED, READINESS, REMOVED

KIND_LABELS = {
    ADDED: "Models added",
    REMOVED: "Models deleted",
    LISTING: "Listing on OpenRouter",
    READINESS: "Readiness of models",
    FACTS: "Other facts of models",
    "prices": "Prices",
    "offers": "Offers of tiers and free variants",
    "scheduled": "Scheduled listing and readiness",
    "datacenters": "Datacenters",
    "parameters": "Parameter descriptions",
    "provider": "Provider",
}
"""What a change can be about, in the filter."""

KIND_TEXTS = {
    LISTING: "listing on OpenRouter",
    READINESS: "readiness",
    FACTS: "facts",
    "offers": "offers",
    "scheduled": "scheduled listing or readiness",
    "datacenters": "datacenters",
    "parameters": "parameter descriptions",
}
"""The same in the sentence about one change. Prices and added or deleted models are counted."""


class ChangeText(NamedTuple):
    """One row of the list. ``address`` is its page; empty for what took effect at its time."""

    moment: str
    key: str
    address: str
    who: str
    how: str
    why: str
    what: str
    models: list[tuple[str, str]]
    """The ids of the first models, each with the address of its history."""
    more: int


def change_texts(found: Iterable[Change]) -> list[ChangeText]:
    """Changes as text. Two queries."""
    found = list(found)
    return [
        ChangeText(
            time_text(one.at),
            one.key,
            reverse("admin:catalog_aimodel_change_page", args=[one.key]) if one.key else "",
            by.who,
            by.how,
            by.why,
            what(one),
            [(model_id, reverse("admin:catalog_aimodel_history", args=[key])) for key, model_id in one.named],
            one.models - len(one.named),
        )
        for one, by in zip(found, changed_by_texts(one.context for one in found), strict=True)
    ]


def what(change: Change) -> str:
    """What a change is about, in a few words."""
    counts, parts = change.counts, []
    for kind, word in ((ADDED, "added"), (REMOVED, "deleted")):
        if number := counts.get(kind):
            parts.append(f"{number:,} model{'s' * (number != 1)} {word}")
    if not parts and change.models > NAMED:
        parts.append(f"{change.models:,} models")
    if number := counts.get("prices"):
        parts.append(f"{number:,} price{'s' * (number != 1)}")
    if ADDED not in counts and REMOVED not in counts:
        parts += [
            word for kind, word in KIND_TEXTS.items() if kind in counts and (kind != "datacenters" or not change.shared)
        ]
    text = ", ".join([*parts, *change.shared])
    return text[:1].upper() + text[1:] or NOTHING
