"""A format's fields as rows of a table, from its JSON Schema."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from catalog.formats import pricing
from catalog.site.guide.meanings import UNDER_A_CONDITION, meaning
from catalog.site.guide.operations import resolved

PRICES = frozenset(pricing.PUBLIC_KEYS)
ENTRY = "data"
"""The envelope's key of the entries, whose fields are named without it."""

CLOSED = {"default_parameters", "default_params", "capabilities"}
"""Objects whose keys are names of parameters or features; their keys are not fields."""


class Field(NamedTuple):
    """A field: its place, its JSON type, whether it is always present, its possible values, and its meaning. ``same_as`` is the
    field whose parts it has too."""

    path: str
    type: str
    is_required: bool
    values: list[str]
    meaning: object
    same_as: str = ""


def fields(name: str, schema: dict[str, Any]) -> list[Field]:
    """The fields of the format or answer with that name."""
    return list(_Reader(name).read(schema))


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: dict[str, tuple[str, frozenset[str]]] = {}

    def read(self, schema: dict[str, Any], above: str = "") -> Iterator[Field]:
        properties, required = _properties(schema)
        entry = {} if above else _properties(_inside(resolved(properties.get(ENTRY, {}))))[0]
        for key, own in properties.items():
            own = resolved(own)
            if not above and key == ENTRY:
                yield from self.read(_inside(own))
                continue
            if key in entry and not _names(_inside(own)):
                continue  # the envelope's own of that name says nothing more
            if key in PRICES and above.endswith("overrides[]."):
                continue  # together, below
            path = f"{above}{key}{'[]' if _is_list(own) else ''}"
            yield from self._field(key, path, own, is_required=key in required)
        prices = [key for key in properties if key in PRICES]
        if prices and above.endswith("overrides[]."):
            yield Field(above + ", ".join(prices), "string", False, [], UNDER_A_CONDITION)

    def _field(self, key: str, path: str, schema: dict[str, Any], *, is_required: bool) -> Iterator[Field]:
        inside = _inside(schema)
        parts = _names(inside)
        before = self.seen.get(key)
        same_as = before[0] if before and len(parts) > 1 and parts <= before[1] else ""
        yield Field(path, _type(schema), is_required, _values(schema), meaning(self.name, path), same_as)
        if same_as or key in CLOSED:
            return
        if len(parts) > 1:
            self.seen[key] = path, parts
        yield from self.read(inside, f"{path}.")


def _inside(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the properties: the items of a list, else the schema itself."""
    return resolved(schema["items"]) if _is_list(schema) and "items" in schema else schema


def _properties(schema: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """The properties of an object, or of all its variants. Only properties that every variant requires are always present."""
    variants = [_inside(resolved(one)) for one in schema.get("anyOf", schema.get("oneOf", []))] or [schema]
    properties: dict[str, Any] = {}
    for variant in variants:
        properties = {**variant.get("properties", {}), **properties}
    return properties, set.intersection(*(set(variant.get("required", [])) for variant in variants))


def _names(schema: dict[str, Any]) -> frozenset[str]:
    """The names of everything inside, at any depth."""
    found = set()
    for key, own in _properties(schema)[0].items():
        found |= {key, *_names(_inside(resolved(own)))}
    return frozenset(found)


def _is_list(schema: dict[str, Any]) -> bool:
    return "array" in _types(schema)


def _types(schema: dict[str, Any]) -> list[str]:
    stated = schema.get("type", [])
    return [stated] if isinstance(stated, str) else list(stated)


def _type(schema: dict[str, Any]) -> str:
    """A JSON type as people write it: ``string[]``, ``integer | null``."""
    if variants := schema.get("anyOf", schema.get("oneOf")):
        return " | ".join(dict.fromkeys(_type(resolved(one)) for one in variants))
    items = resolved(schema.get("items", {}))
    return " | ".join(f"{_type(items)}[]" if one == "array" and items else one for one in _types(schema))


def _values(schema: dict[str, Any]) -> list[str]:
    """The values of a closed vocabulary."""
    if "const" in schema:
        return [_text(schema["const"])]
    return [_text(value) for value in _inside(schema).get("enum", []) if value is not None]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
