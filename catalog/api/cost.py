"""What requests cost: the calculator for programs."""

from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from catalog import costs, decimals
from catalog.api.base import BAD_PARAMETER, ReadOnlyView, documented, find_record
from catalog.api.prices import CONDITIONS, MOMENT, line_document, moment_text
from catalog.browsing import reading
from catalog.costs import QUANTITIES, BadUsage, Cost, CostLine, Usage
from catalog.formats import models_api
from catalog.formats.format import closed, usd
from catalog.listing import Entry
from catalog.models import PriceKind, PriceUnit, ServiceTier
from catalog.public_history import entries_of
from catalog.sending import current

_REQUESTS, _SECONDS = reading.Whole(0, costs.MOST), reading.Whole(1, costs.MOST)

COST_SCHEMA = closed(
    {
        "data": closed(
            {
                "model": {"type": "string"},
                "service_tier": {"type": "string", "enum": ServiceTier.values},
                "is_free": {"type": "boolean"},
                "at": MOMENT,
                "lines": {
                    "type": "array",
                    "items": closed(
                        {
                            "quantity": {"type": "string", "enum": ["requests", *QUANTITIES]},
                            "amount": {"type": "string", "description": "Of one request."},
                            "unit": {"type": "string", "enum": PriceUnit.values},
                            "unit_usd": usd("one unit"),
                            "usd": usd("one request: amount × unit_usd"),
                            "why": {"type": "string", "enum": list(costs.Why)},
                        },
                        {
                            **CONDITIONS,
                            "billed_as": {
                                "type": "string",
                                "enum": PriceKind.values,
                                "description": "The kind of price that is billed, if the quantity's own kind is not sold.",
                            },
                        },
                    ),
                },
                "not_sold": {
                    "type": "array",
                    "items": {"type": "string", "enum": list(QUANTITIES)},
                    "description": "Quantities that have no price. They are not included in the amounts.",
                },
                "list_usd": usd("one request, before the discount"),
                "request_usd": usd("one request"),
                "requests": _REQUESTS.schema,
                "usd": usd("all requests: what the user pays"),
            },
            {"discount_to_user": {"type": "string", "description": "The discount as a fraction; below 0 a markup."}},
        )
    },
    {},
)

_USAGE_PARAMETERS = ("usage", "requests", "cache_ttl_seconds", *QUANTITIES)
_COST_PARAMETERS = ("at", "service_tier", *_USAGE_PARAMETERS)


class CostView(ReadOnlyView):
    """``GET /api/v1/models/{id}/cost``: the calculator."""

    takes_long = True

    @documented(
        COST_SCHEMA,
        operation="compute_model_cost",
        summary="What requests cost, exactly, by the line of the price list that applies",
        description="Amounts are for one request; `prompt_tokens` and `completion_tokens` are totals, as in OpenAI's `usage`, and "
        "include cached, reasoning and image tokens. An unknown parameter is a 400, because a cost without it would "
        "be wrong. The documentation has the rules, and examples to test with.",
        parameters=[
            OpenApiParameter("at", MOMENT, description="The time whose prices apply, past or scheduled. Without it, now."),
            OpenApiParameter("service_tier", str, enum=ServiceTier.values, default=ServiceTier.DEFAULT.value),
            OpenApiParameter("requests", _REQUESTS.schema, description="The number of such requests.", default=1),
            OpenApiParameter("cache_ttl_seconds", _SECONDS.schema, description="The lifetime of cached tokens."),
            OpenApiParameter(
                "usage",
                str,
                description="Instead of the amounts: a `usage` object of OpenAI's or Anthropic's API as JSON, or "
                "words such as “1,234 input, 567 output”.",
            ),
            *(
                OpenApiParameter(
                    name,
                    {
                        "type": "integer" if quantity.unit not in costs.FRACTIONS else "number",
                        "minimum": 0,
                        "maximum": costs.MOST,
                    },
                    description=f"{PriceKind(quantity.kind).label}, in {PriceUnit(quantity.unit).label}s"
                    + (f"; a part of `{quantity.part_of}`." if quantity.part_of else "."),
                )
                for name, quantity in QUANTITIES.items()
            ),
        ],
        responses=BAD_PARAMETER,
    )
    def get(self, request: Request, model_id: str) -> HttpResponse:
        """Compute it."""
        values = _asked(request)
        served = current(request._request, models_api.FORMAT.name)
        item = find_record(served.publication, model_id)
        at = _read(values, "at", reading.moment) if "at" in values else datetime.now(UTC)
        entries, served = entries_of(served, item.entries, at)
        if not entries:
            raise ParseError(f"at: {item.key} had no price at {moment_text(at)}.")
        tier = values.get("service_tier", entries[0].service_tier)
        entry = next((one for one in entries if one.service_tier == tier), None)
        if entry is None:
            sold = ", ".join(one.service_tier for one in entries)
            raise ParseError(f"service_tier: {item.key} is not sold at {tier!r}; its tiers then: {sold}.")
        usage = _usage(values)
        body = orjson.dumps({"data": _cost_document(entry, costs.cost(entry, usage, at), at)})
        return self.send(request, served, body, lasts="at" in values)


