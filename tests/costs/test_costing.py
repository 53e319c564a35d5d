"""What a usage costs: the rules one by one, against an independent computation, and against genai-prices."""

from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)
from genai_prices.types import Usage as OtherUsage
from hypothesis import given
from hypothesis import strategies as st

from catalog.costs import QUANTITIES, Moment, Usage, Why, cost, total
from catalog.listing import Entry, PriceLine
from catalog.models import KINDS, PriceKind, PriceUnit, Weekday
from tests.costs.common import entry, line

THURSDAY = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
BASE = (line("prompt", "0.000001"), line("completion", "0.000002"))


def usd(prices: Entry, at: datetime = THURSDAY, **usage: Any) -> str:
    found = cost(prices, Usage.of(**usage), at)
    assert found.usd == total(prices, Usage.of(**usage), Moment.of(at)) or not found.is_complete
    return f"{found.usd.normalize():f}"


def test_every_kind_and_unit_of_the_price_list_has_a_quantity() -> None:
    priced = {(quantity.kind, quantity.unit) for quantity in QUANTITIES.values()}
    assert priced == {(kind, unit) for kind, facts in KINDS.items() for unit in facts.units} - {
        (PriceKind.REQUEST, PriceUnit.REQUEST)
    }


def test_cached_and_reasoning_tokens_are_taken_from_their_totals() -> None:
    prices = entry(*BASE, line("input_cache_read", "0.0000001"), line("internal_reasoning", "0.000003"))
    found = cost(
        prices, Usage.of(prompt_tokens=5000, cached_tokens=4000, completion_tokens=800, reasoning_tokens=300), THURSDAY
    )
    assert [(step.quantity, int(step.amount), step.usd) for step in found.lines] == [
        ("prompt_tokens", 1000, Decimal("0.001")),
        ("completion_tokens", 500, Decimal("0.001")),
        ("cached_tokens", 4000, Decimal("0.0004")),
        ("reasoning_tokens", 300, Decimal("0.0009")),
    ]
    assert found.usd == Decimal("0.0033")


def test_tokens_without_a_price_of_their_own_are_billed_as_what_they_are_a_part_of() -> None:
    found = cost(entry(*BASE), Usage.of(prompt_tokens=10, cached_tokens=4, audio_tokens=1), THURSDAY)
    assert [
        (step.quantity, int(step.amount), step.price and step.price.kind, step.is_substitute) for step in found.lines
    ] == [
        ("prompt_tokens", 5, "prompt", False),
        ("cached_tokens", 4, "prompt", True),
        ("audio_tokens", 1, "prompt", True),
    ]
    audio = entry(*BASE, line("audio", "0.5"))
    assert usd(audio, prompt_tokens=1, cached_audio_tokens=1) == "0.5"  # audio's price before the prompt's


def test_what_is_not_sold_is_named_and_never_free() -> None:
    found = cost(entry(*BASE), Usage.of(prompt_tokens=10, images=2, searches=1), THURSDAY)
    assert found.not_sold == ("images", "searches")
    assert not found.is_complete
    assert total(entry(*BASE), Usage.of(images=2), Moment.of(THURSDAY)) is None
    assert cost(entry(), Usage.of(prompt_tokens=1), THURSDAY).not_sold == ("prompt_tokens",)
    assert cost(entry(line("image", "0", "image")), Usage.of(images=2), THURSDAY).is_complete  # 0 is a price


@pytest.mark.parametrize(("prompt", "expected"), [(200_000, "0.2"), (200_001, "0.400002"), (300_001, "0.900003")])
def test_a_long_context_price_holds_above_its_threshold_for_the_whole_request(prompt: int, expected: str) -> None:
    prices = entry(
        *BASE,
        line("prompt", "0.000003", min_prompt_tokens=300_000),
        line("prompt", "0.000002", min_prompt_tokens=200_000),
    )
    assert usd(prices, prompt_tokens=prompt) == expected


