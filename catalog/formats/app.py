"""The list for app back ends: models that generate text, and models that generate images, by provider.

The shape is seed 003's (InsForge's ``GET /api/ai/models``). A model that does both is in both groups. ``configured`` says whether
the provider can be called at all: whether the address of its API is set. If not, there are no models.
"""

from collections.abc import Iterator
from typing import Any

from catalog.formats import models_api, pricing
from catalog.formats.format import READER_FACTS, Format, Offers, Record, closed
from catalog.listing import Entry, ProviderFacts, Selection
from catalog.models import InputModality, OutputModality, ServiceTier

GROUPS = (OutputModality.TEXT, OutputModality.IMAGE)
PRICES = (
    "prompt",
    "completion",
    "image",
    "request",
    "web_search",
    "internal_reasoning",
    "input_cache_read",
    "input_cache_write",
)


def records(entries: tuple[Entry, ...], provider: ProviderFacts) -> Iterator[Record]:
    """An item for each group that a model is in, and for its free variant."""
    for model_id, own in models_api.shown(entries):
        document = _document(model_id, own)
        for group in GROUPS:
            if group in own[0].model.output_modalities:
                yield Record(group.value, own, document)


def envelope(records: Any, provider: ProviderFacts) -> dict[str, Any]:
    """The groups, each with its one provider."""
    configured = bool(provider.api_base_url)
    return {
        group.value: [
            {
                "provider": provider.slug,
                "configured": configured,
                "models": [fragment for key, fragment in records if key == group and configured],
            }
        ]
        for group in GROUPS
    }


def _document(model_id: str, own: tuple[Entry, ...]) -> dict[str, Any]:
    model = own[0].model
    architecture = {
        "input_modalities": model.input_modalities,
        "output_modalities": model.output_modalities,
        "tokenizer": model.tokenizer,
        "instruct_type": model.instruct_type,
    }
    lengths = {"context_length": model.context_length, "max_completion_tokens": model.max_output_length}
    known = {name: value for name, value in lengths.items() if value is not None}
    written = {
        "id": model_id,
        "name": models_api.name(model, own),
        "created": int(model.released_at.timestamp()) if model.released_at else None,
        "description": model.description,
        "architecture": {name: value for name, value in architecture.items() if value},
        "topProvider": {"is_moderated": model.is_moderated, **known},  # that API's own spelling
        "pricing": _pricing(own[0]),
        **known,
        "per_request_limits": {},
        "supported_parameters": models_api.supported_parameters(model),
    }
    return {name: value for name, value in written.items() if value is not None}


def _pricing(entry: Entry) -> dict[str, str]:
    if entry.is_free:
        return {"prompt": "0", "completion": "0"}
    base = pricing.base(entry.prices, pricing.public_key)
    return {key: base[key] for key in PRICES if key in base}


def left_out(entry: Entry) -> Iterator[tuple[str, str]]:
    """Models, tiers and prices that its groups and its eight prices cannot express."""
    if not any(group in entry.model.output_modalities for group in GROUPS):
        yield "output_modalities", "The list for app back ends has only models that generate text or images."
    if entry.service_tier != ServiceTier.DEFAULT:
        yield "prices", f"The list for app back ends has no {entry.service_tier} tier."
        return
    for line in entry.prices:
        if pricing.public_key(line) not in PRICES or not line.is_base:
            yield "prices", f"The price for {pricing.line_label(line)} has no key in the list for app back ends."


_TEXT, _WHOLE = {"type": "string"}, {"type": "integer"}
_WORDS = {"type": "array", "items": _TEXT}
_LENGTHS = {"context_length": _WHOLE, "max_completion_tokens": _WHOLE}
_USD = pricing.usd_schemas({key: unit for key, (_, unit, _) in pricing.PUBLIC_KEYS.items() if key in PRICES})
_MODEL = closed(
    {
        "id": _TEXT,
        "name": _TEXT,
        "description": _TEXT,
        "architecture": closed(
            {},
            {
                "input_modalities": {"type": "array", "items": {"type": "string", "enum": InputModality.values}},
                "output_modalities": {"type": "array", "items": {"type": "string", "enum": OutputModality.values}},
                "tokenizer": _TEXT,
                "instruct_type": _TEXT,
            },
        ),
        "topProvider": closed({"is_moderated": {"type": "boolean"}}, _LENGTHS),
        "pricing": closed({}, _USD),
        "per_request_limits": closed({}, {}),
        "supported_parameters": _WORDS,
    },
    {"created": _WHOLE, **_LENGTHS},
)
_GROUP = {
    "type": "array",
    "items": closed(
        {"provider": _TEXT, "configured": {"type": "boolean"}, "models": {"type": "array", "items": _MODEL}}, {}
    ),
}

FORMAT = Format(
    name="app",
    title="The list for app back ends",
    selection=Selection.PUBLIC,
    path="/api/ai/models",
    records=records,
    envelope=envelope,
    schema=closed({group.value: _GROUP for group in GROUPS}, {}),
    left_out=left_out,
    offers=Offers.FREE,
    without=(
        "aliases",
        "author",
        "category",
        "hugging_face_id",
        "openrouter_slug",
        "knowledge_cutoff",
        "quantization",
        "max_prompt_length",
        "capacity_tpm",
        "discount_to_user",
        "deprecation_at",
        "replacement",
        "datacenters",
        "parameters",
        "is_ready",
        *READER_FACTS,
    ),
)
