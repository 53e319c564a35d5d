"""``GET /api/v1/changes``: what changed in the catalog, for programs. ``change_feeds`` has the same for news readers."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.request import Request

from catalog import browsing, decimals
from catalog.api import filters
from catalog.api.base import BAD_PARAMETER, ReadOnlyView, documented
from catalog.api.models_api import page_address
from catalog.api.prices import CONDITIONS, MOMENT, SOLD, line_document, moment_text
from catalog.browsing import Parameter, reading
from catalog.formats import models_api
from catalog.formats.format import choices_schema, closed, usd
from catalog.models import Feature, SamplingParameter, ServiceTier, Variant
from catalog.public_history import Change, ChangeKind, Facts, PriceChange, changes_of, chosen
from catalog.publication import Served
from catalog.sending import current

KIND = Parameter(
    "kind",
    reading.choices(ChangeKind),
    {"type": "array", "items": {"type": "string", "enum": list(ChangeKind)}},
    "Changes of these kinds. Without it, of all kinds.",
)
MODEL = Parameter("model", str, {"type": "string"}, "Changes of the model with this id.")
PARAMETERS = (KIND, MODEL, *browsing.PAGING)

_USD_OR_NONE = {**usd("one unit"), "type": ["string", "null"]}


def _or_none(*types: str) -> dict[str, Any]:
    return {"type": [*types, "null"]}


_FACTS = closed(
    {},
    {
        "is_ready": {"type": "boolean"},
        "deprecation_at": {**MOMENT, **_or_none("string")},
        "context_length": {"type": "integer"},
        "max_prompt_length": _or_none("integer"),
        "max_output_length": {"type": "integer"},
        "capacity_tpm": _or_none("integer"),
        "discount_to_user": {**_or_none("string"), "description": "A fraction of the price, as plain digits."},
        "supported_sampling_parameters": choices_schema(SamplingParameter, "All that the offer has."),
        "supported_features": choices_schema(Feature, "All that the offer has."),
    },
)
CHANGES_SCHEMA = closed(
    {
        "data": {
            "type": "array",
            "items": closed(
                {
                    "kind": {"type": "string", "enum": list(ChangeKind)},
                    "at": {
                        **MOMENT,
                        "description": "When the change happened; for a scheduled change, when it was announced.",
                    },
                    "model": {"type": "string"},
                    "name": {"type": "string"},
                },
                {
                    "effective_from": {**MOMENT, "description": "When the prices take effect."},
                    "prices": {
                        "type": "array",
                        "items": closed(
                            {
                                **SOLD,
                                "from": {**_USD_OR_NONE, "description": "USD per unit; null: it was not sold."},
                                "to": {**_USD_OR_NONE, "description": "USD per unit; null: it is no longer sold."},
                                "percent": {"type": ["string", "null"], "description": "The change, to two decimals."},
                            },
                            CONDITIONS,
                        ),
                    },
                    "deprecation_at": MOMENT,
                    "replacement": {"type": "string", "description": "The id of the model to move to."},
                    "service_tier": {
                        "type": "string",
                        "enum": [tier for tier in ServiceTier.values if tier != ServiceTier.DEFAULT],
                        "description": "The change affects only this service tier.",
                    },
                    "is_free": {
                        "type": "boolean",
                        "const": True,
                        "description": "The change affects only the free variant.",
                    },
                    "from": {**_FACTS, "description": "The offer's own values before the change."},
                    "to": {
                        **_FACTS,
                        "description": "The values after the change, of the facts that differ. If a key is missing, the model's value "
                        "applies; null: none.",
                    },
                },
            ),
        },
        "total_count": {"type": "integer", "minimum": 0},
        "links": closed({"next": {"type": ["string", "null"]}}, {}),
    },
    {},
)


def parse_query(request: Request) -> tuple[list[Change], Served, dict[str, Any]]:
    """The changes that a request asks for, newest first."""
    values = filters.parse_query(request.query_params, PARAMETERS)
    changes, served = changes_of(current(request._request, models_api.FORMAT.name))
    models = [values["model"]] if values.get("model") else []
    return chosen(changes, map(ChangeKind, values.get("kind", ())), models), served, values


class ChangesView(ReadOnlyView):
    """``GET /api/v1/changes``."""

    takes_long = True

    @documented(
        CHANGES_SCHEMA,
        operation="list_changes",
        summary="What changed: models and offers added and removed, prices, deprecations, and scheduled changes",
        description="The changes of a year, newest first. Times when a model was not public are left out.",
        parameters=[filters.documented(parameter) for parameter in PARAMETERS],
        responses=BAD_PARAMETER,
    )
    def get(self, request: Request) -> HttpResponse:
        """Send them."""
        changes, served, values = parse_query(request)
        offset, limit = values.get("offset", 0), values.get("limit", browsing.PAGE)
        next_page = page_address(request, offset + limit, limit) if offset + limit < len(changes) else None
        body = {
            "data": [change_document(change) for change in changes[offset : offset + limit]],
            "total_count": len(changes),
            "links": {"next": next_page},
        }
        return self.send(request, served, orjson.dumps(body))


def change_document(change: Change) -> dict[str, Any]:
    """A change in the API's format."""
    written: dict[str, Any] = {
        "kind": change.kind,
        "at": moment_text(change.at),
        "model": change.model_id,
        "name": change.name,
        "effective_from": change.effective_from and moment_text(change.effective_from),
        "prices": [_price_document(price) for price in change.prices],
        "deprecation_at": change.deprecation_at and moment_text(change.deprecation_at),
        "replacement": change.replacement,
    }
    if change.offer is not None:
        written |= {"is_free": True} if change.offer == Variant.FREE else {"service_tier": change.offer}
    if change.facts is not None:
        written |= {"from": _facts_document(change.facts.before), "to": _facts_document(change.facts.after)}
    return {name: value for name, value in written.items() if value not in (None, [])}


def _facts_document(facts: Facts) -> dict[str, Any]:
    return {name: fact_value(value) for name, value in facts.items()}


def fact_value(value: Any) -> Any:
    """The value of an offer's fact in the API's format."""
    if isinstance(value, datetime):
        return moment_text(value)
    return decimals.wire(value) if isinstance(value, Decimal) else value


def _price_document(price: PriceChange) -> dict[str, Any]:
    amounts = {"from": price.before, "to": price.after, "percent": price.percent}
    return line_document(price.line) | {
        name: None if amount is None else decimals.wire(amount) for name, amount in amounts.items()
    }
