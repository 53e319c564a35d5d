"""``/pricing``: the price list to print, with every line, grouped by maker."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from catalog.formats import catalog
from catalog.listing import Status
from catalog.publication import Item, Served
from catalog.site import labels, numbers, price_table
from catalog.site.page import Page, PageContent
from catalog.site.paging import part


class Pricing(Page):
    """The price list."""

    name = "pricing"
    template = "site/pricing.html"
    format_name = catalog.FORMAT.name

    def show(self, request: HttpRequest, served: Served) -> PageContent | HttpResponse:
        """Every price in force; a very long list in pages."""
        content = served.publication.made_of
        listing = content.listing
        shown = part(request, by_maker(content.items))
        if shown.address is not None:
            return HttpResponseRedirect(shown.address)
        return PageContent(
            title=_("Price list"),
            description=_("Every price of every model on %(name)s: service tiers, price windows, caching and media.")
            % {"name": listing.provider.name},
            context={
                "makers": [
                    {"slug": maker, "models": [_model(item, listing.at) for item in items]}
                    for maker, items in groupby(shown.items, key=_maker)
                ],
                **shown.context,
            },
            is_indexed=not request.GET,
        )


def by_maker(items: Iterable[Item]) -> list[Item]:
    """The models by their maker's slug, and then by their names, in the order of the alphabet."""
    return sorted(items, key=lambda item: (_maker(item), item.entries[0].model.name.casefold(), item.key))


def _maker(item: Item) -> str:
    return item.entries[0].model.author


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
