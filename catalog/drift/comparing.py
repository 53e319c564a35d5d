"""The results of a comparison, and the requests to the other side."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from catalog.fetching import MIB, Fetcher, FetchError
from catalog.models import DriftState

LARGEST = 32 * MIB
MOST_TEXT = 200
"""How many characters of an outside value are kept."""


class What(StrEnum):
    """The kinds of differences."""

    MISSING = "missing"
    HIDDEN = "hidden"
    EXTRA = "extra"
    PRICE = "price"
    CONTEXT = "context"
    QUANTIZATION = "quantization"
    NOT_SERVED = "not-served"
    NOT_LISTED = "not-listed"
    SHORTER = "shorter-context"


SENTENCES = {
    What.MISSING: "We list it; OpenRouter has no such model.",
    What.HIDDEN: "We list it; OpenRouter does not show it as ours.",
    What.EXTRA: "OpenRouter shows it as ours; we do not list it as ready.",
    What.PRICE: "OpenRouter shows a different price.",
    What.CONTEXT: "OpenRouter shows a different context length.",
    What.QUANTIZATION: "OpenRouter shows a different quantization.",
    What.NOT_SERVED: "We list it; none of our servers serves it.",
    What.NOT_LISTED: "Our servers serve it; we do not publish it.",
    What.SHORTER: "A server accepts less context than we publish.",
}


class Difference(NamedTuple):
    """One difference. ``entry`` is the model's id with its tier; ``ours`` and ``theirs`` are texts, empty for a missing value."""

    entry: str
    what: What
    field: str = ""
    ours: str = ""
    theirs: str = ""

    @property
    def sentence(self) -> str:
        """The difference as a sentence."""
        return SENTENCES[self.what]

    @property
    def values(self) -> str:
        """The two values, empty if there are none."""
        return f"{self.field}: ours {self.ours or 'none'}, theirs {self.theirs or 'none'}" if self.field else ""


@dataclass
class Comparison:
    """All differences, and sentences about what could not be reached."""

    differences: list[Difference] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def state(self) -> DriftState:
        """The outcome: a difference counts, even if other requests failed."""
        if self.differences:
            return DriftState.DIFFERENT
        return DriftState.UNKNOWN if self.unknown else DriftState.SAME


class Unknown(Exception):
    """The other side cannot be reached, or its answer cannot be read; the message is a sentence."""


class NotThere(Exception):
    """The other side says that there is no such thing (404)."""


def asked(fetcher: Fetcher, url: str) -> Any:
    """The ``data`` of the JSON document at an address. Numbers are ``Decimal``. Raises ``Unknown`` and ``NotThere``."""
    try:
        answer = fetcher.get(url)
    except FetchError as error:
        raise Unknown(str(error)) from error
    if answer.status == 404:
        raise NotThere
    if not 200 <= answer.status < 300:
        raise Unknown(f"{url} answers {answer.status}.")
    try:
        document = json.loads(answer.content, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unknown(f"The answer of {url} is not JSON.") from error
    if not isinstance(document, Mapping) or "data" not in document:
        raise Unknown(f"The answer of {url} has no data.")
    return document["data"]


def items(data: Any, url: str) -> list[Mapping[str, Any]]:
    """A list of objects with ids. Raises ``Unknown`` for anything else, because models of a partly readable list would seem
    gone."""
    if not isinstance(data, list) or not all(isinstance(item, Mapping) and isinstance(item.get("id"), str) for item in data):
        raise Unknown(f"The items in the answer of {url} have no ids.")
    return data


def text(value: Any) -> str:
    """A value from outside, as text."""
    shown = "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
    return "".join(character for character in shown if character.isprintable())[:MOST_TEXT]
