"""The one rule about implausible token prices: code that sees such a price asks whether its unit is right."""

from decimal import Decimal

from catalog import decimals
from catalog.models import PriceUnit

CHEAPEST, DEAREST = Decimal("0.000000001"), Decimal("0.001")
"""USD per token: $0.001 and $1,000 per 1M tokens. No known provider charges less or more, both inclusive."""


def unit_doubt(usd: Decimal | None, unit: str) -> str:
    """A question about a price per token outside $0.001 to $1,000 per 1M tokens; empty for any other price, and for 0."""
    if unit != PriceUnit.TOKEN or not usd or CHEAPEST <= usd <= DEAREST:
        return ""
    amount = f"{Decimal(decimals.money(decimals.per_million(usd))):,f}"
    return f"${amount} per 1M tokens is {'higher' if usd > DEAREST else 'lower'} than any known price. Is the unit right?"
