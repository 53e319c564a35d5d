"""Offers, as OpenRouter's monitor reads them from either feed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

SAMPLING = {"temperature", "top_p", "top_k", "min_p", "top_a", "frequency_penalty", "presence_penalty"}
SAMPLING |= {"repetition_penalty", "stop", "seed", "max_tokens", "logit_bias"}
TESTED = {"tools", "tool_choice", "response_format", "structured_outputs", "logprobs", "reasoning", "web_search"}


class Item(NamedTuple):
    """What tells a price from the others of an offer. ``scope`` is the modality with its direction, or the root."""

    scope: tuple[str, str]
    type: str
    unit: str
    window: tuple[int, int] | None = None
    days: tuple[str, ...] = ()
    ttl: int | None = None
    implicit: bool = False
    above: int | None = None
    """The tokens of prompt from which on it holds."""

    @property
    def is_conditional(self) -> bool:
        return self.window is not None or bool(self.days) or self.above is not None


@dataclass
class Offer:
    """What one entry of a feed says."""

    is_v2: bool
    facts: dict[str, Any]
    """By what they are about; None where nothing is said."""
    prices: dict[Item, Decimal]
    parameters: dict[str, Any] = field(default_factory=dict)
    passthrough: dict[str, Any] = field(default_factory=dict)
    is_ready: bool = True


# Reading


def read_flat(entry: dict[str, Any]) -> Offer:
    """An entry of the flat listing."""
    prices = {}
    written = entry["pricing"]
    keys = {
        "prompt": Item(("input", "text"), "prompt", "token"),
        "completion": Item(("output", "text"), "completion", "token"),
        "image": Item(("input", "image"), "prompt", "image"),
        "request": Item(("root", ""), "request", "request"),
        "input_cache_read": Item(("input", "text"), "cached_prompt", "token"),
    }
    for name, item in keys.items():
        # Listings have "0" here where nothing is charged: no price, as V2 leaves it out.
        if name in written and not (name in ("image", "request") and written[name] == "0"):
            prices[item] = Decimal(written[name])
    for override in written.get("overrides", []):
        condition: dict[str, Any] = {"days": tuple(override.get("utc_days", ()))}
        if "utc_start" in override:
            condition["window"] = (override["utc_start"], override["utc_end"])
        if "min_prompt_tokens" in override:
            condition["above"] = override["min_prompt_tokens"] + 1  # more than, as against V2's from
        prices |= {keys[name]._replace(**condition): Decimal(override[name]) for name in keys if name in override}
    if entry.get("is_free"):
        prices = {}  # any pricing is ignored
    return Offer(
        False,
        {
            **_common(entry),
            "input_modalities": tuple(entry["input_modalities"]),
            "output_modalities": tuple(entry["output_modalities"]),
            "context_length": entry["context_length"],
            "max_prompt_length": None,
            "max_output_length": entry["max_output_length"],
            "capacity": entry.get("capacity_tpm"),
            "sampling": set(entry["supported_sampling_parameters"]),
            "features": set(entry["supported_features"]),
        },
        prices,
        is_ready=entry.get("is_ready", True),
    )


def read_v2(document: dict[str, Any]) -> Offer:
    """A Model Document V2."""
    inputs = {one["type"]: one for one in document["input_modalities"]}
    outputs = {one["type"]: one for one in document["output_modalities"]}
    prices = dict(_v2_prices(("root", ""), document))
    for direction, modalities in (("input", inputs), ("output", outputs)):
        for type_, modality in modalities.items():
            prices |= dict(_v2_prices((direction, type_), modality))
    text = inputs.get("text", {})
    limits = text.get("supported_inputs", {})
    parameters = {name: one for modality in outputs.values() for name, one in modality["supported_parameters"].items()}
    passthrough = dict(document.get("passthrough_parameters", {}))
    capacity = [one["value"] for one in text.get("capacity", []) if (one["type"], one["unit"]) == ("prompt", "token")]
    return Offer(
        True,
        {
            **_common(document),
            "input_modalities": tuple(inputs),
            "output_modalities": tuple(outputs),
            "context_length": limits.get("max_context_length", {}).get("value"),
            "max_prompt_length": limits.get("max_prompt_length", {}).get("value"),
            "max_output_length": outputs.get("text", {}).get("max_length", {}).get("value"),
            "capacity": capacity[0] if capacity else None,
            "sampling": set(parameters) & SAMPLING,
            "features": set(parameters) & TESTED,
        },
        prices,
        parameters,
        passthrough,
        document.get("is_ready", True),
    )


def _common(entry: dict[str, Any]) -> dict[str, Any]:
    facts = {
        name: entry.get(name)
        for name in ("name", "created", "tokenizer", "description", "quantization", "discount_to_user", "datacenters")
    }
    facts["deprecation_date"] = entry.get("deprecation_date")
    facts["hugging_face_id"] = entry.get("hugging_face_id") or None
    facts["slug"] = entry.get("openrouter", {}).get("slug")
    return facts


def _v2_prices(scope: tuple[str, str], owner: dict[str, Any]) -> Iterator[tuple[Item, Decimal]]:
    for entry in owner.get("pricing", []):
        item = Item(
            scope,
            entry["type"],
            entry["unit"],
            (entry["utc_start"], entry["utc_end"]) if "utc_start" in entry else None,
            tuple(entry.get("utc_days", ())),
            entry.get("ttl_seconds"),
            entry.get("implicit", False),
        )
        yield item, Decimal(entry["cost_usd"])
        for override in entry.get("overrides", []):
            yield item._replace(above=override["when"]["prompt_tokens"]["gte"]), Decimal(override["cost_usd"])


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T13:00:00Z")


def as_floats(document: Any) -> Any:
    return json.loads(json.dumps(document, default=float))


@cache
def document_validator(schema: str) -> Any:
    """The validator of one document by OpenRouter's published schema, whose definitions are put where JSON Schema looks."""
    schemas = json.loads(schema.replace("#/components/schemas/", "#/$defs/"))["components"]["schemas"]
    return jsonschema_rs.validator_for({"$ref": "#/$defs/ModelDocumentV2", "$defs": schemas}, validate_formats=True)