def _asked(request: Request) -> dict[str, str]:
    """The parameters of the query, each once. Raises ``ParseError`` with the name of an invalid one."""
    values = {}
    for name, stated in request.query_params.lists():
        if name not in _COST_PARAMETERS:
            raise ParseError(
                f"{name}: there is no parameter with that name. The parameters are: {', '.join(_COST_PARAMETERS)}."
            )
        if len(stated) > 1:
            raise ParseError(f"{name}: It appears more than once.")
        if stated != [""]:
            values[name] = stated[0]
    return values


def _read(values: dict[str, str], name: str, read: Any) -> Any:
    try:
        return read(values[name])
    except ValueError as error:
        raise ParseError(f"{name}: {error}") from error


def _usage(values: dict[str, str]) -> Usage:
    requests = _read(values, "requests", _REQUESTS) if "requests" in values else None
    ttl = _read(values, "cache_ttl_seconds", _SECONDS) if "cache_ttl_seconds" in values else None
    amounts = [name for name in values if name in QUANTITIES]
    try:
        if "usage" not in values:
            stated = {name: costs.amount_of(name, values[name]) for name in amounts}
            return Usage(stated, 1 if requests is None else requests, ttl)
        if amounts:
            raise BadUsage(amounts[0], "It must be in `usage` or a parameter of its own, not both.")
        pasted = costs.read_usage(values["usage"])
        return Usage(pasted.amounts, pasted.requests if requests is None else requests, ttl)
    except BadUsage as error:
        raise ParseError(str(error)) from error


def _cost_document(entry: Entry, cost: Cost, at: datetime) -> dict[str, Any]:
    written = {
        "model": entry.model.model_id,
        "service_tier": entry.service_tier,
        "is_free": entry.is_free,
        "at": moment_text(at),
        "lines": [_cost_line(line) for line in cost.lines],
        "not_sold": cost.not_sold,
        "list_usd": decimals.wire(cost.list_usd),
        "request_usd": decimals.wire(cost.request_usd),
        "requests": cost.requests,
        "usd": decimals.wire(cost.usd),
    }
    if cost.discount is not None:
        written["discount_to_user"] = decimals.wire(cost.discount)
    return written


def _cost_line(line: CostLine) -> dict[str, Any]:
    written = {
        "quantity": line.quantity,
        "amount": decimals.wire(line.amount),
        "unit": line.unit,
        "unit_usd": decimals.wire(line.unit_usd),
        "usd": decimals.wire(line.usd),
        "why": line.why,
    }
    if line.price is not None:
        price = line_document(line.price)
        written |= {name: price[name] for name in CONDITIONS if name in price}
        if line.is_substitute:
            written["billed_as"] = line.price.kind
    return written
