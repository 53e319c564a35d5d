"""The index for queries: made once per publication, when its first query comes.

A set of items is a whole number whose bit ``n`` is set if item ``n`` belongs to the set. So filters are combined by ``&``, and the
number of models of a choice is a count of bits: ten thousand models take microseconds.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from catalog.browsing import search
from catalog.publication import Item, Publication

Values = Callable[[Item], Iterable[str]]


class Index:
    """The items of one publication with their values. Everything is computed when it is first needed, and cached."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.every = (1 << len(items)) - 1
        self._columns: dict[Any, list[Any]] = {}
        self._facets: dict[Values, dict[str, int]] = {}
        self._orders: dict[str, list[int]] = {}

    def column(self, value: Callable[[Item], Any]) -> list[Any]:
        """One value of each item."""
        if value not in self._columns:
            self._columns[value] = [value(item) for item in self.items]
        return self._columns[value]

    def facet(self, values: Values) -> dict[str, int]:
        """The items that have each value, by value."""
        if values not in self._facets:
            alike: dict[tuple[str, ...], list[int]] = {}  # most models have the same values as many others
            for position, item in enumerate(self.items):
                alike.setdefault(tuple(values(item)), []).append(position)
            found: dict[str, int] = {}
            for own, positions in alike.items():
                belongs = self._set(positions)
                for value in own:
                    found[value] = found.get(value, 0) | belongs
            self._facets[values] = found
        return self._facets[values]

    def where(self, value: Callable[[Item], Any], test: Callable[[Any], bool]) -> int:
        """The items whose value passes a test. None never passes."""
        return _joined(one is not None and test(one) for one in self.column(value))

    def named(self, text: search.Words, within: int) -> int:
        """The items of a set whose names have every word of a text."""
        return within & self._set(position for position in self.positions(within) if self._texts[position].names.match(text))

    def described(self, text: search.Words) -> int:
        """The items whose names and description together have every word of a text."""
        return _joined([texts.everything.match(text) for texts in self._texts])

    def order(self, name: str, value: Callable[[Item], Any], *, descending: bool) -> list[int]:
        """The positions of all items by a value; items without it come last, in either direction."""
        if name not in self._orders:
            column = self.column(value)
            known = [position for position, one in enumerate(column) if one is not None]
            unknown = [position for position, one in enumerate(column) if one is None]
            known.sort(key=column.__getitem__, reverse=descending)
            self._orders[name] = known + unknown
        return self._orders[name]

    def chosen(self, set_: int, order: Iterable[int] | None = None) -> list[Item]:
        """The items of a set, in an order of positions; by default in the publication's own."""
        return [self.items[position] for position in self.positions(set_, order)]

    def positions(self, set_: int, order: Iterable[int] | None = None) -> list[int]:
        """The positions of a set, in an order of all positions; by default from the first on."""
        bits = f"{set_:0{len(self.items) or 1}b}"[::-1]
        return [position for position in (range(len(self.items)) if order is None else order) if bits[position] == "1"]

    @cached_property
    def _texts(self) -> list[search.Texts]:
        return search.texts(self.items)

    def _set(self, positions: Iterable[int]) -> int:
        bits = bytearray(len(self.items) // 8 + 1)
        for position in positions:
            bits[position >> 3] |= 1 << (position & 7)
        return int.from_bytes(bits, "little")


def _joined(belongs: Iterable[bool]) -> int:
    """The set of the positions that are true."""
    return int("".join(["1" if one else "0" for one in belongs])[::-1] or "0", 2)


def index_of(publication: Publication) -> Index:
    """The index of a publication. Raises ``Unavailable`` for one that has no items."""
    derived = publication.made_of.derived
    if "index" not in derived:
        derived["index"] = Index(publication.made_of.items)
    index: Index = derived["index"]
    return index
