"""What OpenRouter does when an entry changes, rule by rule."""

from decimal import Decimal
from typing import Any

import pytest

from catalog.listing import Entry, EntryKey, Location
from catalog.openrouter.consequences import RULES, Effect, consequences
from tests.openrouter.common import AT, BASES, LONG, MARCH, entry, found, line, parameter
from tests.openrouter.consequence_cases import CASES, Case


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_change_has_the_consequences_of_its_rules(case: Case) -> None:
    told = found(case.old, case.new)
    assert {(one.field, one.code): one.feeds for one in told} == case.expected
    for one in told:
        assert "{" not in one.sentence
        assert one.source.startswith("OpenRouter, Provider Integration: ")
        assert ("This applies only to" in one.sentence) == (len(one.feeds) == 1)


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
        (entry(), entry(is_ready=False), "does not say"),
        (entry(is_ready=False), entry(), "does not say"),
        (entry(), None, "stays hidden until you ask OpenRouter"),
        (None, entry(tier="flex"), "until its default tier is live, OpenRouter forwards service_tier"),
        (None, entry(is_ready=False), "not tested"),
        (None, entry(free=True), "a launched endpoint"),
        (None, entry(), "a launched paid endpoint"),
        (entry(), entry(deprecation_at=MARCH), "warns users, and may hide"),
        (entry(), entry(quantization="fp4"), "unless its staff set it by hand"),
        (entry(), entry(line("prompt", "0.1", utc_days=("monday",))), "depends on days without times"),
        (entry(), entry(max_prompt_length=5), "only to Model Document V2"),
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
