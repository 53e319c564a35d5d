"""A model's reasoning facts in the formats of OpenRouter's Models API and of models.dev."""

from typing import Any

from catalog.formats.format import closed
from catalog.listing import ModelFacts
from catalog.models import ParameterType, ReasoningEffort

EFFORT = "reasoning_effort"
"""The request parameter whose description, if there is one, also names efforts."""


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
