"""From a query's values to the models that answer it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from catalog.browsing import search
from catalog.browsing.index import Index
from catalog.browsing.parameters import FILTERS, Parameter
from catalog.browsing.sorts import SORTS
from catalog.publication import Item


@dataclass(frozen=True)
class Answer:
    """The models that a query keeps. ``kept`` are the sets that its filters keep, by the parameter's name."""

    index: Index
    values: dict[str, Any]
    kept: dict[str, int]

    @cached_property
    def set(self) -> int:
        """The models that every filter keeps."""
        return self._without(None)

    @property
    def total(self) -> int:
        """How many they are."""
        return self.set.bit_count()

    def items(self) -> list[Item]:
        """They, in the order that was asked for; without one by id, those first whose names have every word that is searched for."""
        if sort := SORTS.get(self.values.get("sort", "")):
            order = self.index.order(self.values["sort"], sort.value, descending=sort.descending)
            return self.index.chosen(self.set, order)
        if text := self.values.get("q"):
            named = self.set & self.index.named(search.words(text))
            return self.index.chosen(named) + self.index.chosen(self.set & ~named)
        return self.index.chosen(self.set)

    def counts(self, parameter: Parameter) -> dict[str, int]:
        """How many models each value of a facet would leave if it were chosen; values that no model of the catalog has are not there.

        Where a model must have all chosen values, one more narrows the answer. Where one of them is enough, the choice is made
        anew: the other filters count.
        """
        facet = parameter.facet
        assert facet is not None
        within = self.set if facet.all_of else self._without(parameter.name)
        return {value: (within & having).bit_count() for value, having in self.index.facet(facet.values).items()}

    def _without(self, name: str | None) -> int:
        models = self.index.every
        for own, kept in self.kept.items():
            if own != name:
                models &= kept
        return models


def answer(index: Index, values: dict[str, Any], at: datetime) -> Answer:
    """Choose models. ``values`` are those of ``asked``; ``at`` is the moment of the question."""
    kept = {
        parameter.name: parameter.select(index, values[parameter.name], at)
        for parameter in FILTERS
        if parameter.select is not None and parameter.name in values
    }
    return Answer(index, values, kept)
