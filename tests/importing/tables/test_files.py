"""CSV and XLSX as spreadsheets write them."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from openpyxl.worksheet.formula import ArrayFormula

from catalog.importing.registry import read_content
from catalog.importing.source import SourceError
from catalog.importing.tables.reading import read_table
from catalog.models import AIModel
from tests.factories import make_model
from tests.importing.tables.common import as_csv, as_xlsx, problems, sentence, take_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_is_read_as_spreadsheets_write_it(separator: str, end: str, encoding: str) -> None:
    make_model("acme/one")
    rows = [["model_id", "name", "notes"], ["acme/one", "Käse, Brot; Wein", "two\nlines"]]
    take_in(as_csv(*rows, separator=separator, end=end, encoding=encoding))
    assert (AIModel.objects.get().name, AIModel.objects.get().notes) == ("Käse, Brot; Wein", "two\nlines")


def test_xlsx_is_read_with_its_own_numbers_switches_and_moments() -> None:
    make_model("acme/one")
    header = [
        "model_id",
        "context_length",
        "is_public",
        "released_at",
        "knowledge_cutoff",
        "discount_to_user",
        "capacity_tpm",
        "name",
    ]
    take_in(as_xlsx(header, ["acme/one", 40960.0, False, datetime(2026, 5, 1, 13), date(2025, 1, 1), 0.1, "5000", 7]))
    model = AIModel.objects.get()
    assert (model.context_length, model.is_public, model.capacity_tpm, model.name) == (40960, False, 5000, "7")
    assert (model.released_at, model.knowledge_cutoff) == (datetime(2026, 5, 1, 13, tzinfo=UTC), date(2025, 1, 1))
    assert model.discount_to_user == Decimal("0.1")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (1 / 3, "more digits than a spreadsheet keeps"),
        (1234567890123456, "more digits than a spreadsheet keeps"),
        ("=1+1", "It is a formula"),
        (ArrayFormula("C2", "=1+1"), "It is a formula"),
        ("#N/A", "It is a spreadsheet error"),
        (datetime(2026, 1, 1), "is not a number"),
        (True, "is not a number"),
        (timedelta(hours=30), "It is a time"),
    ],
)
def test_a_cell_of_xlsx_that_cannot_be_told_is_named(cell: Any, said: str) -> None:
    make_model("acme/one")
    content = as_xlsx(["model_id", "name", "context_length"], ["acme/one", "One", cell])
    assert problems(content) == [("row 2 (acme/one)", "context_length")]
    assert said in sentence(content)


def test_empty_rows_and_cells_around_a_table_of_xlsx_are_no_matter() -> None:
    make_model("acme/one")
    take_in(as_xlsx(["model_id", "name", None, None], [None, None, None], ["acme/one", "Other"], [None]))
    assert AIModel.objects.get().name == "Other"
    content = as_xlsx(["model_id", "name"], ["acme/one", "Other", "what is this?"])
    assert problems(content) == [("row 2 (acme/one)", "")]


def test_merged_cells_are_refused() -> None:
    content = as_xlsx(["model_id", "name"], ["a", "A"], ["b", None], change=lambda book: book.active.merge_cells("B2:B3"))
    with pytest.raises(SourceError, match="merged cells"):
        read_table(content)


def test_one_sheet_has_cells() -> None:
    rows = (["model_id", "name"], ["a", "A"])
    assert list(read_table(as_xlsx(*rows, change=lambda book: book.create_sheet("Empty"))).models) == ["a"]
    with pytest.raises(SourceError, match="several sheets with cells: “Sheet”, “More”"):
        read_table(as_xlsx(*rows, change=lambda book: book.create_sheet("More").append([1])))


@pytest.mark.slow
def test_one_bad_row_of_many_is_found_and_nothing_is_applied() -> None:
    rows = [[f"acme/m{number}", f"M {number}", 1000, 100] for number in range(2_000)]
    rows[1_543][3] = 1001
    content = as_csv(["model_id", "name", "context_length", "max_output_length"], *rows)
    assert problems(content) == [("row 1545 (acme/m1543)", "max_output_length")]
    assert not AIModel.objects.exists()


@pytest.mark.slow
def test_ten_thousand_models_are_read_whole() -> None:
    rows = [[f"acme/m{number}", f"M {number}"] for number in range(10_000)]
    for content in (as_csv(["model_id", "name"], *rows), as_xlsx(["model_id", "name"], *rows)):
        reading = read_table(content)
        assert (len(reading.models), reading.problems) == (10_000, [])
        assert reading.models["acme/m9999"].entry == "row 10001 (acme/m9999)"


@pytest.mark.parametrize("options", [{}, {"format": "models-table"}])
def test_the_command_takes_tables(tmp_path: Any, options: dict[str, Any]) -> None:
    make_model("acme/one")
    for name, content in (
        ("one.csv", as_csv(["model_id", "name"], ["acme/one", "From CSV"])),
        ("one.xlsx", as_xlsx(["model_id", "name"], ["acme/one", "From XLSX"])),
    ):
        (tmp_path / name).write_bytes(content)
        out = io.StringIO()
        call_command("import_models", str(tmp_path / name), stdout=out, **options)
        assert "name: " in out.getvalue()
    assert AIModel.objects.get().name == "From XLSX"


def test_a_table_of_the_other_kind_is_refused() -> None:
    with pytest.raises(SourceError, match="is a table of models, not in the format prices-table"):
        read_content(as_csv(["model_id"], ["a"]), name="prices-table")


def test_a_table_is_recognised_by_its_content_or_name() -> None:
    assert list(read_content(as_csv(["name", "model_id"], ["A", "a"])).models) == ["a"]
    with pytest.raises(SourceError, match="no column model_id"):
        read_content(b"name\nA", source="models.csv")
    assert list(read_content(b'{"data": [{"id": "model_id", "pricing": {"prompt": "0.000001"}}]}').models) == ["model_id"]
