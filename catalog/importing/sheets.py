"""Tables as bytes: CSV and XLSX to cells, and cells to CSV and XLSX. Nothing that a file says is trusted.

A cell that is read is a text, a whole number, a ``Decimal``, a boolean, a moment, None where it is empty, or
``Unreadable`` with a sentence for it.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import IO, Any
from xml.parsers import expat

import openpyxl
import tablib
from openpyxl.cell import WriteOnlyCell
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles import Font
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.xml.constants import SHEET_MAIN_NS

from catalog import decimals
from catalog.importing.reading import LARGEST, SourceError

MOST_ROWS = 200_000
MOST_COLUMNS = 200

LARGEST_UNPACKED = 192 * 1024 * 1024
"""Bytes that the parts of an XLSX may have together; 40,000 prices take about 30 million."""

LARGEST_PART = 4 * 1024 * 1024
"""Bytes of a part that is neither a sheet nor the texts of all sheets, and of one mark-up in any part."""

MOST_CELLS = 3_000_000
"""Cells that a table may have, with the empty ones before them; a table of prices with all the rows it may have has 2.6 million."""

MOST_ELEMENTS = 100_000
"""Elements of a part beside its rows or texts, and inside of one of these. Of all of them the reader makes objects."""

MOST_SHEETS = 50

LONGEST_XLSX_TEXT = 32_767
"""Characters of a cell in XLSX. What is longer would be cut."""

SEPARATORS = ",;\t"
XLSX, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

WORKSHEETS, TEXTS = "xl/worksheets/", "xl/sharedstrings.xml"
ROW, FORMULA, MERGED = (f"{SHEET_MAIN_NS} {tag}" for tag in ("row", "f", "mergeCell"))
ITEMS = {f"{SHEET_MAIN_NS} worksheet": ROW, f"{SHEET_MAIN_NS} sst": f"{SHEET_MAIN_NS} si"}
"""What a sheet, and the texts of all sheets, have many of."""

_DIGITS = re.compile(r"[-\d.]+", re.ASCII)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NEEDS_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


class ExportError(Exception):
    """The file format has no way to keep what is in the catalog."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell whose value cannot be told; why, as a sentence."""

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
        raise SourceError(f"{name} is an old XLS file, or has a password: save it as XLSX without one.")
    rows = _xlsx_rows(content, name) if content.startswith(XLSX) else _csv_rows(content, name)
    header, found = None, []
    for number, row in rows:
        _check_place(name, number, len(row))
        if header is None:
            header = row
        elif any(cell not in (None, "") for cell in row):
            found.append((number, row))
    if header is None:
        raise SourceError(f"{name} is empty.")
    return Sheet(header, found)


def _check_place(name: str, row: int, column: int) -> None:
    if row > MOST_ROWS + 1:
        raise SourceError(f"{name} has more than {MOST_ROWS:,} rows.")
    if column > MOST_COLUMNS:
        raise SourceError(f"{name}: row {row} has more than {MOST_COLUMNS} columns.")


