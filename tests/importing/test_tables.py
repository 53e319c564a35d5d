"""Models and prices as CSV and XLSX: what is read, what is refused, and that nothing changes on the way out and in."""

import csv
import importlib
import io
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pgtrigger
import pytest
import tablib
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.xml.constants import SHEET_MAIN_NS

from catalog import sample
from catalog.importing.applying.carry_out import carry_out
from catalog.importing.plan import Plan
from catalog.importing.registry import read_content
from catalog.importing.source import SourceError
from catalog.importing.tables import limits, sheets
from catalog.importing.tables.cells import Number, guarded, unguarded
from catalog.importing.tables.export import FileFormat, TableName, export_table
from catalog.importing.tables.reading import read_table
from catalog.importing.tables.sheets import ExportError, write_csv
from catalog.listing import revision
from catalog.models import KINDS, AIModel, Price, PriceKind
from tests.factories import PAST, let_deferred_rules_speak, make_datacenter, make_listed, make_model, make_price
from tests.strategies import PRICES, TEXT, TOKEN_PRICES, catalogs, empty, store

pytestmark = pytest.mark.django_db
EXAMPLES = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
AHEAD = datetime(2050, 1, 1, 12, tzinfo=UTC)
TABLES: list[TableName] = ["models", "prices"]
FILES: list[FileFormat] = ["csv", "xlsx"]


