"""OpenRouter's Model Document V2, which it fetches from providers with new feeds.

The shape is "Provider Integration" of OpenRouter's documentation and its published schema, ``schema_version`` 2.4. Each
modality owns its limits, parameters and prices. OpenRouter drops a document with any unknown key, so only keys of the schema are
written, and nothing is filled in: unset facts are left out.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from catalog import decimals
from catalog.formats import pricing, reasoning
from catalog.formats.format import (
    READER_FACTS,
    Format,
    Record,
    data_list,
    exact_json,
    exact_number,
    listed,
)
from catalog.formats.openrouter import deprecation_text
from catalog.formats.openrouter_v2_schema import DOCUMENT_SCHEMA, SCHEMA_VERSION
from catalog.listing import Entry, ModelFacts, Parameter, PriceLine, ProviderFacts, Selection
from catalog.models import (
    KINDS,
    Direction,
    Feature,
    InputModality,
    OutputModality,
    ParameterType,
    PriceKind,
    SamplingParameter,
    ServiceTier,
)

SAMPLING: dict[str, dict[str, Any]] = {
    **{parameter.value: {"type": "range"} for parameter in SamplingParameter},
    SamplingParameter.TOP_K.value: {"type": "integer"},
    SamplingParameter.SEED.value: {"type": "integer"},
    SamplingParameter.MAX_TOKENS.value: {"type": "integer", "unit": "token"},
    SamplingParameter.STOP.value: {"type": "array"},
    SamplingParameter.LOGIT_BIAS.value: {"type": "unknown"},
}
"""The descriptor of a sampling parameter without a description. It has no bounds, because they would be invented."""

FEATURES: dict[str, tuple[str, dict[str, Any]]] = {
    Feature.TOOLS.value: ("tools", {"type": "boolean"}),
    # The format has no key for JSON mode; response_format is the parameter that OpenRouter tests it by.
    Feature.JSON_MODE.value: (
        "response_format",
        {"type": "object", "properties": {"type": {"type": "enum", "values": ["json_object"]}}},
    ),
    Feature.STRUCTURED_OUTPUTS.value: ("structured_outputs", {"type": "boolean"}),
    Feature.LOGPROBS.value: ("logprobs", {"type": "boolean"}),
    Feature.WEB_SEARCH.value: ("web_search", {"type": "boolean"}),
    Feature.REASONING.value: ("reasoning", {"type": "boolean"}),
}
"""The key and descriptor among ``supported_parameters`` of each feature."""

_RESERVED = SAMPLING.keys() | {key for key, _ in FEATURES.values()}

Section = tuple[Direction, str | None]
"""The place of a price: an input or output modality, or the root."""


def records(entries: tuple[Entry, ...], provider: ProviderFacts) -> Iterator[Record]:
    """A document for each entry."""
    for entry in entries:
        yield Record(entry.model.model_id, (entry,), entry_document(entry))


def entry_document(entry: Entry) -> dict[str, Any]:
    """One document."""
    model = entry.model
    pricing, _ = prices_by_section(entry)
    written: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "id": model.model_id}
    if model.hugging_face_id:
        written["hugging_face_id"] = model.hugging_face_id
    written["name"] = model.name
    if model.released_at is not None:
        written["created"] = int(model.released_at.timestamp())
    written["quantization"] = model.quantization
    if model.tokenizer:
        written["tokenizer"] = model.tokenizer
    if model.description:
        written["description"] = model.description
    written["input_modalities"] = [
        _input(model, modality, pricing.get((Direction.INPUT, modality))) for modality in model.input_modalities
    ]
    written["output_modalities"] = [
        _output(model, modality, pricing.get((Direction.OUTPUT, modality))) for modality in model.output_modalities
    ]
    if root := pricing.get((Direction.ROOT, None)):
        written["pricing"] = root
    if passed := {one.name: descriptor(one) for one in model.parameters if one.is_passthrough}:
        written["passthrough_parameters"] = passed
    if model.deprecation_at:
        written["deprecation_date"] = deprecation_text(model.deprecation_at)
    written["is_ready"] = model.is_ready
    if entry.is_free:
        written["is_free"] = True
    if entry.service_tier != ServiceTier.DEFAULT:
        written["service_tier"] = entry.service_tier
    if model.discount_to_user is not None:
        written["discount_to_user"] = exact_number(model.discount_to_user)
    if model.openrouter_slug:
        written["openrouter"] = {"slug": model.openrouter_slug}
    if places := sorted({(location.country, location.region) for location in model.datacenters}):
        written["datacenters"] = [
            {"country_code": country, **({"region": region} if region else {})} for country, region in places
        ]
    return written


def descriptor(parameter: Parameter) -> dict[str, Any]:
    """A parameter's description in the format's grammar, which has only texts, numbers and booleans as defaults."""
    written: dict[str, Any] = {"type": parameter.type}
    if parameter.minimum is not None:
        written["min"] = exact_number(parameter.minimum)
    if parameter.maximum is not None:
        written["max"] = exact_number(parameter.maximum)
    if parameter.default is not None and not isinstance(parameter.default, list):
        written["default"] = exact_json(parameter.default)
    if parameter.values:
        written["values"] = [exact_json(value) for value in parameter.values]
    if parameter.unit:
        written["unit"] = parameter.unit
    if parameter.type == ParameterType.OBJECT:
        written["properties"] = {}
    return written


def left_out(entry: Entry) -> Iterator[tuple[str, str]]:
    """Facts that no modality of the model owns, or that would appear there twice."""
    model = entry.model
    for line, why in prices_by_section(entry)[1]:
        yield "prices", f"The price for {pricing.line_label(line)} {why}, so Model Document V2 leaves it out."
    if InputModality.TEXT not in model.input_modalities:
        for name in ("context_length", "max_prompt_length", "capacity_tpm"):
            if getattr(model, name) is not None:
                yield name, f"Without text input, Model Document V2 cannot express {name}."
    if OutputModality.TEXT not in model.output_modalities and model.max_output_length is not None:
        yield "max_output_length", "Without text output, Model Document V2 cannot express max_output_length."
    written = supported_parameters(model)
    if (model.reasoning_efforts or model.reasoning_default_effort) and reasoning.effort_parameter(model) is None:
        yield (
            "reasoning_efforts",
            "Model Document V2 has the description of reasoning_effort instead of the model's efforts.",
        )
    for parameter in model.parameters:
        if not parameter.is_passthrough and parameter.name not in written:
            yield "parameters", f"{parameter.name} is described, but it is not among the supported parameters."
        if isinstance(parameter.default, list):
            yield "parameters", f"The default of {parameter.name} is a list, which Model Document V2 cannot express."


def _input(model: ModelFacts, modality: str, pricing: list[dict[str, Any]] | None) -> dict[str, Any]:
    written: dict[str, Any] = {"type": modality}
    if modality == InputModality.TEXT:
        lengths = {"max_context_length": model.context_length, "max_prompt_length": model.max_prompt_length}
        if limits := {name: {"value": value, "unit": "token"} for name, value in lengths.items() if value is not None}:
            written["supported_inputs"] = limits
    if pricing:
        written["pricing"] = pricing
    if modality == InputModality.TEXT and model.capacity_tpm is not None:
        written["capacity"] = [{"type": "prompt", "unit": "token", "per": "minute", "value": model.capacity_tpm}]
    return written


def _output(model: ModelFacts, modality: str, pricing: list[dict[str, Any]] | None) -> dict[str, Any]:
    written: dict[str, Any] = {"type": modality}
    if modality == OutputModality.TEXT and model.max_output_length is not None:
        written["max_length"] = {"value": model.max_output_length, "unit": "token"}
    written["supported_parameters"] = supported_parameters(model) if modality == main(model.output_modalities) else {}
    if pricing:
        written["pricing"] = pricing
    return written


def main(modalities: tuple[str, ...]) -> str:
    """The modality that owns the facts about the whole model: text if it has it, else its first."""
    return "text" if "text" in modalities else modalities[0]


def supported_parameters(model: ModelFacts) -> dict[str, Any]:
    """The descriptors of the parameters that the model supports, by name."""
    written = {name: SAMPLING[name] for name in model.supported_sampling_parameters}
    written |= dict(FEATURES[feature] for feature in model.supported_features)
    for parameter in model.parameters:
        # If the model has a list for a parameter, that list says whether it is supported.
        if not parameter.is_passthrough and (parameter.name in written or parameter.name not in _RESERVED):
            written[parameter.name] = descriptor(parameter)
    if (effort := reasoning.effort_parameter(model)) is not None:
        written[reasoning.EFFORT] = effort
    return written


def prices_by_section(entry: Entry) -> tuple[dict[Section, list[dict[str, Any]]], list[tuple[PriceLine, str]]]:
    """The pricing entries of each place, and the lines without a place, with the reason.

    A pricing entry is identified by its type, its time and its cache lifetime, not by its unit, and long contexts are overrides
    inside it; so of two lines that differ only in their unit, only one has a place.
    """
    homes: dict[Section, list[dict[str, Any]]] = {}
    bases: dict[tuple[Any, ...], tuple[tuple[str, str] | None, dict[str, Any]]] = {}
    without: list[tuple[PriceLine, str]] = []
    model = entry.model
    placed = []
    for line in entry.prices:
        kind = PriceKind(line.kind)
        place = section_of(kind, model.input_modalities, model.output_modalities)
        if place is None:
            without.append((line, f"belongs to the {KINDS[kind].modality} modality, which the model does not have"))
        else:
            placed.append((line, kind, place))
    # Conditions by length come after the prices that they depend on; a modality's own prices before text prices at it.
    placed.sort(key=lambda one: (one[0].min_prompt_tokens or 0, KINDS[one[1]].modality != one[2][1]))
    for line, kind, place in placed:
        v2_type = KINDS[kind].v2_type
        time = (line.utc_start, line.utc_end, line.utc_days)
        if place[0] is Direction.ROOT and time != (None, None, ()):
            without.append((line, "depends on the time, which only prices of a modality can"))
            continue
        identity = (place, v2_type, line.cache_ttl_seconds, time)
        base, written = bases.get(identity, (None, {}))
        if line.min_prompt_tokens is None:
            if base is not None:
                without.append((line, f"has the same place as the price for {base[0]} per {base[1]}"))
                continue
            written = {"type": v2_type, "unit": line.unit, "cost_usd": decimals.wire(line.usd), **_qualifiers(line)}
            bases[identity] = ((line.kind, line.unit), written)
            homes.setdefault(place, []).append(written)
        elif base == (line.kind, line.unit):
            written.setdefault("overrides", []).append(
                # "More than" is stored; the format counts from the first token that pays.
                {"when": {"prompt_tokens": {"gte": line.min_prompt_tokens + 1}}, "cost_usd": decimals.wire(line.usd)}
            )
        else:
            without.append((line, f"above {line.min_prompt_tokens} tokens has no base price"))
    return homes, without


@lru_cache(maxsize=4096)
def section_of(kind: PriceKind, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Section | None:
    """The place of such a price for a model with these modalities; None if nothing owns it."""
    facts = KINDS[kind]
    if facts.direction is Direction.ROOT:
        return (Direction.ROOT, None)
    modalities = inputs if facts.direction is Direction.INPUT else outputs
    if facts.modality in modalities:
        return (facts.direction, facts.modality)
    if facts.modality != "text" or not modalities:
        return None
    # A model without text is still charged by the token: an embedder's output, a transcriber's input.
    return (facts.direction, main(modalities))


def _qualifiers(line: PriceLine) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if line.utc_start is not None:
        written["utc_start"], written["utc_end"] = line.utc_start, line.utc_end
    if line.utc_days:
        written["utc_days"] = line.utc_days
    if line.cache_ttl_seconds is not None:
        written["ttl_seconds"] = line.cache_ttl_seconds
    return written


FORMAT = Format(
    name="openrouter-v2",
    title="OpenRouter's Model Document V2",
    selection=Selection.LISTED,
    records=records,
    envelope=data_list,
    schema=listed(DOCUMENT_SCHEMA),
    left_out=left_out,
    without=(
        "aliases",
        "author",
        "category",
        "knowledge_cutoff",
        "instruct_type",
        "is_moderated",
        "replacement",
        *(name for name in READER_FACTS if name not in reasoning.EFFORT_FIELDS),
    ),
)