def _csv_rows(content: bytes, name: str) -> Iterator[tuple[int, list[Any]]]:
    """The records of UTF-8 text, each as long as the first."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name} is neither XLSX nor CSV in UTF-8: save it as “CSV UTF-8”.") from error
    if "\0" in text:
        raise SourceError(f"{name} is not CSV: it has characters that no text has.")
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
    try:
        _check_archive(content, name)
        _check_sheets(content, name)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a file says of its size is not believed
        filled = [sheet for sheet in book.worksheets if _has_cells(sheet)]
        if len(filled) > 1:
            titles = ", ".join(f"“{sheet.title}”" for sheet in filled)
            raise SourceError(f"{name} has several sheets with cells: {titles}. Keep one.")
        for sheet in filled:
            for number, cells in enumerate(sheet.iter_rows(), start=1):
                yield number, [_xlsx_value(cell) for cell in cells]
    except SourceError:
        raise
    except Exception as error:  # openpyxl raises whatever it stumbles over
        raise SourceError(f"{name} is not an XLSX file that can be read: {error}") from error


def _check_archive(content: bytes, name: str) -> None:
    """Refuse an archive that has more than a table, before it is unpacked or anything is made of it, and merged cells.

    ``zipfile`` unpacks no more of a part than its declared size, so that the sum of these can be trusted.
    """
    counter = _Counter(name)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > 1000 or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise SourceError(f"{name} unpacks to more than {LARGEST_UNPACKED // 1024 // 1024} MiB.")
        for part in parts:
            if part.file_size > LARGEST_PART and not part.filename.lower().startswith((WORKSHEETS, TEXTS)):
                raise _too_much(name, part.filename)
            with archive.open(part) as stream:
                counter.count(part.filename, stream)


def _check_sheets(content: bytes, name: str) -> None:
    """Refuse sheets that would be read over and over. Each is read whole before it is known to be empty."""
    reader = ExcelReader(io.BytesIO(content), read_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    titles: dict[str, str] = {}
    for sheet, part in islice(reader.parser.find_sheets(), MOST_SHEETS + 1):
        if part.target in titles:
            raise SourceError(f"{name}: the sheets “{titles[part.target]}” and “{sheet.name}” are one. Keep one.")
        if "chartsheet" in part.Type:
            raise SourceError(f"{name}: the sheet “{sheet.name}” is a chart: remove it.")
        titles[part.target] = sheet.name
    if len(titles) > MOST_SHEETS:
        raise SourceError(f"{name} has more than {MOST_SHEETS} sheets. Keep the one with the table.")


def _too_much(name: str, part: str) -> SourceError:
    return SourceError(f"{name} has more in it than a table has ({part}): copy the table alone into a new workbook.")


class _Counter:
    """Counts what the parts of an XLSX have, and makes nothing of it: a few kilobytes unpack to millions of cells."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cells = 0

    def count(self, part: str, stream: IO[bytes]) -> None:
        """Count one part, as far as it is XML; no reader gets further. Raises ``SourceError``."""
        self.part = part
        self.item: str | None = None
        self.depth = self.rows = self.row = self.column = self.beside = self.inside = 0
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.EntityDeclHandler = self._entity
        given = 0
        with suppress(expat.ExpatError):
            while chunk := stream.read(LARGEST_PART):
                parser.Parse(chunk)
                given += len(chunk)
                # A tag or a comment without an end would be looked at again with every piece that is read.
                if given - parser.CurrentByteIndex > LARGEST_PART:
                    raise _too_much(self.name, part)
            parser.Parse(b"", True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self.item is None:
            self.item = ITEMS.get(tag, "")
        elif self.depth:
            self._inside(tag, attributes)
        elif tag == self.item:
            self.depth, self.inside = 1, 0
            if tag == ROW:
                self._row(attributes)
            else:
                self._add(1)
        else:
            self.beside += 1
            if self.beside > MOST_ELEMENTS:
                raise _too_much(self.name, self.part)
            if tag == MERGED:
                # Only the first of merged cells has a value: the others would be read as emptied.
                raise SourceError(f"{self.name} has merged cells: unmerge them, and give each row its own.")

    def _end(self, tag: str) -> None:
        if self.depth:
            self.depth -= 1

    def _row(self, attributes: dict[str, str]) -> None:
        self.rows += 1
        self.row, self.column = int(attributes.get("r", self.row + 1)), 0
        _check_place(self.name, max(self.row, self.rows), 0)

    def _inside(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == ROW:
            raise ValueError("a row is inside of another")
        if self.depth == 1 and self.item == ROW:
            before = self.column
            self.column = coordinate_to_tuple(attributes["r"])[1] if "r" in attributes else before + 1
            _check_place(self.name, self.row, self.column)
            self._add(max(1, self.column - before))
        elif tag == FORMULA and attributes.get("t") == "shared":
            # Each would be worked out from the first, which may be as long as it likes.
            raise SourceError(f"{self.name}: row {self.row} has formulas: put their values there instead.")
        self.depth += 1
        self.inside += 1
        if self.inside > MOST_ELEMENTS:
            raise _too_much(self.name, self.part)

    def _add(self, cells: int) -> None:
        self.cells += cells
        if self.cells > MOST_CELLS:
            raise SourceError(f"{self.name} has more than {MOST_CELLS:,} cells.")

    def _entity(self, *declared: Any) -> None:
        raise ValueError("it declares entities")


def _has_cells(sheet: Any) -> bool:
    rows = islice(sheet.iter_rows(), MOST_ROWS + 2)
    return any(cell.value is not None for cells in rows for cell in cells)


def _xlsx_value(cell: Any) -> Any:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Unreadable("It is a formula: put its value there instead.")
    if cell.data_type == "e":
        return Unreadable(f"It is an error of the spreadsheet, {value}.")
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    if isinstance(value, float):
        return _shown_number(Decimal(repr(value)))
    if isinstance(value, int) and not isinstance(value, bool):
        return value if isinstance(_shown_number(Decimal(value)), Decimal) else _shown_number(Decimal(value))
    if isinstance(value, bool | date | datetime):
        return value
    return Unreadable("It is a time or a length of time, which no column has.")


def _shown_number(value: Decimal) -> Decimal | Unreadable:
    """The number that a spreadsheet shows, which has 15 digits; the digits beyond are noise, or cut off."""
    # Counted in what is written: arithmetic on it would round to a context's digits first.
    if value.is_finite() and len(decimals.wire(value.copy_abs()).replace(".", "").strip("0")) <= decimals.RELIABLE_DIGITS:
        return value
    sentence = f"{value} has more digits than a spreadsheet keeps: format the column as text, and write it there."
    return Unreadable(sentence)


def fits_xlsx(value: Decimal) -> bool:
    """Whether a spreadsheet keeps every digit of a number."""
    return isinstance(_shown_number(value), Decimal)


def write_csv(dataset: tablib.Dataset) -> bytes:
    """CSV in UTF-8, with the mark by which Excel knows it."""
    return dataset.export("csv").encode("utf-8-sig")


def write_xlsx(dataset: tablib.Dataset, title: str) -> bytes:
    """An XLSX of one sheet. Texts are texts whatever they look like. Raises ``ExportError``.

    Tablib would turn a text that begins with ``=`` into a formula, cut a long one and fail over a control character.
    """
    # All of it first: a workbook that is half written cannot be put down.
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
    cells = [WriteOnlyCell(sheet, value=name) for name in names]
    for cell in cells:
        cell.font = Font(bold=True)
    return cells


def _spelled(value: Any, place: str) -> Any:
    """A value as XLSX spells it, None where it is empty."""
    if not isinstance(value, str):
        return value
    text = _NEEDS_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
    if len(text) > LONGEST_XLSX_TEXT:
        raise ExportError(f"{place} is longer than a cell of XLSX, {LONGEST_XLSX_TEXT:,} characters; take CSV.")
    return text or None


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    if _DIGITS.fullmatch(value):
        cell.number_format = "@"  # so that what is typed over it keeps its digits, too
    return cell
