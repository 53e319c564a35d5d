"""The standard catalog: OpenAI's list of models, each with all public facts.

An OpenAI client reads ``id``, ``object``, ``created`` and ``owned_by``; the other keys are those of the most complete known catalog
(seed-systems, section 1). Unset facts are left out.
"""

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils import translation
from django_countries import countries

from catalog import decimals
from catalog.formats import pricing
from catalog.formats.catalog_schema import CAPACITY, LIST_SCHEMA
from catalog.formats.format import Format, Record, data_list, exact_json, exact_number
from catalog.formats.models_api import FREE_SUFFIX
from catalog.formats.openrouter import deprecation_text
from catalog.formats.openrouter_v2 import SAMPLING
from catalog.formats.reasoning import stated
from catalog.listing import Entry, ModelFacts, Parameter, ProviderFacts, Selection
from catalog.models import Feature, InputModality, OutputModality, ParameterType, PriceKind, PriceUnit, ServiceTier

ENDPOINTS: dict[str, str] = {
    OutputModality.TEXT.value: "/v1/chat/completions",
    OutputModality.IMAGE.value: "/v1/images/generations",
    OutputModality.EMBEDDINGS.value: "/v1/embeddings",
    OutputModality.AUDIO.value: "/v1/chat/completions",
    OutputModality.VIDEO.value: "/v1/videos",
    OutputModality.RERANK.value: "/v1/rerank",
    OutputModality.SPEECH.value: "/v1/audio/speech",
    OutputModality.TRANSCRIPTION.value: "/v1/audio/transcriptions",
}
"""The endpoint of an OpenAI-compatible server for each output modality."""

FEATURE_TAGS: dict[str, str] = {
    Feature.REASONING.value: "reasoning",
    Feature.TOOLS.value: "function_calling",
    Feature.STRUCTURED_OUTPUTS.value: "structured_output",
    Feature.JSON_MODE.value: "json_mode",
    Feature.LOGPROBS.value: "logprobs",
    Feature.WEB_SEARCH.value: "web_search",
}
INPUT_TAGS: dict[str, str] = {
    InputModality.IMAGE.value: "vision",
    InputModality.VIDEO.value: "video",
    InputModality.FILE.value: "document_understanding",
}
"""``features`` with the names that other catalogs use."""

TYPES = {ParameterType.RANGE.value: "number"}
"""Their name for a number in a range; the other types have our names."""

MILLION = 10**decimals.TOKENS_PER_PRICE


def records(entries: tuple[Entry, ...], provider: ProviderFacts) -> Iterator[Record]:
    """One item per model, with all its tiers."""
    model = entries[0].model
    free = tuple(name + FREE_SUFFIX for name in (model.model_id, *model.aliases)) if model.has_free_variant else ()
    yield Record(model.model_id, entries, _document(entries), model.aliases + free)


def envelope(records: Any, provider: ProviderFacts) -> dict[str, Any]:
    """OpenAI's list."""
    return {"object": "list", **data_list(records, provider)}


def _document(entries: tuple[Entry, ...]) -> dict[str, Any]:
    model = entries[0].model
    features = set(model.supported_features)
    written: dict[str, Any] = {
        "id": model.model_id,
        "object": "model",
        "created": int(model.released_at.timestamp()) if model.released_at else 0,  # OpenAI's clients want a number
        "owned_by": model.author,
        "display_name": model.name,
        "description": model.description or None,
        "provider": model.author or None,
        "category": model.category,
        "input_modalities": model.input_modalities,
        "output_modalities": model.output_modalities,
        "capabilities": {
            "tool_calling": Feature.TOOLS in features,
            "reasoning": Feature.REASONING in features,
            "web_search": Feature.WEB_SEARCH in features,
            "vision": InputModality.IMAGE in model.input_modalities,
            "audio_input": InputModality.AUDIO in model.input_modalities,
            "video_input": InputModality.VIDEO in model.input_modalities,
        },
        "features": _features(entries),
        "structured_output": _structured_output(features),
        "context_length": model.context_length,
        "max_prompt_tokens": model.max_prompt_length,
        "max_output_tokens": model.max_output_length,
        "quantization": model.quantization,
        "tokenizer": model.tokenizer or None,
        "instruct_type": model.instruct_type or None,
        "family": model.family or None,
        "license": model.license or None,
        "open_weights": model.has_open_weights,
        "reasoning": stated(model),
        "is_moderated": model.is_moderated,
        "hugging_face_id": model.hugging_face_id or None,
        "openrouter_slug": model.openrouter_slug or None,
        "model_released_at": model.released_at.astimezone(UTC).strftime("%Y-%m-%d") if model.released_at else None,
        "knowledge_cutoff": model.knowledge_cutoff.isoformat() if model.knowledge_cutoff else None,
        "status": model.status,
        "deprecation_date": deprecation_text(model.deprecation_at) if model.deprecation_at else None,
        "replacement": model.replacement,
        "served_from": ", ".join(dict.fromkeys(f"{_country(one.country)} ({one.name})" for one in model.datacenters))
        or None,
        "datacenters": _datacenters(model) or None,
        "endpoints": endpoints(model),
        "aliases": model.aliases,
        "has_free_variant": model.has_free_variant,
        "pricing": _pricing(entries[0]),
        "discount_to_user": None if model.discount_to_user is None else exact_number(model.discount_to_user),
        "pricing_rows": [row for entry in entries for row in _rows(entry)],
        "supported_parameters": _parameters(model),
        "default_params": {
            parameter.name: exact_json(parameter.default) for parameter in model.parameters if parameter.default is not None
        },
    }
    if offers := [_offer(entry) for entry in entries[1:] if entry.own]:
        written["offers"] = offers
    return {key: value for key, value in written.items() if value is not None}


