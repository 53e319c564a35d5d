"""The JSON Schema of the standard catalog, which ``catalog`` writes."""

from typing import Any

from catalog.formats import pricing
from catalog.formats.format import DAY, DAY_OR_HOUR, choices_schema, closed, usd
from catalog.formats.reasoning import REASONING_SCHEMA
from catalog.listing import Status
from catalog.models import Category, InputModality, OutputModality, PriceUnit, Quantization, ServiceTier

CAPACITY = "capacity_tpm"
"""The key of an offer's own capacity."""

_TEXT, _WHOLE, _FLAG, _TEXTS = (
    {"type": "string"},
    {"type": "integer"},
    {"type": "boolean"},
    {"type": "array", "items": {"type": "string"}},
)
_DATACENTERS = {
    "type": "array",
    "items": closed({"name": _TEXT, "country_code": {"type": "string", "pattern": "^[A-Z]{2}$"}}, {"region": _TEXT}),
}
_PARAMETERS = {
    "type": "array",
    "items": closed(
        {"name": _TEXT, "type": _TEXT},
        {
            "required": _FLAG,
            "default": {"type": ["string", "number", "boolean", "array"]},
            "min": {"type": "number"},
            "max": {"type": "number"},
            "options": _TEXTS,
            "unit": _TEXT,
        },
    ),
}
_STATUS = {"type": "string", "enum": [status.value for status in Status]}
_DISCOUNT = {"type": "number", "exclusiveMaximum": 1, "description": "A part of the price; below 0 a markup."}


def _or_none(schema: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [schema, {"type": "null"}]}


_OFFER = closed(
    {"status": _STATUS},
    {
        "service_tier": {"type": "string", "enum": [tier for tier in ServiceTier.values if tier != ServiceTier.DEFAULT]},
        "is_free": {"type": "boolean", "const": True},
        "deprecation_date": _or_none(DAY_OR_HOUR),
        "context_length": _WHOLE,
        "max_prompt_tokens": _or_none(_WHOLE),
        "max_output_tokens": _WHOLE,
        "discount_to_user": _or_none(_DISCOUNT),
        "supported_parameters": _PARAMETERS,
        "features": _TEXTS,
        "datacenters": _DATACENTERS,
        CAPACITY: {**_or_none(_WHOLE), "description": "Input tokens per minute, of this offer alone."},
    },
)
_USD = pricing.usd_schemas({key: unit for key, (_, unit, _) in pricing.PUBLIC_KEYS.items()})
_TIER = closed({}, _USD)
MODEL_SCHEMA = closed(
    {
        "id": {"type": "string", "description": "What to send as `model`."},
        "object": {"type": "string", "const": "model"},
        "created": {"type": "integer", "description": "Release, in seconds since 1970; 0 if unknown."},
        "owned_by": {"type": "string", "description": "The maker."},
        "display_name": _TEXT,
        "category": {"type": "string", "enum": Category.values},
        "input_modalities": choices_schema(InputModality, "What it accepts."),
        "output_modalities": choices_schema(OutputModality, "What it produces."),
        "capabilities": {"type": "object", "additionalProperties": _FLAG},
        "features": _TEXTS,
        "status": _STATUS,
        "endpoints": _TEXTS,
        "aliases": _TEXTS,
        "has_free_variant": _FLAG,
        "is_moderated": _FLAG,
        "pricing": {
            "description": "USD per token (image, request, search: per unit). A list if long prompts cost more: each tier "
            "applies from `min_context` tokens on.",
            "oneOf": [
                _TIER,
                {
                    "type": "array",
                    "minItems": 2,
                    "items": closed({}, {**_USD, "min_context": {"type": "integer", "minimum": 2}}),
                },
            ],
        },
        "pricing_rows": {
            "type": "array",
            "items": closed(
                {"charge": _TEXT, "spec": _TEXT, "rate": _TEXT, "usd": usd("`per` units"), "per": _WHOLE},
                {"unit": {"type": "string", "enum": PriceUnit.values}, "service_tier": {"type": "string"}},
            ),
        },
        "supported_parameters": _PARAMETERS,
        "default_params": {"type": "object"},
    },
    {
        "description": _TEXT,
        "provider": {"type": "string", "description": "The maker's slug."},
        "structured_output": {"type": "string", "enum": ["json_schema", "json_object"]},
        "context_length": _WHOLE,
        "max_prompt_tokens": _WHOLE,
        "max_output_tokens": _WHOLE,
        "quantization": {"type": "string", "enum": Quantization.values},
        "tokenizer": _TEXT,
        "instruct_type": _TEXT,
        "family": _TEXT,
        "license": _TEXT,
        "open_weights": _FLAG,
        "reasoning": closed({}, {**REASONING_SCHEMA["properties"]}),
        "hugging_face_id": _TEXT,
        "openrouter_slug": _TEXT,
        "discount_to_user": _DISCOUNT,
        "datacenters": _DATACENTERS,
        "offers": {
            "type": "array",
            "items": _OFFER,
            "description": "The facts that differ for a service tier or the free variant. Other facts are as for the model.",
        },
        "model_released_at": DAY,
        "knowledge_cutoff": DAY,
        "deprecation_date": DAY_OR_HOUR,
        "replacement": {"type": "string", "description": "The id of the model to move to."},
        "served_from": _TEXT,
    },
)

LIST_SCHEMA = closed({"object": {"type": "string", "const": "list"}, "data": {"type": "array", "items": MODEL_SCHEMA}}, {})
