"""OpenRouter's Models API, as its clients and SDKs read it: the models, and the endpoints of one.

The shape is seed 004's as in OpenRouter's current OpenAPI document. There is only one provider here, so it is a model's "top
provider", and the endpoints are the service tiers. A price that does not exist is left out; ``prompt`` and ``completion``, which
the shape requires, are then ``"-1"``, which in that API means no price.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from catalog import decimals
from catalog.formats import pricing
from catalog.formats.format import Format, Offers, Record, data_list, exact_number
from catalog.formats.models_api_schema import (
    DEFAULTS,
    FEATURE_PARAMETERS,
    LIST_SCHEMA,
    OTHER_PARAMETERS,
    PARAMETERS,
    UNMEASURED,
)
from catalog.formats.reasoning import reasoning_document
from catalog.listing import Entry, ModelFacts, PriceLine, ProviderFacts, Selection
from catalog.models import (
    Feature,
    OutputModality,
    ParameterType,
    PriceKind,
    ServiceTier,
)

NOT_SOLD = "-1"
FREE_SUFFIX = ":free"


def shown(entries: tuple[Entry, ...]) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    """The ids of a model in that API, and the entries of each: a free variant has its own id."""
    paid = tuple(entry for entry in entries if not entry.is_free)
    free = tuple(entry for entry in entries if entry.is_free)
    if paid:
        yield paid[0].model.model_id, paid
    if free:
        yield free[0].model.model_id + FREE_SUFFIX, free


def records(entries: tuple[Entry, ...], provider: ProviderFacts) -> Iterator[Record]:
    """A model, and its free variant."""
    model = entries[0].model
    for number, (model_id, own) in enumerate(shown(entries)):
        # Found by aliases and OpenRouter's name too; a free variant without a paid model also without its suffix.
        stands_for_itself = number == 0
        suffixes = [suffix for suffix, fits in ((FREE_SUFFIX, own[0].is_free), ("", stands_for_itself)) if fits]
        names, slugs = (
            tuple(name + suffix for suffix in suffixes for name in plain)
            for plain in ((model.model_id, *model.aliases), (canonical_slug(model),))
        )
        yield Record(model_id, own, _model(model_id, own), names, slugs)


def envelope(records: Any, provider: ProviderFacts, *, total: int | None = None, next_page: str | None = None) -> Any:
    """The list with its length and the address of the next page."""
    written = data_list(records, provider)
    return {**written, "total_count": len(written["data"]) if total is None else total, "links": {"next": next_page}}


def name(model: ModelFacts, own: tuple[Entry, ...]) -> str:
    """The model's name; that of a free variant says that it is free."""
    return f"{model.name} (free)" if own[0].is_free else model.name


def canonical_slug(model: ModelFacts) -> str:
    """The model's name on OpenRouter, else its id."""
    return model.openrouter_slug or model.model_id


def supported_parameters(model: ModelFacts) -> list[str]:
    """Sampling parameters, the parameters of features, and other described parameters, with that API's names."""
    described = (parameter.name for parameter in model.parameters)
    return parameters_of(model.supported_sampling_parameters, model.supported_features, described)


def parameters_of(sampling: Iterable[str], features: Iterable[str], described: Iterable[str]) -> list[str]:
    """The request parameters of a model with these sampling parameters, features and described parameters."""
    names = {*sampling, *(name for feature in features for name in FEATURE_PARAMETERS[feature])}
    names |= {name for name in described if name in OTHER_PARAMETERS}
    return [name for name in PARAMETERS if name in names]


def prices(entry: Entry) -> dict[str, Any]:
    """``pricing`` of one entry."""
    if entry.is_free:
        return {"prompt": "0", "completion": "0"}
    lines = paid(entry)
    written: dict[str, Any] = {"prompt": NOT_SOLD, "completion": NOT_SOLD, **pricing.base(lines, pricing.public_key)}
    if entry.model.discount_to_user is not None:
        written["discount"] = exact_number(entry.model.discount_to_user)
    if overrides := pricing.overrides(lines, pricing.public_key):
        written["overrides"] = overrides
    return written


def paid(entry: Entry) -> tuple[PriceLine, ...]:
    """An entry's prices as users pay them: that API's prices include the discount or markup, exactly."""
    discount = entry.model.discount_to_user
    if not discount:
        return entry.prices
    part = decimals.EXACT.subtract(Decimal(1), discount)
    return tuple(line._replace(usd=decimals.EXACT.multiply(line.usd, part)) for line in entry.prices)


def architecture(model: ModelFacts) -> dict[str, Any]:
    """Input and output modalities, and the tokenizer."""
    return {
        "modality": f"{'+'.join(model.input_modalities)}->{'+'.join(model.output_modalities)}",
        "input_modalities": model.input_modalities,
        "output_modalities": model.output_modalities,
        "tokenizer": model.tokenizer or "Other",
        "instruct_type": model.instruct_type or None,
    }


def endpoints_document(model_id: str, own: tuple[Entry, ...], provider: ProviderFacts) -> dict[str, Any]:
    """The answer about a model's endpoints: one for each service tier. Values that are not measured here are null."""
    model = own[0].model
    return {
        "data": {
            "id": model_id,
            "name": name(model, own),
            "created": _seconds(model.released_at),
            "description": model.description,
            "architecture": architecture(model),
            "endpoints": [_endpoint(model_id, entry, provider) for entry in own],
        }
    }


