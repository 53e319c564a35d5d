"""OpenRouter's flat listing: what it fetches from providers with existing feeds.

The shape is "Provider Integration (legacy)" of OpenRouter's documentation, and its key order that of the listings in
the field. Prices are strings, in USD per token (``image``: per image, ``request``: per request).
"""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

import orjson

from catalog import decimals
from catalog.formats.format import Format
from catalog.listing import Entry, PriceLine, Selection
from catalog.models import (
    Feature,
    InputModality,
    OutputModality,
    PriceKind,
    PriceUnit,
    Quantization,
    SamplingParameter,
    ServiceTier,
    Weekday,
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
"""The documented keys of ``pricing``, in the wire's order, and the line of a price list that each is."""

ZERO_FILLED = ("image", "request")
"""Keys that are ``"0"`` where there is no such price, as in the field's listings. ``input_cache_read`` is not among
them: ``"0"`` would sell cached tokens for nothing."""

_KEY_OF = {(line.value, unit.value): key for key, (line, unit) in PRICE_KEYS.items()}
_POSITION = {key: position for position, key in enumerate(PRICE_KEYS)}


def document(entries: tuple[Entry, ...]) -> dict[str, Any]:
    """The listing's envelope with all entries."""
    return {"data": [entry_document(entry) for entry in entries]}


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
        "max_output_length": model.max_output_length,
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


def deprecation_text(moment: datetime) -> str:
    """A date where that says it (13:00 UTC), else the moment; deprecations stand on whole hours."""
    moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%d" if moment.hour == DEPRECATION_HOUR else "%Y-%m-%dT%H:00:00Z")


def exact_number(value: Decimal) -> orjson.Fragment:
    """A decimal as a JSON number, digit for digit."""
    return orjson.Fragment(decimals.wire(value))


def price_key(line: PriceLine) -> str | None:
    """The key under which this format has such a line, None where it has none."""
    return _KEY_OF.get((line.kind, line.unit)) if line.cache_ttl_seconds is None else None


def _free_pricing() -> dict[str, Any]:
    # OpenRouter ignores it; readers of the listing should see what is charged.
    return {"prompt": "0", "completion": "0", **dict.fromkeys(ZERO_FILLED, "0")}


def _pricing(prices: tuple[PriceLine, ...]) -> dict[str, Any]:
    base, overrides = {}, []
    for line in prices:
        key = price_key(line)
        if key is None:
            continue
        if line.is_base:
            base[key] = decimals.wire(line.usd)
        else:
            overrides.append((_condition(line), _POSITION[key], key, line))
    written: dict[str, Any] = {key: base.get(key, "0") for key in PRICE_KEYS if key in base or key in ZERO_FILLED}
    if overrides:
        overrides.sort(key=lambda override: override[:2])
        written["overrides"] = [
            _override([(key, line) for _, _, key, line in group])
            for _, group in groupby(overrides, key=lambda override: override[0])
        ]
    return written


def _condition(line: PriceLine) -> tuple[int, int, int, tuple[int, ...]]:
    """What an override depends on, so that they sort: long contexts by length, for OpenRouter lets later ones win, then
    windows by time and days."""
    days = tuple(Weekday.values.index(day) for day in line.utc_days)
    return (
        -1 if line.min_prompt_tokens is None else line.min_prompt_tokens,
        -1 if line.utc_start is None else line.utc_start,
        -1 if line.utc_end is None else line.utc_end,
        days,
    )


def _override(lines: list[tuple[str, PriceLine]]) -> dict[str, Any]:
    _, first = lines[0]
    written: dict[str, Any] = {}
    if first.min_prompt_tokens is not None:
        written["min_prompt_tokens"] = first.min_prompt_tokens
    if first.utc_start is not None:
        written["utc_start"], written["utc_end"] = first.utc_start, first.utc_end
    if first.utc_days:
        written["utc_days"] = first.utc_days
    return written | {key: decimals.wire(line.usd) for key, line in lines}


def _words(vocabulary: type[Any], description: str) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string", "enum": vocabulary.values},
        "uniqueItems": True,
        "description": description,
    }


def _usd(unit: str) -> dict[str, Any]:
    return {"type": "string", "pattern": r"^(0|[1-9]\d*)(\.\d*[1-9])?$", "description": f"USD per {unit}."}


def _object(required: dict[str, Any], optional: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


_USD = {key: _usd(unit.label) for key, (_, unit) in PRICE_KEYS.items()}
_CLOCK = {"type": "integer", "minimum": 0, "maximum": 2359, "description": "A time of day, UTC, as HHMM."}
_OVERRIDE = _object(
    {},
    {
        "min_prompt_tokens": {"type": "integer", "minimum": 1, "description": "For prompts of more tokens than this."},
        "utc_start": _CLOCK,
        "utc_end": _CLOCK,
        "utc_days": _words(Weekday, "Only on these days."),
        **_USD,
    },
)
_PRICING = _object(
    {key: _USD[key] for key in ("prompt", "completion", *ZERO_FILLED)},
    {"input_cache_read": _USD["input_cache_read"], "overrides": {"type": "array", "items": _OVERRIDE, "minItems": 1}},
)
ENTRY_SCHEMA = _object(
    {
        "id": {"type": "string", "description": "What to send as `model`."},
        "hugging_face_id": {"type": "string", "description": "The weights' repository; empty if not on Hugging Face."},
        "name": {"type": "string"},
        "created": {"type": "integer", "description": "Release, in seconds since 1970."},
        "input_modalities": _words(InputModality, "What it accepts."),
        "output_modalities": _words(OutputModality, "What it produces."),
        "quantization": {"type": "string", "enum": Quantization.values},
        "context_length": {"type": "integer", "minimum": 1, "description": "Tokens of prompt and answer together."},
        "max_output_length": {"type": "integer", "minimum": 1, "description": "Tokens of one answer."},
        "pricing": _PRICING,
        "supported_sampling_parameters": _words(SamplingParameter, "What the servers act on."),
        "supported_features": _words(Feature, "What the model can do beyond plain answers."),
        "is_ready": {"type": "boolean", "description": "False: to be hidden for now."},
    },
    {
        "description": {"type": "string"},
        "deprecation_date": {
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}(T\d{2}:00:00Z)?$",
            "description": "A day, meaning 13:00 UTC, or a whole hour.",
        },
        "is_free": {"type": "boolean", "const": True, "description": "The free variant of the model with the same id."},
        "service_tier": {"type": "string", "enum": [tier for tier in ServiceTier.values if tier != ServiceTier.DEFAULT]},
        "discount_to_user": {"type": "number", "exclusiveMaximum": 1, "description": "Part of the price taken off."},
        "capacity_tpm": {"type": "integer", "minimum": 1, "description": "Input tokens per minute."},
        "openrouter": _object({"slug": {"type": "string"}}, {}),
        "datacenters": {
            "type": "array",
            "minItems": 1,
            "items": _object({"country_code": {"type": "string", "pattern": "^[A-Z]{2}$"}}, {}),
        },
    },
)

FORMAT = Format(
    name="openrouter",
    title="OpenRouter's flat provider listing",
    selection=Selection.LISTED,
    document=document,
    schema=_object({"data": {"type": "array", "items": ENTRY_SCHEMA}}, {}),
)
