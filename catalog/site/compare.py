"""``/compare?models=a,b,c``: models side by side, with their differences marked, and what a request costs with each."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from catalog import costs
from catalog.costs import BadUsage, Usage
from catalog.formats import catalog, models_api
from catalog.listing import Entry, ModelFacts, PriceLine, Status
from catalog.models import ServiceTier, in_price_list
from catalog.publication import Item, Served
from catalog.publication.rendering import Content
from catalog.site import calculator, labels, numbers, price_table
from catalog.site.model import every_fact
from catalog.site.offers import own_facts
from catalog.site.page import Page, PageContent

MOST = 6
"""The most models side by side."""

MOST_NAMED = 50
"""How many names are read; further ones are ignored."""

MODELS, ONLY = "models", "only"
DIFFERENCES = "differences"
"""The value of ``only`` that hides equal rows."""


class Cell(NamedTuple):
    """A model's cell in a row: one value, or parts, of which those that not every model has are marked."""

    value: Any = None
    parts: tuple[tuple[object, bool], ...] = ()


class Row(NamedTuple):
    """A fact of each model. ``is_literal``: it is always written from left to right."""

    title: object
    cells: list[Cell]
    differs: bool
    is_literal: bool = False
    conditions: Sequence[str] = ()
    unit: object = ""
    absent: str = ""


class Compare(Page):
    """Up to six models, side by side."""

    name = "compare"
    template = "site/compare.html"
    format_name = catalog.FORMAT.name

    def show(self, request: HttpRequest, served: Served) -> PageContent | HttpResponse:
        """The named models, by any of their names. A form's query is first rewritten in the usual form."""
        content = served.publication.made_of
        found, unknown = named(request.GET, content)
        canonical = ",".join([*(item.key for item in found), *unknown])
        if request.GET.getlist(MODELS) != ([canonical] if canonical else []):
            return _redirected(request, canonical)
        try:
            if (filled := calculator.pasted(request.GET)) is not None:
                return HttpResponseRedirect(f"{request.path}?{filled}#calculator")
        except BadUsage:
            pass  # the form says so
        items, more = found[:MOST], found[MOST:]
        names = [item.entries[0].model.name for item in items]
        title = _("Compare models")
        if len(names) > 1:
            title = _("%(names)s: comparison") % {"names": labels.listed(names)}
        only_differences = request.GET.get(ONLY) == DIFFERENCES
        groups = [(title, [row for row in rows if row.differs or not only_differences]) for title, rows in tables(items)]
        return PageContent(
            title=title,
            description=_("Prices, limits and features of AI models side by side, and what a request costs with each."),
            context={
                "query": request.GET,
                "stated": canonical,
                "models": [_head(item, found, request.GET) for item in items],
                "more": [item.entries[0].model.name for item in more],
                "most": numbers.whole(MOST),
                "is_full": len(items) == MOST,
                "unknown": unknown,
                "groups": [(title, rows) for title, rows in groups if rows],
                "only_differences": only_differences,
                "calculator": costs_of(items, request.GET, datetime.now(UTC)) if items else {},
            },
            lasts=not calculator.is_asked(request.GET),
            is_indexed=False,
        )


def named(query: QueryDict, content: Content) -> tuple[list[Item], list[str]]:
    """The models that a query names, each once, and the names that no model has. Names are separated by commas, or each has its own
    parameter, as a form sends them; no id has a comma."""
    names = ",".join(query.getlist(MODELS)).split(",")
    found: dict[str, Item] = {}
    unknown: dict[str, None] = {}
    for name in [name.strip() for name in names if name.strip()][:MOST_NAMED]:
        item = content.by_name.get(name) or _called(name, content)
        if item is None:
            unknown[name] = None
        else:
            found[item.key] = item
    return list(found.values()), list(unknown)


def _called(name: str, content: Content) -> Item | None:
    """The one model of that name, in any case."""
    names = content.derived.get("names that people read")
    if names is None:
        names = content.derived["names that people read"] = {}
        for item in content.items:
            names.setdefault(item.entries[0].model.name.casefold(), []).append(item)
    items = names.get(name.casefold(), [])
    return items[0] if len(items) == 1 else None


def _redirected(request: HttpRequest, canonical: str) -> HttpResponse:
    changed = request.GET.copy()
    changed.pop(MODELS, None)
    query = QueryDict(mutable=True)
    if canonical:
        query[MODELS] = canonical
    for name, values in changed.lists():
        query.setlist(name, [value for value in values if value])
    text = query.urlencode(safe=",/:")
    return HttpResponseRedirect(f"{request.path}?{text}" if text else request.path)


def _head(item: Item, found: Sequence[Item], query: QueryDict) -> dict[str, Any]:
    model = item.entries[0].model
    rest = query.copy()
    rest[MODELS] = ",".join(other.key for other in found if other is not item)
    return {
        "name": model.name,
        "model_id": model.model_id,
        "status_key": model.status.value,
        "status": None if model.status is Status.AVAILABLE else labels.STATUSES[model.status],
        "without": f"?{rest.urlencode(safe=',/:')}",
    }


def tables(items: Sequence[Item]) -> list[tuple[str, list[Row]]]:
    """The rows of the comparison, in their groups."""
    models = [item.entries[0].model for item in items]
    return [
        (_("Prices"), price_rows([item.entries for item in items])),
        (_("Capabilities"), ability_rows(models)),
        (_("Facts"), fact_rows(models)),
        (_("By service tier"), own_rows([item.entries for item in items])),
    ]


