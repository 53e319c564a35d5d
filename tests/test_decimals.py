"""Exact decimals: nothing is rounded, and the wire has plain digits."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import decimals

PRICES = st.decimals(min_value=0, max_value=Decimal(10) ** 12 - 1, places=24, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0.000", "0"),
        ("0E-24", "0"),
        ("8E-7", "0.0000008"),
        ("1E+3", "1000"),
        ("100", "100"),
        ("0.10", "0.1"),
        ("123456789012.123456789012345678901234", "123456789012.123456789012345678901234"),
    ],
)
def test_the_wire_has_no_exponent_and_no_trailing_zero(value: str, text: str) -> None:
    assert decimals.wire(Decimal(value)) == text


@given(PRICES)
def test_a_price_survives_the_wire_and_the_way_per_million(price: Decimal) -> None:
    assert Decimal(decimals.wire(price)) == price
    assert decimals.per_one(decimals.per_million(price)) == price
    assert decimals.fits(price)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "1E-25", "1E+12", "0.1E+999999", "1E-999999"])
def test_what_cannot_be_kept_exactly_does_not_fit(value: str) -> None:
    assert not decimals.fits(Decimal(value))


@pytest.mark.parametrize("value", ["0E-999999", "1.000000000000000000000000000000", "999999999999", "1E-24", "10E-25"])
def test_trailing_zeros_are_no_digits(value: str) -> None:
    assert decimals.fits(Decimal(value))


@pytest.mark.parametrize(
    ("typed", "options", "plain"),
    [
        ("$3", {}, "3"),
        ("$ 0.30", {}, "0.30"),
        ("1,200", {"is_whole": True}, "1200"),
        ("10%", {"percent": -2}, "0.1"),
        ("-12.5 %", {"percent": 0}, "-12.5"),
        (" 0.08 ", {}, "0.08"),
        ("many", {}, "many"),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, options: dict[str, Any], plain: str) -> None:
    assert decimals.plain(typed, **options) == plain


@pytest.mark.parametrize(
    ("typed", "options", "sentence"),
    [
        ("1,200", {}, "Leave out the comma"),
        ("1,20", {"is_whole": True}, "Leave out the comma"),
        ("10%", {}, "Leave out the %"),
        ("128k", {"is_whole": True}, "128000 or 131072"),
        ("3 EUR", {}, "Leave out the currency"),
        ("€3", {}, "Leave out the currency"),
        ("1 200", {"is_whole": True}, "between the digits"),
    ],
)
def test_a_number_with_two_readings_says_what_to_leave_out(typed: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        decimals.plain(typed, **options)
