"""LiteLLM's cost map, which its proxies and cost calculators read.

An object with a key for each model. Its clients call an OpenAI-compatible host as provider ``openai``, with the model's id,
so that is the provider named here. Costs are JSON numbers, USD per token or unit, with all their digits.
"""

import re
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from catalog.formats import pricing
from catalog.formats.catalog import endpoints
from catalog.formats.format import DAY, READER_FACTS, Format, Offers, Record, closed, exact_number
from catalog.formats.pricing import HOUR, Key
from catalog.listing import Entry, ModelFacts, PriceLine, ProviderFacts, Selection
from catalog.models import Feature, InputModality, OutputModality, PriceKind, PriceUnit, ServiceTier

PROVIDER = "openai"

COSTS: dict[str, Key] = {
    "input_cost_per_token": (PriceKind.PROMPT, PriceUnit.TOKEN, None),
    "input_cost_per_character": (PriceKind.PROMPT, PriceUnit.CHARACTER, None),
    "output_cost_per_token": (PriceKind.COMPLETION, PriceUnit.TOKEN, None),
    "output_cost_per_character": (PriceKind.COMPLETION, PriceUnit.CHARACTER, None),
    "cache_read_input_token_cost": (PriceKind.INPUT_CACHE_READ, PriceUnit.TOKEN, None),
    "cache_creation_input_token_cost": (PriceKind.INPUT_CACHE_WRITE, PriceUnit.TOKEN, None),
    "cache_creation_input_token_cost_above_1hr": (PriceKind.INPUT_CACHE_WRITE, PriceUnit.TOKEN, HOUR),
    "output_cost_per_reasoning_token": (PriceKind.INTERNAL_REASONING, PriceUnit.TOKEN, None),
    "input_cost_per_image": (PriceKind.IMAGE, PriceUnit.IMAGE, None),
    "input_cost_per_image_token": (PriceKind.IMAGE, PriceUnit.TOKEN, None),
    "output_cost_per_image": (PriceKind.IMAGE_OUTPUT, PriceUnit.IMAGE, None),
    "output_cost_per_image_token": (PriceKind.IMAGE_OUTPUT, PriceUnit.TOKEN, None),
    "input_cost_per_audio_token": (PriceKind.AUDIO, PriceUnit.TOKEN, None),
    "input_cost_per_second": (PriceKind.AUDIO, PriceUnit.SECOND, None),
    "cache_read_input_audio_token_cost": (PriceKind.INPUT_AUDIO_CACHE, PriceUnit.TOKEN, None),
    "output_cost_per_audio_token": (PriceKind.AUDIO_OUTPUT, PriceUnit.TOKEN, None),
    "input_cost_per_video_token": (PriceKind.VIDEO, PriceUnit.TOKEN, None),
    "input_cost_per_video_per_second": (PriceKind.VIDEO, PriceUnit.SECOND, None),
    "output_cost_per_second": (PriceKind.VIDEO_OUTPUT, PriceUnit.SECOND, None),
}
"""Its keys of costs, and the line of a price list for each."""

SPEECH_KEY = "input_cost_per_character"
"""Speech is charged there by the characters that are read out, which we store as the output price."""

SEARCH_KEY = "search_context_cost_per_query"
SEARCH_SIZES = ("search_context_size_low", "search_context_size_medium", "search_context_size_high")

MODES: dict[str, str] = {
    OutputModality.TEXT.value: "chat",
    OutputModality.EMBEDDINGS.value: "embedding",
    OutputModality.IMAGE.value: "image_generation",
    OutputModality.VIDEO.value: "video_generation",
    OutputModality.RERANK.value: "rerank",
    OutputModality.SPEECH.value: "audio_speech",
    OutputModality.TRANSCRIPTION.value: "audio_transcription",
    OutputModality.AUDIO.value: "chat",
}
FEATURE_FLAGS: dict[str, tuple[str, ...]] = {
    Feature.TOOLS.value: ("supports_function_calling", "supports_tool_choice"),
    Feature.STRUCTURED_OUTPUTS.value: ("supports_response_schema",),
    Feature.REASONING.value: ("supports_reasoning",),
    Feature.WEB_SEARCH.value: ("supports_web_search",),
}
INPUT_FLAGS: dict[str, str] = {
    InputModality.IMAGE.value: "supports_vision",
    InputModality.FILE.value: "supports_pdf_input",
    InputModality.AUDIO.value: "supports_audio_input",
    InputModality.VIDEO.value: "supports_video_input",
}
TIERS = {ServiceTier.FLEX.value: "flex", ServiceTier.PRIORITY.value: "priority", ServiceTier.BATCH.value: "batches"}
"""The service tiers that it has costs for, and how their keys end."""

COST_KEY = re.compile(rf"^(.+?)(?:_above_(\d+)k_tokens)?(?:_({'|'.join(TIERS.values())}))?$")
"""A cost key: what is charged, the long-context tier in thousands of tokens, the service tier."""

_KEY_OF = {(kind.value, unit.value, ttl): key for key, (kind, unit, ttl) in COSTS.items()}


