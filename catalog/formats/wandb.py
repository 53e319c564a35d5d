"""The listing of W&B's inference router: OpenRouter's flat shape with fewer values and no optional prices.

The shape is seed 002's OpenAPI. It has no key for readiness, so models that are not ready are left out; nor for tiers, so an item
has a model's default prices.
"""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from catalog.formats import openrouter, pricing
from catalog.formats.format import DAY, READER_FACTS, Format, Offers, Record, closed, data_list, listed, usd
from catalog.listing import Entry, ProviderFacts, Selection, Status
from catalog.models import Feature, InputModality, OutputModality, Quantization, SamplingParameter, ServiceTier

QUANTIZATIONS = {
    **{value: value for value in ("int4", "int8", "fp4", "fp6", "fp8", "fp16", "bf16", "fp32")},
    Quantization.MXFP4.value: "fp4",
    Quantization.NVFP4.value: "fp4",
    Quantization.MXFP8.value: "fp8",
}
"""Its smaller vocabulary: formats that scale by blocks have the name of their width."""

SAMPLING = [
    parameter.value
    for parameter in (
        SamplingParameter.TEMPERATURE,
        SamplingParameter.TOP_P,
        SamplingParameter.TOP_K,
        SamplingParameter.REPETITION_PENALTY,
        SamplingParameter.FREQUENCY_PENALTY,
        SamplingParameter.PRESENCE_PENALTY,
        SamplingParameter.STOP,
        SamplingParameter.SEED,
    )
]
FEATURES = [
    feature.value
    for feature in (Feature.TOOLS, Feature.JSON_MODE, Feature.STRUCTURED_OUTPUTS, Feature.WEB_SEARCH, Feature.REASONING)
]
PRICES = ("prompt", "completion", "image", "request", "input_cache_read")


def records(entries: tuple[Entry, ...], provider: ProviderFacts) -> Iterator[Record]:
    """One item per ready model."""
    entry = entries[0]
    if entry.model.status is not Status.NOT_READY:
        yield Record(entry.model.model_id, (entry,), _document(entry))


def _document(entry: Entry) -> dict[str, Any]:
    model = entry.model
    assert model.released_at is not None  # the database lists no model without it
    assert model.quantization is not None
    written = {
        "id": model.model_id,
        "hugging_face_id": model.hugging_face_id,
        "name": model.name,
        "created": int(model.released_at.timestamp()),
        "input_modalities": model.input_modalities,
        "output_modalities": model.output_modalities,
        "quantization": QUANTIZATIONS[model.quantization],
        "context_length": model.context_length,
        "max_output_length": openrouter.max_output_length(model),
        "pricing": _pricing(entry),
        "supported_sampling_parameters": [word for word in SAMPLING if word in model.supported_sampling_parameters],
        "supported_features": [word for word in FEATURES if word in model.supported_features],
        "datacenters": [
            {"country_code": country} for country in sorted({location.country for location in model.datacenters})
        ],
    }
    if model.deprecation_at:
        written["deprecation_date"] = model.deprecation_at.astimezone(UTC).strftime("%Y-%m-%d")
    return written


def _pricing(entry: Entry) -> dict[str, str]:
    if entry.is_free:
        return dict.fromkeys(PRICES, "0")
    base = pricing.base(entry.prices, openrouter.price_key)
    # If cached tokens have no price, they cost as much as other prompt tokens.
    unset = {**dict.fromkeys(openrouter.REQUIRED, "0"), "input_cache_read": base.get("prompt", "0")}
    return {key: base.get(key) or unset[key] for key in PRICES}


def left_out(entry: Entry) -> Iterator[tuple[str, str]]:
    """Facts that its vocabularies and its five prices cannot express."""
    model = entry.model
    for field, words in (("supported_sampling_parameters", SAMPLING), ("supported_features", FEATURES)):
        for word in getattr(model, field):
            if word not in words:
                yield field, f"W&B's listing has no value {word}."
    if model.quantization and QUANTIZATIONS[model.quantization] != model.quantization:
        yield "quantization", f"{model.quantization} is written {QUANTIZATIONS[model.quantization]} in W&B's listing."
    if model.status is Status.NOT_READY:
        yield "is_ready", "W&B's listing leaves out models that are not ready."
    if entry.service_tier != ServiceTier.DEFAULT or entry.is_free:
        yield "prices", "W&B's listing has only the default tier."
        return
    for line in entry.prices:
        if openrouter.price_key(line) is None or not line.is_base:
            yield "prices", f"The price for {pricing.line_label(line)} has no key in W&B's listing."


def _enum(values: list[str], array: bool = True) -> dict[str, Any]:
    word = {"type": "string", "enum": values}
    return {"type": "array", "items": word} if array else word


FORMAT = Format(
    name="wandb",
    title="W&B's router listing",
    selection=Selection.LISTED,
    path="/inference/router/openrouter/models",
    records=records,
    envelope=data_list,
    schema=listed(
        closed(
            {
                "id": {"type": "string"},
                "hugging_face_id": {"type": "string"},
                "name": {"type": "string"},
                "created": {"type": "integer"},
                "input_modalities": _enum(InputModality.values),
                "output_modalities": _enum(OutputModality.values),
                "quantization": _enum(list(dict.fromkeys(QUANTIZATIONS.values())), array=False),
                "context_length": {"type": "integer"},
                "max_output_length": {"type": "integer"},
                "pricing": closed(
                    {key: usd(unit.label) for key, (_, unit) in openrouter.PRICE_KEYS.items()},
                    {},
                ),
                "supported_sampling_parameters": _enum(SAMPLING),
                "supported_features": _enum(FEATURES),
                "datacenters": {"type": "array", "items": closed({"country_code": {"type": "string"}}, {})},
            },
            {"deprecation_date": DAY},
        )
    ),
    left_out=left_out,
    offers=Offers.NONE,
    without=(
        "aliases",
        "author",
        "category",
        "description",
        "openrouter_slug",
        "knowledge_cutoff",
        "tokenizer",
        "instruct_type",
        "is_moderated",
        "replacement",
        "region",
        "max_prompt_length",
        "parameters",
        "capacity_tpm",
        "discount_to_user",
        *READER_FACTS,
    ),
)
