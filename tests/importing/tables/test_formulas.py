"""No cell of a table is a formula, and each comes back."""

import csv
import io
import re
from typing import Any

import pytest
import tablib
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.importing.tables import sheets
from catalog.importing.tables.export import FileFormat, export_table
from catalog.importing.tables.formulas import escaped, unescaped
from catalog.importing.tables.reading import read_table
from catalog.importing.tables.sheets import write_csv
from catalog.models import AIModel
from tests.factories import make_model
from tests.importing.tables.common import FILES, take_in

pytestmark = pytest.mark.django_db


@given(st.text(alphabet="'=+-@\t\r\n 1a＝"))
def test_the_guard_against_formulas_can_be_taken_away(text: str) -> None:
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize(
    "name", ["=1+1", "+1a", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1", "'=1", "'plain", "-5", "#N/A", "x;=1"]
)
@pytest.mark.parametrize("file_format", FILES)
def test_no_text_is_a_formula_and_each_comes_back(name: str, file_format: FileFormat) -> None:
    model = make_model(name=name, notes=name)
    content = export_table("models", file_format, AIModel.objects.all())
    cells = sheets.read_sheet(content).rows[0][1]
    assert not any(isinstance(cell, sheets.Unreadable) for cell in cells)
    assert not any(str(cell).strip()[:1] in "=+@" for cell in cells if cell not in (None, ""))
    AIModel.objects.update(name="another")
    take_in(content)
    model.refresh_from_db()
    assert (model.name, model.notes) == (name, name)


SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def spreadsheet_cells(text: str, separator: str, quoting: Any) -> list[str]:
    """The cells that a spreadsheet makes of a CSV file."""
    try:
        return [cell for row in csv.reader(io.StringIO(text), delimiter=separator, quoting=quoting) for cell in row]
    except csv.Error:
        return []


@example("x;=1+1")
@example('x;"=1+1"')
@example("a,\t'=1")
@example("list\n- one\n- two")
@example("=1;=1|=1")
@example("'\t;'=1")
@given(st.text(st.sampled_from("'\"=-+@a1 ,;|\t\n\r＝"), max_size=12))
def test_no_spreadsheet_finds_a_formula_whatever_it_splits_at(text: str) -> None:
    kept = escaped(text)
    assert unescaped(kept) == text
    file = write_csv(tablib.Dataset(["acme/one", kept, "end"], headers=["model_id", "name", "last"])).decode("utf-8-sig")
    for separator in ",;\t|":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            for cell in spreadsheet_cells(file, separator, quoting):
                bare = cell.lstrip(' "\t\r\n')
                assert not bare.startswith(SIGNS) or re.fullmatch(r'-?\d+(\.\d+)?"*', bare), (cell, file)


@pytest.mark.parametrize("file_format", FILES)
def test_what_has_a_formula_after_a_separator_comes_back_unchanged(file_format: FileFormat) -> None:
    description = 'Fast;=HYPERLINK("https://evil.example")\n- small, -cheap\t+1'
    make_model(description=description)
    content = export_table("models", file_format, AIModel.objects.all())
    assert read_table(content).models["acme/one"].fields["description"] == description


def test_long_runs_of_signs_are_guarded_at_once() -> None:
    for piece in ("\n", "'", '"', ",", ";\n", " "):
        text = piece * 200_000
        assert unescaped(escaped(text)) == text
