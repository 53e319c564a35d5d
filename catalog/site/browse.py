"""``/``: the models, searched, filtered, sorted, and ranked by what the reader's own request costs."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from catalog import browsing, decimals
from catalog.browsing import FILTERS, PAGING, SORT, WORKLOAD, Answer, BadParameter, Parameter, reading
from catalog.publication import Item, Served
from catalog.site import json_ld, numbers
from catalog.site.facets import BOUNDS, chips, groups
from catalog.site.page import Page, PageContent
from catalog.site.paging import position
from catalog.site.rows import Column, columns, row

SIZES = (25, 50, 100, 250)
SIZE = 100
"""Models on a page, unless the reader asks for another number. No page has more than the largest of ``SIZES``."""

CONTEXTS = (8_000, 32_000, 64_000, 128_000, 200_000, 256_000, 1_000_000)
"""The choices for the shortest context, in tokens."""

REQUEST = {"in": _lazy("Prompt tokens"), "cached": _lazy("of which cached"), "out": _lazy("Completion tokens")}
"""The fields of the reader's own request."""

VIEW = Parameter("view", reading.choice(("table", "cards")), {"type": "string"}, "How models are shown.")
PARAMETERS = (*FILTERS, SORT, *PAGING, *WORKLOAD, VIEW)
LISTS = {parameter.name for parameter in PARAMETERS if parameter.schema["type"] == "array"}


class Browse(Page):
    """The list of models."""

    name = "browse"
    template = "site/browse.html"

    def show(self, request: HttpRequest, served: Served) -> PageContent | HttpResponse:
        """The models that the query selects. A form's query is first rewritten in the usual form."""
        if (tidied := tidy(request.GET)) is not None:
            return HttpResponseRedirect(f"{request.path}?{tidied}" if tidied else request.path)
        index = browsing.index_of(served.publication)
        provider = served.publication.made_of.listing.provider
        count = len(index.items)
        shown = PageContent(
            title=_("Models and prices"),
            description=ngettext(
                "Compare %(count)s AI model on %(name)s: exact prices per token, context lengths, modalities and features.",
                "Compare %(count)s AI models on %(name)s: exact prices per token, context lengths, modalities and features.",
                count,
            )
            % {"count": numbers.whole(count), "name": provider.name},
            is_indexed=not request.GET,
            json_ld=(json_ld.website(request, provider, self.language),),
        )
        try:
            values = browsing.parse_query(request.GET, PARAMETERS)
            answer = browsing.answer(index, values, datetime.now(UTC))
        except BadParameter as error:
            return self.refused(shown, index, request.GET, error)
        values["limit"] = limit = min(values.get("limit", SIZE), SIZES[-1])
        offset = values.get("offset", 0)
        items = answer.items()[offset : offset + limit]
        shown.context["intro"] = provider.intro
        shown.context.update(self.form(answer, request.GET))
        shown.context.update(self.results(answer, items))
        shown.context.update(position(request.GET, len(items), offset, limit, answer.total))
        return shown.replaced(lasts=not answer.depends_on_time)

    def form(self, answer: Answer, query: QueryDict) -> dict[str, Any]:
        """The filters."""
        values = answer.values
        contexts = sorted({*CONTEXTS, *({values["context"]} if "context" in values else ())})
        sizes = sorted({*SIZES, values.get("limit", SIZE)})
        every = len(answer.index.items)
        return {
            "every": every,
            "count": numbers.whole(every),
            "total": answer.total,
            "found": numbers.whole(answer.total),
            "api": reverse("api-models"),
            "query": query,
            "values": values,
            "groups": groups(answer),
            "chips": chips(values, query),
            "contexts": [(length, numbers.compact_text(length)) for length in contexts],
            "prices": [box(name, BOUNDS[name], values) for name in BOUNDS if name.endswith("_price")],
            "workload": [box(name, label, values) for name, label in REQUEST.items()],
            "sorts": sort_choices(values),
            "sizes": [
                {
                    "value": "" if size == SIZE else size,
                    "label": numbers.whole(size),
                    "is_chosen": size == values.get("limit", SIZE),
                }
                for size in sizes
            ],
        }

    def results(self, answer: Answer, items: list[Item]) -> dict[str, Any]:
        """The models of this page."""
        shown = columns(answer)
        return {
            "rows": [row(item, answer, shown) for item in items],
            "columns": [heading(column, answer.values.get("sort")) for column in shown],
            "is_cards": answer.values.get("view") == "cards",
        }

    def refused(self, shown: PageContent, index: browsing.Index, query: QueryDict, error: BadParameter) -> PageContent:
        """The page for a query with an invalid parameter: the filters without it, and its name."""
        everything = browsing.answer(index, {}, datetime.now(UTC))
        shown.context.update(self.form(everything, QueryDict()))
        shown.context.update(wrong={"name": error.name, "value": ", ".join(query.getlist(error.name))[:200]})
        return shown.replaced(status=400, is_indexed=False)


def box(name: str, label: object, values: dict[str, Any]) -> dict[str, Any]:
    """A box to type a number in."""
    value = values.get(name)
    shown = decimals.wire(value) if isinstance(value, Decimal) and abs(value.adjusted()) < decimals.MAX_DIGITS else value
    return {"name": name, "label": label, "value": "" if shown is None else shown}


def tidy(query: QueryDict) -> str | None:
    """The query without empty fields, and with each list as one parameter; None if it already is."""
    changed = QueryDict(mutable=True)
    for name, stated in query.lists():
        kept = [value for value in stated if value]
        if name in LISTS and kept:
            kept = [",".join(kept)]
        changed.setlist(name, kept)
    before = [(name, value) for name, stated in query.lists() for value in stated]
    after = [(name, value) for name, stated in changed.lists() for value in stated]
    return None if before == after else changed.urlencode(safe=",")


def heading(column: Column, sort: str | None) -> dict[str, Any]:
    """A column's heading: the order that a click requests, and the current order."""
    is_sorted = sort in column.sorts
    following = next((other for other in column.sorts if other != sort), "")
    direction = ""
    if is_sorted and sort:
        spec = browsing.SORTS.get(sort)
        descending = spec.descending if spec else sort.endswith("high-to-low")
        direction = "descending" if descending else "ascending"
    return {"column": column, "sort": following, "direction": direction}


def sort_choices(values: dict[str, Any]) -> list[tuple[str, str]]:
    """The orders that the reader can choose from."""
    choices = [
        ("", _("By id")),
        ("name", _("Name")),
        ("newest", _("Newest first")),
        ("pricing-low-to-high", _("Price, lowest first")),
        ("pricing-high-to-low", _("Price, highest first")),
        ("context-high-to-low", _("Longest context first")),
        ("max-output-high-to-low", _("Longest output first")),
    ]
    if any(values.get(parameter.name) for parameter in WORKLOAD):
        choices.append(("cost", _("Cost of your request, lowest first")))
    sort = values.get("sort", "")
    if sort not in dict(choices):
        choices.append((sort, _("As sorted in the table")))
    return choices