def test_cached_tokens_count_for_the_prompts_length() -> None:
    prices = entry(*BASE, line("input_cache_read", "0"), line("completion", "1", min_prompt_tokens=99))
    assert usd(prices, prompt_tokens=100, cached_tokens=100, completion_tokens=1) == "1"


@pytest.mark.parametrize(
    ("moment", "is_in"),
    [
        ("2026-11-26T21:59:59.999999Z", False),
        ("2026-11-26T22:00:00Z", True),
        ("2026-11-26T23:59:59Z", True),
        ("2026-11-27T00:00:00Z", False),  # Friday has begun
        ("2026-11-26T00:00:00Z", True),  # Thursday's own small hours
        ("2026-11-26T05:59:59Z", True),
        ("2026-11-26T06:00:00Z", False),
        ("2026-11-27T07:00:00+09:00", True),  # which is Thursday, 22:00 UTC
    ],
)
def test_a_window_past_midnight_is_half_open_and_its_day_is_that_of_the_moment(moment: str, is_in: bool) -> None:
    night = line("prompt", "7", utc_start=2200, utc_end=600, utc_days=("thursday",))
    assert usd(entry(*BASE, night), datetime.fromisoformat(moment), prompt_tokens=1) == ("7" if is_in else "0.000001")


def test_days_without_times_are_whole_days_and_a_kind_sold_only_then_is_not_sold_else() -> None:
    prices = entry(line("prompt", "7", utc_days=("thursday",)))
    assert usd(prices, prompt_tokens=1) == "7"
    assert cost(prices, Usage.of(prompt_tokens=1), THURSDAY + timedelta(days=1)).not_sold == ("prompt_tokens",)


def test_of_windows_that_overlap_the_wires_last_one_is_billed() -> None:
    early = line("prompt", "3", utc_start=800, utc_end=1800)
    late = line("prompt", "5", utc_start=1000, utc_end=1300)
    for prices in ((early, late), (late, early)):
        assert usd(entry(*BASE, *prices), prompt_tokens=1) == "5"


@pytest.mark.parametrize(
    ("sold", "asked", "billed"),
    [
        ([None, 3600], None, None),
        ([None, 3600], 3600, 3600),
        ([None, 3600], 300, None),
        ([3600, 300], None, 300),
        ([300], 3600, "prompt"),
        ([3600], 3600, 3600),
    ],
)
def test_a_cache_write_is_billed_by_the_life_that_is_asked_for(
    sold: list[int | None], asked: int | None, billed: Any
) -> None:
    writes = [line("input_cache_write", str(2 + (ttl or 0)), cache_ttl_seconds=ttl) for ttl in sold]
    usage = Usage.of(prompt_tokens=1, cache_write_tokens=1, cache_ttl_seconds=asked)
    (step,) = cost(entry(*BASE, *writes), usage, THURSDAY).lines
    assert step.price is not None
    assert (step.price.kind if step.is_substitute else step.price.cache_ttl_seconds) == billed


def test_writes_of_two_lives_in_one_request() -> None:
    prices = entry(*BASE, line("input_cache_write", "2"), line("input_cache_write", "3", cache_ttl_seconds=3600))
    assert usd(prices, prompt_tokens=11, cache_write_5m_tokens=10, cache_write_1h_tokens=1) == "23"


def test_a_request_price_is_charged_for_each_request_and_a_free_variant_costs_nothing() -> None:
    assert usd(entry(*BASE, line("request", "0.01", "request")), requests=3) == "0.03"
    free = cost(entry(is_free=True), Usage.of(prompt_tokens=10, images=1, requests=9), THURSDAY)
    assert not free.usd
    assert free.is_complete
    assert {step.why for step in free.lines} == {Why.FREE}


def test_a_discount_is_taken_from_the_sum_and_a_markup_added() -> None:
    found = cost(entry(*BASE, discount="0.1"), Usage.of(prompt_tokens=1_000_000, requests=2), THURSDAY)
    assert (found.list_usd, found.request_usd, found.usd) == (Decimal(1), Decimal("0.9"), Decimal("1.8"))
    assert usd(entry(*BASE, discount="-0.5"), prompt_tokens=1_000_000) == "1.5"


