"""The query parameters of OpenRouter's Models API that a catalog can answer.

Each is one line of ``PARAMETERS``: what it takes, and which models it keeps. What that API offers and a catalog does not
know (use, speed, benchmarks …) is refused by name: to leave it aside would answer another question. Names that are no
parameter of that API are left aside, as everywhere on the web.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError

from catalog import decimals
from catalog.formats import models_api
from catalog.listing import Entry
from catalog.models import InputModality, OutputModality, PriceKind, PriceUnit
from catalog.publication import Item

LARGEST_PAGE = 1000
PAGE = 500
UNKNOWN_HERE = (
    "category",
    "providers",
    "distillable",
    "zdr",
    "region",
    *(f"{end}_{index}" for index in ("intelligence_index", "coding_index", "agentic_index") for end in ("min", "max")),
    "min_tool_success_rate",
    "max_tool_success_rate",
    "use_rss_chat_links",
)

Keep = Callable[[Item, Any, Any], bool]
"""Whether to keep an item, given the parameter's value and the moment of the listing."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: how its text is read (raising ``ValueError`` with a sentence), and which items it keeps."""

    name: str
    read: Callable[[str], Any]
    schema: dict[str, Any]
    description: str
    keep: Keep | None = None

    def documented(self) -> OpenApiParameter:
        """It, for the OpenAPI document."""
        explode = False if self.schema["type"] == "array" else None  # lists are written with commas
        return OpenApiParameter(self.name, self.schema, description=self.description, explode=explode)


def _words(*vocabulary: str) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        chosen = [word.strip() for word in text.split(",") if word.strip()]
        for word in chosen:
            if word not in vocabulary:
                raise ValueError(f"{word!r} is not one of {', '.join(vocabulary)}.")
        return chosen

    return read