def as_csv(*rows: list[Any], separator: str = ",", end: str = "\r\n", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(*rows: list[Any], change: Callable[[Any], None] = lambda book: None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def take_in(content: bytes) -> Plan:
    plan = carry_out(read_table(content), source="a table")
    if not plan.problems:
        let_deferred_rules_speak()
    return plan


def problems(content: bytes) -> list[tuple[str, str]]:
    """Where the table is refused, before or after the catalog is asked; and that nothing was changed by it."""
    before = revision().revision
    plan = carry_out(read_table(content), source="a table")
    assert revision().revision == before
    return [(said.entry, said.field) for said in plan.problems]


def sentence(content: bytes) -> str:
    (said,) = carry_out(read_table(content), source="a table").problems
    return said.sentence


def in_force(model_id: str = "acme/one") -> dict[str, Decimal | None]:
    rows = Price.objects.in_force(revision().now).filter(ai_model__model_id=model_id, service_tier="default")
    return {row.kind: row.usd for row in rows}


# Out and in


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("file_format", FILES)
def test_the_sample_catalog_goes_out_and_in_without_a_change(table: TableName, file_format: FileFormat) -> None:
    sample.load()
    make_price(AIModel.objects.get(model_id="qwen3-32b"), "input_cache_read", None, effective_from=AHEAD)
    let_deferred_rules_speak()
    before = revision().revision
    plan = take_in(export_table(table, file_format, AIModel.objects.all()))
    assert (plan.problems, plan.created, plan.changes) == ([], [], [])
    assert len(plan.unchanged) == 20
    assert revision().revision == before


def test_the_same_days_in_another_order_are_the_same_line() -> None:
    """The catalog took them for two, both in force: their table had one line twice."""
    model = make_listed()
    window = {"ai_model": model, "kind": "prompt", "effective_from": PAST}
    Price.objects.bulk_create([Price(**window, usd="0.1", utc_days=["tuesday", "monday", "tuesday"])])
    assert model.prices.get(usd="0.1").utc_days == ["monday", "tuesday"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Price.objects.create(**window, usd="0.2", utc_days=["monday", "tuesday"])
    later = Price.objects.create(**window | {"effective_from": AHEAD}, usd="0.3", utc_days=["friday"])
    Price.objects.filter(pk=later.pk).update(utc_days=["sunday", "monday"])
    later.refresh_from_db()
    assert later.utc_days == ["monday", "sunday"]
    for file_format in FILES:
        plan = take_in(export_table("prices", file_format, AIModel.objects.all()))
        assert (plan.problems, plan.changes) == ([], [])


def test_days_that_are_there_are_put_in_order_but_where_both_orders_are() -> None:
    model, both = make_listed(), make_model("acme/both")
    with pgtrigger.ignore("catalog.Price:order_days"):
        for ai_model, days in ((model, ["friday", "monday"]), (both, ["friday", "monday"]), (both, ["monday", "friday"])):
            Price.objects.create(ai_model=ai_model, kind="prompt", usd=1, utc_days=days, effective_from=PAST)
    migration = importlib.import_module("catalog.migrations.0014_ordered_days")
    with connection.schema_editor() as editor:
        migration.order(apps, editor)
    found = Price.objects.exclude(utc_days=[]).order_by("ai_model__model_id", "utc_days").values_list("utc_days", flat=True)
    assert list(found) == [["friday", "monday"], ["monday", "friday"], ["monday", "friday"]]
    assert model.prices.get(usd=1).utc_days == ["monday", "friday"]


def test_a_day_that_is_none_is_refused_and_not_dropped() -> None:
    with pytest.raises(IntegrityError, match="price_days_are_known"), transaction.atomic():
        Price.objects.create(ai_model=make_model(), kind="request", unit="request", usd=1, utc_days=["monday", "someday"])


@EXAMPLES
@given(catalogs(), st.sampled_from(FILES), st.data())
def test_any_catalog_goes_out_and_in_without_a_change(catalog: list[Any], file_format: FileFormat, data: Any) -> None:
    with transaction.atomic():
        store(catalog)
        for model in AIModel.objects.all():
            model.notes, model.tokenizer = data.draw(TEXT), data.draw(TEXT)[:40]
            model.knowledge_cutoff = data.draw(st.none() | st.dates(date(1970, 1, 1), date(9999, 12, 30)))
            model.replacement = data.draw(st.none() | st.sampled_from(list(AIModel.objects.exclude(pk=model.pk)) or [None]))
            model.save()
            usd = data.draw(st.none() | TOKEN_PRICES)
            moment = AHEAD + timedelta(microseconds=data.draw(st.integers(0, 10**9)))
            if model.prices.exists():  # a model that is offered for free alone has none
                Price.objects.create(ai_model=model, kind="video", usd=usd, effective_from=moment)
        for table in TABLES:
            plan = take_in(export_table(table, file_format, AIModel.objects.all()))
            assert (plan.problems, plan.created, plan.changes) == ([], [], [])
        AIModel.objects.update(replacement=None)
        empty()


@pytest.mark.parametrize("file_format", FILES)
def test_tables_fill_a_catalog_that_is_empty_but_for_its_datacenters(file_format: FileFormat) -> None:
    sample.load()
    models, prices = (export_table(table, file_format, AIModel.objects.all()) for table in TABLES)
    AIModel.objects.update(is_listed_on_openrouter=False, replacement=None)
    unlisted = export_table("models", file_format, AIModel.objects.all())
    AIModel.objects.all().delete()
    assert len(take_in(unlisted).created) == 20
    take_in(prices)
    take_in(models)
    assert [export_table(table, file_format, AIModel.objects.all()) for table in TABLES if file_format == "csv"] == [
        models,
        prices,
    ][: 2 if file_format == "csv" else 0]
    assert AIModel.objects.listed().exists()


@given(st.text(alphabet="'=+-@\t\r\n 1a＝"))
def test_the_guard_against_formulas_can_be_taken_away(text: str) -> None:
    assert unguarded(guarded(text)) == text


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


def test_xlsx_keeps_what_xml_cannot() -> None:
    text = "a\x01b\rc\r\nd\te_x0041_\ufffe  "
    make_model(name=text)
    content = export_table("models", "xlsx", AIModel.objects.all())
    AIModel.objects.update(name="another")
    take_in(content)
    assert AIModel.objects.get().name == text


def test_what_xlsx_would_cut_is_refused_by_name() -> None:
    make_model(description="x" * 32_768)
    with pytest.raises(ExportError, match="acme/one: description is longer"):
        export_table("models", "xlsx", AIModel.objects.all())
    assert take_in(export_table("models", "csv", AIModel.objects.all())).changes == []


@pytest.mark.parametrize("table", TABLES)
def test_an_export_takes_the_same_queries_for_any_number_of_models(table: TableName) -> None:
    counts = []
    for number in range(2):
        for place in range(1 + 5 * number):
            make_model(f"acme/{number}-{place}", datacenters=(make_datacenter(f"dc-{number}-{place}"),))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            export_table(table, "csv", AIModel.objects.all())
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 3


def test_only_the_chosen_models_are_exported() -> None:
    make_model("acme/one")
    make_model("acme/two")
    for table in TABLES:
        content = export_table(table, "csv", AIModel.objects.filter(model_id="acme/two").order_by("name")[:1])
        assert b"acme/two" in content
        assert b"acme/one" not in content


# Models


def test_a_models_table_changes_what_it_has_columns_for() -> None:
    make_datacenter("fra1")
    make_model("acme/old", name="Old", max_prompt_length=5, quantization="fp8", supported_features=["tools"])
    header = ["model_id", "context_length", "max_prompt_length", "quantization", "supported_features", "is_public"]
    header += ["deprecation_at", "knowledge_cutoff", "discount_to_user", "datacenters", "replacement"]
    take_in(
        as_csv(
            [*header, "name"],
            [
                "acme/old",
                40960,
                "",
                "",
                "reasoning, tools",
                "FALSE",
                "2050-01-01T15:00:00+02:00",
                "2025-03-01",
                "-0.50",
                "fra1",
                "acme/new",
                "Old",
            ],
            ["acme/new", "", "", "", "", "true", "", "", "", "", "", "New"],
        )
    )
    old, new = AIModel.objects.get(model_id="acme/old"), AIModel.objects.get(model_id="acme/new")
    assert (old.context_length, old.max_prompt_length, old.quantization, old.max_output_length) == (40960, None, None, 32768)
    assert (old.supported_features, old.is_public) == (["tools", "reasoning"], False)
    assert (old.deprecation_at, old.knowledge_cutoff) == (AHEAD + timedelta(hours=1), date(2025, 3, 1))
    assert (old.discount_to_user, old.replacement) == (Decimal("-0.5"), new)
    assert [place.code for place in old.datacenters.all()] == ["fra1"]
    assert (new.name, new.context_length, new.category) == ("New", None, "text")


def test_a_plan_says_each_change_of_a_table() -> None:
    one, two = make_datacenter("fra1"), make_datacenter("hel1")
    make_model("acme/two")
    make_model("acme/one", datacenters=(one, two))
    plan = take_in(as_csv(["model_id", "datacenters", "replacement"], ["acme/one", "hel1", "acme/two"]))
    assert [(change.field, change.old, change.new) for change in plan.changes] == [
        ("replacement", None, "acme/two"),
        ("datacenters", "fra1, hel1", "hel1"),
    ]
    assert AIModel.objects.get(model_id="acme/one").datacenters.count() == 1


def test_an_emptied_cell_takes_the_replacement_and_the_datacenters_away() -> None:
    make_model("acme/one", replacement=make_model("acme/two"), datacenters=(make_datacenter(),))
    take_in(as_csv(["model_id", "datacenters", "replacement"], ["acme/one", "", ""]))
    model = AIModel.objects.get(model_id="acme/one")
    assert (model.replacement, model.datacenters.count()) == (None, 0)


def test_listing_is_a_field_like_any_other_and_the_database_sees_to_it() -> None:
    make_model("acme/one")
    header = ["model_id", "is_listed_on_openrouter"]
    take_in(as_csv(header, ["acme/one", "true"]))
    assert AIModel.objects.listed().count() == 1
    make_model("acme/two", prices={})
    assert "acme/two cannot be listed" in sentence(as_csv(header, ["acme/two", "true"]))


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("context_length", "many", "is not a number"),
        ("context_length", "131,072", "the decimal sign is a point"),
        ("context_length", "1.5", "is not a whole number"),
        ("context_length", "-1", "greater than or equal to 0"),
        ("context_length", "9" * 30, "is not a whole number"),
        ("context_length", "2147483648", "less than or equal to"),
        ("capacity_tpm", "9.00E+15", "exponent"),
        ("quantization", "q4", "is not one of int4"),
        ("category", "", "may not be empty"),
        ("name", "", "may not be empty"),
        ("name", "x" * 201, "at most 200 characters"),
        ("is_ready", "yes", "neither true nor false"),
        ("is_ready", "", "may not be empty"),
        ("supported_features", "tools, magic", "'magic': not one of tools"),
        ("aliases", "a b", "An alias is written as an id is"),
        ("author", "a/b", "An author is a slug"),
        ("hugging_face_id", "Qwen", "A Hugging Face id looks like"),
        ("released_at", "05/01/2026", "is not a moment"),
        ("released_at", "2026-02-30T00:00:00Z", "is not a moment"),
        ("released_at", "0001-01-01T00:00:00+23:00", "is not a moment"),
        ("knowledge_cutoff", "2026-02-30", "is not a day"),
        ("discount_to_user", "0.12345678901", "10 decimal places"),
        ("datacenters", "nowhere", "not the code of a datacenter; there are: fra1"),
        ("replacement", "acme/none", "The catalog has no model 'acme/none'"),
        ("replacement", "acme/one", "cannot be replaced by itself"),
        ("deprecation_at", "2050-01-01T13:30:00Z", "whole hour"),
        ("max_output_length", "131073", "cannot be longer than the context"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(column: str, cell: str, said: str) -> None:
    make_datacenter()
    make_model("acme/one")
    make_model("acme/two")
    content = as_csv(["model_id", column], [], ["acme/one", cell])
    assert problems(content) == [("row 3 (acme/one)", column)]
    assert said in sentence(content)


def test_all_bad_cells_are_named_at_once() -> None:
    header = ["model_id", "context_length", "colour", "is_ready", "context_length"]
    content = as_csv(header, ["a/b:c", "x", "red", "maybe", ""], ["", "1", "", "true", ""], ["a b", "1", "", "true", ""])
    assert problems(content) == [
        ("row 1", "colour"),
        ("row 1", "context_length"),
        ("row 2 (a/b:c)", "is_ready"),
        ("row 3", "model_id"),
        ("row 4", "model_id"),
    ]


def test_a_model_stands_in_one_row() -> None:
    content = as_csv(["model_id", "name"], ["a/b:c", "One"], ["a/b:c", "Two"])
    assert problems(content) == [("row 3 (a/b:c)", "model_id")]
    assert "row 2 (a/b:c)" in sentence(content)


# Prices


def test_prices_are_per_million_tokens_or_per_unit_and_hold_from_now_on() -> None:
    make_model("acme/one", prices={"prompt": "0.0000001", "completion": "0.0000002"})
    header = ["model_id", "kind", "unit", "usd_per_million_tokens", "usd_per_unit"]
    plan = take_in(
        as_csv(header, ["acme/one", "prompt", "token", "0.08", ""], ["acme/one", "image_output", "image", "", "0.003"])
    )
    assert {change.field for change in plan.changes} == {"price of prompt per token", "price of image_output per image"}
    assert in_force() == {
        "prompt": Decimal("0.00000008"),
        "completion": Decimal("0.0000002"),
        "image_output": Decimal("0.003"),
    }
    assert Price.objects.filter(kind="prompt").count() == 2


def test_a_line_ends_by_a_row_that_says_so_now_or_later() -> None:
    make_model("acme/one")
    header = ["model_id", "kind", "unit", "effective_from", "ends", "usd_per_million_tokens"]
    content = as_csv(
        header,
        ["acme/one", "prompt", "token", "", "true", ""],
        ["acme/one", "completion", "token", "2050-01-01T12:00:00Z", "TRUE", ""],
    )
    take_in(content)
    assert in_force() == {"prompt": None, "completion": Decimal("0.0000002")}
    assert Price.objects.get(effective_from=AHEAD).usd is None
    assert take_in(content).changes == []


def test_a_price_is_scheduled_and_scheduled_otherwise() -> None:
    make_listed("acme/one")
    header = ["model_id", "kind", "unit", "effective_from", "usd_per_million_tokens"]
    plan = take_in(as_csv(header, ["acme/one", "prompt", "token", "2050-01-01T12:00:00Z", "0.5"]))
    (change,) = plan.changes
    assert (change.field, change.new) == ("price of prompt per token from 2050-01-01 12:00 UTC", "0.0000005")
    (change,) = take_in(as_csv(header, ["acme/one", "prompt", "token", "2050-01-01 12:00", "0.6"])).changes
    assert (change.old, change.new) == ("0.0000005", "0.0000006")
    assert Price.objects.get(effective_from=AHEAD).usd == Decimal("0.0000006")
    assert in_force()["prompt"] == Decimal("0.0000001")


def test_lines_without_a_row_stay_as_they_are() -> None:
    model = make_model("acme/one")
    make_price(model, "prompt", "0.000001", effective_from=AHEAD)
    make_price(model, "prompt", "0.000002", service_tier="flex")
    before = Price.objects.count()
    header = ["model_id", "kind", "unit", "usd_per_million_tokens"]
    take_in(as_csv(header, ["acme/one", "completion", "token", "9"]))
    assert Price.objects.count() == before + 1


def test_a_line_is_changed_and_not_doubled_however_its_days_are_stored() -> None:
    model = make_model("acme/one")
    make_price(model, "prompt", "0.000001", utc_days=["tuesday", "monday"])
    header = ["model_id", "kind", "unit", "utc_days", "usd_per_million_tokens"]
    take_in(as_csv(header, ["acme/one", "prompt", "token", "monday, tuesday", "2"]))
    assert [row.usd for row in Price.objects.in_force(revision().now).exclude(utc_days=[])] == [Decimal("0.000002")]


@pytest.mark.parametrize(
    ("text", "fits"),
    [("999999999998.999999999999999999999999", False), ("0.000000000000123456789012345", True), ("1234567890123456", False)],
)
def test_what_a_spreadsheet_keeps_is_told_by_the_digits_and_not_by_arithmetic(text: str, fits: bool) -> None:
    assert sheets.fits_xlsx(Decimal(text)) is fits


@pytest.mark.parametrize("amount", ["0.123456789012345678", "0", "999999999999999999", "0.000000000000000001"])
def test_prices_are_kept_digit_for_digit(amount: str) -> None:
    make_model("acme/one", prices={})
    header = ["model_id", "kind", "unit", "usd_per_million_tokens"]
    for content in (
        as_csv(header, ["acme/one", "prompt", "token", amount]),
        as_xlsx(header, ["acme/one", "prompt", "token", amount]),
    ):
        take_in(content)
        assert in_force()["prompt"] == Decimal(amount).scaleb(-6)
    for file_format in FILES:
        assert take_in(export_table("prices", file_format, AIModel.objects.all())).changes == []


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        ({"usd_per_million_tokens": "0.1234567890123456789"}, "usd_per_million_tokens", "cannot be kept exactly"),
        ({"unit": "image", "kind": "image", "usd_per_unit": "0." + "1" * 25}, "usd_per_unit", "cannot be kept exactly"),
        ({"usd_per_million_tokens": "1" + "0" * 18}, "usd_per_million_tokens", "cannot be kept exactly"),
        ({"usd_per_million_tokens": "-1"}, "usd_per_million_tokens", "is below 0"),
        ({"usd_per_million_tokens": "0,09"}, "usd_per_million_tokens", "the decimal sign is a point"),
        ({"usd_per_million_tokens": "cheap"}, "usd_per_million_tokens", "is not a number"),
        ({"usd_per_million_tokens": "9E-08"}, "usd_per_million_tokens", "exponent"),
        ({"usd_per_million_tokens": "NaN"}, "usd_per_million_tokens", "is not a number"),
        ({}, "usd_per_million_tokens", "The price is missing"),
        ({"usd_per_unit": "1"}, "usd_per_unit", "is written in usd_per_million_tokens"),
        ({"usd_per_unit": "1", "usd_per_million_tokens": "1"}, "usd_per_unit", "is written in"),
        ({"ends": "true", "usd_per_million_tokens": "1"}, "usd_per_million_tokens", "has no price"),
        ({"usd_per_million_tokens": "1", "kind": "beer"}, "kind", "is not one of prompt"),
        ({"usd_per_million_tokens": "1", "kind": ""}, "kind", "may not be empty"),
        ({"usd_per_unit": "1", "unit": "image"}, "unit", "not sold per that unit"),
        ({"usd_per_million_tokens": "1", "utc_start": "830"}, "utc_end", "both"),
        ({"usd_per_million_tokens": "1", "utc_days": "someday"}, "utc_days", "not one of monday"),
        ({"usd_per_million_tokens": "1", "service_tier": "fast"}, "service_tier", "is not one of default"),
        ({"usd_per_million_tokens": "1", "effective_from": "2026-01-01"}, "effective_from", "is past"),
        ({"usd_per_million_tokens": "1", "effective_from": "tomorrow"}, "effective_from", "is not a moment"),
        ({"usd_per_million_tokens": "1", "model_id": "acme/none"}, "model_id", "The catalog has no model"),
    ],
)
def test_a_bad_price_is_named_by_row_and_column(cells: dict[str, str], column: str, said: str) -> None:
    make_model("acme/one")
    good = {"model_id": "acme/one", "kind": "completion", "unit": "token", "usd_per_million_tokens": "7"}
    bad = {"model_id": "acme/one", "kind": "prompt", "unit": "token", **cells}
    header = sorted({*good, *bad})
    content = as_csv(header, *([row.get(name, "") for name in header] for row in (good, bad)))
    assert problems(content) == [(f"row 3 ({bad['model_id']})", column)]
    if column != "utc_end":
        assert said in sentence(content)
    assert in_force()["completion"] == Decimal("0.0000002")


def test_a_line_from_one_moment_stands_in_one_row() -> None:
    make_model("acme/one")
    header = ["model_id", "kind", "unit", "utc_days", "usd_per_million_tokens"]
    rows = [["acme/one", "prompt", "token", days, "1"] for days in ("monday, tuesday", "tuesday,monday,monday")]
    assert problems(as_csv(header, *rows)) == [("row 3 (acme/one)", "kind")]


def test_missing_columns_are_named() -> None:
    assert problems(as_csv(["model_id", "kind"], ["acme/one", "prompt"]))[:2] == [
        ("row 1", "unit"),
        ("row 1", "usd_per_million_tokens"),
    ]


# Files


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
        ("#N/A", "It is an error of the spreadsheet"),
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
        (b"model_id,name\r\na,\0", "characters that no text has"),
        (b"model_id|name\r\na|A", "no column model_id"),
        (b"name,notes\r\na,A", "no column model_id"),
        (b"model_id,name\r\na", "row 2 has 1 cells"),
        (b"model_id,name\r\na,b,c", "row 2 has 3 cells"),
        (b'model_id,name\r\na,"b', "line 2"),
        (b"model_id,name\r\na," + b"x" * 140_000, "line 2"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "save it as XLSX"),
        (b"PK\x03\x04 and nothing more", "not an XLSX file"),
        (as_xlsx(["model_id"], ["a"])[:-100], "not an XLSX file"),
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
    with pytest.raises(SourceError, match="not an XLSX file"):
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
    with pytest.raises(SourceError, match="not an XLSX file that can be read: it declares entities"):
        read_table(rewritten(SHEET, "<worksheet", entities))


@pytest.mark.parametrize(
    ("part", "at", "more", "said"),
    [
        (SHEET, "</sheetData>", '<row><c r="ZZZ1"/></row>', "x.xlsx: row 3 has more than 200 columns"),
        (SHEET, "</sheetData>", f"<row>{'<c/>' * 201}</row>", "x.xlsx: row 3 has more than 200 columns"),
        (SHEET, "</sheetData>", '<row r="200002"/>', "x.xlsx has more than 200,000 rows"),
        (SHEET, "</sheetData>", '<row r="1"/>' * 200_000, "x.xlsx has more than 200,000 rows"),
        (SHEET, "</sheetData>", f"<row><c>{'<f/>' * 100_001}</c></row>", "more in it than a table has"),
        (SHEET, "</sheetData>", '<row><row><c r="ZZZ1"/></row></row>', "a row is inside of another"),
        (SHEET, "</sheetData>", "<row>" + '<c r="A1"/>' * 100_001 + "</row>", "more in it than a table has"),
        (SHEET, "</sheetData>", '<row><c><row><c r="ZZZ1"/></row></c></row>', "a row is inside of another"),
        (
            SHEET,
            "</sheetData>",
            '<row><c r="A3"><f t="shared" si="0"/></c></row>',
            "x.xlsx: row 3 has formulas: put their values",
        ),
        (SHEET, "</sheetData>", "<a/>" * 100_001, "more in it than a table has"),
        (SHEET, "</sheetData>", f"<!--{'x' * 9_000_000}-->", "more in it than a table has"),
        (WORKBOOK, "</workbook>", "<a/>" * 100_001, "more in it than a table has .xl/workbook.xml."),
        (STYLES, "</styleSheet>", "<a/>" * 100_001, "more in it than a table has .xl/styles.xml."),
        (STYLES, "</styleSheet>", " " * 5_000_000, "more in it than a table has .xl/styles.xml."),
        (TEXTS, "</sst>", "<a/>" * 100_001, "more in it than a table has .xl/sharedStrings.xml."),
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
    with pytest.raises(SourceError, match="the sheets “Sheet” and “Other” are one"):
        read_table(rewritten(WORKBOOK, sheet, sheet + sheet.replace("Sheet", "Other", 1)), "x.xlsx")


def test_rows_far_down_do_not_take_forever() -> None:
    def far(book: Any) -> None:
        book.active.cell(row=1_048_576, column=1, value="z")

    with pytest.raises(SourceError, match="more than 200,000 rows"):
        read_table(as_xlsx(["model_id"], ["a"], change=far))


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


# The command


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
    assert list(read_content(b'{"data": [{"id": "model_id"}]}').models) == ["model_id"]


@given(PRICES)
def test_a_price_per_unit_is_spelled_as_it_is_kept(usd: Decimal) -> None:
    spelled = Number().render(usd)
    assert Number().clean(spelled) == usd


def test_every_kind_of_price_has_a_place() -> None:
    model = make_model("acme/one", prices={})
    for kind in PriceKind:
        for unit in KINDS[kind].units:
            Price.objects.create(ai_model=model, kind=kind, unit=unit, usd=Decimal("0.001"), effective_from=PAST)
    for file_format in FILES:
        plan = take_in(export_table("prices", file_format, AIModel.objects.all()))
        assert (plan.problems, plan.changes) == ([], [])


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
    kept = guarded(text)
    assert unguarded(kept) == text
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
        assert unguarded(guarded(text)) == text
