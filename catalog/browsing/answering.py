"""From a query's values to the matching models."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from catalog.browsing import search
from catalog.browsing.index import Index, index_of
from catalog.browsing.parameters import FILTERS, Parameter
from catalog.browsing.sorts import SORTS
from catalog.browsing.workload import BY_COST, cost, workload
from catalog.costs import Usage
from catalog.publication import Item, Publication


@dataclass(frozen=True)
class Answer:
    """The models that match a query at a time. ``kept`` are the sets that its filters keep, by the parameter's name; ``workload``
    is the request that models are ranked by, if there is one."""

    index: Index
    values: dict[str, Any]
    at: datetime
    kept: dict[str, int]
    workload: Usage | None

    @cached_property
    def set(self) -> int:
        """The models that every filter keeps."""
        return self._without(None)

    @property
    def total(self) -> int:
        """The number of models."""
        return self.set.bit_count()

    @property
    def depends_on_time(self) -> bool:
        """Whether the same query may have a different answer later without a change, because prices have windows."""
        return self.workload is not None or any(
            parameter.depends_on_time for parameter in FILTERS if parameter.name in self.values
        )

    def cost(self, item: Item) -> Decimal | None:
        """The cost of the reader's request, None if something is not sold."""
        return None if self.workload is None else cost(item, self.workload, self.at)

    def items(self) -> list[Item]:
        """The models in the requested order; by default by id, with those first whose names have every searched word."""
        if sort := SORTS.get(self.values.get("sort", "")):
            order = self.index.order(self.values["sort"], sort.value, descending=sort.descending)
            return self.index.chosen(self.set, order)
        if self.values.get("sort") in BY_COST:
            return self._by_cost(descending=BY_COST[self.values["sort"]])
        if text := self.values.get("q"):
            named = self.index.named(search.words(text), self.set)
            return self.index.chosen(named) + self.index.chosen(self.set & ~named)
        return self.index.chosen(self.set)

    def counts(self, parameter: Parameter) -> dict[str, int]:
        """How many models each value of a facet would leave if it were selected, without values that no model of the catalog has.

        If a model must have all selected values, another one narrows the answer. If one of them is enough, only the other filters
        count.
        """
        facet = parameter.facet
        assert facet is not None
        within = self.set if facet.all_of else self._without(parameter.name)
        return {value: (within & having).bit_count() for value, having in self.index.facet(facet.values).items()}

    def _by_cost(self, *, descending: bool) -> list[Item]:
        costs = [(item, self.cost(item)) for item in self.index.chosen(self.set)]
        known = [(item, usd) for item, usd in costs if usd is not None]
        known.sort(key=lambda one: one[1], reverse=descending)
        return [item for item, _ in known] + [item for item, usd in costs if usd is None]

    def _without(self, name: str | None) -> int:
        models = self.index.every
        for own, kept in self.kept.items():
            if own != name:
                models &= kept
        return models


def answer(index: Index, values: dict[str, Any], at: datetime) -> Answer:
    """Select models. ``values`` are those of ``parse_query``; ``at`` is the time of the query. Raises ``BadParameter``."""
    kept = {
        parameter.name: parameter.select(index, values[parameter.name], at)
        for parameter in FILTERS
        if parameter.select is not None and parameter.name in values
    }
    return Answer(index, values, at, kept, workload(values))


def prepare(publication: Publication) -> None:
    """Compute what the first queries of a new list would wait for: its texts, facets and orders."""
    index = index_of(publication)
    index.described(())
    for parameter in FILTERS:
        if parameter.facet is not None:
            index.facet(parameter.facet.values)
    for name, sort in SORTS.items():
        index.order(name, sort.value, descending=sort.descending)
