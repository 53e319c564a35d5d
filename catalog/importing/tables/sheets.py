"""Tables as bytes: CSV and XLSX to cells, and cells to CSV and XLSX. Nothing in a file is trusted.

A cell is a text, a whole number, a ``Decimal``, a boolean, a time, None if it is empty, or ``Unreadable`` with a message.

openpyxl is imported where an XLSX is read or written: that takes 10% of the start of a process, and few processes need it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import tablib

from catalog import decimals
from catalog.importing.source import LARGEST, SourceError
from catalog.importing.tables.limits import MOST_CELLS, MOST_ROWS, check_archive, check_place, check_sheets

LONGEST_XLSX_TEXT = 32_767
"""The most characters of a cell in XLSX. A longer text would be cut."""

SEPARATORS = ",;\t"
XLSX, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DIGITS = re.compile(r"[-\d.]+", re.ASCII)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NEEDS_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


class ExportError(Exception):
    """The file format cannot hold a value of the catalog."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell whose value cannot be read; the reason, as a sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of a table: the header, and rows with their number as spreadsheets count them (the header is row 1)."""

    header: list[Any]
    rows: list[tuple[int, list[Any]]]


def read_sheet(content: bytes, name: str = "") -> Sheet:
    """Read the only table of a CSV or XLSX file. Raises ``SourceError``."""
    name = name or "The table"
    if len(content) > LARGEST:
        raise SourceError(f"{name} is larger than {LARGEST // 1024 // 1024} MiB.")
    if content.startswith(OLE):
        raise SourceError(f"{name} is an old XLS file, or has a password: save it as XLSX without a password.")
    rows = _xlsx_rows(content, name) if content.startswith(XLSX) else _csv_rows(content, name)
    header, found = None, []
    for number, row in rows:
        check_place(name, number, len(row))
        if header is None:
            header = row
        elif any(cell not in (None, "") for cell in row):
            found.append((number, row))
    if header is None:
        raise SourceError(f"{name} is empty.")
    return Sheet(header, found)


def _csv_rows(content: bytes, name: str) -> Iterator[tuple[int, list[Any]]]:
    """The records of UTF-8 text, each as long as the first."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name} is neither XLSX nor CSV in UTF-8: save it as “CSV UTF-8”.") from error
    if "\0" in text:
        raise SourceError(f"{name} is not CSV: it has invalid characters.")
    if max(content.count(one.encode()) for one in SEPARATORS) > MOST_CELLS:
        raise SourceError(f"{name} has more than {MOST_CELLS:,} cells.")
    separator = max(SEPARATORS, key=lambda one: len(_first_record(text, one)))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    width = None
    try:
        for number, row in enumerate(rows, start=1):
            width = len(row) if width is None else width
            if row and len(row) != width:
                raise SourceError(f"{name}: row {number} has {len(row)} cells, and the first row {width}.")
            yield number, row
    except csv.Error as error:
        raise SourceError(f"{name} is not CSV: line {rows.line_num}: {error}.") from error


def _first_record(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), [])
    except csv.Error:
        return []


def _xlsx_rows(content: bytes, name: str) -> Iterator[tuple[int, list[Any]]]:
    """The rows of the only sheet that has cells."""
    import openpyxl

    try:
        check_archive(content, name)
        check_sheets(content, name)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # the size in the file is not trusted
        filled = [sheet for sheet in book.worksheets if _has_cells(sheet)]
        if len(filled) > 1:
            titles = ", ".join(f"“{sheet.title}”" for sheet in filled)
            raise SourceError(f"{name} has several sheets with cells: {titles}. Keep one.")
        for sheet in filled:
            for number, cells in enumerate(sheet.iter_rows(), start=1):
                yield number, [_xlsx_value(cell) for cell in cells]
    except SourceError:
        raise
    except Exception as error:  # openpyxl raises any kind of error
        raise SourceError(f"{name} is not a readable XLSX file: {error}") from error


def _has_cells(sheet: Any) -> bool:
    rows = islice(sheet.iter_rows(), MOST_ROWS + 2)
    return any(cell.value is not None for cells in rows for cell in cells)


def _xlsx_value(cell: Any) -> Any:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Unreadable("It is a formula: replace it with its value.")
    if cell.data_type == "e":
        return Unreadable(f"It is a spreadsheet error, {value}.")
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    if isinstance(value, float):
        return _shown_number(Decimal(repr(value)))
    if isinstance(value, int) and not isinstance(value, bool):
        return value if isinstance(_shown_number(Decimal(value)), Decimal) else _shown_number(Decimal(value))
    if isinstance(value, bool | date | datetime):
        return value
    return Unreadable("It is a time of day or a duration, which no column accepts.")


def _shown_number(value: Decimal) -> Decimal | Unreadable:
    """The number that a spreadsheet shows, which has 15 digits; further digits are noise, or lost."""
    # Counted in the text: arithmetic would round to a context's digits first.
    if value.is_finite() and len(decimals.wire(value.copy_abs()).replace(".", "").strip("0")) <= decimals.RELIABLE_DIGITS:
        return value
    sentence = f"{value} has more digits than a spreadsheet keeps: format the column as text and enter it again."
    return Unreadable(sentence)


def fits_xlsx(value: Decimal) -> bool:
    """Whether a spreadsheet keeps every digit of a number."""
    return isinstance(_shown_number(value), Decimal)


def write_csv(dataset: tablib.Dataset) -> bytes:
    """CSV in UTF-8, with the mark that Excel needs."""
    return dataset.export("csv").encode("utf-8-sig")


def write_xlsx(dataset: tablib.Dataset, title: str) -> bytes:
    """An XLSX of one sheet. Texts stay texts, whatever they look like. Raises ``ExportError``.

    Tablib would turn a text that begins with ``=`` into a formula, cut a long one and fail at a control character.
    """
    import openpyxl

    # All of it first: a workbook cannot be abandoned half written.
    rows = [[_spelled(value, f"{row[0]}: {dataset.headers[at]}") for at, value in enumerate(row)] for row in dataset]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    sheet.append(_xlsx_header(sheet, dataset.headers))
    for row in rows:
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _xlsx_header(sheet: Any, names: Iterable[str]) -> list[Any]:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cells = [WriteOnlyCell(sheet, value=name) for name in names]
    for cell in cells:
        cell.font = Font(bold=True)
    return cells


def _spelled(value: Any, place: str) -> Any:
    """A value as XLSX writes it, None if it is empty."""
    if not isinstance(value, str):
        return value
    text = _NEEDS_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
    if len(text) > LONGEST_XLSX_TEXT:
        raise ExportError(f"{place} is longer than a cell of XLSX, {LONGEST_XLSX_TEXT:,} characters; use CSV.")
    return text or None


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    if _DIGITS.fullmatch(value):
        cell.number_format = "@"  # so that a number typed over it keeps its digits, too
    return cell