def price_rows(models: Sequence[tuple[Entry, ...]]) -> list[Row]:
    """A row for each line of the price lists; lines with the same conditions share one."""
    prices: dict[PriceLine, dict[int, PriceLine]] = {}
    for number, entries in enumerate(models):
        for entry in entries:
            for line in entry.prices:
                prices.setdefault(line._replace(usd=line.usd * 0), {})[number] = line
    at = datetime.now(UTC)
    rows = []
    for key in sorted(prices, key=in_price_list):
        own = [prices[key].get(number) for number in range(len(models))]
        title = labels.KINDS[key.kind]
        if key.service_tier != ServiceTier.DEFAULT:
            title = f"{title} · {labels.TIERS[key.service_tier]}"
        rows.append(
            Row(
                title,
                [Cell(numbers.price(line.usd, line.unit) if line else None) for line in own],
                _differ(line and line.usd for line in own),
                conditions=price_table.conditions(key, UTC, at),
                unit=labels.UNITS[key.unit],
                absent=_("not sold") if key.is_base and key.cache_ttl_seconds is None else "",
            )
        )
    free = [any(entry.is_free for entry in entries) for entries in models]
    if any(free):
        rows.append(Row(_("Free variant"), [Cell(_flag(one)) for one in free], _differ(free)))
    discounts = [entries[0].model.discount_to_user for entries in models]
    if any(discounts):
        shown = [Cell(numbers.percent(discount) if discount else None) for discount in discounts]
        rows.append(Row(_("Discount"), shown, _differ(discount or None for discount in discounts)))
    return rows


def ability_rows(models: Sequence[ModelFacts]) -> list[Row]:
    """The inputs, outputs and features of the models, part by part."""
    rows = [
        _parts(_("Accepts"), [model.input_modalities for model in models], labels.MODALITIES.__getitem__),
        _parts(_("Produces"), [model.output_modalities for model in models], labels.MODALITIES.__getitem__),
        _parts(_("Features"), [model.supported_features for model in models], labels.FEATURES.__getitem__),
        _parts(_("Request parameters"), [models_api.supported_parameters(model) for model in models], str, is_literal=True),
        _parts(
            _("Served from"), [sorted({place.country for place in model.datacenters}) for model in models], numbers.country
        ),
    ]
    return [row for row in rows if any(cell.parts for cell in row.cells)]


def _parts(title: str, models: Sequence[Iterable[str]], label: Callable[[str], object], *, is_literal: bool = False) -> Row:
    owned = [list(dict.fromkeys(values)) for values in models]
    having = [values for values in owned if values]  # if one has none at all, marks are not needed
    shared = set(having[0]).intersection(*having) if having else set()
    cells = [Cell(parts=tuple((label(value), value not in shared) for value in values)) for values in owned]
    return Row(title, cells, _differ(frozenset(values) for values in owned), is_literal)


def fact_rows(models: Sequence[ModelFacts]) -> list[Row]:
    """The other facts of the models; a row without any value is left out."""
    rows = [
        Row(
            _("Status"), [Cell(labels.STATUSES[model.status]) for model in models], _differ(model.status for model in models)
        ),
        Row(
            _("Retired on"),
            [Cell(numbers.moment(model.deprecation_at) if model.deprecation_at else None) for model in models],
            _differ(model.deprecation_at for model in models),
        ),
    ]
    for facts in zip(*(every_fact(model) for model in models), strict=True):
        title, _value, is_literal = facts[0]
        rows.append(
            Row(title, [Cell(value) for _, value, _ in facts], _differ(str(value) for _, value, _ in facts), is_literal)
        )
    return [row for row in rows if any(cell.value for cell in row.cells)]


def own_rows(models: Sequence[tuple[Entry, ...]]) -> list[Row]:
    """What service tiers and free variants state for themselves, a row for each such fact."""
    facts: dict[str, dict[int, Any]] = {}
    for number, entries in enumerate(models):
        for entry in entries:
            for title, value in own_facts(entry):
                facts.setdefault(f"{title} · {price_table.title(entry)}", {})[number] = value
    numbered = range(len(models))
    return [
        Row(title, [Cell(own.get(number)) for number in numbered], _differ(str(own.get(number)) for number in numbered))
        for title, own in facts.items()
    ]


def _differ(values: Iterable[object]) -> bool:
    return len(set(values)) > 1


def _flag(value: bool) -> object:
    return labels.FLAGS["true" if value else "false"]


def costs_of(items: Sequence[Item], query: QueryDict, at: datetime) -> dict[str, Any]:
    """The calculator: one form, and what its request costs with each model."""
    shown, usage = calculator.form([item.entries for item in items], query)
    if usage is not None:
        shown["count"] = numbers.whole(usage.requests)
        shown["costs"] = _compared(items, usage, query, at)
    return shown


def _compared(items: Sequence[Item], usage: Usage, query: QueryDict, at: datetime) -> list[dict[str, Any]]:
    asked = query.get(calculator.TIER)
    found = [(item, entry := calculator.chosen(item.entries, query), costs.cost(entry, usage, at)) for item in items]
    complete = [cost.usd for _, _, cost in found if cost.is_complete]
    arithmetic = query.copy()
    arithmetic.pop(MODELS, None)
    arithmetic.pop(ONLY, None)
    return [
        {
            "name": entry.model.name,
            "model_id": entry.model.model_id,
            "tier": labels.TIERS[entry.service_tier] if asked and asked != entry.service_tier else "",
            "request": numbers.money(cost.request_usd),
            "total": numbers.money(cost.usd),
            "not_sold": [calculator.label(name) for name in cost.not_sold],
            "is_lowest": cost.is_complete and len(complete) > 1 and cost.usd == min(complete) < max(complete),
            "arithmetic": f"{arithmetic.urlencode(safe=',')}#calculator",
        }
        for item, entry, cost in found
    ]
