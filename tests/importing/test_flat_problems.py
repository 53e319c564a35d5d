"""What is wrong in a flat listing is named by entry and field, and nothing of it is imported."""

import json
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import AIModel
from catalog.publication import render
from tests.factories import make_listed
from tests.importing.flat import Import, entry, in_force

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "written",
    ["-0.1", "free", "", True, [], {}, "NaN", "Infinity", "1e-30", "1e999", "0.00000055 USD", "$", "0,5", "1" * 70],
)
def test_what_is_no_price_is_refused(run: Import, written: Any) -> None:
    answer = run(entry(pricing={"prompt": written, "completion": "0"}))
    assert answer.code == 1
    assert answer.plan["problems"][0]["field"] == "pricing.prompt"
    assert "acme/one" in answer.plan["problems"][0]["entry"]
    assert not AIModel.objects.exists()


def test_prices_per_million_under_a_per_token_name_refuse_the_import_until_told(run: Import) -> None:
    feed = entry(pricing={"prompt": "0.55", "completion": "2.19", "request": "0.02"})
    refused = run(feed)
    assert refused.code == 1
    assert "--prices-per million" in refused.out
    assert not AIModel.objects.exists()
    assert run(feed, prices_per="million").code == 0
    assert in_force() == {"prompt": Decimal("0.00000055"), "completion": Decimal("0.00000219"), "request": Decimal("0.02")}


def test_one_price_too_many_refuses_all_entries(run: Import) -> None:
    assert run(entry(id="fine"), entry(pricing={"prompt": "0.02", "completion": "0"})).code == 1
    assert not AIModel.objects.exists()


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"id": ...}, "id"),
        ({"id": 7}, "id"),
        ({"id": "spa ce"}, "id"),
        ({"name": 7}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"name": "half \ud800"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"openrouter": "a/b"}, "openrouter"),
        ({"input_modalities": "text"}, "input_modalities"),
        ({"output_modalities": "text"}, "output_modalities"),
        ({"context_length": "8k"}, "context_length"),
        ({"context_length": -1}, "context_length"),
        ({"context_length": 8192.5}, "context_length"),
        ({"context_length": True}, "context_length"),
        ({"context_length": 2**31}, "context_length"),
        ({"capacity_tpm": 0}, "capacity_tpm"),
        ({"capacity_tpm": 2**63}, "capacity_tpm"),
        ({"discount_to_user": 1}, "discount_to_user"),
        ({"discount_to_user": 0.12345678901}, "discount_to_user"),
        ({"deprecation_date": "2027-03-01T13:30:00Z"}, "deprecation_date"),
        ({"deprecation_date": "2027-03-01T13:00:00+05:30"}, "deprecation_date"),
        ({"deprecation_date": "2027-03-01T13:00:00"}, "deprecation_date"),
        ({"deprecation_date": "2027-02-30"}, "deprecation_date"),
        ({"is_ready": "yes"}, "is_ready"),
        ({"is_free": 1}, "is_free"),
        ({"is_free": True, "service_tier": "flex"}, "service_tier"),
        ({"datacenters": "JP"}, "datacenters"),
        ({"pricing": "free"}, "pricing"),
        ({"pricing": []}, "pricing"),
        ({"pricing": {"prompt": "0", "input_cache_read": "0", "input_cache_reads": "1e-9"}}, "pricing.input_cache_reads"),
        ({"pricing": {"prompt": "0", "overrides": [{"prompt": "0"}]}}, "pricing.overrides[0]"),
        ({"pricing": {"prompt": "0", "overrides": [{"utc_start": 800, "prompt": "0"}]}}, "pricing.overrides[0]"),
        ({"pricing": {"overrides": [{"utc_start": 860, "utc_end": 900, "prompt": "0"}]}}, "pricing.overrides[0]"),
        (
            {"pricing": {"overrides": [{"min_prompt_tokens": 1, "utc_days": ["monday"], "prompt": "0"}]}},
            "pricing.overrides[0]",
        ),
        ({"pricing": {"overrides": [{"utc_days": ["someday"], "prompt": "0"}]}}, "pricing.overrides[0]"),
        ({"pricing": [{"prompt": "0"}, {"prompt": "0"}]}, "pricing[1].min_context"),
    ],
)
def test_what_is_wrong_refuses_the_entry_by_name_and_field_and_nothing_is_imported(
    run: Import, keys: dict[str, Any], field: str
) -> None:
    answer = run(entry(id="fine"), entry(**keys))
    assert answer.code == 1
    assert field in {problem["field"] for problem in answer.plan["problems"]}
    assert all(problem["entry"].startswith("entry 2") for problem in answer.plan["problems"])
    assert not AIModel.objects.exists()


def test_every_problem_is_named_and_not_only_the_first(run: Import) -> None:
    answer = run("nonsense", entry(quantization="q4", context_length=-1), entry(id="b", is_ready=3), json=False)
    assert answer.code == 1
    for said in (
        "entry 1: It is not an object",
        "entry 2 (acme/one): quantization",
        "context_length",
        "entry 3 (b): is_ready",
    ):
        assert said in answer.out


def test_unknown_keys_are_noted_and_not_fatal(run: Import) -> None:
    answer = run(entry(base_url="https://x", object="model", pricing={"prompt": "0", "completion": "0", "surprise": "1"}))
    assert answer.code == 0
    assert "'base_url', 'object'" in answer.out
    assert "'surprise'" in answer.out


def test_what_a_free_variant_says_of_prices_is_said_to_be_left_aside(run: Import) -> None:
    answer = run(entry(is_free=True, pricing={"prompt": "5", "completion": "junk"}))
    assert answer.code == 0
    assert "A free variant costs nothing" in answer.out


def test_huge_numbers_do_not_fill_the_memory(run: Import) -> None:
    text = json.dumps({"data": [entry(pricing="X", discount_to_user="Y")]})
    text = text.replace('"X"', '{"prompt": 1e999999999, "completion": 0e-999999999}').replace('"Y"', "1e-999999999")
    answer = run(text=text)
    assert answer.code == 1
    assert {problem["field"] for problem in answer.plan["problems"]} >= {"pricing.prompt", "discount_to_user"}


def test_an_import_cannot_break_a_listed_model(run: Import) -> None:
    make_listed("acme/one")
    before = render("openrouter").body
    answer = run(entry(context_length=100, max_output_length=...))
    assert answer.code == 1
    assert answer.plan["problems"][0]["field"] == "max_output_length"
    assert "acme/one" in answer.plan["problems"][0]["entry"]
    assert render("openrouter").body == before


def test_taking_a_base_price_from_a_listed_model_is_refused_in_words(run: Import) -> None:
    make_listed("acme/one")
    answer = run(entry(pricing={"prompt": "0.0000001"}))
    assert answer.code == 1
    assert "completion price" in answer.out
    assert in_force()["completion"] == Decimal("0.0000002")
