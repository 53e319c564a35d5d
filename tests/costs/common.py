"""Entries to compute with, without a database."""

from decimal import Decimal
from typing import Any

from catalog.listing import Entry, ModelFacts, PriceLine, Status

_UNSET: dict[str, Any] = dict.fromkeys(ModelFacts._fields)


def line(kind: str, usd: str | Decimal, unit: str = "token", **more: Any) -> PriceLine:
    """A line of a price list, without conditions unless they are given."""
    unset = dict.fromkeys(("min_prompt_tokens", "utc_start", "utc_end", "cache_ttl_seconds"))
    return PriceLine(
        **{**unset, "kind": kind, "unit": unit, "usd": Decimal(usd), "service_tier": "default", "utc_days": (), **more}
    )


def entry(*prices: PriceLine, discount: str | None = None, is_free: bool = False) -> Entry:
    """An entry with these prices."""
    facts = {
        **_UNSET,
        "model_id": "acme/one",
        "status": Status.AVAILABLE,
        "discount_to_user": discount and Decimal(discount),
    }
    return Entry(ModelFacts(**facts), "default", is_free, prices)
