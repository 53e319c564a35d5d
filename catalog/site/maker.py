"""``/makers/{slug}``: the models of one maker."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog import browsing
from catalog.listing import Status
from catalog.publication import Item, Served
from catalog.site import numbers
from catalog.site.addresses import address
from catalog.site.page import Missing, Page, PageContent
from catalog.site.paging import part
from catalog.site.rows import columns, row


class Maker(Page):
    """A maker's models, as the list shows them."""

    name = "maker"
    template = "site/maker.html"

    def show(self, request: HttpRequest, served: Served, maker: str) -> PageContent | HttpResponse:
        """The models of the maker with that slug, in any case; the address has its own spelling."""
        answer = browsing.answer(
            browsing.index_of(served.publication), {"model_authors": [maker.lower()], "sort": "newest"}, datetime.now(UTC)
        )
        items = answer.items()
        if not items:
            raise Missing
        slug = items[0].entries[0].model.author
        if slug != maker:
            return HttpResponseRedirect(address(self.name, self.language, maker=slug))
        some = part(request, items)
        if some.address is not None:
            return HttpResponseRedirect(some.address)
        shown = columns(answer)
        provider = served.publication.made_of.listing.provider
        count = {"count": numbers.whole(len(items)), "maker": slug, "name": provider.name}
        return PageContent(
            title=_("Models by %(maker)s") % {"maker": slug},
            description=ngettext(
                "%(count)s model by %(maker)s on %(name)s, with its exact prices and limits.",
                "%(count)s models by %(maker)s on %(name)s, with their exact prices and limits.",
                len(items),
            )
            % count,
            context={
                "maker": slug,
                "filter": urlencode({"model_authors": slug.lower()}),
                "rows": [row(item, answer, shown) for item in some.items],
                "columns": [{"column": column} for column in shown],
                "total": len(items),
                **some.context,
            },
            is_indexed=not request.GET and any(item.entries[0].model.status is not Status.RETIRED for item in items),
        )


def makers(items: Iterable[Item]) -> list[str]:
    """The slugs of the makers with a model that is not retired."""
    models = [item.entries[0].model for item in items]
    return sorted({model.author for model in models if model.author and model.status is not Status.RETIRED})