def _offer(entry: Entry) -> dict[str, Any]:
    """What an offer states for itself, under the keys of a model; null for what the model has and the offer does not."""
    whole = _document((entry,))
    which = {"is_free": True} if entry.is_free else {"service_tier": entry.service_tier}
    keys = (OFFER_KEYS[name] for name in entry.own if name in OFFER_KEYS)
    capacity = {CAPACITY: entry.model.capacity_tpm} if CAPACITY in entry.own else {}
    return {**which, "status": whole["status"], **{key: whole.get(key) for key in keys}, **capacity}


def left_out(entry: Entry) -> Iterator[tuple[str, str]]:
    """The capacity, except an offer's own."""
    if entry.model.capacity_tpm is not None and CAPACITY not in entry.own:
        yield CAPACITY, f"{CAPACITY} has no key in this format."


OFFER_KEYS = {
    "deprecation_at": "deprecation_date",
    "context_length": "context_length",
    "max_prompt_length": "max_prompt_tokens",
    "max_output_length": "max_output_tokens",
    "discount_to_user": "discount_to_user",
    "supported_sampling_parameters": "supported_parameters",
    "supported_features": "features",
    "datacenters": "datacenters",
}
"""The keys in the catalog's items of the facts that an offer can state for itself."""


def endpoints(model: ModelFacts) -> list[str]:
    """The endpoints of a model."""
    return list(dict.fromkeys(ENDPOINTS[modality] for modality in model.output_modalities))


def _features(entries: tuple[Entry, ...]) -> list[str]:
    model = entries[0].model
    tags = [tag for feature, tag in FEATURE_TAGS.items() if feature in model.supported_features]
    tags += [tag for modality, tag in INPUT_TAGS.items() if modality in model.input_modalities]
    if any(modality != InputModality.TEXT for modality in model.input_modalities):
        tags.append("multimodal")
    if any(line.kind == PriceKind.INPUT_CACHE_READ for entry in entries for line in entry.prices):
        tags.append("cache")
    return tags


def _structured_output(features: set[str]) -> str | None:
    if Feature.STRUCTURED_OUTPUTS in features:
        return "json_schema"
    return "json_object" if Feature.JSON_MODE in features else None


@cache
def _country(code: str) -> str:
    """A country's name in English, whatever the language of the page that shows the document."""
    with translation.override("en"):
        return str(countries.name(code))


def _datacenters(model: ModelFacts) -> list[dict[str, str]]:
    return [
        {"name": place.name, "country_code": place.country, **({"region": place.region} if place.region else {})}
        for place in model.datacenters
    ]


def _pricing(entry: Entry) -> dict[str, Any] | list[dict[str, Any]]:
    """Prices per token and unit; with long-context tiers, a list of complete price sets, each from a number of tokens on."""
    if entry.is_free:
        return {"prompt": "0", "completion": "0"}
    base = pricing.base(entry.prices, pricing.public_key)
    tiers: list[dict[str, Any]] = [dict(base)]
    for override in pricing.overrides(entry.prices, pricing.public_key):
        above = override.pop("min_prompt_tokens", None)
        if above is not None:
            # "More than" is stored; min_context counts from the first token that pays. A longer tier inherits the one below.
            below = {key: value for key, value in tiers[-1].items() if key != "min_context"}
            tiers.append({**below, **override, "min_context": above + 1})
    return tiers if len(tiers) > 1 else tiers[0]


def _rows(entry: Entry) -> Iterator[dict[str, Any]]:
    """The price list as text for people."""
    if entry.is_free:
        yield {"charge": "Free variant", "spec": "at no cost", "rate": "$0", "usd": "0", "per": 1}
    for line in entry.prices:
        is_token = line.unit == PriceUnit.TOKEN
        amount = decimals.wire(decimals.per_million(line.usd) if is_token else line.usd)
        yield {
            "charge": PriceKind(line.kind).label,
            "spec": ", ".join(["per 1M tokens" if is_token else f"per {line.unit}", *pricing.conditions(line)]),
            "unit": line.unit,
            "rate": f"${amount}",
            "usd": amount,
            "per": MILLION if is_token else 1,
            **({} if line.service_tier == ServiceTier.DEFAULT else {"service_tier": line.service_tier}),
        }


def _parameters(model: ModelFacts) -> list[dict[str, Any]]:
    described = {parameter.name: parameter for parameter in model.parameters}
    written = [
        _described(described[name]) if name in described else {"name": name, "type": _type(SAMPLING[name]["type"])}
        for name in model.supported_sampling_parameters
    ]
    return written + [_described(parameter) for parameter in model.parameters if parameter.name not in SAMPLING]


def _described(parameter: Parameter) -> dict[str, Any]:
    written: dict[str, Any] = {"name": parameter.name, "type": _type(parameter.type), "required": False}
    if parameter.default is not None:
        written["default"] = exact_json(parameter.default)
    if parameter.minimum is not None:
        written["min"] = exact_number(parameter.minimum)
    if parameter.maximum is not None:
        written["max"] = exact_number(parameter.maximum)
    if parameter.values:
        # Its readers expect texts, so a number among the values is written as one.
        written["options"] = [decimals.wire(value) if isinstance(value, Decimal) else value for value in parameter.values]
    if parameter.unit:
        written["unit"] = parameter.unit
    return written


def _type(word: str) -> str:
    return TYPES.get(word, word)


FORMAT = Format(
    name="catalog",
    title="The standard catalog: OpenAI's list with all facts about each model",
    selection=Selection.PUBLIC,
    records=records,
    envelope=envelope,
    left_out=left_out,
    schema=LIST_SCHEMA,
)
