"""The facts in which service tiers and the free variant differ from their model, as text."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from catalog.formats import models_api
from catalog.listing import Entry, Status
from catalog.models import Variant
from catalog.public_history import Facts, FactsChange
from catalog.site import labels, numbers

NONE = "—"

TITLES: dict[str, Any] = {
    "is_ready": _lazy("Status"),
    "deprecation_at": _lazy("Retired on"),
    "context_length": _lazy("Context length"),
    "max_prompt_length": _lazy("Max prompt length"),
    "max_output_length": _lazy("Max output length"),
    "capacity_tpm": _lazy("Capacity"),
    "discount_to_user": _lazy("Discount"),
    "supported_sampling_parameters": _lazy("Request parameters"),
    "supported_features": _lazy("Features"),
    "datacenters": _lazy("Served from"),
}


def name(variant: Variant) -> object:
    """The name of an offer."""
    return _("Free variant") if variant == Variant.FREE else labels.TIERS[variant.value]


def own_facts(entry: Entry) -> list[tuple[Any, Any]]:
    """The own facts of a service tier or the free variant: pairs of label and text. A dash means none."""
    model = entry.model
    of_the_entry: dict[str, Any] = {
        "is_ready": labels.STATUSES[model.status],
        "supported_sampling_parameters": ", ".join(models_api.supported_parameters(model)),
        "datacenters": labels.listed(dict.fromkeys(numbers.country(place.country) for place in model.datacenters)),
    }
    return [
        (TITLES[fact], (of_the_entry[fact] or NONE) if fact in of_the_entry else _text(fact, getattr(model, fact)))
        for fact in entry.own
    ]


def changes(change: FactsChange) -> list[dict[str, Any]]:
    """An offer's own facts before and after a change."""

    def text(fact: str, facts: Facts) -> object:
        return _text(fact, facts[fact]) if fact in facts else _("same as the model")

    return [
        {"title": title, "before": text(fact, change.before), "after": text(fact, change.after)}
        for fact, title in TITLES.items()
        if fact in change.before or fact in change.after
    ]


def _text(fact: str, value: Any) -> Any:
    if value in (None, (), []):
        return NONE
    match fact:
        case "is_ready":
            return labels.STATUSES[Status.AVAILABLE if value else Status.NOT_READY]
        case "deprecation_at":
            return numbers.moment(value)
        case "capacity_tpm":
            return numbers.capacity(value)
        case "discount_to_user":
            return numbers.percent(value)
        case "supported_sampling_parameters":
            return ", ".join(value)
        case "supported_features":
            return labels.listed(labels.FEATURES[word] for word in value)
        case _:
            return numbers.tokens(value)
