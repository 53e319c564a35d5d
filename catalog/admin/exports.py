"""Downloads of models, their prices and their offers as tables: of selected models, or of all."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin

from catalog.importing.tables.columns import TABLES as COLUMNS
from catalog.importing.tables.columns import Table
from catalog.importing.tables.export import FileFormat, TableName, export_table
from catalog.importing.tables.sheets import ExportError
from catalog.models import AIModel, ScheduledSwitch

CONTENT_TYPES: dict[FileFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TABLES: tuple[tuple[TableName, FileFormat], ...] = (
    ("models", "csv"),
    ("models", "xlsx"),
    ("prices", "csv"),
    ("prices", "xlsx"),
    ("offers", "csv"),
    ("offers", "xlsx"),
)


EXPORTS = {f"export_{table}_{file_format}": (table, file_format) for table, file_format in TABLES}
"""The actions that export, by name."""


class ExportsMixin(ModelAdmin):
    """The list's actions that export the selected models, and the addresses that export everything."""

    def get_urls(self) -> list[URLPattern]:
        """One address for each table and file format."""
        view = self.admin_site.admin_view(self.table_of_all)
        own = [path("tables/<slug:table>.<slug:file_format>", view, name="catalog_aimodel_table")]
        return [*own, *super().get_urls()]

    def table_of_all(self, request: HttpRequest, table: str, file_format: str) -> HttpResponse:
        """Every model, or the prices or offers of all; of a template, the first row alone."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = next((one for one in TABLES if one == (table, file_format)), None)
        if found is None:
            raise Http404
        ScheduledSwitch.objects.apply_due()
        models = AIModel.objects.none() if "template" in request.GET else AIModel.objects.all()
        answer = exported(request, *found, models)
        return answer or HttpResponseRedirect(reverse("admin:catalog_aimodel_changelist"))

    def get_actions(self, request: HttpRequest) -> Any:
        """With an export for each table and file format. Everybody who sees the list may use it."""
        actions = super().get_actions(request)
        for name, (table, file_format) in EXPORTS.items():
            if may_export(request, table):
                actions[name] = (_action(table, file_format), name, f"Export {table} as {file_format.upper()}")
        return actions


def may_export(request: HttpRequest, table: TableName) -> bool:
    """Whether they may view the rows of the table."""
    return request.user.has_perms(["catalog.view_aimodel", *(["catalog.view_price"] if table == "prices" else [])])


def tables_of_all() -> list[tuple[str, str]]:
    """The name and address of each full table."""
    return [
        (f"{table.capitalize()} as {file_format.upper()}", reverse("admin:catalog_aimodel_table", args=[table, file_format]))
        for table, file_format in TABLES
    ]


class TableOffered(NamedTuple):
    """A table that can be uploaded: its columns, each with whether it is required and what it holds, and where templates are."""

    title: str
    columns: list[tuple[str, bool, str]]
    templates: list[tuple[str, str]]


def tables_offered() -> list[TableOffered]:
    """Each table, from its definition."""
    return [
        TableOffered(
            title,
            [(name, name in table.required, _about(table, name)) for name in table._meta.fields],
            [
                (file_format.upper(), f"{reverse('admin:catalog_aimodel_table', args=[name, file_format])}?template=1")
                for name, file_format in TABLES
                if name == title
            ],
        )
        for title, table in COLUMNS.items()
    ]


ABOUT = {
    "model_id": "The model's id.",
    "datacenters": "Codes of datacenters, separated by commas.",
    "replacement": "The id of the model that users should move to.",
    "offer": "The service tier, or free for the free variant.",
    "usd_per_million_tokens": "The price in $ per 1M tokens, for the unit token.",
    "usd_per_unit": "The price in $ per unit, for other units.",
    "ends": "true: the price ends, and is no longer sold.",
}
"""What a column holds that is not, or not only, a field."""


def _about(table: Table, name: str) -> str:
    if name in ABOUT:
        return ABOUT[name]
    field: Any = table._meta.model._meta.get_field(name)
    choices = getattr(getattr(field, "base_field", field), "choices", None)
    words = ", ".join(str(value) for value, _ in choices or () if value not in (None, ""))
    return " ".join(part for part in (str(field.help_text), f"One of {words}." if words else "") if part)


def _action(table: TableName, file_format: FileFormat) -> Any:
    def export(admin: ModelAdmin, request: HttpRequest, chosen: QuerySet[AIModel]) -> HttpResponse | None:
        return exported(request, table, file_format, AIModel.objects.filter(pk__in=chosen.values("pk")))

    return export


def exported(
    request: HttpRequest, table: TableName, file_format: FileFormat, models: QuerySet[AIModel]
) -> HttpResponse | None:
    """The table as a download; None, with a message that says why, if the file format cannot hold it."""
    if not may_export(request, table):
        raise PermissionDenied
    try:
        content = export_table(table, file_format, models)
    except ExportError as error:
        messages.error(request, str(error))
        return None
    name = f"{table}-{timezone.now():%Y-%m-%d-%H%M}.{file_format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=CONTENT_TYPES[file_format], headers=headers)
