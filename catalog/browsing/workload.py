"""Ranking by the cost of the reader's own request: ``?in=5000&cached=4000&out=800&sort=cost``."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.browsing.parameters import BadParameter, Parameter
from catalog.browsing.reading import Whole
from catalog.costs import BadUsage, Moment, Usage, total
from catalog.publication import Item

MOST_TOKENS = 10**12
BY_COST = {"cost": False, "cost-high-to-low": True}
"""The orders by cost, and whether the most expensive comes first."""


def _tokens(name: str, description: str) -> Parameter:
    tokens = Whole(0, MOST_TOKENS)
    return Parameter(name, tokens, tokens.schema, description)


WORKLOAD = (
    _tokens("in", "Prompt tokens of a request, for `sort=cost`; cached ones included."),
    _tokens("cached", "How many of them are read from a cache."),
    _tokens("out", "Completion tokens of a request."),
)
_QUANTITIES = {"in": "prompt_tokens", "cached": "cached_tokens", "out": "completion_tokens"}


def workload(values: dict[str, Any]) -> Usage | None:
    """The request that a query describes, None if it describes none. Raises ``BadParameter`` for an impossible one."""
    amounts = {quantity: values[name] for name, quantity in _QUANTITIES.items() if values.get(name)}
    if not amounts:
        if values.get("sort") in BY_COST:
            raise BadParameter("sort", "To sort by cost, say what a request uses: in, cached, out.")
        return None
    try:
        return Usage.of(**amounts)
    except BadUsage as error:
        name = next((name for name, quantity in _QUANTITIES.items() if quantity == error.name), "in")
        raise BadParameter(name, "It is less than cached, which it includes.") from error


def cost(item: Item, usage: Usage, at: datetime) -> Decimal | None:
    """The cost of that request in USD at a time, None if something that it uses is not sold."""
    return total(item.entries[0], usage, Moment.of(at))
