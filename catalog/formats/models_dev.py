"""models.dev's ``api.json``, with one provider, from which coding tools read models and prices.

Costs are JSON numbers in USD per million tokens. Its schema requires a release date, so models without one are left out; unknown
lengths are 0, and output that is neither text nor a medium counts as text.
"""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from catalog import decimals
from catalog.formats import pricing, reasoning
from catalog.formats.format import DAY, Format, Offers, Record, closed, exact_number
from catalog.listing import Entry, ModelFacts, PriceLine, ProviderFacts, Selection, Status
from catalog.models import Feature, InputModality, OutputModality, PriceKind, PriceUnit, SamplingParameter, ServiceTier

NPM = "@ai-sdk/openai-compatible"
MODALITIES = {
    InputModality.TEXT.value: "text",
    InputModality.IMAGE.value: "image",
    InputModality.FILE.value: "pdf",
    InputModality.AUDIO.value: "audio",
    InputModality.VIDEO.value: "video",
    OutputModality.SPEECH.value: "audio",
    OutputModality.TRANSCRIPTION.value: "text",
    OutputModality.EMBEDDINGS.value: "text",
    OutputModality.RERANK.value: "text",
}
COSTS = {
    PriceKind.PROMPT.value: "input",
    PriceKind.COMPLETION.value: "output",
    PriceKind.INTERNAL_REASONING.value: "reasoning",
    PriceKind.INPUT_CACHE_READ.value: "cache_read",
    PriceKind.INPUT_CACHE_WRITE.value: "cache_write",
    PriceKind.AUDIO.value: "input_audio",
    PriceKind.AUDIO_OUTPUT.value: "output_audio",
}


def records(entries: tuple[Entry, ...], provider: ProviderFacts) -> Iterator[Record]:
    """One item per model that the schema can express."""
    if entries[0].model.released_at is not None:
        yield Record(entries[0].model.model_id, entries, _document(entries[0], provider))


def envelope(records: Any, provider: ProviderFacts) -> dict[str, Any]:
    """The provider, with all models."""
    written: dict[str, Any] = {"id": provider.slug, "name": provider.name, "npm": NPM}
    if provider.api_base_url:
        written["api"] = provider.api_base_url
    written["env"] = [f"{provider.slug.upper().replace('-', '_')}_API_KEY"]
    if doc := provider.docs_url or provider.api_base_url:
        written["doc"] = doc
    return {provider.slug: {**written, "models": dict(records)}}


def _modalities(words: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(MODALITIES[word] for word in words))


def _document(entry: Entry, provider: ProviderFacts) -> dict[str, Any]:
    model = entry.model
    assert model.released_at is not None
    day = model.released_at.astimezone(UTC).strftime("%Y-%m-%d")
    written: dict[str, Any] = {
        "id": model.model_id,
        "name": model.name,
        "description": model.description or f"{model.name}, as {provider.name} serves it.",  # the object must not be empty
        "attachment": any(modality != InputModality.TEXT for modality in model.input_modalities),
        "reasoning": Feature.REASONING in model.supported_features,
        "tool_call": Feature.TOOLS in model.supported_features,
        "structured_output": Feature.STRUCTURED_OUTPUTS in model.supported_features,
        "temperature": SamplingParameter.TEMPERATURE in model.supported_sampling_parameters,
        "release_date": day,
        "last_updated": day,
        "modalities": {"input": _modalities(model.input_modalities), "output": _modalities(model.output_modalities)},
        "open_weights": bool(model.hugging_face_id) if model.has_open_weights is None else model.has_open_weights,
        "limit": {"context": model.context_length or 0, "output": model.max_output_length or 0},
    }
    if model.family:
        written["family"] = model.family
    if model.max_prompt_length is not None:
        written["limit"]["input"] = model.max_prompt_length
    if model.knowledge_cutoff:
        written["knowledge"] = model.knowledge_cutoff.isoformat()
    if Feature.REASONING in model.supported_features:
        written["reasoning_options"] = reasoning.options(model)
    if model.status in (Status.DEPRECATED, Status.RETIRED):
        written["status"] = "deprecated"
    if cost := _cost(entry):
        written["cost"] = cost
    return written


def _cost_key(line: PriceLine, model: ModelFacts) -> str | None:
    if line.unit != PriceUnit.TOKEN or line.cache_ttl_seconds is not None or not line.is_base:
        return None
    if line.kind == PriceKind.INTERNAL_REASONING and Feature.REASONING not in model.supported_features:
        return None  # its schema allows that cost only for reasoning models
    return COSTS.get(line.kind)


