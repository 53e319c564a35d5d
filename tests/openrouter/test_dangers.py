"""What must be confirmed by typing the model's id."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from catalog import decimals
from catalog.listing import Entry
from catalog.openrouter.consequences import consequences
from tests.openrouter.common import AT, BASES, FACTS, entry, found, line


@pytest.mark.parametrize(
    ("usd", "is_dangerous"),
    [("0.00100001", True), ("0.001", False), ("0.000000001", False), ("0.0000000009", True), ("0", False)],
)
def test_a_first_price_that_nobody_asks_must_be_confirmed(usd: str, is_dangerous: bool) -> None:
    first = entry(bases=(line("prompt", usd), line("completion", "0.000001")))
    (told,) = consequences([], [first], at=AT, price_factor=10)
    assert bool(told.danger) is is_dangerous
    assert f"Prompt price, $ per 1M tokens: {decimals.wire(Decimal(usd) * 1_000_000)}" in str(told.new)


# What must be confirmed by typing the model's id


def price_dangers(was: str, becomes: str, *, unit: str = "token", price_factor: int = 10) -> set[str]:
    kind = "prompt" if unit == "token" else "request"
    old, new = ([line(kind, usd, unit), BASES[1]] for usd in (was, becomes))
    return {one.danger for one in found(entry(bases=old), entry(bases=new), price_factor)}


@pytest.mark.parametrize(("was", "becomes", "danger"), [
    (None, "0.999", "Users would pay more than 10 times less."),
    ("0.5", "-5", "Users would pay more than 10 times more."),
    (None, "0.9", ""),
    ("0.95", "0.5", ""),
])  # fmt: skip
def test_a_discount_that_moves_what_users_pay_far_is_dangerous(was: str | None, becomes: str, danger: str) -> None:
    before, after = (entry(discount_to_user=None if d is None else Decimal(d)) for d in (was, becomes))
    assert {one.danger for one in found(before, after, 10)} == {danger}


def test_a_deprecation_that_is_past_is_dangerous_and_one_ahead_is_not() -> None:
    (past,) = found(entry(), entry(deprecation_at=AT - timedelta(hours=1)))
    (ahead,) = found(entry(), entry(deprecation_at=AT + timedelta(hours=1)))
    assert (bool(past.danger), bool(ahead.danger)) == (True, False)


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ("0.000001", "0.0000100000000000000001", "rises to more than 10 times what it was."),
        ("0.000011", "0.000001", "falls to 1/11 of what it was."),
        (
            "0.0000001",
            "0.0001",
            "rises to 1,000 times what it was. Is the unit right? Divided by 1,000 it would be $0.10 per 1M tokens.",
        ),
        ("0.0000105", "0.000001", "falls to less than 1/10 of what it was."),
        ("0.0000001", "0.1", "Divided by 1,000,000 it would be $0.10 per 1M tokens."),
        (
            "0.00000009",
            "0.08",
            "more than 888,888 times what it was. Is the unit right? Divided by 1,000,000 it would be $0.08",
        ),
        ("0.0000001", "0.003162", "Divided by 1,000 it would be $3.162 per 1M tokens."),
        ("0.0000001", "0.003163", "Divided by 1,000,000 it would be $0.003163 per 1M tokens."),
        (
            "0.0001",
            "0.0000001",
            "falls to 1/1,000 of what it was. Is the unit right? Multiplied by 1,000 it would be $100.00 per 1M tokens.",
        ),
        ("0.1", "0.0000001", "Multiplied by 1,000,000 it would be $100000.00 per 1M tokens."),
        ("0.1", "0", "becomes 0"),
        ("0", "0.000000000000000000000001", "was 0"),
    ],
)
def test_a_price_that_moves_far_is_dangerous(was: str, becomes: str, words: str) -> None:
    (danger,) = price_dangers(was, becomes)
    assert words in danger


@pytest.mark.parametrize(("was", "becomes"), [("0.000001", "0.00001"), ("0.00001", "0.000001"), ("1", "3")])
def test_a_price_that_moves_by_the_factor_or_less_is_not(was: str, becomes: str) -> None:
    assert price_dangers(was, becomes) == {""}


def test_a_thousand_times_is_dangerous_whatever_the_factor_and_the_unit() -> None:
    (danger,) = price_dangers("0.001", "1", price_factor=1_000_000_000)
    assert "1,000 times what it was" in danger
    assert price_dangers("0.0002", "0.000999", price_factor=1_000_000_000) == {""}
    (beyond,) = price_dangers("0.001", "0.999", price_factor=1_000_000_000)
    assert beyond.startswith("$999,000.00 per 1M tokens is higher")
    assert price_dangers("0.5", "0.999", price_factor=10) == {""}  # it was asked before
    (per_request,) = price_dangers("0.001", "1", unit="request")
    assert per_request.endswith("Did you mean per request?")


def test_the_factor_is_checked_digit_for_digit() -> None:
    most = "999999999999.999999999999999999999999"
    tenth = "99999999999.999999999999999999999999"
    assert price_dangers(tenth, most, unit="request") != {""}
    assert price_dangers("99999999999.9999999999999999999999", "999999999999.999999999999999999999", unit="request") == {""}


def test_lines_that_come_or_go_and_free_entries_are_no_danger() -> None:
    for old, new in (
        (entry(), entry(line("request", "5", "request"))),
        (entry(line("request", "5", "request")), entry()),
        (Entry(FACTS, "default", True, (line("prompt", "0"),)), Entry(FACTS, "default", True, (line("prompt", "5"),))),
        (entry(is_ready=False), entry()),
        (None, entry()),
    ):
        assert [one.danger for one in found(old, new)] == [""]


IMAGES = line("image_output", "0.04", "image")
PER_TOKEN, NOTHING = line("prompt", "0.0000001"), (line("prompt", "0"), line("completion", "0"))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (([PER_TOKEN, IMAGES], "image"), ([IMAGES], "image"), "has no key for the prices of acme/one and shows 0"),
        (([NOTHING[0], IMAGES], "image"), ([NOTHING[0]], "image"), "acme/one is offered at prices of 0"),
        (([*NOTHING, IMAGES], "image"), ([*NOTHING, IMAGES], "text"), "acme/one is offered at prices of 0"),
        (None, ([*NOTHING, line("request", "0.01", "request")], "text"), "acme/one is offered at prices of 0"),
        (([IMAGES], "image"), ([IMAGES, line("image_output", "0.08", "request")], "image"), ""),
    ],
)
def test_a_change_by_which_users_pay_nothing_is_dangerous_even_if_no_price_becomes_0(
    before: Any, after: Any, says: str
) -> None:
    old, new = (side and entry(bases=side[0], output_modalities=(side[1],)) for side in (before, after))
    danger = " ".join(one.danger for one in found(old, new))
    assert says in danger
    assert bool(says) is bool(danger)


def test_what_takes_a_model_off_is_dangerous() -> None:
    for new in (None, entry(is_ready=False), entry(model_id="acme/two")):
        first = found(entry(), new)[0]
        assert "acme/one" in first.danger
    assert "acme/two" in found(entry(), entry(model_id="acme/two"))[0].danger
    assert "acme/two" not in found(entry(), entry(model_id="acme/two", context_length=5))[0].danger


def test_an_id_is_not_guessed_where_two_entries_could_be_meant() -> None:
    told = consequences([entry()], [entry(model_id="b"), entry(model_id="c")], at=AT, price_factor=10)
    assert {one.code for one in told} == {"entry-removed", "entry-new"}
