"""The rules of Model Document V2 that its published JSON Schema does not express.

They are in the prose of OpenRouter's "Provider Integration". Our own documents follow them by construction; this module checks
that, and checks imported documents.
"""

import re
from collections.abc import Iterator
from typing import Any

Violation = tuple[str, str]
"""Where in the document, and a sentence."""


def violations(document: dict[str, Any]) -> Iterator[Violation]:
    """The errors of a document that the schema accepts. Its numbers may be of any type."""
    yield from _pricing("pricing", document.get("pricing", []))
    for side in ("input_modalities", "output_modalities"):
        types = [modality["type"] for modality in document[side]]
        for type_ in _repeated(types):
            yield side, f"{type_} appears twice."
        for number, modality in enumerate(document[side]):
            yield from _pricing(f"{side}[{number}].pricing", modality.get("pricing", []))
            capacities = [(entry["type"], entry["unit"], entry.get("per")) for entry in modality.get("capacity", [])]
            for one in _repeated(capacities):
                yield f"{side}[{number}].capacity", f"There are two capacities for {' '.join(map(str, one))}."
            for group in ("supported_parameters", "passthrough_parameters"):
                yield from _descriptors(f"{side}[{number}].{group}", modality.get(group, {}))
    yield from _descriptors("passthrough_parameters", document.get("passthrough_parameters", {}))
    deprecation = document.get("deprecation_date", "")
    if "T" in deprecation and not deprecation.endswith(":00:00Z"):
        yield "deprecation_date", "It is not a whole hour."


def _pricing(path: str, entries: list[dict[str, Any]]) -> Iterator[Violation]:
    for identity in _repeated(map(_identity, entries)):
        yield path, f"There are two prices of type {identity[0]} with the same conditions."
    for number, entry in enumerate(entries):
        here = f"{path}[{number}]"
        start, end, days = entry.get("utc_start"), entry.get("utc_end"), entry.get("utc_days", [])
        if (start is None) != (end is None):
            yield here, "A window needs both a start and an end, or neither."
        elif start is not None and start == end:
            yield here, "A window cannot end at the time it starts."
        for time in (start, end):
            if time is not None and time % 100 > 59:
                yield here, f"{time} is not a time of day: it has more than 59 minutes."
        for day in _repeated(days):
            yield here, f"{day} appears twice."
        for cost in (entry["cost_usd"], *(override["cost_usd"] for override in entry.get("overrides", []))):
            if re.match(r"0\d", cost):
                yield here, f"{cost} is not a plain number."


def _identity(entry: dict[str, Any]) -> tuple[Any, ...]:
    return (
        entry["type"],
        entry.get("ttl_seconds"),
        entry.get("implicit", False),
        entry.get("utc_start"),
        entry.get("utc_end"),
        frozenset(entry.get("utc_days", [])),
    )


def _descriptors(path: str, descriptors: dict[str, Any]) -> Iterator[Violation]:
    for name, descriptor in descriptors.items():
        here = f"{path}.{name}"
        bounds = [descriptor[end] for end in ("min", "max") if end in descriptor]
        if descriptor["type"] == "integer" and any(bound % 1 for bound in bounds):
            yield here, "The bounds of a whole number must be whole numbers."
        if len(bounds) == 2 and bounds[0] > bounds[1]:
            yield here, "The minimum is above the maximum."
        yield from _descriptors(here, descriptor.get("properties", {}))


def _repeated(values: Any) -> list[Any]:
    values, seen = list(values), set[Any]()
    if len(values) < 2:
        return []
    return list(dict.fromkeys(value for value in values if value in seen or seen.add(value)))  # type: ignore[func-returns-value]
