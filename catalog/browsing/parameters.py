"""The query parameters that select models: OpenRouter's, as far as a catalog can answer them, and other common ones.

Each is one line of ``FILTERS``: how its text is read, and which models it keeps. Parameters of OpenRouter's API that a catalog
cannot answer (use, speed, benchmarks …) are refused by name: ignoring them would give a wrong answer. Other names are ignored, as
everywhere on the web.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import ge, le
from typing import Any

from django.http import QueryDict

from catalog.browsing import reading, search, values
from catalog.browsing.index import Index, Values
from catalog.browsing.sorts import SORTS
from catalog.formats import models_api_schema
from catalog.models import Feature, InputModality, OutputModality, PriceKind, Quantization

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

Select = Callable[[Index, Any, datetime], int]
"""The set of the models to keep, given the parameter's value and the time of the query."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A choice among values. A model must have all selected values if ``all_of``, else at least one."""

    values: Values
    all_of: bool = False

    def select(self, index: Index, wanted: Iterable[str], at: datetime) -> int:
        """The models with the selected values; without a selection, all models."""
        wanted, having = list(wanted), index.facet(self.values)
        if not wanted:
            return index.every
        kept = index.every if self.all_of else 0
        for value in wanted:
            kept = kept & having.get(value, 0) if self.all_of else kept | having.get(value, 0)
        return kept


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: how its text is read (raising ``ValueError`` with a sentence), its JSON Schema, and which models it keeps."""

    name: str
    read: Callable[[str], Any]
    schema: dict[str, Any]
    description: str
    select: Select | None = None
    facet: Facet | None = None
    depends_on_time: bool = False
    """Whether a model may match or stop matching only because time passes."""


class BadParameter(ValueError):
    """A parameter has an invalid value."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name}: {sentence}")
        self.name, self.sentence = name, sentence


def _choice(name: str, vocabulary: Iterable[str], facet: Facet, description: str) -> Parameter:
    known = list(vocabulary)
    schema = {"type": "array", "items": {"type": "string", "enum": known}}
    return Parameter(name, reading.choices(known), schema, description, facet.select, facet)


def _open_choice(name: str, facet: Facet, description: str) -> Parameter:
    schema = {"type": "array", "items": {"type": "string"}}
    return Parameter(name, reading.texts, schema, description, facet.select, facet)


def _flag(name: str, of: Values, description: str) -> Parameter:
    facet = Facet(of)
    schema = {"type": "string", "enum": ["true", "false"]}
    return Parameter(name, lambda text: [reading.choice(("true", "false"))(text)], schema, description, facet.select, facet)


def _whole(name: str, read: reading.Whole, description: str, select: Select, **more: Any) -> Parameter:
    return Parameter(name, read, read.schema, description, select, **more)


def _price(name: str, word: str, kind: PriceKind, is_within: Callable[[Decimal, Decimal], bool]) -> Parameter:
    def select(index: Index, bound: Decimal, at: datetime) -> int:
        return index.where(values.price(kind), lambda price: is_within(price, bound))

    description = f"The {word} {kind.label.lower()} price that users pay, in USD per million tokens."
    return Parameter(name, reading.amount, {"type": "number", "minimum": 0}, description, select)


def _age(name: str, word: str, is_within: Callable[[timedelta, timedelta], bool]) -> Parameter:
    def select(index: Index, days: int, at: datetime) -> int:
        bound = timedelta(days=days)
        return index.where(values.released, lambda released: is_within(at - released, bound))

    description = f"Models released at {word} this many days ago."
    return _whole(name, reading.Whole(0, 10**6), description, select, depends_on_time=True)


def _at_least(name: str, value: Callable[..., int | None], description: str) -> Parameter:
    def select(index: Index, least: int, at: datetime) -> int:
        return index.where(value, lambda length: length >= least)

    return _whole(name, reading.Whole(1, reading.LARGEST), description, select)


_OUTPUT = Facet(values.output_modalities, all_of=True)
EVERY_OUTPUT = "all"

