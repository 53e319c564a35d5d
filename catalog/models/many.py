"""Queries for the rows of many keys."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models.expressions import RawSQL

FEW = 100
"""Up to this many values, Django's list of parameters is fast, and the server plans for its length."""


def all_of(values: Collection[str]) -> Any:
    """For ``filter(name__overlap=all_of(values))``: many texts as one array."""
    return RawSQL("%s::varchar[]", [texts(values)])


def one_of(values: Collection[Any]) -> Any:
    """For ``filter(name__in=one_of(values))``: many keys or texts are sent as one array, not as a parameter each. Otherwise Django,
    psycopg and the server would parse tens of thousands of parameters for each query."""
    if len(values) <= FEW:
        return list(values)
    if isinstance(next(iter(values)), str):
        return rows_of_texts(texts(values))
    return rows_of_numbers(numbers(values))


def rows_of_texts(array: Any) -> Any:
    """The items of an array of texts as rows, for ``IN``."""
    return RawSQL("SELECT unnest(%s::text[])", [array])


def rows_of_numbers(array: Any) -> Any:
    """The items of an array of whole numbers as rows, for ``IN``."""
    return RawSQL("SELECT unnest(%s::bigint[])", [array])


def texts(values: Iterable[str]) -> str:
    """An array of texts, as PostgreSQL writes it. psycopg takes many times as long to write a list of thousands."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join([f'"{value}"' for value in quoted]) + "}"


def numbers(values: Iterable[int]) -> str:
    """An array of whole numbers, as PostgreSQL writes it."""
    return "{" + ",".join(map(str, values)) + "}"
