"""The page of the price list: shown, edited, reviewed and saved in one transaction."""

from decimal import Decimal
from typing import Any

import pghistory
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from unfold.admin import ModelAdmin
from unfold.widgets import CHECKBOX_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from catalog.admin.base import NOTHING_SAVED
from catalog.admin.bulk_actions.forms import FactorForm
from catalog.admin.bulk_actions.prices import by_percent, change_prices
from catalog.admin.bulk_actions.saving import save_many
from catalog.admin.paging import pager
from catalog.admin.price_list.table import SIMPLE, CellKey, PriceTable, columns_of, ids_of, submitted
from catalog.admin.prices.visibility import may_see_prices
from catalog.models import AIModel, Price

PER_PAGE = 100
TICK = " ".join(CHECKBOX_CLASSES)
TITLE = "Price list"
NOTHING_SELECTED = "Select models, prices or both, with the boxes at the left and at the top of the table."
MODEL_GONE = "Nothing was changed. A model for which you typed an amount is no longer in this table: deleted, renamed, or on another page."


class FilterForm(forms.Form):
    """Which models."""

    maker = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    q = forms.CharField(
        label="Id or name", required=False, max_length=200, widget=UnfoldAdminTextInputWidget({"type": "search"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        makers = AIModel.objects.exclude(author="").order_by("author").values_list("author", flat=True).distinct()
        self.fields["maker"].choices = [("", "All makers"), *((maker, maker) for maker in makers)]  # type: ignore[attr-defined]


class ChangeForm(FactorForm):
    """From when, and by how many percent the selected prices change; without a percentage, only what was typed changes."""

    def __init__(self, *args: Any, selected: set[CellKey], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.selected = selected
        self.fields["percent"].required = False
        self.fields["percent"].label = "Change selected prices by percent"

    def clean_percent(self) -> Decimal | None:
        """A percentage of something."""
        percent: Decimal | None = self.cleaned_data["percent"]
        if percent is not None and not self.selected:
            raise ValidationError(NOTHING_SELECTED)
        return percent


class PriceListMixin(ModelAdmin):
    """The price list of all models."""

    def get_urls(self) -> list[Any]:
        """With the address of the price list."""
        view = self.admin_site.admin_view(self.price_list_view)
        return [path("price-list/", view, name="catalog_aimodel_price_list"), *super().get_urls()]

    def price_list_view(self, request: HttpRequest) -> HttpResponse:
        """Show the page, or save what was typed."""
        if not (self.has_view_permission(request) and may_see_prices(request)):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        may_change = self.has_change_permission(request) and request.user.has_perm("catalog.add_price")
        if request.method == "POST" and not may_change:
            raise PermissionDenied
        chosen = FilterForm(request.GET)
        found = ids_of(*(chosen.cleaned_data[name] for name in ("maker", "q"))) if chosen.is_valid() else []
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
        table = PriceTable(dict(page.object_list), columns_of([key for key, _ in found]), submitted(request.POST.dict()))
        rows, columns = request.POST.getlist("row"), request.POST.getlist("column")
        form = ChangeForm(request.POST or None, selected=_selected(table, rows, columns))
        if request.method == "POST" and (answer := self._save(request, table, form)):
            return answer
        context = {
            **self.admin_site.each_context(request),
            "title": TITLE,
            "chosen": chosen,
            "form": form,
            "table": table,
            "rows": table.rows(),
            "pager": pager(request, page),
            "may_change": may_change,
            "tick": TICK,
            "selected_rows": rows,
            "selected_columns": columns,
        }
        return TemplateResponse(request, "admin/price_list/price_list.html", context)

    def _save(self, request: HttpRequest, table: PriceTable, form: ChangeForm) -> HttpResponse | None:
        """The review, or what follows saving; None if the page is to be shown again."""
        if "_back" in request.POST:
            messages.info(request, NOTHING_SAVED)
            return None
        is_valid = form.is_valid()
        percent = form.cleaned_data.get("percent")
        edits = table.edits(form.selected if percent is not None else ())
        if table.has_lost_edits:
            form.add_error(None, MODEL_GONE)
        if not is_valid or table.errors or table.has_lost_edits:
            return None
        selected = form.selected if percent is not None else set()
        subject = repr((sorted(edits.items()), sorted(selected), form.cleaned_data))

        def perform() -> HttpResponse:
            with pghistory.context(source="bulk", operation=TITLE):
                _change(edits, selected, form.cleaned_data)
            return HttpResponseRedirect(request.get_full_path())

        return save_many(
            request,
            perform,
            form,
            label=TITLE,
            title=f"Review: {TITLE.lower()}",
            subject=subject,
            back="Back to the price list",
        )


def _selected(table: PriceTable, rows: list[str], columns: list[str]) -> set[CellKey]:
    """The prices in the selected rows and columns; of rows alone all columns, of columns alone all rows."""
    if not rows and not columns:
        return set()
    return {
        place for place in table.usd if (not rows or str(place.model) in rows) and (not columns or place.column in columns)
    }


def _change(edits: dict[CellKey, Decimal], selected: set[CellKey], data: dict[str, Any]) -> None:
    """What was typed, and the percentage of what is selected; a typed amount has priority."""
    multiplied = None if data["percent"] is None else by_percent(data["percent"], data["places"])

    def change(row: Price) -> Decimal:
        place = CellKey(row.ai_model_id, f"{row.kind}.{row.unit}")
        if place in edits:
            return edits[place]
        assert row.usd is not None  # the query leaves out ended lines
        return multiplied(row) if multiplied and place in selected else row.usd

    new = [(Price(ai_model_id=place.model, **place.line.columns), usd) for place, usd in edits.items()]
    keys = sorted({place.model for place in (*edits, *selected)})
    change_prices(keys, data, change, added=new, **SIMPLE)
