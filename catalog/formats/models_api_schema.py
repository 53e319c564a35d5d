"""The names and the JSON Schemas of OpenRouter's Models API, which ``models_api`` writes.

The API's views and the public site document their answers by these schemas.
"""

from typing import Any

from catalog.formats import pricing
from catalog.formats.format import choices_schema, closed
from catalog.formats.reasoning import REASONING_SCHEMA
from catalog.models import (
    Feature,
    InputModality,
    OutputModality,
    Quantization,
    SamplingParameter,
)

FEATURE_PARAMETERS: dict[str, tuple[str, ...]] = {
    Feature.TOOLS.value: ("tools", "tool_choice"),
    Feature.JSON_MODE.value: ("response_format",),
    Feature.STRUCTURED_OUTPUTS.value: ("structured_outputs",),
    Feature.LOGPROBS.value: ("logprobs", "top_logprobs"),
    Feature.WEB_SEARCH.value: ("web_search_options",),
    Feature.REASONING.value: ("reasoning", "include_reasoning"),
}
"""The request parameters that mean our features in that API."""

OTHER_PARAMETERS = (
    "max_completion_tokens",
    "prediction",
    "parallel_tool_calls",
    "reasoning_effort",
    "verbosity",
)
"""Its remaining parameters: a model has those that are described."""

PARAMETERS = [
    *SamplingParameter.values,
    *(name for names in FEATURE_PARAMETERS.values() for name in names),
    *OTHER_PARAMETERS,
]

DEFAULTS = ("temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "repetition_penalty")

UNMEASURED = ("uptime_last_30m", "uptime_last_5m", "uptime_last_1d", "latency_last_30m", "throughput_last_30m")


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


_TEXT, _WHOLE, _FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
_USD_SCHEMAS = pricing.usd_schemas({key: unit for key, (_, unit, _) in pricing.PUBLIC_KEYS.items()})
_MAYBE_SOLD = {
    "type": "string",
    "pattern": r"^(-1|(0|[1-9]\d*)(\.\d*[1-9])?)$",
    "description": "USD per token; -1: not sold.",
}
PRICING_SCHEMA = closed(
    {"prompt": _MAYBE_SOLD, "completion": _MAYBE_SOLD},
    {
        **{key: schema for key, schema in _USD_SCHEMAS.items() if key not in ("prompt", "completion")},
        "discount": {
            "type": "number",
            "exclusiveMaximum": 1,
            "description": "The discount that is already taken off; a markup is negative.",
        },
        "overrides": pricing.overrides_schema(_USD_SCHEMAS),
    },
)
ARCHITECTURE_SCHEMA = closed(
    {
        "modality": _TEXT,
        "input_modalities": choices_schema(InputModality, "What it accepts."),
        "output_modalities": choices_schema(OutputModality, "What it produces."),
        "tokenizer": _TEXT,
        "instruct_type": _nullable(_TEXT),
    },
    {},
)
_PARAMETERS_SCHEMA = {"type": "array", "items": {"type": "string", "enum": PARAMETERS}}
MODEL_SCHEMA = closed(
    {
        "id": _TEXT,
        "canonical_slug": _TEXT,
        "hugging_face_id": _nullable(_TEXT),
        "name": _TEXT,
        "created": {**_WHOLE, "description": "Release, in seconds since 1970; 0 if unknown."},
        "description": _TEXT,
        "context_length": _nullable(_WHOLE),
        "architecture": ARCHITECTURE_SCHEMA,
        "pricing": PRICING_SCHEMA,
        "top_provider": closed(
            {"context_length": _nullable(_WHOLE), "max_completion_tokens": _nullable(_WHOLE), "is_moderated": _FLAG}, {}
        ),
        "per_request_limits": _nullable(closed({"prompt_tokens": _WHOLE, "completion_tokens": _WHOLE}, {})),
        "supported_parameters": _PARAMETERS_SCHEMA,
        "default_parameters": _nullable(closed({key: {"type": ["number", "null"]} for key in DEFAULTS}, {})),
        "supported_voices": {"type": ["array", "null"], "items": _TEXT},
        "knowledge_cutoff": _nullable(_TEXT),
        "expiration_date": _nullable(_TEXT),
        "links": closed({"details": _TEXT}, {}),
    },
    {"reasoning": REASONING_SCHEMA},
)
ONE_SCHEMA = closed({"data": MODEL_SCHEMA}, {})
COUNT_SCHEMA = closed({"data": closed({"count": _WHOLE}, {})}, {})
_ENDPOINT_SCHEMA = closed(
    {
        "name": _TEXT,
        "model_id": _TEXT,
        "model_name": _TEXT,
        "context_length": _WHOLE,
        "pricing": PRICING_SCHEMA,
        "provider_name": _TEXT,
        "tag": _TEXT,
        "quantization": {"type": ["string", "null"], "enum": [*Quantization.values, None]},
        "service_tier": _nullable(_TEXT),
        "max_completion_tokens": _nullable(_WHOLE),
        "max_prompt_tokens": _nullable(_WHOLE),
        "supported_parameters": _PARAMETERS_SCHEMA,
        "supports_tool_choice": closed(dict.fromkeys(("auto", "none", "required", "function"), _FLAG), {}),
        "native_tools": {"type": "object"},
        "supports_diarization": _FLAG,
        "supports_implicit_caching": _FLAG,
        "status": {"type": "integer", "description": "0: in service."},
        **{key: {"type": "null", "description": "Not measured here."} for key in UNMEASURED},
    },
    {},
)
ENDPOINTS_SCHEMA = closed(
    {
        "data": closed(
            {
                "id": _TEXT,
                "name": _TEXT,
                "created": _WHOLE,
                "description": _TEXT,
                "architecture": ARCHITECTURE_SCHEMA,
                "endpoints": {"type": "array", "items": _ENDPOINT_SCHEMA},
            },
            {},
        )
    },
    {},
)
PROVIDERS_SCHEMA = closed(
    {
        "data": {
            "type": "array",
            "items": closed(
                {
                    "name": _TEXT,
                    "slug": _TEXT,
                    **dict.fromkeys(
                        ("privacy_policy_url", "terms_of_service_url", "status_page_url", "headquarters"), _nullable(_TEXT)
                    ),
                    "datacenters": {"type": "array", "items": _TEXT},
                },
                {},
            ),
        }
    },
    {},
)
LIST_SCHEMA = closed(
    {
        "data": {"type": "array", "items": MODEL_SCHEMA},
        "total_count": _WHOLE,
        "links": closed({"next": _nullable(_TEXT)}, {}),
    },
    {},
)