def providers_document(provider: ProviderFacts) -> dict[str, Any]:
    """The answer about providers: there is one."""
    return {
        "data": [
            {
                "name": provider.name,
                "slug": provider.slug,
                "privacy_policy_url": provider.privacy_policy_url or None,
                "terms_of_service_url": provider.terms_of_service_url or None,
                "status_page_url": provider.status_page_url or None,
                "headquarters": provider.headquarters or None,
                "datacenters": provider.countries,
            }
        ]
    }


def _model(model_id: str, own: tuple[Entry, ...]) -> dict[str, Any]:
    model = own[0].model
    slug = canonical_slug(model)
    known = reasoning_document(model)
    return {
        "id": model_id,
        "canonical_slug": slug,
        "hugging_face_id": model.hugging_face_id or None,
        "name": name(model, own),
        "created": _seconds(model.released_at),
        "description": model.description,
        "context_length": model.context_length,
        "architecture": architecture(model),
        "pricing": prices(own[0]),
        "top_provider": {
            "context_length": model.context_length,
            "max_completion_tokens": model.max_output_length,
            "is_moderated": model.is_moderated,
        },
        "per_request_limits": _limits(model),
        "supported_parameters": supported_parameters(model),
        "default_parameters": _defaults(model),
        "supported_voices": _voices(model),
        "knowledge_cutoff": model.knowledge_cutoff.isoformat() if model.knowledge_cutoff else None,
        "expiration_date": model.deprecation_at.astimezone(UTC).strftime("%Y-%m-%d") if model.deprecation_at else None,
        **({} if known is None else {"reasoning": known}),
        # By the id: a slug may be another model's too.
        "links": {"details": f"/api/v1/models/{quote(model_id, safe='/:@+')}/endpoints"},
    }


def _endpoint(model_id: str, entry: Entry, provider: ProviderFacts) -> dict[str, Any]:
    model = entry.model
    tier = None if entry.service_tier == ServiceTier.DEFAULT else entry.service_tier
    has_tools = Feature.TOOLS in model.supported_features
    return {
        "name": f"{provider.name} | {model_id}",
        "model_id": model_id,
        "model_name": name(model, (entry,)),
        "context_length": model.context_length or 0,  # the shape has no null here
        "pricing": prices(entry),
        "provider_name": provider.name,
        "tag": "/".join(part for part in (provider.slug, tier or model.quantization) if part),
        "quantization": model.quantization,
        "service_tier": tier,
        "max_completion_tokens": model.max_output_length,
        "max_prompt_tokens": model.max_prompt_length,
        "supported_parameters": supported_parameters(model),
        # It is known that the parameter is accepted, but not which of its stricter values the model follows.
        "supports_tool_choice": {"auto": has_tools, "none": has_tools, "required": False, "function": False},
        "native_tools": {},
        "supports_diarization": _tells_speakers_apart(model),
        "supports_implicit_caching": any(line.kind == PriceKind.INPUT_CACHE_READ for line in entry.prices),
        "status": 0 if model.status.is_in_service else -1,
        **dict.fromkeys(UNMEASURED),
    }


def _tells_speakers_apart(model: ModelFacts) -> bool:
    """Whether the model transcribes and has the request parameter ``diarization``, as in Model Document V2."""
    described = {parameter.name for parameter in model.parameters}
    return OutputModality.TRANSCRIPTION in model.output_modalities and "diarization" in described


def _seconds(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.timestamp())  # the shape has no null here


def _limits(model: ModelFacts) -> dict[str, int] | None:
    if model.max_prompt_length is None or model.max_output_length is None:
        return None
    return {"prompt_tokens": model.max_prompt_length, "completion_tokens": model.max_output_length}


def _defaults(model: ModelFacts) -> dict[str, Any] | None:
    stated = {
        parameter.name: exact_number(parameter.default)
        for parameter in model.parameters
        if parameter.name in DEFAULTS and isinstance(parameter.default, Decimal)
    }
    return {name: stated.get(name) for name in DEFAULTS} if stated else None


def _voices(model: ModelFacts) -> list[str] | None:
    for parameter in model.parameters:
        if parameter.name == "voice" and parameter.type == ParameterType.ENUM:
            return [value for value in parameter.values if isinstance(value, str)]
    return None


def left_out(entry: Entry) -> Iterator[tuple[str, str]]:
    """The tiers that are not in its list, and the prices that have no key in that API."""
    if entry.service_tier != ServiceTier.DEFAULT:
        yield (
            "prices",
            f"The list of OpenRouter's Models API has no {entry.service_tier} tier; it is one of the model's endpoints.",
        )
    if entry.is_free and entry.model.discount_to_user is not None:
        yield "discount_to_user", "OpenRouter's Models API shows no discount_to_user if the price is 0."
    for line in entry.prices:
        if pricing.public_key(line) is None:
            yield "prices", f"The price for {pricing.line_label(line)} has no key in OpenRouter's Models API."
    model = entry.model
    if model.reasoning_is_mandatory is None and (model.reasoning_efforts or model.reasoning_default_effort):
        yield (
            "reasoning_efforts",
            "OpenRouter's Models API leaves out reasoning if it is unknown whether it is mandatory.",
        )


FORMAT = Format(
    name="openrouter-api",
    title="OpenRouter's Models API",
    selection=Selection.PUBLIC,
    path="/api/v1/models",
    records=records,
    envelope=envelope,
    schema=LIST_SCHEMA,
    left_out=left_out,
    offers=Offers.FREE,
    without=(
        "aliases",
        "author",
        "category",
        "quantization",
        "capacity_tpm",
        "replacement",
        "datacenters",
        "is_ready",
        "family",
        "license",
        "has_open_weights",
    ),
)
