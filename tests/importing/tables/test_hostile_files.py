"""Files that are no tables, or more than one."""

import io
import re
import zipfile
from typing import Any

import pytest
from openpyxl.xml.constants import SHEET_MAIN_NS

from catalog.importing.source import SourceError
from catalog.importing.tables import limits
from catalog.importing.tables.reading import read_table
from tests.importing.tables.common import as_xlsx

pytestmark = pytest.mark.django_db


def bomb(size: int) -> bytes:
    """An XLSX that is small, and unpacks to so many bytes."""
    stream = io.BytesIO(as_xlsx(["model_id"], ["a"]))
    with (
        zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet9.xml", "w") as part,
    ):
        for _ in range(size // 2**20):
            part.write(b" " * 2**20)
    return stream.getvalue()


def lying(content: bytes) -> bytes:
    """The same archive, which says that its last part unpacks to one byte."""
    at = content.rindex(b"PK\x01\x02")
    return content[: at + 24] + (1).to_bytes(4, "little") + content[at + 28 :]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "neither XLSX nor CSV in UTF-8"),
        ("model_id,name\r\na,Ä".encode("utf-16"), "neither XLSX nor CSV in UTF-8"),
        ("model_id,name\r\na,Ä".encode("latin-1"), "neither XLSX nor CSV in UTF-8"),
        (b"model_id,name\r\na,\0", "invalid characters"),
        (b"model_id|name\r\na|A", "no column model_id"),
        (b"name,notes\r\na,A", "no column model_id"),
        (b"model_id,name\r\na", "row 2 has 1 cells"),
        (b"model_id,name\r\na,b,c", "row 2 has 3 cells"),
        (b'model_id,name\r\na,"b', "line 2"),
        (b"model_id,name\r\na," + b"x" * 140_000, "line 2"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "save it as XLSX"),
        (b"PK\x03\x04 and nothing more", "not a readable XLSX file"),
        (as_xlsx(["model_id"], ["a"])[:-100], "not a readable XLSX file"),
        (b"model_id" + b",x" * 300, "columns"),
        (b"model_id\n" + b"\n" * 200_001, "more than 200,000 rows"),
    ],
)
def test_what_is_no_table_is_said_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_table(content, "upload.csv")


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    content = bomb(200 * 2**20)
    assert len(content) < 2**20
    with pytest.raises(SourceError, match="unpacks to more than 192 MiB"):
        read_table(content)
    with pytest.raises(SourceError, match="not a readable XLSX file"):
        read_table(lying(content))


def rewritten(part: str, old: str, new: str) -> bytes:
    """An XLSX in one of whose parts something else is written."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx(["model_id"], ["a"]))) as good:
        parts = {
            TEXTS: f'<sst xmlns="{SHEET_MAIN_NS}"></sst>',
            **{name: good.read(name).decode() for name in good.namelist()},
        }
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new, 1)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


WORKBOOK, STYLES, SHEET, TEXTS = "xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def test_entities_in_the_xml_of_xlsx_are_not_expanded() -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet'
    with pytest.raises(SourceError, match="not a readable XLSX file: it declares entities"):
        read_table(rewritten(SHEET, "<worksheet", entities))


@pytest.mark.parametrize(
    ("part", "at", "more", "said"),
    [
        (SHEET, "</sheetData>", '<row><c r="ZZZ1"/></row>', "x.xlsx: row 3 has more than 200 columns"),
        (SHEET, "</sheetData>", f"<row>{'<c/>' * 201}</row>", "x.xlsx: row 3 has more than 200 columns"),
        (SHEET, "</sheetData>", '<row r="200002"/>', "x.xlsx has more than 200,000 rows"),
        (SHEET, "</sheetData>", '<row r="1"/>' * 200_000, "x.xlsx has more than 200,000 rows"),
        (SHEET, "</sheetData>", f"<row><c>{'<f/>' * 100_001}</c></row>", "contains more than a table"),
        (SHEET, "</sheetData>", '<row><row><c r="ZZZ1"/></row></row>', "a row is inside of another"),
        (SHEET, "</sheetData>", "<row>" + '<c r="A1"/>' * 100_001 + "</row>", "contains more than a table"),
        (SHEET, "</sheetData>", '<row><c><row><c r="ZZZ1"/></row></c></row>', "a row is inside of another"),
        (
            SHEET,
            "</sheetData>",
            '<row><c r="A3"><f t="shared" si="0"/></c></row>',
            "x.xlsx: row 3 has formulas: replace them",
        ),
        (SHEET, "</sheetData>", "<a/>" * 100_001, "contains more than a table"),
        (SHEET, "</sheetData>", f"<!--{'x' * 9_000_000}-->", "contains more than a table"),
        (WORKBOOK, "</workbook>", "<a/>" * 100_001, "contains more than a table .xl/workbook.xml."),
        (STYLES, "</styleSheet>", "<a/>" * 100_001, "contains more than a table .xl/styles.xml."),
        (STYLES, "</styleSheet>", " " * 5_000_000, "contains more than a table .xl/styles.xml."),
        (TEXTS, "</sst>", "<a/>" * 100_001, "contains more than a table .xl/sharedStrings.xml."),
    ],
)
def test_a_small_xlsx_that_unpacks_to_more_than_a_table_is_refused(part: str, at: str, more: str, said: str) -> None:
    content = rewritten(part, at, f"{more}{at}")
    assert len(content) < 100_000
    with pytest.raises(SourceError, match=said):
        read_table(content, "x.xlsx")


@pytest.mark.parametrize(
    ("part", "at", "more"),
    [
        (SHEET, "</sheetData>", '<row><c r="GR3"/></row>' * 5),  # as many as are before it
        (TEXTS, "</sst>", "<si><t>a</t></si>" * 1000),
    ],
)
def test_cells_are_counted_in_the_whole_file(monkeypatch: pytest.MonkeyPatch, part: str, at: str, more: str) -> None:
    monkeypatch.setattr(limits, "MOST_CELLS", 1000)
    with pytest.raises(SourceError, match="has more than 1,000 cells"):
        read_table(rewritten(part, at, f"{more}{at}"), "x.xlsx")


def test_sheets_that_would_be_read_over_and_over_are_refused() -> None:
    def many(book: Any) -> None:
        for _ in range(50):
            book.create_sheet()

    with pytest.raises(SourceError, match="has more than 50 sheets"):
        read_table(as_xlsx(["model_id"], change=many), "x.xlsx")
    with pytest.raises(SourceError, match="the sheet “Chart” is a chart"):
        read_table(as_xlsx(["model_id"], change=lambda book: book.create_chartsheet("Chart")), "x.xlsx")
    with zipfile.ZipFile(io.BytesIO(as_xlsx(["model_id"]))) as archive:
        (sheet,) = re.findall("<sheet [^>]*/>", archive.read(WORKBOOK).decode())
    with pytest.raises(SourceError, match="the sheets “Sheet” and “Other” are the same"):
        read_table(rewritten(WORKBOOK, sheet, sheet + sheet.replace("Sheet", "Other", 1)), "x.xlsx")


def test_rows_far_down_do_not_take_forever() -> None:
    def far(book: Any) -> None:
        book.active.cell(row=1_048_576, column=1, value="z")

    with pytest.raises(SourceError, match="more than 200,000 rows"):
        read_table(as_xlsx(["model_id"], ["a"], change=far))
