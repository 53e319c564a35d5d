"""What a comparison finds, and how the other side is asked."""

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
"""Characters of a value from outside that are kept."""


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
    What.PRICE: "OpenRouter shows another price.",
    What.CONTEXT: "OpenRouter shows another context length.",
    What.QUANTIZATION: "OpenRouter shows another quantization.",
    What.NOT_SERVED: "We list it; none of our servers serves it.",
    What.NOT_LISTED: "Our servers serve it; we do not publish it.",
    What.SHORTER: "A server takes less context than we promise.",
}


class Difference(NamedTuple):
    """One difference. ``entry`` is the model's id with its tier; ``ours`` and ``theirs`` are texts, empty for what is not there."""

    entry: str
    what: What
    field: str = ""
    ours: str = ""
    theirs: str = ""

    @property
    def sentence(self) -> str:
        """What it is, in words."""
        return SENTENCES[self.what]

    @property
    def values(self) -> str:
        """The two values, empty where there are none."""
        return f"{self.field}: ours {self.ours or 'none'}, theirs {self.theirs or 'none'}" if self.field else ""


@dataclass
class Comparison:
    """All differences, and what could not be asked, in sentences."""

    differences: list[Difference] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def state(self) -> DriftState:
        """What came out: a difference that was found is one, whatever else could not be asked."""
        if self.differences:
            return DriftState.DIFFERENT
        return DriftState.UNKNOWN if self.unknown else DriftState.SAME


class Unknown(Exception):
    """The other side cannot be asked, or what it answers cannot be read; the message is a sentence."""


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
        raise Unknown(f"{url} answers with something that is no JSON.") from error
    if not isinstance(document, Mapping) or "data" not in document:
        raise Unknown(f"{url} answers with JSON that has no data.")
    return document["data"]


def items(data: Any, url: str) -> list[Mapping[str, Any]]:
    """A list of objects with ids. Raises ``Unknown``: one that is only half understood would say that models are gone."""
    if not isinstance(data, list) or not all(isinstance(item, Mapping) and isinstance(item.get("id"), str) for item in data):
        raise Unknown(f"{url} answers with a list whose items have no ids.")
    return data


def text(value: Any) -> str:
    """A value from outside, as it is shown."""
    shown = "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
    return "".join(character for character in shown if character.isprintable())[:MOST_TEXT]