FILTERS = (
    Parameter(
        "q",
        str,
        {"type": "string"},
        "Words of the id, name, aliases, slug, maker or description, in any order; case and accents do not matter. Without "
        "`sort`, models that have all words in their names come first.",
        lambda index, text, at: index.described(search.words(text)),
    ),
    _choice(
        "supported_parameters",
        models_api_schema.PARAMETERS,
        Facet(values.supported_parameters, all_of=True),
        "Models that support all of these request parameters.",
    ),
    _choice(
        "supported_features",
        Feature.values,
        Facet(values.supported_features, all_of=True),
        "Models that have all of these features.",
    ),
    Parameter(
        "output_modalities",
        reading.choices([*OutputModality.values, EVERY_OUTPUT]),
        {
            "type": "array",
            "items": {"type": "string", "enum": [*OutputModality.values, EVERY_OUTPUT]},
            "default": [OutputModality.TEXT.value],
        },
        "Models that produce all of these; `all`: all models. Without it, models that produce text.",
        lambda index, wanted, at: index.every if EVERY_OUTPUT in wanted else _OUTPUT.select(index, wanted, at),
        _OUTPUT,
    ),
    _choice(
        "input_modalities",
        InputModality.values,
        Facet(values.input_modalities, all_of=True),
        "Models that accept all of these.",
    ),
    _at_least("context", values.context, "The shortest context, in tokens."),
    _price("min_price", "lowest", PriceKind.PROMPT, ge),
    _price("max_price", "highest", PriceKind.PROMPT, le),
    _price("min_output_price", "lowest", PriceKind.COMPLETION, ge),
    _price("max_output_price", "highest", PriceKind.COMPLETION, le),
    _age("min_age_days", "least", ge),
    _age("max_age_days", "most", le),
    Parameter(
        "arch",
        lambda text: [text.strip().lower()],
        {"type": "string"},
        "The model family, which is the tokenizer's name: GPT, Llama3, Qwen3 …, in any case.",
        (_ARCH := Facet(values.families)).select,
        _ARCH,
    ),
    _open_choice("model_authors", Facet(values.authors), "Models by one of these makers."),
    _choice("quantizations", Quantization.values, Facet(values.quantizations), "Models served in one of these precisions."),
    _open_choice(
        "countries",
        Facet(values.countries),
        "Models served from one of these countries (ISO 3166-1 alpha-2, such as DE), in any case.",
    ),
    _flag("free", values.free, "`true`: models that cost nothing; `false`: the others."),
    _flag(
        "deprecating",
        values.deprecating,
        "`true`: models whose deprecation is announced or past; `false`: the others.",
    ),
)

ORDERS = (*SORTS, "cost", "cost-high-to-low")
SORT = Parameter(
    "sort",
    reading.choice(ORDERS),
    {"type": "string", "enum": list(ORDERS)},
    "The order; models without the value come last in either direction. `pricing` is the mean of prompt and completion, "
    "`cost` that of the request which `in`, `cached` and `out` describe, at this moment. Without it, by id.",
)
_OFFSET, _LIMIT = reading.Whole(0, reading.LARGEST), reading.Whole(1, LARGEST_PAGE)
PAGING = (
    Parameter(
        "offset",
        _OFFSET,
        _OFFSET.schema | {"default": 0},
        "How many to skip. Without offset and limit, the whole list is returned.",
    ),
    Parameter(
        "limit",
        _LIMIT,
        _LIMIT.schema | {"default": PAGE},
        "The maximum number to return.",
    ),
)


def parse_query(query: QueryDict, parameters: Iterable[Parameter]) -> dict[str, Any]:
    """The values of the parameters in a query. Raises ``BadParameter`` for the first invalid one."""
    for name in UNKNOWN_HERE:
        if name in query:
            raise BadParameter(name, "this catalog does not have this information about its models.")
    read = {}
    for parameter in parameters:
        stated = query.getlist(parameter.name)
        if not stated or (stated == [""] and parameter.schema["type"] in ("string", "array")):
            continue  # an empty text selects nothing
        try:
            if len(stated) > 1 and parameter.schema["type"] != "array":
                raise ValueError("It appears more than once.")
            read[parameter.name] = parameter.read(",".join(stated))  # a form sends each checked box separately
        except ValueError as error:
            raise BadParameter(parameter.name, str(error)) from error
    return read
