"""The rules of Model Document V2 that its published JSON Schema does not express.

They are in the prose of OpenRouter's "Provider Integration". Our own documents follow them by construction; this module checks
that, and checks imported documents.
"""

import re
from collections.abc import Iterator
from typing import Any

Violation = tuple[str, str]
"""Where in the document, and a sentence."""


class NotInSchema(Exception):
    """The document does not match the published schema. ``path`` is where."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def violations(document: dict[str, Any]) -> Iterator[Violation]:
    """The errors of a document that the schema accepts. Its numbers may be of any type. Raises ``NotInSchema``."""
    yield from _pricing("pricing", document.get("pricing", []))
    for side in ("input_modalities", "output_modalities"):
        with _At(side):
            types = _repeated([modality["type"] for modality in document[side]])
        for type_ in types:
            yield side, f"{type_} appears twice."
        for number, modality in enumerate(document[side]):
            yield from _pricing(f"{side}[{number}].pricing", modality.get("pricing", []))
            with _At(f"{side}[{number}].capacity"):
                stated = [(entry["type"], entry["unit"], entry.get("per")) for entry in modality.get("capacity", [])]
                capacities = _repeated(stated)
            for one in capacities:
                yield f"{side}[{number}].capacity", f"There are two capacities for {' '.join(map(str, one))}."
            for group in ("supported_parameters", "passthrough_parameters"):
                yield from _descriptors(f"{side}[{number}].{group}", modality.get(group, {}))
    yield from _descriptors("passthrough_parameters", document.get("passthrough_parameters", {}))
    with _At("deprecation_date"):
        deprecation = document.get("deprecation_date", "")
        if "T" in deprecation and not deprecation.endswith(":00:00Z"):
            yield "deprecation_date", "It is not a whole hour."


class _At:
    """Says where a document does not match the schema. A class: a function's context takes four times as long, and each document has
    dozens."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is not None and issubclass(error, (KeyError, TypeError, AttributeError, ArithmeticError)):
            raise NotInSchema(self.path) from None


def _pricing(path: str, entries: list[dict[str, Any]]) -> Iterator[Violation]:
    identities = []
    for number, entry in enumerate(entries):
        with _At(f"{path}[{number}]"):
            identities.append(_identity(entry))
            yield from _price(f"{path}[{number}]", entry)
    with _At(path):
        repeated = _repeated(identities)
    for identity in repeated:
        yield path, f"There are two prices of type {identity[0]} with the same conditions."


def _price(here: str, entry: dict[str, Any]) -> Iterator[Violation]:
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
    with _At(path):
        found = list(descriptors.items())
    for name, descriptor in found:
        here = f"{path}.{name}"
        with _At(here):
            bounds = [descriptor[end] for end in ("min", "max") if end in descriptor]
            if descriptor["type"] == "integer" and any(bound % 1 for bound in bounds):
                yield here, "The bounds of a whole number must be whole numbers."
            if len(bounds) == 2 and bounds[0] > bounds[1]:
                yield here, "The minimum is above the maximum."
            yield from _descriptors(here, descriptor.get("properties", {}))


def _repeated(values: Any) -> list[Any]:
    values = list(values)
    if len(values) < 2 or len(set(values)) == len(values):
        return []
    seen = set[Any]()
    return list(dict.fromkeys(value for value in values if value in seen or seen.add(value)))  # type: ignore[func-returns-value]
