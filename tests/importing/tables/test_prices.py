"""The table of prices: what it changes, and what is wrong with it by row and column."""

from decimal import Decimal

import pytest

from catalog.importing.tables import sheets
from catalog.importing.tables.export import export_table
from catalog.listing import revision
from catalog.models import AIModel, Price
from tests.factories import make_listed, make_model, make_price
from tests.importing.tables.common import AHEAD, FILES, as_csv, as_xlsx, problems, sentence, take_in

pytestmark = pytest.mark.django_db


def in_force(model_id: str = "acme/one") -> dict[str, Decimal | None]:
    rows = Price.objects.in_force(revision().now).filter(ai_model__model_id=model_id, service_tier="default")
    return {row.kind: row.usd for row in rows}


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
        ({"usd_per_million_tokens": "0.1234567890123456789"}, "usd_per_million_tokens", "cannot be stored exactly"),
        ({"unit": "image", "kind": "image", "usd_per_unit": "0." + "1" * 25}, "usd_per_unit", "cannot be stored exactly"),
        ({"usd_per_million_tokens": "1" + "0" * 18}, "usd_per_million_tokens", "cannot be stored exactly"),
        ({"usd_per_million_tokens": "-1"}, "usd_per_million_tokens", "is below 0"),
        ({"usd_per_million_tokens": "0,09"}, "usd_per_million_tokens", "the decimal sign is a point"),
        ({"usd_per_million_tokens": "cheap"}, "usd_per_million_tokens", "is not a number"),
        ({"usd_per_million_tokens": "9E-08"}, "usd_per_million_tokens", "exponent"),
        ({"usd_per_million_tokens": "NaN"}, "usd_per_million_tokens", "is not a number"),
        ({}, "usd_per_million_tokens", "The price is missing"),
        ({"usd_per_unit": "1"}, "usd_per_unit", "must be in the column usd_per_million_tokens"),
        ({"usd_per_unit": "1", "usd_per_million_tokens": "1"}, "usd_per_unit", "must be in the column"),
        ({"ends": "true", "usd_per_million_tokens": "1"}, "usd_per_million_tokens", "must have no price"),
        ({"usd_per_million_tokens": "1", "kind": "beer"}, "kind", "is not one of prompt"),
        ({"usd_per_million_tokens": "1", "kind": ""}, "kind", "must not be empty"),
        ({"usd_per_unit": "1", "unit": "image"}, "unit", "not sold per that unit"),
        ({"usd_per_million_tokens": "1", "utc_start": "830"}, "utc_end", "both"),
        ({"usd_per_million_tokens": "1", "utc_days": "someday"}, "utc_days", "not one of monday"),
        ({"usd_per_million_tokens": "1", "service_tier": "fast"}, "service_tier", "is not one of default"),
        ({"usd_per_million_tokens": "1", "effective_from": "2026-01-01"}, "effective_from", "is in the past"),
        ({"usd_per_million_tokens": "1", "effective_from": "tomorrow"}, "effective_from", "is not a time"),
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
