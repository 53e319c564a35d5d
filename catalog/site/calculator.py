"""The calculator of a model's page: what requests cost, by the line that applies, with the arithmetic and a permanent address."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from catalog import costs, decimals
from catalog.costs import QUANTITIES, BadUsage, Cost, Usage, amount_of, read_usage
from catalog.listing import Entry
from catalog.models import PriceUnit, ServiceTier
from catalog.site import labels, numbers

PASTED, REQUESTS, TIER = "usage", "requests", "service_tier"
TOTALS = ("prompt_tokens", "completion_tokens")

AMOUNTS: labels.Labels = {
    PriceUnit.TOKEN: pgettext_lazy("amount", "tokens"),
    PriceUnit.IMAGE: pgettext_lazy("amount", "images"),
    PriceUnit.MEGAPIXEL: pgettext_lazy("amount", "megapixels"),
    PriceUnit.SECOND: pgettext_lazy("amount", "seconds"),
    PriceUnit.CHARACTER: pgettext_lazy("amount", "characters"),
    PriceUnit.REQUEST: pgettext_lazy("amount", "requests"),
    PriceUnit.SEARCH: pgettext_lazy("amount", "searches"),
}
WHY: labels.Labels = {
    costs.Why.ALWAYS: "",
    costs.Why.LONG_PROMPT: _lazy("price for long prompts"),
    costs.Why.WINDOW: _lazy("price at this time"),
    costs.Why.FREE: _lazy("free"),
}


def label(name: str) -> str:
    """The name of a quantity."""
    if name == REQUESTS:
        return _("Requests")
    quantity = QUANTITIES[name]
    return _("%(kind)s (%(unit)s)") % {"kind": labels.KINDS[quantity.kind], "unit": AMOUNTS[quantity.unit]}


def offered(entries: tuple[Entry, ...]) -> list[str]:
    """The quantities that a model sells."""
    sold = {(line.kind, line.unit) for entry in entries for line in entry.prices}
    is_by_token = any(unit == PriceUnit.TOKEN for _, unit in sold)
    of_life = costs.usage.STATED_LIVES
    return [
        name
        for name, quantity in QUANTITIES.items()
        if name not in of_life and ((quantity.kind, quantity.unit) in sold or (is_by_token and name in TOTALS))
    ]


def is_asked(query: QueryDict) -> bool:
    """Whether the query has an amount."""
    return any(query.get(name) for name in (*QUANTITIES, PASTED))


def pasted(query: QueryDict) -> str | None:
    """The query with the pasted usage as amounts; None if nothing was pasted. Raises ``BadUsage``."""
    if not query.get(PASTED, "").strip():
        return None
    usage = read_usage(str(query[PASTED]))
    filled = query.copy()
    for name in (*QUANTITIES, PASTED):
        filled.pop(name, None)
    filled[REQUESTS] = str(usage.requests if usage.requests != 1 else query.get(REQUESTS) or 1)
    for name, amount in usage.amounts.items():
        filled[name] = decimals.wire(amount)
    return filled.urlencode(safe=",")


def context(entries: tuple[Entry, ...], query: QueryDict, at: datetime) -> dict[str, Any]:
    """The content of one model's calculator. ``wrong`` says what is invalid."""
    entry = chosen(entries, query)
    shown, usage = form([entries], query)
    if usage is not None:
        shown["result"] = result(costs.cost(entry, usage, at))
    return shown


def chosen(entries: tuple[Entry, ...], query: QueryDict) -> Entry:
    """The requested service tier of a model, else its usual one."""
    tiers = [entry for entry in entries if not entry.is_free]
    return next((one for one in tiers if one.service_tier == query.get(TIER)), (tiers or list(entries))[0])


def form(models: Sequence[tuple[Entry, ...]], query: QueryDict) -> tuple[dict[str, Any], Usage | None]:
    """The fields for the quantities that these models sell, and their values if they are valid; otherwise ``wrong`` says what is
    not."""
    sold = {name for entries in models for name in offered(entries)}
    names = [name for name in QUANTITIES if name in sold or query.get(name)]
    offers = {one.service_tier for entries in models for one in entries if not one.is_free}
    tiers = [tier for tier in ServiceTier.values if tier in offers]
    asked_for = query.get(TIER) if query.get(TIER) in tiers else next(iter(tiers), "")
    shown: dict[str, Any] = {
        "boxes": [{"name": name, "label": label(name), "value": query.get(name, ""), "step": _step(name)} for name in names],
        "requests": query.get(REQUESTS) or "1",
        "tiers": [(tier, labels.TIERS[tier], tier == asked_for) for tier in tiers] if len(tiers) > 1 else [],
        "pasted": query.get(PASTED, ""),
    }
    if not is_asked(query):
        return shown, None
    try:
        pasted(query)
        usage = Usage({name: amount_of(name, str(query[name])) for name in names if query.get(name)}, _requests(query))
    except BadUsage as error:
        known = label(error.name) if error.name in QUANTITIES or error.name == REQUESTS else ""
        shown["wrong"] = {"name": known, "is_pasted": bool(query.get(PASTED))}
        return shown, None
    return shown, usage


def _requests(query: QueryDict) -> int:
    stated = query.get(REQUESTS) or "1"
    if not (stated.isascii() and stated.isdigit() and len(stated) <= 15):
        raise BadUsage(REQUESTS, "It is not a whole number.")
    return int(stated)


def _step(name: str) -> str:
    return "any" if QUANTITIES[name].unit in costs.FRACTIONS else "1"


def result(cost: Cost) -> dict[str, Any]:
    """A cost, with its arithmetic."""
    return {
        "lines": [
            {
                "label": label(line.quantity),
                "billed_as": labels.KINDS[line.price.kind] if line.is_substitute and line.price else "",
                "why": WHY[line.why],
                "amount": numbers.exact(line.amount),
                "price": numbers.price(line.unit_usd, line.unit),
                "unit": labels.UNITS[line.unit],
                "usd": numbers.money(line.usd),
            }
            for line in cost.lines
        ],
        "not_sold": [label(name) for name in cost.not_sold],
        "list": numbers.money(cost.list_usd),
        "discount": numbers.percent(-cost.discount) if cost.discount else "",
        "request": numbers.money(cost.request_usd),
        "requests": numbers.exact(Decimal(cost.requests)),
        "total": numbers.money(cost.usd),
    }
