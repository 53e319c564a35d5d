"""What requests cost: from an ``Entry``, a usage and a time to exact USD, by the line of the price list that applies.

Pure: nothing here queries the database. The rules, each with its source, are in ``costing``.
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
