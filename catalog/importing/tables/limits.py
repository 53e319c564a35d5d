"""The limits of a table. An XLSX is counted before it is parsed."""

import io
import zipfile
from contextlib import suppress
from itertools import islice
from typing import IO, Any
from xml.parsers import expat

from catalog.importing.source import SourceError

MOST_ROWS = 200_000
MOST_COLUMNS = 200

LARGEST_UNPACKED = 192 * 1024 * 1024
"""The most bytes of all parts of an XLSX together; 40,000 prices take about 30 million."""

LARGEST_PART = 4 * 1024 * 1024
"""The most bytes of a part that is neither a sheet nor the texts of all sheets, and of one tag in any part."""

MOST_CELLS = 3_000_000
"""The most cells of a table, with the empty ones before them; a table of prices with the most rows has 2.6 million."""

MOST_ELEMENTS = 100_000
"""The most elements of a part beside its rows or texts, and inside of one of these. The reader makes objects of all of them."""

MOST_SHEETS = 50
WORKSHEETS, TEXTS = "xl/worksheets/", "xl/sharedstrings.xml"
SHEET_MAIN_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ROW, FORMULA, MERGED = (f"{SHEET_MAIN_NS} {tag}" for tag in ("row", "f", "mergeCell"))

ITEMS = {f"{SHEET_MAIN_NS} worksheet": ROW, f"{SHEET_MAIN_NS} sst": f"{SHEET_MAIN_NS} si"}
"""The elements that a sheet, and the texts of all sheets, have many of."""


def check_place(name: str, row: int, column: int) -> None:
    """Refuse a cell beyond the last row or column. Raises ``SourceError``."""
    if row > MOST_ROWS + 1:
        raise SourceError(f"{name} has more than {MOST_ROWS:,} rows.")
    if column > MOST_COLUMNS:
        raise SourceError(f"{name}: row {row} has more than {MOST_COLUMNS} columns.")


def check_archive(content: bytes, name: str) -> None:
    """Refuse an archive that has more than a table, before it is unpacked or parsed, and merged cells.

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


def check_sheets(content: bytes, name: str) -> None:
    """Refuse sheets that would be read repeatedly. Each is read completely before it is known to be empty."""
    from openpyxl.reader.excel import ExcelReader

    reader = ExcelReader(io.BytesIO(content), read_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    titles: dict[str, str] = {}
    for sheet, part in islice(reader.parser.find_sheets(), MOST_SHEETS + 1):
        if part.target in titles:
            raise SourceError(f"{name}: the sheets “{titles[part.target]}” and “{sheet.name}” are the same. Keep one.")
        if "chartsheet" in part.Type:
            raise SourceError(f"{name}: the sheet “{sheet.name}” is a chart: remove it.")
        titles[part.target] = sheet.name
    if len(titles) > MOST_SHEETS:
        raise SourceError(f"{name} has more than {MOST_SHEETS} sheets. Keep the one with the table.")


def _too_much(name: str, part: str) -> SourceError:
    return SourceError(f"{name} contains more than a table ({part}): copy only the table into a new workbook.")


class _Counter:
    """Counts the contents of the parts of an XLSX without parsing them: a few kilobytes can unpack to millions of cells."""

    def __init__(self, name: str) -> None:
        from openpyxl.utils.cell import coordinate_to_tuple

        self.name = name
        self.cells = 0
        self.place_of = coordinate_to_tuple

    def count(self, part: str, stream: IO[bytes]) -> None:
        """Count one part, as far as it is XML; no reader reads further. Raises ``SourceError``."""
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
                # A tag or a comment without an end would be scanned again with every piece.
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
                # Only the first of merged cells has a value: the others would count as empty.
                raise SourceError(f"{self.name} has merged cells: unmerge them, and enter the value in each row.")

    def _end(self, tag: str) -> None:
        if self.depth:
            self.depth -= 1

    def _row(self, attributes: dict[str, str]) -> None:
        self.rows += 1
        self.row, self.column = int(attributes.get("r", self.row + 1)), 0
        check_place(self.name, max(self.row, self.rows), 0)

    def _inside(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == ROW:
            raise ValueError("a row is inside of another")
        if self.depth == 1 and self.item == ROW:
            before = self.column
            self.column = self.place_of(attributes["r"])[1] if "r" in attributes else before + 1
            check_place(self.name, self.row, self.column)
            self._add(max(1, self.column - before))
        elif tag == FORMULA and attributes.get("t") == "shared":
            # Each would be computed from the first, which can be of any length.
            raise SourceError(f"{self.name}: row {self.row} has formulas: replace them with their values.")
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