def _word(*vocabulary: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in vocabulary:
            raise ValueError(f"{text!r} is not one of {', '.join(vocabulary)}.")
        return text

    return read


def _whole(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    def read(text: str) -> int:
        if re.fullmatch(r"\d{1,18}", text, re.ASCII) and minimum <= int(text) <= (maximum or 10**18):
            return int(text)
        bounds = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise ValueError(f"{text!r} is not a whole number {bounds}.")

    return read


def _amount(text: str) -> Decimal:
    if re.fullmatch(r"\+?(\d{1,30}(\.\d{0,330})?|\.\d{1,330})([eE][+-]?\d{1,3})?", text, re.ASCII):
        return Decimal(text)
    raise ValueError(f"{text!r} is not an amount of 0 or more.")


def per_million(entry: Entry, kind: PriceKind) -> Decimal | None:
    """An entry's base price in USD per million tokens, None where it has none."""
    if entry.is_free:
        return Decimal(0)
    for line in entry.prices:
        if line.kind == kind and line.unit == PriceUnit.TOKEN and line.is_base:
            return decimals.per_million(line.usd)
    return None


def _price(kind: PriceKind, is_within: Callable[[Decimal, Decimal], bool]) -> Keep:
    def keep(item: Item, bound: Decimal, at: Any) -> bool:
        price = per_million(item.entries[0], kind)
        return price is not None and is_within(price, bound)

    return keep


def _all_of(values: Callable[[Item], Iterable[str]]) -> Keep:
    return lambda item, wanted, at: set(wanted) <= set(values(item))


def _matches(item: Item, text: str, at: Any) -> bool:
    model, text = item.entries[0].model, text.strip().lower()
    names = (item.key, models_api.canonical_slug(model), models_api.name(model, item.entries))
    return any(text in name.lower() for name in names)


def _age(item: Item, at: Any) -> timedelta | None:
    released = item.entries[0].model.released_at
    return None if released is None else at - released


def _list_of(words: Iterable[str]) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", "enum": list(words)}}


ANSWERED_SORTS = ("newest", "pricing-low-to-high", "pricing-high-to-low", "context-high-to-low")
_USD_PER_MILLION: dict[str, Any] = {"type": "number", "minimum": 0}
_DAYS: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 10**6}

PARAMETERS = (
    Parameter(
        "supported_parameters",
        _words(*models_api.PARAMETERS),
        _list_of(models_api.PARAMETERS),
        "Models that support all of these request parameters.",
        _all_of(lambda item: models_api.supported_parameters(item.entries[0].model)),
    ),
    Parameter(
        "output_modalities",
        _words(*OutputModality.values, "all"),
        {**_list_of([*OutputModality.values, "all"]), "default": [OutputModality.TEXT.value]},
        "Models that give all of these; `all`: whatever they give. Without it, models that give text.",
        lambda item, wanted, at: "all" in wanted or set(wanted) <= set(item.entries[0].model.output_modalities),
    ),
    Parameter(
        "input_modalities",
        _words(*InputModality.values),
        _list_of(InputModality.values),
        "Models that take all of these.",
        _all_of(lambda item: item.entries[0].model.input_modalities),
    ),
    Parameter("q", str, {"type": "string"}, "Part of the name, the id or the slug, in any case.", _matches),
    Parameter(
        "context",
        _whole(1),
        {"type": "integer", "minimum": 1, "maximum": 10**17},
        "The shortest context, in tokens.",
        lambda item, least, at: (item.entries[0].model.context_length or 0) >= least,
    ),
    *(
        Parameter(
            name,
            _amount,
            _USD_PER_MILLION,
            f"The {word} {kind.label.lower()} price, in USD per million tokens.",
            _price(kind, is_within),
        )
        for name, word, kind, is_within in (
            ("min_price", "lowest", PriceKind.PROMPT, lambda price, bound: price >= bound),
            ("max_price", "highest", PriceKind.PROMPT, lambda price, bound: price <= bound),
            ("min_output_price", "lowest", PriceKind.COMPLETION, lambda price, bound: price >= bound),
            ("max_output_price", "highest", PriceKind.COMPLETION, lambda price, bound: price <= bound),
        )
    ),
    Parameter(
        "min_age_days",
        _whole(0, 10**6),
        _DAYS,
        "Models that came out at least so many days ago.",
        lambda item, days, at: (age := _age(item, at)) is not None and age >= timedelta(days=days),
    ),
    Parameter(
        "max_age_days",
        _whole(0, 10**6),
        _DAYS,
        "Models that came out at most so many days ago.",
        lambda item, days, at: (age := _age(item, at)) is not None and age <= timedelta(days=days),
    ),
    Parameter(
        "arch",
        str,
        {"type": "string"},
        "The model family, which is the tokenizer's name: GPT, Llama3, Qwen3 …, in any case.",
        lambda item, arch, at: (item.entries[0].model.tokenizer or "Other").lower() == arch.strip().lower(),
    ),
    Parameter(
        "model_authors",
        lambda text: [author.strip().lower() for author in text.split(",") if author.strip()],
        {"type": "array", "items": {"type": "string"}},
        "Models by one of these makers.",
        lambda item, authors, at: not authors or item.entries[0].model.author.lower() in authors,
    ),
    Parameter(
        "sort",
        _word(*ANSWERED_SORTS),
        {"type": "string", "enum": list(ANSWERED_SORTS)},
        "The order; models that lack what is sorted by come last. Prices are the mean of prompt and completion. Without "
        "it, by id.",
    ),
    Parameter(
        "offset",
        _whole(0),
        {"type": "integer", "minimum": 0, "maximum": 10**17, "default": 0},
        "How many to skip. Without offset and limit, the list is whole.",
    ),
    Parameter(
        "limit",
        _whole(1, LARGEST_PAGE),
        {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
        "How many to give.",
    ),
    Parameter(
        "use_rss",
        _word("true", "false"),
        {"type": "string", "enum": ["true", "false"]},
        "`true`: as an RSS feed, newest first.",
    ),
)
FILTERS = tuple(parameter for parameter in PARAMETERS if parameter.keep is not None)
DEPEND_ON_TIME = {"min_age_days", "max_age_days"}
"""Those of which a model may keep or lose by the passing of time alone."""


def asked(query: QueryDict, parameters: Iterable[Parameter] = PARAMETERS) -> dict[str, Any]:
    """The values of the parameters that a query states. Raises ``ParseError`` naming the one that is wrong."""
    for name in UNKNOWN_HERE:
        if name in query:
            raise ParseError(f"{name}: this catalog does not know that of its models.")
    values = {}
    for parameter in parameters:
        stated = query.getlist(parameter.name)
        if not stated or (stated == [""] and parameter.schema["type"] in ("string", "array")):
            continue  # an empty text asks for nothing
        try:
            if len(stated) > 1:
                raise ValueError("It is there more than once.")
            values[parameter.name] = parameter.read(stated[0])
        except ValueError as error:
            raise ParseError(f"{parameter.name}: {error}") from error
    return values


def chosen(items: Iterable[Item], values: dict[str, Any], at: Any) -> list[Item]:
    """The items that every filter keeps, in the order that was asked for."""
    filters = [(parameter.keep, values[parameter.name]) for parameter in FILTERS if parameter.name in values]
    kept = [item for item in items if all(keep(item, value, at) for keep, value in filters if keep is not None)]
    return _sorted(kept, values.get("sort"))


def _sorted(items: list[Item], order: str | None) -> list[Item]:
    if order is None:
        return items
    by: Callable[[Item], Any] = {
        "newest": lambda item: item.entries[0].model.released_at,
        "context-high-to-low": lambda item: item.entries[0].model.context_length,
        "pricing-low-to-high": _mean_price,
        "pricing-high-to-low": _mean_price,
    }[order]
    known = [item for item in items if by(item) is not None]
    unknown = [item for item in items if by(item) is None]
    return sorted(known, key=by, reverse=order != "pricing-low-to-high") + unknown


def _mean_price(item: Item) -> Decimal | None:
    prices = [per_million(item.entries[0], kind) for kind in (PriceKind.PROMPT, PriceKind.COMPLETION)]
    stated = [price for price in prices if price is not None]
    return sum(stated, Decimal(0)) / 2 if len(stated) == len(prices) else None
