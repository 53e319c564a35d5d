"""OpenRouter's flat listing, which it fetches from providers with existing feeds.

The shape is "Provider Integration (legacy)" of OpenRouter's documentation, and its key order is that of real listings. Prices are
strings, in USD per token (``image``: per image, ``request``: per request).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from catalog.formats import pricing
from catalog.formats.format import (
    DAY_OR_HOUR,
    READER_FACTS,
    Format,
    Record,
    choices_schema,
    closed,
    data_list,
    exact_number,
    listed,
)
from catalog.listing import Entry, ModelFacts, PriceLine, ProviderFacts, Selection
from catalog.models import (
    OPENROUTER_TIERS,
    Feature,
    InputModality,
    OutputModality,
    PriceKind,
    PriceUnit,
    Quantization,
    SamplingParameter,
    ServiceTier,
)

DEPRECATION_HOUR = 13
"""A deprecation given as a date alone means this hour of UTC."""

PRICE_KEYS: dict[str, tuple[PriceKind, PriceUnit]] = {
    "prompt": (PriceKind.PROMPT, PriceUnit.TOKEN),
    "completion": (PriceKind.COMPLETION, PriceUnit.TOKEN),
    "image": (PriceKind.IMAGE, PriceUnit.IMAGE),
    "request": (PriceKind.REQUEST, PriceUnit.REQUEST),
    "input_cache_read": (PriceKind.INPUT_CACHE_READ, PriceUnit.TOKEN),
}
"""The documented keys of ``pricing``, in the order of the output, and the line of a price list for each."""

ZERO_FILLED = ("image", "request")
"""Keys that are ``"0"`` if there is no such price, as in real listings. ``input_cache_read`` is not among them: ``"0"`` would sell
cached tokens for nothing."""

REQUIRED = ("prompt", "completion", *ZERO_FILLED)
"""The keys of each entry. Without a price, ``completion`` is ``"0"`` for a model that generates no text, and ``prompt`` for one that generates
neither text nor embeddings; the database does not list any other model without those prices."""

_KEY_OF = {(line.value, unit.value): key for key, (line, unit) in PRICE_KEYS.items()}


def records(entries: tuple[Entry, ...], provider: ProviderFacts) -> Iterator[Record]:
    """An item for each entry."""
    for entry in entries:
        yield Record(entry.model.model_id, (entry,), entry_document(entry))


def entry_document(entry: Entry) -> dict[str, Any]:
    """One entry. Optional keys that are unset are left out."""
    model = entry.model
    assert model.released_at is not None  # the database lists no model without it
    written: dict[str, Any] = {
        "id": model.model_id,
        "hugging_face_id": model.hugging_face_id,
        "name": model.name,
        "created": int(model.released_at.timestamp()),
        "input_modalities": model.input_modalities,
        "output_modalities": model.output_modalities,
        "quantization": model.quantization,
        "context_length": model.context_length,
        "max_output_length": max_output_length(model),
        "pricing": _free_pricing() if entry.is_free else _pricing(entry.prices),
        "supported_sampling_parameters": model.supported_sampling_parameters,
        "supported_features": model.supported_features,
    }
    if model.description:
        written["description"] = model.description
    if model.deprecation_at:
        written["deprecation_date"] = deprecation_text(model.deprecation_at)
    written["is_ready"] = model.is_ready
    if entry.is_free:
        written["is_free"] = True
    if entry.service_tier != ServiceTier.DEFAULT:
        written["service_tier"] = entry.service_tier
    if model.discount_to_user is not None:
        written["discount_to_user"] = exact_number(model.discount_to_user)
    if model.capacity_tpm is not None:
        written["capacity_tpm"] = model.capacity_tpm
    if model.openrouter_slug:
        written["openrouter"] = {"slug": model.openrouter_slug}
    if model.datacenters:
        countries = sorted({location.country for location in model.datacenters})
        written["datacenters"] = [{"country_code": country} for country in countries]
    return written


def max_output_length(model: ModelFacts) -> int | None:
    """The key is required, and a model that generates no text may lack the fact: no output can be longer than the context."""
    return model.context_length if model.max_output_length is None else model.max_output_length


def deprecation_text(moment: datetime) -> str:
    """A date if that is enough (13:00 UTC), else the time; deprecations are on whole hours."""
    moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%d" if moment.hour == DEPRECATION_HOUR else "%Y-%m-%dT%H:00:00Z")


def price_key(line: PriceLine) -> str | None:
    """The key of such a line in this format, None if it has none."""
    return _KEY_OF.get((line.kind, line.unit)) if line.cache_ttl_seconds is None else None


def shows_only_zeros(entry: Entry) -> bool:
    """Whether an entry that is not free looks free in this format, because none of its prices has a key."""
    bases = [line for line in entry.prices if line.is_base and line.usd]
    return not entry.is_free and bool(bases) and all(price_key(line) is None for line in bases)


def left_out(entry: Entry) -> Iterator[tuple[str, str]]:
    """Facts without a key here."""
    for line in entry.prices:
        if price_key(line) is None:
            yield "prices", f"The price for {pricing.line_label(line)} has no key in OpenRouter's flat listing."


def _free_pricing() -> dict[str, Any]:
    # OpenRouter ignores it; readers of the listing should see what is charged.
    return dict.fromkeys(REQUIRED, "0")


def _pricing(prices: tuple[PriceLine, ...]) -> dict[str, Any]:
    base = pricing.base(prices, price_key)
    written: dict[str, Any] = {key: base.get(key, "0") for key in PRICE_KEYS if key in base or key in REQUIRED}
    if overrides := pricing.overrides(prices, price_key):
        written["overrides"] = [_in_wire_order(override) for override in overrides]
    return written


def _in_wire_order(override: dict[str, Any]) -> dict[str, Any]:
    conditions = {key: value for key, value in override.items() if key not in PRICE_KEYS}
    return conditions | {key: override[key] for key in PRICE_KEYS if key in override}


_USD = pricing.usd_schemas({key: unit for key, (_, unit) in PRICE_KEYS.items()})
_PRICING = closed(
    {key: _USD[key] for key in REQUIRED},
    {"input_cache_read": _USD["input_cache_read"], "overrides": pricing.overrides_schema(_USD)},
)
ENTRY_SCHEMA = closed(
    {
        "id": {"type": "string", "description": "What to send as `model`."},
        "hugging_face_id": {"type": "string", "description": "The weights' repository; empty if not on Hugging Face."},
        "name": {"type": "string"},
        "created": {"type": "integer", "description": "Release, in seconds since 1970."},
        "input_modalities": choices_schema(InputModality, "What it accepts."),
        "output_modalities": choices_schema(OutputModality, "What it produces."),
        "quantization": {"type": "string", "enum": Quantization.values},
        "context_length": {"type": "integer", "minimum": 1, "description": "Tokens of prompt and output together."},
        "max_output_length": {
            "type": "integer",
            "minimum": 1,
            "description": "Tokens of one output; of a model that generates no text, its context length unless it has one.",
        },
        "pricing": _PRICING,
        "supported_sampling_parameters": choices_schema(SamplingParameter, "The parameters that the servers support."),
        "supported_features": choices_schema(Feature, "Features beyond plain text generation."),
        "is_ready": {"type": "boolean", "description": "False: OpenRouter hides it for now."},
    },
    {
        "description": {"type": "string"},
        "deprecation_date": {
            **DAY_OR_HOUR,
            "description": "A day, meaning 13:00 UTC, or a whole hour.",
        },
        "is_free": {"type": "boolean", "const": True, "description": "The free variant of the model with the same id."},
        "service_tier": {"type": "string", "enum": [tier.value for tier in OPENROUTER_TIERS if tier != ServiceTier.DEFAULT]},
        "discount_to_user": {"type": "number", "exclusiveMaximum": 1, "description": "Part of the price taken off."},
        "capacity_tpm": {"type": "integer", "minimum": 1, "description": "Input tokens per minute."},
        "openrouter": closed({"slug": {"type": "string"}}, {}),
        "datacenters": {
            "type": "array",
            "minItems": 1,
            "items": closed({"country_code": {"type": "string", "pattern": "^[A-Z]{2}$"}}, {}),
        },
    },
)

FORMAT = Format(
    name="openrouter",
    title="OpenRouter's flat provider listing",
    selection=Selection.LISTED,
    records=records,
    envelope=data_list,
    schema=listed(ENTRY_SCHEMA),
    left_out=left_out,
    without=(
        "aliases",
        "author",
        "category",
        "knowledge_cutoff",
        "tokenizer",
        "instruct_type",
        "is_moderated",
        "replacement",
        "region",
        "max_prompt_length",
        "parameters",
        *READER_FACTS,
    ),
)
