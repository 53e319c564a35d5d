"""The allowed forms of ids, slugs, times and numbers, and the conditions that check them."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact, IsNull, Regex

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)
"""Times outside these cannot be written in the API; PostgreSQL's ``infinity`` is one of them."""

SLUG = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$"
LINE = r"^[^\u0001-\u0020\u007f-\u00a0]([^\u0001-\u001f\u007f-\u009f]*[^\u0001-\u0020\u007f-\u00a0])?$"
"""One line of text, without spaces at its ends."""

_UNSEEN = (
    r"\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    r"\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd\ufffe\uffff"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff"
)
"""Characters that are invisible, or change how others look: spaces, control and format characters, fillers, variation selectors,
tags, and characters of private use. Both PostgreSQL and Python read these escapes."""

_CHARACTER, _NO_DOT = rf"[^/,\\{_UNSEEN}]", rf"[^./,\\{_UNSEEN}]"
_PART = rf"(?:{_NO_DOT}{_CHARACTER}*|\.{_NO_DOT}{_CHARACTER}*|\.\.{_CHARACTER}+)"
"""A part of a path that clients do not normalize away: not empty, ``.`` or ``..``."""

MODEL_ID = rf"^{_PART}(?:/{_PART})*$"
"""Any id of a provider's servers that is visible, can be written into an address, and can be separated from others by a comma."""

ID_SENTENCE = (
    "An id can have letters, digits and symbols of any script, but no spaces, invisible characters, commas or backslashes; "
    "no part between slashes can be empty, “.” or “..”."
)

DISCOUNT_SENTENCE = "A discount must be greater than -100 and less than 1. For example, 0.1 lowers the price by 10 percent, and -0.1 raises it."

DISCOUNT_DECIMALS_SENTENCE = "A discount can have at most 10 decimal places."

DEPRECATION_TIME_SENTENCE = "A deprecation must be between 1970 and 9999."

WHOLE_HOUR_SENTENCE = "A deprecation must be on a whole hour in UTC, such as 13:00."

NFC_SENTENCE = "An id must be in Unicode's composed form (NFC), so that ids that look the same are the same."

LARGEST_EXACT_INTEGER = 2**53 - 1
"""Above it, readers that store JSON numbers as doubles would see a different number."""


class IsComposed(Func):
    """Whether a text is in Unicode's composed form (NFC)."""

    template = "(%(expressions)s IS NFC NORMALIZED)"
    output_field = models.BooleanField()


def composed(field: str) -> Q:
    """The condition that a text is in Unicode's composed form."""
    return Q(Exact(IsComposed(F(field)), Value(True)))


def all_composed(field: str) -> Q:
    """The condition that each text of an array is in Unicode's composed form."""
    joined = Func(F(field), Value(" "), function="array_to_string", output_field=models.TextField())
    return Q(Exact(IsComposed(joined), Value(True)))


def ids_in(field: str) -> Q:
    """The condition that an array is a plain list of ids.

    The ids are joined by characters that no id can contain, so one pattern checks all; with two such characters, neither can be
    inside an id.
    """
    dimensions = Func(F(field), function="array_ndims", output_field=models.IntegerField())
    gap = Func(F(field), Value(None), function="array_position", output_field=models.IntegerField())
    condition = Q(Exact(dimensions, Value(1))) & Q(IsNull(gap, True))
    for between_ids in (" ", "\n"):
        joined = Func(F(field), Value(between_ids), function="array_to_string", output_field=models.TextField())
        condition &= Q(Regex(joined, Value(f"^{MODEL_ID[1:-1]}({between_ids}{MODEL_ID[1:-1]})*$")))
    return Q(**{field: []}) | condition


class Epoch(Func):
    """A time as seconds since 1970, exact to the microsecond."""

    template = "EXTRACT(EPOCH FROM (%(expressions)s)::timestamptz)"
    output_field = models.DecimalField()


def between(field: str) -> Q:
    """The condition that a time can be written in the API."""
    return Q(**{f"{field}__gte": EARLIEST, f"{field}__lte": LATEST})


def repository_id(text: str) -> str:
    """A repository on Hugging Face as ``owner/name``, also if its address was pasted."""
    return text.strip().removeprefix("https://huggingface.co/").strip("/")