def cost_key(line: PriceLine) -> str | None:
    """The key of such a line, None if it has none."""
    key = _KEY_OF.get((line.kind, line.unit, line.cache_ttl_seconds))
    if (line.kind, line.unit) == (PriceKind.SPEECH_OUTPUT, PriceUnit.CHARACTER):
        key = SPEECH_KEY
    if key is None or line.utc_start is not None or line.utc_days:
        return None
    if line.min_prompt_tokens is not None:
        thousands, rest = divmod(line.min_prompt_tokens, 1000)
        if rest:
            return None
        key += f"_above_{thousands}k_tokens"
    if line.service_tier != ServiceTier.DEFAULT:
        return f"{key}_{TIERS[line.service_tier]}" if line.service_tier in TIERS else None
    return key


def records(entries: tuple[Entry, ...], provider: ProviderFacts) -> Iterator[Record]:
    """One item per model, with all its tiers."""
    yield Record(entries[0].model.model_id, entries, _document(entries, provider))


def envelope(records: Any, provider: ProviderFacts) -> dict[str, Any]:
    """An object of all models."""
    return dict(records)


def mode(model: ModelFacts) -> str:
    """The mode of a model."""
    outputs = model.output_modalities
    return "chat" if OutputModality.TEXT in outputs or not outputs else MODES[outputs[0]]


def _document(entries: tuple[Entry, ...], provider: ProviderFacts) -> dict[str, Any]:
    model = entries[0].model
    written: dict[str, Any] = {"litellm_provider": PROVIDER, "mode": mode(model)}
    longest_input = model.max_prompt_length or model.context_length
    lengths = {
        "max_tokens": model.max_output_length or longest_input,
        "max_input_tokens": longest_input,
        "max_output_tokens": model.max_output_length,
    }
    written |= {name: value for name, value in lengths.items() if value is not None}
    written |= _costs(entries)
    for feature, flags in FEATURE_FLAGS.items():
        if feature in model.supported_features:
            written |= dict.fromkeys(flags, True)
    written |= {flag: True for modality, flag in INPUT_FLAGS.items() if modality in model.input_modalities}
    if "cache_read_input_token_cost" in written:
        written["supports_prompt_caching"] = True
    if OutputModality.AUDIO in model.output_modalities:
        written["supports_audio_output"] = True
    written["supported_modalities"] = model.input_modalities
    written["supported_output_modalities"] = model.output_modalities
    written["supported_endpoints"] = endpoints(model)
    if model.deprecation_at:
        written["deprecation_date"] = model.deprecation_at.astimezone(UTC).strftime("%Y-%m-%d")
    if provider.docs_url:
        written["source"] = provider.docs_url
    return written


def _costs(entries: tuple[Entry, ...]) -> dict[str, Any]:
    if entries[0].is_free:
        return {"input_cost_per_token": 0, "output_cost_per_token": 0}
    written: dict[str, Any] = {}
    for entry in entries:
        for line in entry.prices:
            if (key := cost_key(line)) is not None:
                written.setdefault(key, exact_number(line.usd))
            elif _is_search(line):
                written[SEARCH_KEY] = dict.fromkeys(SEARCH_SIZES, exact_number(line.usd))
    return written


def _is_search(line: PriceLine) -> bool:
    return line.kind == PriceKind.WEB_SEARCH and line.service_tier == ServiceTier.DEFAULT and line.is_base


def left_out(entry: Entry) -> Iterator[tuple[str, str]]:
    """The prices without a key there."""
    for line in entry.prices:
        if cost_key(line) is None and not _is_search(line):
            yield "prices", f"The price for {pricing.line_label(line)} has no key in LiteLLM's cost map."
    if entry.is_free:
        yield "has_free_variant", "LiteLLM's cost map has no separate key for a free variant."


_COST = {"type": "number", "minimum": 0, "description": "USD."}
_WORDS = {"type": "array", "items": {"type": "string"}}
_FLAGS = [flag for flags in FEATURE_FLAGS.values() for flag in flags]
_MODEL = {
    **closed(
        {
            "litellm_provider": {"type": "string", "const": PROVIDER},
            "mode": {"type": "string", "enum": list(dict.fromkeys(MODES.values()))},
            "supported_modalities": _WORDS,
            "supported_output_modalities": _WORDS,
            "supported_endpoints": _WORDS,
        },
        {
            **{key: {"type": "integer", "minimum": 1} for key in ("max_tokens", "max_input_tokens", "max_output_tokens")},
            **{
                flag: {"type": "boolean", "const": True}
                for flag in (*_FLAGS, *INPUT_FLAGS.values(), "supports_prompt_caching", "supports_audio_output")
            },
            SEARCH_KEY: closed(dict.fromkeys(SEARCH_SIZES, _COST), {}),
            "deprecation_date": DAY,
            "source": {"type": "string"},
        },
    ),
    "patternProperties": {rf"^({'|'.join(COSTS)})(_above_\d+k_tokens)?(_({'|'.join(TIERS)}))?$": _COST},
}

FORMAT = Format(
    name="litellm",
    title="LiteLLM's cost map",
    selection=Selection.PUBLIC,
    records=records,
    envelope=envelope,
    schema={"type": "object", "additionalProperties": _MODEL},
    left_out=left_out,
    offers=Offers.NONE,
    without=(
        "name",
        "aliases",
        "author",
        "category",
        "description",
        "hugging_face_id",
        "openrouter_slug",
        "released_at",
        "knowledge_cutoff",
        "quantization",
        "tokenizer",
        "instruct_type",
        "supported_sampling_parameters",
        "is_moderated",
        "capacity_tpm",
        "discount_to_user",
        "replacement",
        "datacenters",
        "parameters",
        "is_ready",
        *READER_FACTS,
    ),
)