def test_not_a_digit_is_lost_of_the_longest_numbers() -> None:
    price = line("prompt", "999999999999.999999999999999999999999")
    found = cost(entry(price, discount="0.0000000001"), Usage.of(prompt_tokens=10**15, requests=10**15), THURSDAY)
    assert Fraction(found.usd) == Fraction(price.usd) * 10**30 * Fraction("0.9999999999")


LIMITS = st.sampled_from([1, 100, 128_000, 200_000])
HHMM = st.builds(lambda hour, minute: hour * 100 + minute, st.integers(0, 23), st.sampled_from([0, 30, 59]))
AMOUNTS = st.decimals(0, Decimal("0.01"), places=24)


@st.composite
def price_lists(draw: Any) -> list[PriceLine]:
    found: dict[Any, PriceLine] = {}
    for _ in range(draw(st.integers(1, 14))):
        kind = draw(
            st.sampled_from(["prompt", "completion", "input_cache_read", "input_cache_write", "internal_reasoning", "audio"])
        )
        more: dict[str, Any] = {}
        match draw(st.sampled_from(["base", "base", "long", "window", "days"])):
            case "long":
                more["min_prompt_tokens"] = draw(LIMITS)
            case "window":
                more["utc_start"], more["utc_end"] = draw(st.lists(HHMM, min_size=2, max_size=2, unique=True))
                more["utc_days"] = tuple(day for day in Weekday.values if draw(st.booleans()))
            case "days":
                more["utc_days"] = (draw(st.sampled_from(Weekday.values)),)
        if kind in ("input_cache_read", "input_cache_write"):
            more["cache_ttl_seconds"] = draw(st.sampled_from([None, 300, 3600]))
        one = line(kind, draw(AMOUNTS), **more)
        found[one._replace(usd=Decimal(0))] = one
    return list(found.values())


@st.composite
def usages(draw: Any) -> dict[str, int]:
    parts = {
        name: draw(st.integers(0, 150_000))
        for name in ("cached_tokens", "cache_write_tokens", "audio_tokens", "reasoning_tokens")
    }
    plain, answer = draw(st.sampled_from([0, 1, 100, 101, 128_000])), draw(st.integers(0, 9000))
    reasoned = parts["reasoning_tokens"]
    return {**parts, "prompt_tokens": plain + sum(parts.values()) - reasoned, "completion_tokens": answer + reasoned}


def independently(lines: list[PriceLine], usage: dict[str, int], ttl: int | None, at: datetime) -> Fraction | None:
    """The rules once more, minute by minute and candidate by candidate, in fractions."""
    at = at.astimezone(UTC)
    minute, day = at.hour * 60 + at.minute, at.strftime("%A").lower()

    def minutes(hhmm: int) -> int:
        return hhmm // 100 * 60 + hhmm % 100

    def is_on(one: PriceLine) -> bool:
        if one.min_prompt_tokens is not None:
            return usage["prompt_tokens"] >= one.min_prompt_tokens + 1
        if one.utc_start is not None and one.utc_end is not None:
            length = (minutes(one.utc_end) - minutes(one.utc_start)) % 1440
            if (minute - minutes(one.utc_start)) % 1440 >= length:
                return False
        return not one.utc_days or day in one.utc_days

    def rank(one: PriceLine) -> Any:
        week = [list(Weekday.values).index(name) for name in one.utc_days]
        return (one.min_prompt_tokens or -1, -1 if one.utc_start is None else one.utc_start, one.utc_end or -1, week)

    def unit_price(kind: str, lives: list[int | None]) -> Fraction | None:
        for life in lives:
            on = [one for one in lines if (one.kind, one.cache_ttl_seconds) == (kind, life) and is_on(one)]
            special = sorted((one for one in on if not one.is_base), key=rank)
            if on:
                return Fraction((special or on)[-1].usd)
        return None

    lives: list[int | None] = [ttl, None] if ttl else [None, 300, 3600]
    prompt, completion = unit_price("prompt", [None]), unit_price("completion", [None])
    rest_in = usage["prompt_tokens"] - usage["cached_tokens"] - usage["cache_write_tokens"] - usage["audio_tokens"]
    rest_out = usage["completion_tokens"] - usage["reasoning_tokens"]
    answer = Fraction(0)
    for amount, own, other in (
        (rest_in, prompt, None),
        (rest_out, completion, None),
        (usage["cached_tokens"], unit_price("input_cache_read", lives), prompt),
        (usage["cache_write_tokens"], unit_price("input_cache_write", lives), prompt),
        (usage["audio_tokens"], unit_price("audio", [None]), prompt),
        (usage["reasoning_tokens"], unit_price("internal_reasoning", [None]), completion),
    ):
        price = own if own is not None else other
        if amount and price is None:
            return None
        answer += amount * (price or 0)
    return answer


