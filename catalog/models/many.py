"""Queries for the rows of many keys."""

from collections.abc import Collection
from typing import Any

from django.db.models.expressions import RawSQL

FEW = 100
"""Up to this many values, Django's list of parameters is fast, and the server plans for its length."""


def all_of(values: Collection[str]) -> Any:
    """For ``filter(name__overlap=all_of(values))``: many texts as one array."""
    return RawSQL("%s::varchar[]", [list(values)])


def one_of(values: Collection[Any]) -> Any:
    """For ``filter(name__in=one_of(values))``: many keys or texts are sent as one array, not as a parameter each. Otherwise Django,
    psycopg and the server would parse tens of thousands of parameters for each query."""
    if len(values) <= FEW:
        return list(values)
    is_text = isinstance(next(iter(values)), str)
    return RawSQL(f"SELECT unnest(%s::{'text' if is_text else 'bigint'}[])", [list(values)])  # noqa: S611 - two literals