def _cost(entry: Entry) -> dict[str, Any] | None:
    """USD per million tokens; None without a price for both input and output, which its schema requires."""
    if entry.is_free:
        return {"input": 0, "output": 0}
    written: dict[str, Any] = {
        key: exact_number(decimals.per_million(line.usd))
        for line in entry.prices
        if (key := _cost_key(line, entry.model)) is not None
    }
    if OutputModality.TEXT not in entry.model.output_modalities:
        written.setdefault("output", 0)  # the output of an embedder is not charged by the token
    if not {"input", "output"} <= written.keys():
        return None
    tiers = [
        {
            **{key: written[key] for key in ("input", "output")},
            **_tier(entry, above),
            "tier": {"type": "context", "size": above},
        }
        for above in sorted({line.min_prompt_tokens for line in entry.prices if line.min_prompt_tokens is not None})
    ]
    return {**written, "tiers": tiers} if tiers else written


def _tier(entry: Entry, above: int) -> dict[str, Any]:
    """The prices of prompts above a number of tokens: for each line the last one that applies."""
    found: dict[str, Any] = {}
    for line in entry.prices:  # base first, then by length
        is_in_time = line.utc_start is None and not line.utc_days
        key = COSTS.get(line.kind) if line.unit == PriceUnit.TOKEN and line.cache_ttl_seconds is None else None
        if key in ("input", "output", "cache_read", "cache_write") and is_in_time and (line.min_prompt_tokens or 0) <= above:
            found[key] = exact_number(decimals.per_million(line.usd))
    return found


def left_out(entry: Entry) -> Iterator[tuple[str, str]]:
    """Models that its schema cannot express, and prices without a key."""
    if entry.model.released_at is None:
        yield "released_at", "models.dev's list leaves out the model, because its schema requires a release date."
    if entry.service_tier != ServiceTier.DEFAULT:
        yield "prices", f"models.dev's list has no {entry.service_tier} tier."
        return
    if entry.is_free:
        yield "has_free_variant", "models.dev's list has no separate item for a free variant."
    for line in entry.prices:
        is_tier = line.min_prompt_tokens is not None and line.kind in COSTS and line.unit == PriceUnit.TOKEN
        if _cost_key(line, entry.model) is None and not is_tier:
            yield "prices", f"The price for {pricing.line_label(line)} has no key in models.dev's list."
    if entry.prices and _cost(entry) is None:
        yield "prices", "models.dev's list has costs only for models with both a prompt and a completion price."


_NUMBER = {"type": "number", "minimum": 0, "description": "USD per million tokens."}
_TEXT, _FLAG, _WHOLE = {"type": "string"}, {"type": "boolean"}, {"type": "integer", "minimum": 0}
_WORDS = {"type": "array", "items": {"type": "string", "enum": list(dict.fromkeys(MODALITIES.values()))}}
_TIER_COSTS = dict.fromkeys(("cache_read", "cache_write"), _NUMBER)
_MODEL = closed(
    {
        "id": _TEXT,
        "name": _TEXT,
        "description": {"type": "string", "minLength": 1},
        **dict.fromkeys(("attachment", "reasoning", "tool_call", "structured_output", "temperature", "open_weights"), _FLAG),
        "release_date": DAY,
        "last_updated": DAY,
        "modalities": closed({"input": _WORDS, "output": _WORDS}, {}),
        "limit": closed({"context": _WHOLE, "output": _WHOLE}, {"input": _WHOLE}),
    },
    {
        "knowledge": DAY,
        "reasoning_options": reasoning.OPTIONS_SCHEMA,
        "family": _TEXT,
        "status": {"type": "string", "const": "deprecated"},
        "cost": closed(
            {"input": _NUMBER, "output": _NUMBER},
            {
                **{key: _NUMBER for key in COSTS.values() if key not in ("input", "output")},
                "tiers": {
                    "type": "array",
                    "minItems": 1,
                    "items": closed(
                        {
                            "tier": closed({"type": {"type": "string", "const": "context"}, "size": _WHOLE}, {}),
                            "input": _NUMBER,
                            "output": _NUMBER,
                        },
                        _TIER_COSTS,
                    ),
                },
            },
        ),
    },
)

FORMAT = Format(
    name="models-dev",
    title="models.dev's api.json",
    selection=Selection.PUBLIC,
    records=records,
    envelope=envelope,
    schema={
        "type": "object",
        "additionalProperties": closed(
            {
                "id": _TEXT,
                "name": _TEXT,
                "npm": _TEXT,
                "env": {"type": "array", "minItems": 1, "items": _TEXT},
                "models": {"type": "object", "additionalProperties": _MODEL},
            },
            {"api": _TEXT, "doc": _TEXT},
        ),
    },
    left_out=left_out,
    offers=Offers.NONE,
    without=(
        "aliases",
        "author",
        "category",
        "hugging_face_id",
        "openrouter_slug",
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
        "license",
        "reasoning_default_effort",
        "reasoning_is_default",
    ),
)
