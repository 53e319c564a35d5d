"""What requests cost: an ``Entry``, a usage and a moment in; exact USD out, by the line of the price list that holds.

Pure: nothing here asks the database. The rules, each with its source, stand in ``costing``.
"""

from catalog.costs.costing import Cost, CostLine, Moment, Why, cost, total
from catalog.costs.reading import read_usage
from catalog.costs.usage import FRACTIONS, MOST, QUANTITIES, BadUsage, Quantity, Usage, amount_of

__all__ = [
    "FRACTIONS",
    "MOST",
    "QUANTITIES",
    "BadUsage",
    "Cost",
    "CostLine",
    "Moment",
    "Quantity",
    "Usage",
    "Why",
    "amount_of",
    "cost",
    "read_usage",
    "total",
]
