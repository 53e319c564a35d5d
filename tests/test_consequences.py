"""What OpenRouter does with each change, rule by rule, against the sentences of the specification."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from catalog import decimals
from catalog.formats import openrouter, openrouter_v2
from catalog.listing import Entry, EntryKey, Location, ModelFacts, Parameter, PriceLine, Selection, Status, listing
from catalog.openrouter.consequences import RULES, Consequence, Effect, consequences
from tests.strategies import models, stored

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
FLAT, V2 = "openrouter", "openrouter-v2"
BOTH = (FLAT, V2)
FACTS = ModelFacts(
    model_id="acme/one",
    name="One",
    aliases=(),
    author="acme",
    hugging_face_id="acme/One",
    openrouter_slug="acme/one",
    description="A model.",
    category="text",
    released_at=datetime(2026, 1, 1, tzinfo=UTC),
    knowledge_cutoff=None,
    input_modalities=("text", "image"),
    output_modalities=("text",),
    context_length=131072,
    max_prompt_length=100_000,
    max_output_length=32768,
    quantization="fp8",
    tokenizer="GPT",
    instruct_type="",
    supported_sampling_parameters=("temperature", "top_p"),
    supported_features=("tools",),
    is_moderated=False,
    capacity_tpm=1000,
    discount_to_user=Decimal("0.1"),
    has_free_variant=False,
    is_ready=True,
    deprecation_at=None,
    replacement=None,
    datacenters=(Location("fra1", "Frankfurt", "DE", "eu-1"),),
    parameters=(),
    status=Status.AVAILABLE,
)
MARCH = datetime(2027, 3, 1, 13, tzinfo=UTC)
PAST = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONG: dict[str, Any] = {"min_prompt_tokens": 128_000}
LONGER: dict[str, Any] = {"min_prompt_tokens": 256_000}
MORNING: dict[str, Any] = {"utc_start": 800, "utc_end": 1200}
EVENING: dict[str, Any] = {"utc_start": 1800, "utc_end": 2200}
NIGHT: dict[str, Any] = {"utc_start": 2200, "utc_end": 600}


def line(kind: str, usd: str, unit: str = "token", **conditions: Any) -> PriceLine:
    unset = dict.fromkeys(("min_prompt_tokens", "utc_start", "utc_end", "cache_ttl_seconds"))
    rest: dict[str, Any] = {"service_tier": "default", "utc_days": (), **unset, **conditions}
    return PriceLine(kind=kind, unit=unit, usd=Decimal(usd), **rest)


BASES = (line("prompt", "0.0000002"), line("completion", "0.0000004"))


def entry(*more: PriceLine, tier: str = "default", free: bool = False, bases: Any = BASES, **facts: Any) -> Entry:
    return Entry(FACTS._replace(**facts), tier, free, () if free else (*bases, *more))


def found(old: Entry | None, new: Entry | None, price_factor: int = 10) -> list[Consequence]:
    return consequences([old] if old else [], [new] if new else [], at=AT, price_factor=price_factor)


class Case(NamedTuple):
    """A change, and the rules that answer it, each with the feeds that it concerns."""

    old: Entry | None
    new: Entry | None
    expected: dict[tuple[str, str], tuple[str, ...]]


def parameter(name: str, **facts: Any) -> Parameter:
    unset: dict[str, Any] = {"type": "range", "minimum": None, "maximum": None, "default": None, "values": (), "unit": ""}
    return Parameter(name=name, **{**unset, "is_passthrough": False, **facts})


def fact(code: str, feeds: tuple[str, ...] = BOTH, /, old: Any = (), **new: Any) -> Case:
    """One field takes another value."""
    (field,) = new
    return Case(entry(**dict(old)), entry(**new), {(field, code): feeds})


def price(code: str, feeds: tuple[str, ...], old: Any, new: Any, **facts: Any) -> Case:
    """The price list gets and loses lines."""
    return Case(entry(*old, **facts), entry(*new, **facts), {("prices", code): feeds})


OWN = (parameter("filter", is_passthrough=True),)
CASES = {
    # C.2: an endpoint whose entry is missing is hidden on that run; video, TTS, transcription, embeddings are not.
    "an entry goes": Case(entry(), None, {("entry", "entry-removed"): BOTH}),
    "a free variant goes": Case(entry(free=True), None, {("entry", "entry-removed"): BOTH}),
    "a tier goes": Case(entry(tier="flex"), None, {("entry", "entry-removed"): BOTH}),
    "an embedder goes": Case(entry(output_modalities=("embeddings",)), None, {("entry", "entry-removed-not-hidden"): BOTH}),
    "a speaking chat model goes": Case(
        entry(output_modalities=("text", "speech")), None, {("entry", "entry-removed"): BOTH}
    ),
    # B.1: id is the match key.
    "an id changes": Case(
        entry(), entry(model_id="acme/two"), {("model_id", "id-changed"): BOTH, ("entry", "entry-new"): BOTH}
    ),
    "an embedder's id changes": Case(
        entry(output_modalities=("embeddings",)),
        entry(output_modalities=("embeddings",), model_id="acme/two"),
        {("model_id", "id-changed-not-hidden"): BOTH, ("entry", "entry-new-waits"): BOTH},
    ),
    "another model comes for one": Case(
        entry(),
        entry(model_id="acme/two", context_length=5),
        {("entry", "entry-removed"): BOTH, ("entry", "entry-new"): BOTH},
    ),
    # C.3 and C.4: staging of what is new.
    "a sound new entry": Case(None, entry(), {("entry", "entry-new"): BOTH}),
    "a new free variant": Case(None, entry(free=True), {("entry", "entry-new"): BOTH}),
    "new, past its deprecation": Case(None, entry(deprecation_at=PAST), {("entry", "entry-new-skipped"): BOTH}),
    "new, not ready": Case(None, entry(is_ready=False), {("entry", "entry-new-waits"): BOTH}),
    "new, of a tier": Case(None, entry(tier="flex"), {("entry", "entry-new-waits"): BOTH}),
    "new, at no price": Case(None, entry(bases=()), {("entry", "entry-new-waits"): BOTH}),
    "new, at price zero": Case(
        None, entry(bases=(line("prompt", "0"), line("completion", "0"))), {("entry", "entry-new-waits"): BOTH}
    ),
    "new, with pictures": Case(None, entry(output_modalities=("text", "image")), {("entry", "entry-new-waits"): BOTH}),
    "new, with a bare id": Case(None, entry(hugging_face_id="", model_id="one"), {("entry", "entry-new-waits"): BOTH}),
    "new, of a closed author": Case(
        None, entry(hugging_face_id="", model_id="openai/one"), {("entry", "entry-new-waits"): BOTH}
    ),
    "is_ready off": fact("not-ready", is_ready=False),
    "is_ready on": fact("ready-again", old={"is_ready": False}, is_ready=True),
    # C.6
    "a deprecation": fact("deprecation-announced", deprecation_at=MARCH),
    "a deprecation that is past": fact("deprecation-past", deprecation_at=PAST),
    "a deprecation taken back": fact("deprecation-removed", old={"deprecation_at": MARCH}, deprecation_at=None),
    # B.1 to B.3: the column "ingest".
    "quantization": fact("fact-applied", quantization="fp4"),
    "no quantization": fact("fact-removed", quantization=None),
    "context": fact("fact-applied", context_length=262144),
    "longest prompt": fact("fact-applied", (V2,), max_prompt_length=90_000),
    "no longest prompt": fact("fact-removed", (V2,), max_prompt_length=None),
    "longest output": fact("fact-applied", max_output_length=16384),
    "discount": fact("fact-applied", discount_to_user=Decimal("-0.1")),
    "no discount": fact("fact-removed", discount_to_user=None),
    "capacity": fact("capacity-applied", capacity_tpm=2000),
    "no capacity": fact("capacity-removed", capacity_tpm=None),
    "input modalities": fact("modalities-detected", input_modalities=("text",)),
    "output modalities": fact("modalities-detected", output_modalities=("text", "image")),
    "datacenters": fact("fact-detected", datacenters=(Location("tyo", "Tokyo", "JP", ""),)),
    "a datacenter's region": fact("fact-detected", (V2,), datacenters=(Location("fra1", "Frankfurt", "DE", "eu-2"),)),
    "Hugging Face id": fact("hugging-face-id-detected", hugging_face_id="acme/Two"),
    "description": fact("read-at-staging", description="Another."),
    "name": fact("fact-ignored", name="Two"),
    "created": fact("fact-ignored", released_at=datetime(2026, 1, 2, tzinfo=UTC)),
    "tokenizer": fact("fact-ignored", (V2,), tokenizer="Qwen"),
    "slug": fact("fact-ignored", openrouter_slug="acme/two"),
    "features": fact("features-ignored", supported_features=("tools", "reasoning")),
    "sampling parameters": fact("fact-applied", supported_sampling_parameters=("temperature",)),
    "sampling parameters without text": Case(
        entry(output_modalities=("image",)),
        entry(output_modalities=("image",), supported_sampling_parameters=("temperature",)),
        {("supported_sampling_parameters", "parameters-not-read"): BOTH},
    ),
    # B.3, B.4
    "a sampling parameter's bounds": fact(
        "parameter-reviewed", (V2,), parameters=(parameter("temperature", maximum=Decimal(2)),)
    ),
    "an own parameter": fact("parameter-reviewed", (V2,), parameters=(parameter("voice"),)),
    "a feature's description": fact("feature-description-ignored", (V2,), parameters=(parameter("tools"),)),
    "a parameter without text": Case(
        entry(output_modalities=("image",)),
        entry(output_modalities=("image",), parameters=(parameter("steps"),)),
        {("parameters", "parameters-not-read"): (V2,)},
    ),
    "a parameter passed through": fact("passthrough-reviewed", (V2,), parameters=OWN),
    "the last parameter passed through goes": fact("passthrough-left", (V2,), old={"parameters": OWN}, parameters=()),
    # B.5: what is billed, and what is automatic.
    "a price changes": Case(
        entry(), entry(bases=(line("prompt", "0.0000003"), BASES[1])), {("prices", "price-changed"): BOTH}
    ),
    "a first price": Case(entry(bases=()), entry(bases=BASES[:1]), {("prices", "first-price"): BOTH}),
    "a first price beside what is not billed": Case(
        entry(line("web_search", "1", "search"), bases=()),
        entry(line("web_search", "1", "search"), bases=BASES[:1]),
        {("prices", "first-price"): BOTH},
    ),
    "cache reads": price("cache-price-added-or-removed", BOTH, [], [line("input_cache_read", "0.0000001")]),
    "no cache reads": price("cache-price-added-or-removed", BOTH, [line("input_cache_read", "0.0000001")], []),
    "cache writes": price("price-line-reviewed", (V2,), [], [line("input_cache_write", "0.0000001")]),
    "a price per request": price("price-line-reviewed", BOTH, [], [line("request", "0.1", "request")]),
    "no price per request": price("price-line-reviewed", BOTH, [line("request", "0.1", "request")], []),
    "a free request, said": price("price-line-reviewed", (V2,), [], [line("request", "0", "request")]),
    "reasoning": price("price-line-reviewed", (V2,), [], [line("internal_reasoning", "0.1")]),
    "a free variant's price": Case(
        Entry(FACTS, "default", True, ()),
        Entry(FACTS, "default", True, BASES[:1]),
        {("prices", "free-price-reviewed"): (V2,)},
    ),
    "web search": price("price-not-billed", (V2,), [], [line("web_search", "0.1", "search")]),
    "cache writes by life": price("price-not-billed", (V2,), [], [line("input_cache_write", "0.1", cache_ttl_seconds=300)]),
    "cache reads by life": price("price-not-billed", (V2,), [], [line("input_cache_read", "0.1", cache_ttl_seconds=300)]),
    "a price per picture": Case(
        entry(line("image", "0.1", "image")),
        entry(line("image", "0.2", "image")),
        {("prices", "price-not-billed"): (V2,), ("prices", "price-changed"): (FLAT,)},
    ),
    "a price that neither feed has": Case(entry(), entry(line("audio", "0.1")), {}),
    "a longer context": price("conditional-price-changed", BOTH, [], [line("prompt", "0.1", **LONG)]),
    "a longer context dearer": price(
        "conditional-price-changed", BOTH, [line("prompt", "0.1", **LONG)], [line("prompt", "0.2", **LONG)]
    ),
    "a window": price("price-line-reviewed", BOTH, [], [line("prompt", "0.1", **MORNING)]),
    "a window dearer": price(
        "conditional-price-changed", BOTH, [line("prompt", "0.1", **MORNING)], [line("prompt", "0.2", **MORNING)]
    ),
    "a window for cache reads": price(
        "cache-price-added-or-removed",
        BOTH,
        [line("input_cache_read", "0.1")],
        [line("input_cache_read", "0.1"), line("input_cache_read", "0.2", **MORNING)],
    ),
    "days alone": price("billed-at-base-price", BOTH, [], [line("prompt", "0.1", utc_days=("monday",))]),
    "three tiers": price(
        "billed-at-base-price", BOTH, [], [line("prompt", "0.1", min_prompt_tokens=number) for number in (1, 2, 3)]
    ),
    "three windows": price(
        "billed-at-base-price", BOTH, [], [line("prompt", "0.1", **window) for window in (MORNING, EVENING, NIGHT)]
    ),
    "two windows, two prices": price(
        "billed-at-base-price", BOTH, [], [line("prompt", "0.1", **MORNING), line("prompt", "0.2", **EVENING)]
    ),
    "a mix that spoils what was billed": price(
        "billed-at-base-price",
        BOTH,
        [line("prompt", "0.1", **LONG)],
        [line("prompt", "0.1", **LONG), line("completion", "0.1", **MORNING)],
    ),
    "a mix that ends": Case(
        entry(line("prompt", "0.1", **LONG), line("completion", "0.1", **MORNING)),
        entry(line("prompt", "0.1", **LONG)),
        {("prices", "condition-billed-again"): BOTH, ("prices", "billed-at-base-price"): BOTH},
    ),
    "a tier on another kind": price(
        "billed-at-base-price",
        BOTH,
        [line("request", "0.1", "request")],
        [line("request", "0.1", "request"), line("request", "0.2", "request", **LONG)],
    ),
    "a tier of an embedder": price(
        "billed-at-base-price", BOTH, [], [line("prompt", "0.1", **LONG)], output_modalities=("embeddings",)
    ),
    "a tier at audio": Case(
        entry(input_modalities=("audio",)),
        entry(line("prompt", "0.1", **LONG), input_modalities=("audio",)),
        {("prices", "billed-at-base-price"): (V2,), ("prices", "conditional-price-changed"): (FLAT,)},
    ),
    "text input goes": Case(
        entry(input_modalities=("text", "audio"), bases=BASES[:1]),
        entry(input_modalities=("audio",), bases=BASES[:1]),
        {
            ("input_modalities", "modalities-detected"): BOTH,
            ("context_length", "fact-removed"): (V2,),
            ("max_prompt_length", "fact-removed"): (V2,),
            ("capacity_tpm", "capacity-removed"): (V2,),
            ("prices", "price-line-reviewed"): (V2,),
        },
    ),
    # What neither feed carries.
    "private facts": Case(
        entry(), entry(aliases=("uno",), author="x", category="image", instruct_type="chatml", is_moderated=True), {}
    ),
    "a fraction of a second": Case(entry(), entry(released_at=datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC)), {}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_change_has_the_consequences_of_its_rules(case: Case) -> None:
    told = found(case.old, case.new)
    assert {(one.field, one.code): one.feeds for one in told} == case.expected
    for one in told:
        assert "{" not in one.sentence
        assert one.source.startswith("OpenRouter, Provider Integration: ")
        assert ("This is so in" in one.sentence) == (len(one.feeds) == 1)


def test_every_rule_has_a_case_and_a_code_of_its_own() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert set(codes) == {code for case in CASES.values() for _, code in case.expected} | {"entry-back"}


def test_an_entry_that_comes_back_stays_hidden() -> None:
    told = consequences([], [entry()], at=AT, price_factor=10, known=frozenset({entry().key}))
    assert [(one.code, one.effect) for one in told] == [("entry-back", Effect.STAYS_HIDDEN)]
    embedder = entry(output_modalities=("embeddings",))  # what is never hidden is not hidden when it comes back
    told = consequences([], [embedder], at=AT, price_factor=10, known=frozenset({embedder.key}))
    assert [one.code for one in told] == ["entry-new-waits"]


@pytest.mark.parametrize(
    ("usd", "is_dangerous"),
    [("0.001", True), ("0.000999", False), ("0.000000001", False), ("0.0000000009", True), ("0", False)],
)
def test_a_first_price_that_nobody_asks_must_be_confirmed(usd: str, is_dangerous: bool) -> None:
    first = entry(bases=(line("prompt", usd), line("completion", "0.000001")))
    (told,) = consequences([], [first], at=AT, price_factor=10)
    assert bool(told.danger) is is_dangerous
    assert f"Prompt price, $ per 1M tokens: {decimals.wire(Decimal(usd) * 1_000_000)}" in str(told.new)


EFFECTS = {
    "entry-removed": Effect.HIDDEN,
    "entry-removed-not-hidden": Effect.DETECTED,
    "id-changed": Effect.HIDDEN,
    "id-changed-not-hidden": Effect.DETECTED,
    "entry-new": Effect.STAGED,
    "entry-back": Effect.STAYS_HIDDEN,
    "entry-new-waits": Effect.STAGED,
    "entry-new-skipped": Effect.IGNORED,
    "not-ready": Effect.HIDDEN,
    "ready-again": Effect.APPLIED,
    "deprecation-announced": Effect.ANNOUNCED,
    "deprecation-past": Effect.ANNOUNCED,
    "deprecation-removed": Effect.UNSTATED,
    "fact-applied": Effect.APPLIED,
    "fact-removed": Effect.UNSTATED,
    "capacity-applied": Effect.APPLIED,
    "capacity-removed": Effect.APPLIED,
    "modalities-detected": Effect.DETECTED,
    "fact-detected": Effect.DETECTED,
    "hugging-face-id-detected": Effect.DETECTED,
    "read-at-staging": Effect.AT_STAGING,
    "fact-ignored": Effect.IGNORED,
    "features-ignored": Effect.IGNORED,
    "parameters-not-read": Effect.IGNORED,
    "parameter-reviewed": Effect.REVIEWED,
    "feature-description-ignored": Effect.IGNORED,
    "passthrough-reviewed": Effect.REVIEWED,
    "passthrough-left": Effect.IGNORED,
    "price-changed": Effect.APPLIED,
    "first-price": Effect.APPLIED,
    "cache-price-added-or-removed": Effect.APPLIED,
    "conditional-price-changed": Effect.APPLIED,
    "billed-at-base-price": Effect.BASE_PRICE,
    "condition-billed-again": Effect.APPLIED,
    "price-line-reviewed": Effect.REVIEWED,
    "free-price-reviewed": Effect.REVIEWED,
    "price-not-billed": Effect.NOT_BILLED,
}


def test_every_rule_has_the_effect_that_the_specification_names() -> None:
    assert {rule.code: rule.effect for rule in RULES} == EFFECTS


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (entry(), entry(is_ready=False), "is not stated"),
        (entry(is_ready=False), entry(), "is not stated"),
        (entry(), None, "stays hidden until OpenRouter is asked"),
        (None, entry(tier="flex"), "until its default tier is served, OpenRouter forwards service_tier"),
        (None, entry(is_ready=False), "not tested"),
        (None, entry(free=True), "a launched endpoint"),
        (None, entry(), "a launched paid endpoint"),
        (entry(), entry(deprecation_at=MARCH), "warns users, and may hide"),
        (entry(), entry(quantization="fp4"), "unless its staff set it by hand"),
        (entry(), entry(line("prompt", "0.1", utc_days=("monday",))), "depends on days without times"),
        (entry(), entry(max_prompt_length=5), "in Model Document V2 alone"),
    ],
)
def test_the_sentence_says_it(old: Entry | None, new: Entry | None, words: str) -> None:
    (one,) = found(old, new)
    assert words in one.sentence


@pytest.mark.parametrize(
    ("old", "new", "label", "was", "becomes"),
    [
        (entry(), entry(bases=(line("prompt", "0.00000025"), BASES[1])), "Prompt price, $ per 1M tokens", "0.2", "0.25"),
        (
            entry(),
            entry(line("prompt", "0.0000012", **LONG)),
            "Prompt price, $ per 1M tokens, for prompts above 128,000 tokens",
            None,
            "1.2",
        ),
        (entry(), entry(line("request", "0.01", "request")), "Request price, $ per request", None, "0.01"),
        (entry(), entry(discount_to_user=Decimal("0.125")), "Discount to users, %", "10", "12.5"),
        (entry(), entry(context_length=262144), "Context length, tokens", "131,072", "262,144"),
        (entry(), entry(deprecation_at=MARCH), "Deprecation", None, "2027-03-01 13:00 UTC"),
        (entry(), entry(is_ready=False), "Ready", "yes", "no"),
        (entry(), entry(input_modalities=("text",)), "Input modalities", "text, image", "text"),
        (
            entry(),
            entry(datacenters=(Location("b", "B", "JP", ""), Location("a", "A", "DE", "eu-1"))),
            "Datacenters",
            "DE (eu-1)",
            "DE (eu-1), JP",
        ),
        (entry(), entry(parameters=(parameter("voice"),)), "Parameter voice", None, '{"type":"range"}'),
        (entry(tier="flex"), None, "Entry in the feed", "acme/one, flex tier", None),
        (None, entry(free=True), "Entry in the feed", None, "acme/one, free variant"),
    ],
)
def test_staff_read_it_in_the_units_they_think_in(
    old: Entry | None, new: Entry | None, label: str, was: str | None, becomes: str | None
) -> None:
    (one,) = found(old, new)
    assert (one.label, one.old, one.new) == (label, was, becomes)


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
        ("0.000001", "0.0000100000000000000001", "more than 10 times higher."),
        ("0.000011", "0.000001", "11 times lower."),
        ("0.0000001", "0.0001", "1,000 times higher. Is its unit right? Divided by 1,000 it would be $0.1 per 1M tokens."),
        ("0.0000001", "0.1", "Divided by 1,000,000 it would be $0.1 per 1M tokens."),
        ("0.00000009", "0.08", "more than 888,888 times higher. Is its unit right? Divided by 1,000,000 it would be $0.08"),
        ("0.0000001", "0.003162", "Divided by 1,000 it would be $3.162 per 1M tokens."),
        ("0.0000001", "0.003163", "Divided by 1,000,000 it would be $0.003163 per 1M tokens."),
        ("0.0001", "0.0000001", "1,000 times lower. Is its unit right? Multiplied by 1,000 it would be $100 per 1M tokens."),
        ("0.1", "0.0000001", "Multiplied by 1,000,000 it would be $100000 per 1M tokens."),
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
    assert "1,000 times higher" in danger
    assert price_dangers("0.001", "0.999", price_factor=1_000_000_000) == {""}
    (per_request,) = price_dangers("0.001", "1", unit="request")
    assert per_request.endswith("Is it meant per request?")


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


def test_what_takes_a_model_off_is_dangerous() -> None:
    for new in (None, entry(is_ready=False), entry(model_id="acme/two")):
        first = found(entry(), new)[0]
        assert "acme/one" in first.danger
    assert "acme/two" in found(entry(), entry(model_id="acme/two"))[0].danger
    assert "acme/two" not in found(entry(), entry(model_id="acme/two", context_length=5))[0].danger


def test_an_id_is_not_guessed_where_two_entries_could_be_meant() -> None:
    told = consequences([entry()], [entry(model_id="b"), entry(model_id="c")], at=AT, price_factor=10)
    assert {one.code for one in told} == {"entry-removed", "entry-new"}


# Order, and that nothing is missed or made up


def test_they_come_by_entry_and_by_importance() -> None:
    old = [entry(model_id="b"), entry(model_id="a"), entry(model_id="a", tier="flex")]
    changed: dict[str, Any] = {"name": "Two", "is_ready": False, "context_length": 5, "deprecation_at": MARCH}
    new = [entry(model_id="b", name="Two"), entry(model_id="a", **changed), entry(model_id="a", tier="flex", name="Two")]
    told = consequences(old, new, at=AT, price_factor=10)
    assert [(one.key, one.effect) for one in told] == [
        *(
            (EntryKey("a", "default", False), one)
            for one in (Effect.HIDDEN, Effect.ANNOUNCED, Effect.APPLIED, Effect.IGNORED)
        ),
        (EntryKey("a", "flex", False), Effect.IGNORED),
        (EntryKey("b", "default", False), Effect.IGNORED),
    ]


def test_true_is_not_taken_for_one() -> None:
    old, new = (
        entry(parameters=(parameter("x", type="unknown", default=default, is_passthrough=True),))
        for default in (True, Decimal(1))
    )
    assert [one.code for one in found(old, new)] == ["passthrough-reviewed"]


@st.composite
def two_states(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A model, and the same model with some of another one's facts."""
    one, other = draw(models()), draw(models())
    taken = draw(st.sets(st.sampled_from([*one["fields"], "prices", "descriptors", "places"]), max_size=3))
    mixed = {name: other[name] if name in taken else one[name] for name in ("prices", "descriptors", "places")}
    fields = {name: (other if name in taken else one)["fields"][name] for name in one["fields"]}
    assume(fields["max_output_length"] <= fields["context_length"])
    assume((fields["max_prompt_length"] or 1) <= fields["context_length"])
    assume(fields["has_free_variant"] or mixed["prices"])
    one["fields"]["model_id"], fields["model_id"] = "one", "other"
    return one, {"fields": fields, **mixed}


DOCUMENTS: dict[str, Callable[[Entry], Any]] = {FLAT: openrouter.entry_document, V2: openrouter_v2.entry_document}


@pytest.mark.django_db
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(states=two_states())
def test_there_is_a_consequence_in_a_feed_exactly_where_its_document_differs(states: Any) -> None:
    with stored(list(states)):
        entries = listing(Selection.LISTED).entries
    sides: dict[str, dict[Any, Entry]] = {"one": {}, "other": {}}
    for one in entries:
        sides[one.model.model_id][one.service_tier, one.is_free] = one._replace(model=one.model._replace(model_id="m"))
    told = consequences(sides["one"].values(), sides["other"].values(), at=AT, price_factor=10)
    assert {one.key for one in told} <= {EntryKey("m", *key) for key in sides["one"] | sides["other"]}
    for key in sides["one"] | sides["other"]:
        old, new = sides["one"].get(key), sides["other"].get(key)
        here = [one for one in told if one.key == EntryKey("m", *key)]
        for feed, document in DOCUMENTS.items():
            written = [one and orjson.dumps(document(one)) for one in (old, new)]
            assert (written[0] != written[1]) == any(feed in one.feeds for one in here), feed
