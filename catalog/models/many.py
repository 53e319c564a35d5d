"""Asking for the rows of many keys."""

from collections.abc import Collection
from typing import Any

from django.db.models.expressions import RawSQL

FEW = 100
"""Up to so many values Django's list of parameters is quick, and planned for by its length."""


def one_of(values: Collection[Any]) -> Any:
    """For ``filter(name__in=one_of(values))``: many keys or texts go as one array, not as a parameter each, of which Django, psycopg and
    the server would parse tens of thousands for each query."""
    if len(values) <= FEW:
        return list(values)
    is_text = isinstance(next(iter(values)), str)
    return RawSQL(f"SELECT unnest(%s::{'text' if is_text else 'bigint'}[])", [list(values)])  # noqa: S611 - two literals
