"""``/pricing``: the price list to print, with every line, grouped by maker."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from catalog.formats import catalog
from catalog.listing import Status
from catalog.publication import Item, Served
from catalog.site import labels, numbers, price_table
from catalog.site.page import Page, Shown


class Pricing(Page):
    """The price list."""

    name = "pricing"
    template = "site/pricing.html"
    format_name = catalog.FORMAT.name
    navigation = _lazy("Pricing")

    def show(self, request: HttpRequest, served: Served) -> Shown:
        """Every price in force."""
        content = served.publication.made_of
        listing = content.listing
        return Shown(
            title=_("Price list"),
            description=_("Every price of every model on %(name)s: service tiers, price windows, caching and media.")
            % {"name": listing.provider.name},
            context={
                "makers": [
                    {"slug": maker, "models": [_model(item, listing.at) for item in items]}
                    for maker, items in by_maker(content.items)
                ],
            },
            is_indexed=not request.GET,
        )


def by_maker(items: Iterable[Item]) -> list[tuple[str, list[Item]]]:
    """The models by their maker's slug, both in the order of the alphabet."""

    def maker(item: Item) -> str:
        return item.entries[0].model.author

    ordered = sorted(items, key=lambda item: (maker(item), item.entries[0].model.name.casefold(), item.key))
    return [(slug, list(of_one)) for slug, of_one in groupby(ordered, key=maker)]


def _model(item: Item, at: datetime) -> dict[str, Any]:
    model = item.entries[0].model
    discount = model.discount_to_user
    return {
        "model_id": model.model_id,
        "name": model.name,
        "status_key": model.status.value,
        "status": None if model.status is Status.AVAILABLE else labels.STATUSES[model.status],
        "discount": numbers.percent(abs(discount)) if discount else None,
        "is_markup": bool(discount and discount < 0),
        "sections": price_table.sections(item.entries, UTC, at),
    }
