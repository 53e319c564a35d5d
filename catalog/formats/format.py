"""The base of all formats, and helpers that several formats share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import orjson

from catalog import decimals
from catalog.listing import Entry, ProviderFacts, Selection
from catalog.models import OPENROUTER_TIERS


@dataclass(frozen=True, slots=True)
class Record:
    """One item of a format's list: ``key`` is its id or its group, ``entries`` are those that it shows. ``names`` are other names
    that find only this item, which the database ensures; ``slugs`` find it if no other item has the same one."""

    key: str
    entries: tuple[Entry, ...]
    document: dict[str, Any]
    names: tuple[str, ...] = ()
    slugs: tuple[str, ...] = ()


Found = TypeVar("Found")


def by_name(records: Iterable[tuple[Record, Found]]) -> dict[str, Found]:
    """The item for each name: the one with that key, else the one with that name, else the only one with that slug."""
    by_key: dict[str, Found] = {}
    by_other: dict[str, Found] = {}
    by_slug: dict[str, list[Found]] = {}
    for record, found in records:
        by_key.setdefault(record.key, found)
        by_other |= dict.fromkeys(record.names, found)
        for slug in record.slugs:
            by_slug.setdefault(slug, []).append(found)
    return {**{slug: found[0] for slug, found in by_slug.items() if len(found) == 1}, **by_other, **by_key}


READER_FACTS = (
    "family",
    "license",
    "has_open_weights",
    "reasoning_efforts",
    "reasoning_default_effort",
    "reasoning_is_mandatory",
    "reasoning_is_default",
    "reasoning_takes_max_tokens",
)
"""Fields that only the standard catalog, OpenRouter's Models API and models.dev have keys for: for ``Format.without`` of the
others."""


class Offers(StrEnum):
    """The offers whose own facts a format has, besides those of the model."""

    ALL = "all"
    FREE = "free"
    """The free variant's: it is an item of its own."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format.

    ``records`` turns the entries of one model into its items; ``envelope`` takes all items, as their keys and what is JSON
    already, and the provider, and makes the document. What they write is dictionaries, lists, strings, integers, booleans, None
    and ``orjson.Fragment`` for exact decimal numbers; never a float. ``schema`` is the JSON Schema of the document, with which the
    API is described and the tests check what is sent. ``path`` is where it is served; those of ``/v1/models`` are chosen by
    ``?format=``. ``without`` names the facts that it has no key for (``region`` of the datacenters), and ``left_out`` yields what
    else of an entry it cannot express: the field, and a sentence. ``offers`` are those whose own facts it has, besides the
    model's.
    """

    name: str
    title: str
    selection: Selection
    records: Callable[[tuple[Entry, ...], ProviderFacts], Iterator[Record]]
    envelope: Callable[..., Any]
    schema: dict[str, Any]
    path: str = "/v1/models"
    left_out: Callable[[Entry], Iterable[tuple[str, str]]] = field(default=lambda entry: ())
    without: tuple[str, ...] = ()
    offers: Offers = Offers.ALL

    def lost(self, entry: Entry) -> Iterator[str]:
        """Yield a sentence for each fact of an entry that this format does not have."""
        if self.selection is Selection.LISTED and entry.service_tier not in OPENROUTER_TIERS:
            yield f"OpenRouter has no {entry.service_tier} tier, so it is not in it."
            return
        if entry.own and (self.offers is Offers.NONE or (self.offers is Offers.FREE and not entry.is_free)):
            which = "free variant" if entry.is_free else f"{entry.service_tier} tier"
            yield f"What the {which} states for itself has no key in it: {', '.join(entry.own)}."
        yield from (sentence for _, sentence in self.left_out(entry))
        for name in self.without:
            if name == "region":
                is_set = any(place.region for place in entry.model.datacenters)
            else:
                value = getattr(entry.model, name)
                is_set = value is False if name == "is_ready" else value not in (None, "", (), False)
            if is_set:
                yield f"{name} has no key in this format."


def data_list(records: Sequence[tuple[str, orjson.Fragment]], provider: ProviderFacts) -> dict[str, Any]:
    """The envelope of most formats."""
    return {"data": [fragment for _, fragment in records]}


def exact_number(value: Decimal) -> orjson.Fragment:
    """A decimal as a JSON number, digit for digit."""
    return orjson.Fragment(decimals.wire(value))


def exact_json(value: Any) -> Any:
    """A JSON value whose numbers are decimals, with each digit for digit."""
    if isinstance(value, Decimal):
        return exact_number(value)
    return [exact_json(item) for item in value] if isinstance(value, list) else value


def choices_schema(vocabulary: type[Any], description: str) -> dict[str, Any]:
    """The schema of a list of a vocabulary's values."""
    return {
        "type": "array",
        "items": {"type": "string", "enum": vocabulary.values},
        "uniqueItems": True,
        "description": description,
    }


CLOCK = {"type": "integer", "minimum": 0, "maximum": 2359, "description": "A time of day, UTC, as HHMM."}
DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
DAY_OR_HOUR = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(T\d{2}:00:00Z)?$"}
"""The schemas of times: a time of day, a day, and the output of ``deprecation_text``."""

USD_PATTERN = r"^(0|[1-9]\d*)(\.\d*[1-9])?$"


def usd(unit: str) -> dict[str, Any]:
    """The schema of a price."""
    return {"type": "string", "pattern": USD_PATTERN, "description": f"USD per {unit}."}


def closed(required: dict[str, Any], optional: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object that has no other keys."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


def listed(item: dict[str, Any]) -> dict[str, Any]:
    """The schema of ``data_list``."""
    return closed({"data": {"type": "array", "items": item}}, {})