@given(
    price_lists(),
    usages(),
    st.sampled_from([None, 300, 3600]),
    st.datetimes(
        datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))])
    ),
    st.none() | st.decimals(-2, Decimal("0.9"), places=3),
)
def test_the_cost_is_that_of_an_independent_computation(
    lines: list[PriceLine], usage: dict[str, int], ttl: int | None, at: datetime, discount: Decimal | None
) -> None:
    expected = independently(lines, usage, ttl, at)
    prices = entry(*lines, discount=None if discount is None else str(discount))
    asked = Usage.of(**usage, requests=3, cache_ttl_seconds=ttl)
    found, short = cost(prices, asked, at), total(prices, asked, Moment.of(at))
    assert found.is_complete == (expected is not None) == (short is not None)
    assert sum(step.usd for step in found.lines) == found.list_usd
    if expected is not None:
        paid = expected * 3 * (1 - Fraction(discount or 0))
        assert Fraction(found.usd) == paid
        assert short == found.usd


PER_MILLION = st.decimals(0, 100, places=4)


@given(
    usages(),
    st.lists(PER_MILLION, min_size=8, max_size=8),
    LIMITS,
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
def test_genai_prices_says_the_same_of_tiers_windows_and_caches(
    usage: dict[str, int], prices: list[Decimal], threshold: int, moment: datetime
) -> None:
    moment = moment.replace(tzinfo=UTC)
    usage = {**usage, "audio_tokens": 0, "reasoning_tokens": 0}
    names = {"input_mtok": "prompt", "output_mtok": "completion", "cache_read_mtok": "input_cache_read"}
    names |= {"cache_write_mtok": "input_cache_write"}
    base = dict(zip(names, prices[:4], strict=True))
    dear = dict(zip(names, prices[4:], strict=True))
    other = OtherUsage(
        input_tokens=usage["prompt_tokens"],
        output_tokens=usage["completion_tokens"],
        cache_read_tokens=usage["cached_tokens"],
        cache_write_tokens=usage["cache_write_tokens"],
    )
    asked = Usage.of(**usage)

    def lines(amounts: dict[str, Decimal], **condition: Any) -> list[PriceLine]:
        return [line(names[key], amount.scaleb(-6), **condition) for key, amount in amounts.items()]

    tiered = ModelPrice(**{key: TieredPrices(base[key], [Tier(start=threshold, price=dear[key])]) for key in names})
    ours = cost(entry(*lines(base), *lines(dear, min_prompt_tokens=threshold)), asked, moment)
    assert ours.usd == tiered.calc_price(other)["total_price"]

    info = ModelInfo(
        id="one",
        match=None,  # type: ignore[arg-type]
        prices=[
            ConditionalPrice(prices=ModelPrice(**base)),
            ConditionalPrice(
                constraint=TimeOfDateConstraint(start_time=time(16, 30, tzinfo=UTC), end_time=time(0, 30, tzinfo=UTC)),
                prices=ModelPrice(**dear),
            ),
        ],
    )
    ours = cost(entry(*lines(base), *lines(dear, utc_start=1630, utc_end=30)), asked, moment)
    assert ours.usd == info.get_prices(moment).calc_price(other)["total_price"]
