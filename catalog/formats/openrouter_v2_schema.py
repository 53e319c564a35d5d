"""The JSON Schema of OpenRouter's Model Document V2, which ``openrouter_v2`` writes: a document has these keys and no others."""

from typing import Any

from catalog.formats.format import CLOCK, DAY_OR_HOUR, choices_schema, closed, usd
from catalog.models import (
    KINDS,
    OPENROUTER_TIERS,
    Direction,
    InputModality,
    LimitUnit,
    OutputModality,
    ParameterType,
    PriceUnit,
    Quantization,
    ServiceTier,
    Weekday,
)

SCHEMA_VERSION = "2.4"

_DESCRIPTOR: dict[str, Any] = closed(
    {"type": {"type": "string", "enum": ParameterType.values}},
    {
        "min": {"type": "number"},
        "max": {"type": "number"},
        "default": {"type": ["string", "number", "boolean"]},
        "values": {"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}},
        "unit": {"type": "string", "enum": LimitUnit.values},
        "properties": {"type": "object"},
    },
)
_DESCRIPTORS = {"type": "object", "additionalProperties": _DESCRIPTOR}
_LIMIT = closed({"value": {"type": "integer", "minimum": 1}, "unit": {"type": "string", "const": "token"}}, {})
_OVERRIDE = closed(
    {
        "when": closed({"prompt_tokens": closed({"gte": {"type": "integer", "minimum": 2}}, {})}, {}),
        "cost_usd": usd("unit"),
    },
    {},
)


def _pricing(direction: Direction) -> dict[str, Any]:
    kinds = [facts for facts in KINDS.values() if facts.direction is direction]
    units = [unit for unit in PriceUnit.values if any(unit in facts.units for facts in kinds)]
    qualifiers: dict[str, Any] = {
        "utc_start": CLOCK,
        "utc_end": CLOCK,
        "utc_days": {**choices_schema(Weekday, "Only on these days."), "minItems": 1},
    }
    if direction is Direction.INPUT:
        qualifiers["ttl_seconds"] = {"type": "integer", "minimum": 1, "description": "The lifetime of the cache."}
    entry = closed(
        {
            "type": {"type": "string", "enum": list(dict.fromkeys(facts.v2_type for facts in kinds))},
            "unit": {"type": "string", "enum": units},
            "cost_usd": usd("unit"),
        },
        {
            **({} if direction is Direction.ROOT else qualifiers),
            "overrides": {"type": "array", "minItems": 1, "items": _OVERRIDE},
        },
    )
    return {"type": "array", "minItems": 1, "items": entry}


DOCUMENT_SCHEMA = closed(
    {
        "schema_version": {"type": "string", "const": SCHEMA_VERSION},
        "id": {"type": "string", "description": "What to send as `model`."},
        "name": {"type": "string"},
        "quantization": {"type": ["string", "null"], "enum": [*Quantization.values, None]},
        "input_modalities": {
            "type": "array",
            "minItems": 1,
            "items": closed(
                {"type": {"type": "string", "enum": InputModality.values}},
                {
                    "supported_inputs": closed({}, {"max_context_length": _LIMIT, "max_prompt_length": _LIMIT}),
                    "pricing": _pricing(Direction.INPUT),
                    "capacity": {
                        "type": "array",
                        "minItems": 1,
                        "items": closed(
                            {
                                "type": {"type": "string", "const": "prompt"},
                                "unit": {"type": "string", "const": "token"},
                                "per": {"type": "string", "const": "minute"},
                                "value": {"type": "integer", "minimum": 1},
                            },
                            {},
                        ),
                    },
                },
            ),
        },
        "output_modalities": {
            "type": "array",
            "minItems": 1,
            "items": closed(
                {"type": {"type": "string", "enum": OutputModality.values}, "supported_parameters": _DESCRIPTORS},
                {"max_length": _LIMIT, "pricing": _pricing(Direction.OUTPUT)},
            ),
        },
        "is_ready": {"type": "boolean", "description": "False: OpenRouter hides it for now."},
    },
    {
        "hugging_face_id": {"type": "string"},
        "created": {"type": "integer", "description": "Release, in seconds since 1970."},
        "tokenizer": {"type": "string"},
        "description": {"type": "string"},
        "pricing": _pricing(Direction.ROOT),
        "passthrough_parameters": _DESCRIPTORS,
        "deprecation_date": DAY_OR_HOUR,
        "is_free": {"type": "boolean", "const": True},
        "service_tier": {"type": "string", "enum": [tier.value for tier in OPENROUTER_TIERS if tier != ServiceTier.DEFAULT]},
        "discount_to_user": {"type": "number", "exclusiveMaximum": 1},
        "openrouter": closed({"slug": {"type": "string"}}, {}),
        "datacenters": {
            "type": "array",
            "minItems": 1,
            "items": closed({"country_code": {"type": "string", "pattern": "^[A-Z]{2}$"}}, {"region": {"type": "string"}}),
        },
    },
)
