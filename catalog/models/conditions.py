"""What ids, slugs, moments and numbers may look like, and the conditions that check it."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact, IsNull, Regex

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)
"""Moments outside these have no spelling on the wire; PostgreSQL's ``infinity`` is among them."""

SLUG = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$"
MODEL_ID = r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$"

ID_SENTENCE = "An id starts with a letter or digit and holds letters, digits and . _ : / @ + - only."

LARGEST_EXACT_INTEGER = 2**53 - 1
"""Above it, readers that keep JSON's numbers as doubles would see another one."""


def ids_in(field: str) -> Q:
    """The condition that an array is a plain list of ids.

    Joined by what no id holds, one pattern tells; joined by two such characters, neither can be inside of an id.
    """
    dimensions = Func(F(field), function="array_ndims", output_field=models.IntegerField())
    gap = Func(F(field), Value(None), function="array_position", output_field=models.IntegerField())
    condition = Q(Exact(dimensions, Value(1))) & Q(IsNull(gap, True))
    for between_ids in (" ", "\n"):
        joined = Func(F(field), Value(between_ids), function="array_to_string", output_field=models.TextField())
        condition &= Q(Regex(joined, Value(f"^{MODEL_ID.strip('^$')}({between_ids}{MODEL_ID.strip('^$')})*$")))
    return Q(**{field: []}) | condition


class Epoch(Func):
    """Seconds since 1970 of a moment, exact to the microsecond."""

    template = "EXTRACT(EPOCH FROM (%(expressions)s)::timestamptz)"
    output_field = models.DecimalField()


def between(field: str) -> Q:
    """The moment has a spelling on the wire."""
    return Q(**{f"{field}__gte": EARLIEST, f"{field}__lte": LATEST})
