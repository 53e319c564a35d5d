"""The filters of the list: each choice with its number of models, and the active filters, which can be removed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog import decimals
from catalog.browsing import FILTERS, Answer
from catalog.formats import models_api_schema
from catalog.models import SamplingParameter
from catalog.site import labels, numbers

Text = str | Promise
NAMES = {parameter.name: parameter for parameter in FILTERS}
FEW = 6
"""How many choices of a group are shown; the others are below "More"."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A group of choices: its title, and the name of each value. ``offers`` are the values to offer, if that is not all."""

    name: str
    title: Text
    label: Callable[[str], object]
    offers: tuple[str, ...] = ()


def _in(labels: Mapping[str, object]) -> Callable[[str], object]:
    return lambda value: labels.get(value, value)


FACETS = (
    Facet("input_modalities", pgettext_lazy("filter", "Accepts"), _in(labels.MODALITIES)),
    Facet("output_modalities", pgettext_lazy("filter", "Produces"), _in(labels.MODALITIES)),
    Facet("supported_features", pgettext_lazy("filter", "Features"), _in(labels.FEATURES)),
    Facet("free", pgettext_lazy("filter", "Price"), _in({"true": _("Free models only")}), ("true",)),
    Facet("model_authors", pgettext_lazy("filter", "Maker"), str),
    Facet("quantizations", pgettext_lazy("filter", "Precision"), str),
    Facet("countries", pgettext_lazy("filter", "Served from"), numbers.country),
    Facet(
        "supported_parameters",
        pgettext_lazy("filter", "Request parameters"),
        str,
        (*SamplingParameter.values, *models_api_schema.OTHER_PARAMETERS),  # the others are features by another name
    ),
    Facet("arch", pgettext_lazy("filter", "Tokenizer family"), str.capitalize),
    Facet(
        "deprecating",
        pgettext_lazy("filter", "Deprecation"),
        _in({"false": _("Hide models that are being retired")}),
        ("false",),
    ),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that can be selected, and how many models have it."""

    value: str
    label: object
    count: int
    is_chosen: bool

    @property
    def shown(self) -> str:
        """The number of models, as people read it."""
        return numbers.whole(self.count)


@dataclass(frozen=True, slots=True)
class Group:
    """A facet with its choices: the visible ones, and the rest. ``is_single``: one of them at a time."""

    name: str
    title: Text
    first: list[Choice]
    more: list[Choice]
    is_single: bool

    @property
    def every(self) -> list[Choice]:
        """All choices."""
        return [*self.first, *self.more]

    @property
    def more_count(self) -> str:
        """How many are below "More"."""
        return numbers.whole(len(self.more))


def groups(answer: Answer) -> list[Group]:
    """The groups with more than one possible result."""
    return [group for facet in FACETS if (group := _group(facet, answer)) is not None]


def _group(facet: Facet, answer: Answer) -> Group | None:
    parameter = NAMES[facet.name]
    chosen = answer.values.get(facet.name, [])
    counts = answer.counts(parameter)
    if facet.offers:
        counts = {value: counts.get(value, 0) for value in facet.offers}
    counts = {value: count for value, count in {**dict.fromkeys(chosen, 0), **counts}.items() if count or value in chosen}
    if not chosen and (not counts or not any(count < answer.total for count in counts.values())):
        return None  # every model has it, so selecting it would change nothing
    known = _vocabulary(parameter.schema)
    values = (
        [value for value in known if value in counts] if known else sorted(counts, key=lambda value: (-counts[value], value))
    )
    choices = [Choice(value, facet.label(value), counts[value], value in chosen) for value in values]
    first = [choice for number, choice in enumerate(choices) if number < FEW or choice.is_chosen]
    more = [choice for choice in choices if choice not in first]
    return Group(facet.name, facet.title, first, more, parameter.schema["type"] == "string" and not facet.offers)


def _vocabulary(schema: Mapping[str, Any]) -> list[str]:
    found: list[str] = schema.get("items", schema).get("enum", [])
    return found


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter as text, and the query without it."""

    label: object
    value: object
    query: str


BOUNDS: dict[str, Text] = {
    "q": _("Search"),
    "context": _("Context from"),
    "min_price": _("Input from"),
    "max_price": _("Input up to"),
    "min_output_price": _("Output from"),
    "max_output_price": _("Output up to"),
    "min_age_days": _("Days since release, from"),
    "max_age_days": _("Days since release, up to"),
}
"""The active filters with a text or a number."""


def chips(values: dict[str, Any], query: QueryDict) -> list[Chip]:
    """All active filters."""
    found = []
    for facet in FACETS:
        for value in values.get(facet.name, []):
            others = [other for other in values[facet.name] if other != value]
            found.append(Chip(facet.title, facet.label(value), without(query, facet.name, others)))
    for name, label in BOUNDS.items():
        if name in values:
            found.append(Chip(label, _shown(values[name]), without(query, name)))
    return found


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return numbers.usd(value) if value.adjusted() < decimals.MAX_DIGITS else str(value)
    return numbers.whole(value) if isinstance(value, int) else str(value)


def without(query: QueryDict, name: str, others: Iterable[str] = ()) -> str:
    """The query without a parameter, or with only its other values; from the first page on."""
    changed = query.copy()
    changed.pop("offset", None)
    changed.pop(name, None)
    if others := list(others):
        changed[name] = ",".join(others)
    return changed.urlencode(safe=",")
