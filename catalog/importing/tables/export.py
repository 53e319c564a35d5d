"""The three tables as files, for staff to edit and to import again."""

from typing import Literal

from django.db.models import QuerySet

from catalog.importing.tables.columns import TABLES
from catalog.importing.tables.sheets import write_csv, write_xlsx
from catalog.models import AIModel

TableName = Literal["models", "prices", "offers"]
FileFormat = Literal["csv", "xlsx"]


def export_table(table: TableName, file_format: FileFormat, models: QuerySet[AIModel]) -> bytes:
    """Some models, their prices in force and to come, or what their offers state for themselves, as a file that ``read_table`` reads back as
    the same.

    A text that a spreadsheet could take for a formula has an apostrophe before it. The number of queries does not depend
    on the number of models. Raises ``ExportError`` if XLSX cannot hold a text; CSV can hold all.
    """
    resource = TABLES[table]
    dataset = resource.export(resource.rows_of(models), force_native_type=file_format == "xlsx")
    return write_csv(dataset) if file_format == "csv" else write_xlsx(dataset, resource.title)
