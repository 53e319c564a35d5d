"""What models cost: over time, and as a price list to download."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
import tablib
from django.http import HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from catalog import decimals
from catalog.api.base import ReadOnlyView, documented
from catalog.formats import models_api
from catalog.formats.format import CLOCK, choices_schema, closed, usd
from catalog.importing.tables.formulas import escaped
from catalog.importing.tables.sheets import write_csv
from catalog.listing import Entry, PriceLine
from catalog.models import Line, PriceKind, PriceUnit, ServiceTier, Weekday
from catalog.public_history import Period, prices_of, public_model_of
from catalog.sending import current

CSV = "text/csv"
MOMENT = {"type": "string", "format": "date-time"}
CONDITIONS = {
    "min_prompt_tokens": {"type": "integer", "minimum": 1, "description": "For prompts of more tokens than this."},
    "utc_start": CLOCK,
    "utc_end": CLOCK,
    "utc_days": choices_schema(Weekday, "Only on these days (UTC)."),
    "cache_ttl_seconds": {"type": "integer", "minimum": 1, "description": "The lifetime of the cache."},
}
SOLD = {
    "kind": {"type": "string", "enum": PriceKind.values},
    "unit": {"type": "string", "enum": PriceUnit.values},
    "service_tier": {"type": "string", "enum": ServiceTier.values},
}

PRICES_SCHEMA = closed(
    {
        "data": {
            "type": "array",
            "items": closed(
                {
                    **SOLD,
                    "usd": usd("one unit"),
                    "effective_from": MOMENT,
                    "effective_until": {**MOMENT, "type": ["string", "null"], "description": "null: until further notice."},
                    "is_scheduled": {"type": "boolean", "description": "It begins in the future."},
                },
                CONDITIONS,
            ),
        }
    },
    {},
)


def moment_text(at: datetime) -> str:
    """A time as the API writes it."""
    return at.isoformat().replace("+00:00", "Z")


def line_document(line: Line | PriceLine) -> dict[str, Any]:
    """A line of a price list, without the conditions that it does not have."""
    conditions = {name: getattr(line, name) for name in CONDITIONS}
    sold = {"kind": line.kind, "unit": line.unit, "service_tier": line.service_tier}
    return sold | {name: value for name, value in conditions.items() if value not in (None, ())}


class PricesView(ReadOnlyView):
    """``GET /api/v1/models/{id}/prices``: a model's price list over time."""

    takes_long = True

    @documented(
        PRICES_SCHEMA,
        operation="list_model_prices",
        summary="A model's prices over time: past, current and scheduled",
        description="Line by line, oldest first. Times when the model was not public are left out.",
    )
    def get(self, request: Request, model_id: str) -> HttpResponse:
        """Send them."""
        served = current(request._request, models_api.FORMAT.name)
        model = public_model_of(served, model_id)
        if model is None:
            raise NotFound(f"There is no model {model_id!r}.")
        periods, served = prices_of(served, model)
        now = served.publication.at
        return self.send(request, served, orjson.dumps({"data": [_period_document(one, now) for one in periods]}))


def _period_document(period: Period, now: datetime) -> dict[str, Any]:
    until = period.effective_until
    return {
        **line_document(period.line),
        "usd": decimals.wire(period.usd),
        "effective_from": moment_text(period.effective_from),
        "effective_until": until and moment_text(until),
        "is_scheduled": period.effective_from > now,
    }


CSV_COLUMNS = (
    "model_id",
    "name",
    "author",
    "service_tier",
    "is_free",
    "kind",
    "unit",
    "usd",
    "usd_per_million",
    "min_prompt_tokens",
    "utc_start",
    "utc_end",
    "utc_days",
    "cache_ttl_seconds",
    "discount_to_user",
)


class PricingCsvView(ReadOnlyView):
    """``GET /pricing.csv``: every line of every price list in force."""

    takes_long = True

    @documented(
        {"type": "string"},
        operation="download_price_list",
        summary="The price list as a table: every line of every public model",
        description="UTF-8 with a byte order mark, separated by commas. `usd` is per unit, `usd_per_million` per million tokens. A text "
        "that a spreadsheet could take for a formula has an apostrophe before it.",
        media_type=CSV,
    )
    def get(self, request: Request) -> HttpResponse:
        """Send it."""
        served = current(request._request, models_api.FORMAT.name)
        content = served.publication.made_of
        if CSV not in content.derived:
            rows = [row for entry in content.listing.entries for row in _csv_rows(entry)]
            content.derived[CSV] = write_csv(tablib.Dataset(*rows, headers=CSV_COLUMNS))
        return self.send(request, served, content.derived[CSV], content_type=f"{CSV}; charset=utf-8")


def _csv_rows(entry: Entry) -> Iterator[list[str]]:
    model = entry.model
    whose = [escaped(model.model_id), escaped(model.name), escaped(model.author), entry.service_tier]
    discount = "" if model.discount_to_user is None else decimals.wire(model.discount_to_user)
    if entry.is_free:
        yield [*whose, "true", "", "", "0", *[""] * 7]
    for line in entry.prices:
        is_token = line.unit == PriceUnit.TOKEN
        yield [
            *whose,
            "false",
            line.kind,
            line.unit,
            decimals.wire(line.usd),
            decimals.wire(decimals.per_million(line.usd)) if is_token else "",
            *("" if value is None else str(value) for value in (line.min_prompt_tokens, line.utc_start, line.utc_end)),
            " ".join(line.utc_days),
            "" if line.cache_ttl_seconds is None else str(line.cache_ttl_seconds),
            discount,
        ]
