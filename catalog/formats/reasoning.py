"""A model's reasoning facts in the formats of OpenRouter's Models API and of models.dev, and as a parameter of Model Document V2."""

from typing import Any

from catalog.formats.format import closed
from catalog.listing import ModelFacts
from catalog.models import ParameterType, ReasoningEffort

EFFORT = "reasoning_effort"
"""The request parameter whose description, if there is one, also names efforts."""

EFFORT_FIELDS = ("reasoning_efforts", "reasoning_default_effort")
"""The fields of a model that V2 expresses as the description of that parameter."""


def efforts(model: ModelFacts) -> list[str]:
    """The efforts that a request can ask for: those of the model, else the values of the described parameter."""
    if model.reasoning_efforts:
        return list(model.reasoning_efforts)
    return [
        value
        for parameter in model.parameters
        if parameter.name == EFFORT and parameter.type == ParameterType.ENUM
        for value in parameter.values
        if value in ReasoningEffort.values or value == "default"
    ]


def effort_parameter(model: ModelFacts) -> dict[str, Any] | None:
    """``reasoning_effort`` as V2 writes it, if the model has efforts and no description of this parameter that says more than that it is
    supported."""
    has_own = any(one.name == EFFORT and not is_bare(one.type, one.default, one.is_passthrough) for one in model.parameters)
    if has_own or not (model.reasoning_efforts or model.reasoning_default_effort):
        return None
    type_ = ParameterType.ENUM if model.reasoning_efforts else ParameterType.UNKNOWN
    written: dict[str, Any] = {"type": type_.value}
    if model.reasoning_default_effort:
        written["default"] = model.reasoning_default_effort
    if model.reasoning_efforts:
        written["values"] = model.reasoning_efforts
    return written


def is_bare(type_: str, default: Any, is_passthrough: bool) -> bool:
    """Whether a description says only that the parameter is supported."""
    return type_ == ParameterType.UNKNOWN and default is None and not is_passthrough


def described_efforts(description: dict[str, Any]) -> tuple[list[str], str] | None:
    """The efforts and the default effort that a description of ``reasoning_effort`` (columns of ``ParameterDescriptor``) means; None if it
    means something else. The inverse of ``effort_parameter``."""
    values, default = description["values"], description["default"]
    if description["type"] != (ParameterType.ENUM if values else ParameterType.UNKNOWN) or description["is_passthrough"]:
        return None
    if any(one not in ReasoningEffort.values for one in (*values, *([] if default is None else [default]))):
        return None
    return [effort for effort in ReasoningEffort.values if effort in values], default or ""


def reasoning_document(model: ModelFacts) -> dict[str, Any] | None:
    """``reasoning`` of OpenRouter's Models API; None if it is unknown whether it is mandatory, which the shape requires."""
    if model.reasoning_is_mandatory is None:
        return None
    written: dict[str, Any] = {"mandatory": model.reasoning_is_mandatory}
    if model.reasoning_efforts:
        written["supported_efforts"] = model.reasoning_efforts
    if model.reasoning_default_effort:
        written["default_effort"] = model.reasoning_default_effort
    if model.reasoning_is_default is not None:
        written["default_enabled"] = model.reasoning_is_default
    if model.reasoning_takes_max_tokens is not None:
        written["supports_max_tokens"] = model.reasoning_takes_max_tokens
    return written


def stated(model: ModelFacts) -> dict[str, Any] | None:
    """The facts about reasoning, except that the model supports it."""
    facts: dict[str, Any] = {
        "mandatory": model.reasoning_is_mandatory,
        "default_enabled": model.reasoning_is_default,
        "supported_efforts": model.reasoning_efforts or None,
        "default_effort": model.reasoning_default_effort or None,
        "supports_max_tokens": model.reasoning_takes_max_tokens,
    }
    return {name: value for name, value in facts.items() if value is not None} or None


def options(model: ModelFacts) -> list[dict[str, Any]]:
    """``reasoning_options`` of models.dev; an empty list means that no known parameter controls it."""
    found: list[dict[str, Any]] = []
    if model.reasoning_is_mandatory is False:
        found.append({"type": "toggle"})
    if known := efforts(model):
        found.append({"type": "effort", "values": known})
    if model.reasoning_takes_max_tokens:
        found.append({"type": "budget_tokens"})
    return found


_EFFORT = {"type": "string", "enum": ReasoningEffort.values}
REASONING_SCHEMA = closed(
    {"mandatory": {"type": "boolean"}},
    {
        "supported_efforts": {"type": "array", "items": _EFFORT},
        "default_effort": _EFFORT,
        "default_enabled": {"type": "boolean"},
        "supports_max_tokens": {"type": "boolean"},
    },
)
OPTIONS_SCHEMA = {
    "type": "array",
    "items": {
        "anyOf": [
            closed({"type": {"type": "string", "const": "toggle"}}, {}),
            closed(
                {"type": {"type": "string", "const": "effort"}, "values": {"type": "array", "items": {"type": "string"}}}, {}
            ),
            closed({"type": {"type": "string", "const": "budget_tokens"}}, {}),
        ]
    },
}
