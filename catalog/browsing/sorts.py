"""The orders in which models can be listed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog.browsing import values
from catalog.models import PriceKind
from catalog.publication import Item


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: the value of an item to sort by, and whether the largest comes first. Items without a value come last."""

    value: Callable[[Item], Any]
    descending: bool


def _both_ways(column: str, value: Callable[[Item], Any]) -> dict[str, Sort]:
    return {f"{column}-low-to-high": Sort(value, False), f"{column}-high-to-low": Sort(value, True)}


SORTS: dict[str, Sort] = {
    "newest": Sort(values.released, True),
    "oldest": Sort(values.released, False),
    **_both_ways("pricing", values.mean_price),
    **_both_ways("context", values.context),
    **_both_ways("max-output", values.max_output),
    **_both_ways("prompt", values.price(PriceKind.PROMPT)),
    **_both_ways("completion", values.price(PriceKind.COMPLETION)),
    **_both_ways("cache-read", values.price(PriceKind.INPUT_CACHE_READ)),
    "name": Sort(values.name, False),
    "name-descending": Sort(values.name, True),
}
"""By their names. ``newest``, ``pricing-*`` and ``context-high-to-low`` are OpenRouter's; its other orders need measurements."""
