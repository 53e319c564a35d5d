"""Compares the published catalog with what our servers serve: the OpenAI-compatible ``/models`` of vLLM, SGLang or a gateway."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings

from catalog.drift.comparing import LARGEST, Comparison, Difference, NotThere, Unknown, What, asked, items
from catalog.fetching import Fetcher
from catalog.listing import ModelFacts, Selection, listing

SECONDS = 30.0
"""For each server."""
LENGTHS = ("max_model_len", "context_length", "max_context_length", "context_window")
"""The keys for the context length of a server: of vLLM and SGLang, and of gateways."""


def compare_served() -> Comparison:
    """Ask each of ``SERVED_URLS``. A model that no answering server serves is missing only if all servers answered."""
    found = Comparison()
    if not settings.SERVED_URLS:
        found.unknown.append("SERVED_URLS is not set, so the servers are unknown.")
        return found
    listed = models(Selection.LISTED)
    published = listed | models(Selection.PUBLIC)
    names = {name: model for model in published.values() for name in (model.model_id, *model.aliases)}
    served: set[str] = set()
    for url in settings.SERVED_URLS:
        try:
            answered = items(asked(Fetcher(largest=LARGEST, seconds=SECONDS), f"{url}/models"), f"{url}/models")
        except (Unknown, NotThere) as error:
            found.unknown.append(str(error) or f"{url}/models does not exist.")
            continue
        for item in answered:
            model = names.get(item["id"])
            if model is None:
                found.differences.append(Difference(item["id"][:200], What.NOT_LISTED, "server", "", url))
                continue
            served.add(model.model_id)
            length = length_of(item)
            if length is not None and model.context_length is not None and length < model.context_length:
                found.differences.append(
                    Difference(
                        model.model_id, What.SHORTER, "context_length", str(model.context_length), f"{length} at {url}"
                    )
                )
    missing = [model for model in listed.values() if model.model_id not in served and model.status.is_in_service]
    if not found.unknown:
        found.differences += [Difference(model.model_id, What.NOT_SERVED) for model in missing]
    elif missing:
        names_of_missing = ", ".join(model.model_id for model in missing[:10])
        found.unknown.append(
            f"It is unknown whether these are served: {names_of_missing}{', …' if len(missing) > 10 else ''}."
        )
    return found


def models(selection: Selection) -> dict[str, ModelFacts]:
    """The models of a selection, by their ids."""
    return {entry.model.model_id: entry.model for entry in listing(selection).entries}


def length_of(item: Mapping[str, Any]) -> int | None:
    """Tokens of context that a server accepts; None if it does not say."""
    for name in LENGTHS:
        value = item.get(name)
        if isinstance(value, Decimal) and value > 0:
            return int(value)
    return None
