"""Reads the OpenAPI document of the running product."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator


@cache
def _document() -> dict[str, Any]:
    return dict(SchemaGenerator().get_schema(public=True))  # type: ignore[no-untyped-call]


@cache
def _operations() -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        operation["operationId"]: (path, operation)
        for path, methods in _document()["paths"].items()
        for operation in methods.values()
        if isinstance(operation, dict)
    }


def path_of(name: str) -> str:
    """The path of an operation, with the names of its variables in braces."""
    return _operations()[name][0]


def parameters_of(name: str) -> list[dict[str, Any]]:
    """The query parameters of an operation."""
    return [parameter for parameter in _operations()[name][1].get("parameters", []) if parameter["in"] == "query"]


def statuses_of(name: str) -> list[int]:
    """The statuses of an operation's answers."""
    return sorted({int(status) for status in _operations()[name][1]["responses"]})


def answer_of(name: str) -> dict[str, Any]:
    """The schema of an operation's JSON answer."""
    content = _operations()[name][1]["responses"]["200"]["content"]
    return resolved(content["application/json"]["schema"])


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema, with a reference replaced by its target."""
    while "$ref" in schema:
        schema = _document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
