"""What OpenRouter would misread, rule by rule, and the command that says so."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from catalog.listing import Selection, listing
from catalog.models import AIModel, Price
from catalog.openrouter.readiness.checklist import findings
from catalog.openrouter.readiness.listing_gaps import gaps
from catalog.openrouter.readiness.rules import RULES
from tests.factories import make_listed, make_model, make_price

pytestmark = pytest.mark.django_db

Prices = list[tuple[str, str, dict[str, Any]]]
DEAR, CHEAP = "0.0000009", "0.00000001"
WINDOW = {"utc_start": 800, "utc_end": 1200}
LATER = {"utc_start": 1300, "utc_end": 1700}
BREAKS: list[tuple[str, dict[str, Any], Prices]] = [
    ("hugging-face-id-missing", {"hugging_face_id": ""}, []),
    ("id-ends-with-free", {"model_id": "acme/one:free"}, []),
    ("price-is-zero", {"prices": {"prompt": "0", "completion": "0"}}, []),
    (
        "flat-listing-shows-zero",
        {"output_modalities": ["image"], "prices": {}},
        [("image_output", "0.04", {"unit": "image"})],
    ),
    ("deprecation-past", {"deprecation_at": datetime(2026, 1, 1, 13, tzinfo=UTC)}, []),
    ("not-ready", {"is_ready": False}, []),
    ("too-many-long-context-tiers", {}, [("prompt", DEAR, {"min_prompt_tokens": number}) for number in (1, 2, 3)]),
    (
        "too-many-windows",
        {},
        [("prompt", DEAR, WINDOW), ("prompt", DEAR, LATER), ("prompt", DEAR, {"utc_start": 1800, "utc_end": 1900})],
    ),
    ("windows-differ", {}, [("prompt", DEAR, WINDOW), ("prompt", "0.0000008", LATER)]),
    ("windows-differ", {}, [("prompt", DEAR, WINDOW), ("prompt", DEAR, LATER | {"utc_days": ["monday"]})]),
    ("conditions-mixed", {}, [("prompt", DEAR, WINDOW), ("prompt", DEAR, {"min_prompt_tokens": 1})]),
    ("days-without-window", {}, [("prompt", DEAR, {"utc_days": ["monday"]})]),
    ("cache-read-is-zero", {}, [("input_cache_read", "0", {})]),
    ("cache-dearer-than-prompt", {}, [("input_cache_read", DEAR, {})]),
    ("id-looks-alike", {"model_id": "acme/оne"}, []),
    ("tier-beyond-context", {"context_length": 128_000}, [("prompt", DEAR, {"min_prompt_tokens": 128_000})]),
    ("base-not-cheapest", {}, [("prompt", CHEAP, {"min_prompt_tokens": 1})]),
    ("condition-without-base", {}, [("input_cache_read", DEAR, {"min_prompt_tokens": 1})]),
    ("condition-not-billed", {}, [("request", DEAR, {"min_prompt_tokens": 1, "unit": "request"})]),
    ("condition-not-billed", {"output_modalities": ["embeddings"]}, [("prompt", DEAR, {"min_prompt_tokens": 1})]),
    ("not-in-flat-listing", {}, [("audio", DEAR, {})]),
    ("not-in-v2", {}, [("audio", DEAR, {})]),
    ("not-in-v2", {}, [("prompt", DEAR, {"unit": "character"})]),
    ("not-in-v2", {}, [("input_cache_read", DEAR, {"min_prompt_tokens": 1})]),
    ("not-in-v2", {}, [("request", DEAR, {"unit": "request"}), ("request", DEAR, {"unit": "request", **WINDOW})]),
    ("fact-without-modality", {"input_modalities": ["audio"]}, []),
    ("fact-without-modality", {"output_modalities": ["embeddings"]}, []),
    ("price-not-billed", {}, [("web_search", DEAR, {"unit": "search"})]),
    ("price-not-billed", {}, [("input_cache_write", DEAR, {"cache_ttl_seconds": 300})]),
    ("price-not-billed", {"input_modalities": ["text", "image"]}, [("image", DEAR, {"unit": "image"})]),
]


def found(**model: Any) -> set[str]:
    return {finding.code for finding in findings(listing(Selection.EVERY))}


def test_a_sound_model_has_no_findings() -> None:
    model = make_listed(hugging_face_id="acme/One")
    for kind in ("prompt", "completion"):
        make_price(model, kind, DEAR, **WINDOW)
        make_price(model, kind, DEAR, **LATER)
    assert found() == set()


@pytest.mark.parametrize(("code", "facts", "prices"), BREAKS)
def test_a_rule_finds_what_breaks_it(code: str, facts: dict[str, Any], prices: Prices) -> None:
    model = make_model(**{"hugging_face_id": "acme/One", **facts})
    for kind, usd, conditions in prices:
        make_price(model, kind, usd, **conditions)
    assert code in found()


def test_every_rule_is_tested_and_has_a_code_of_its_own() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert set(codes) == {code for code, _, _ in BREAKS} | {"parameter-not-in-v2", "document-rules"}


def test_a_described_parameter_that_is_not_supported_is_found() -> None:
    model = make_model(hugging_face_id="acme/One")
    model.parameter_descriptors.create(name="temperature", type="range")
    assert found() == {"parameter-not-in-v2"}
    AIModel.objects.update(supported_sampling_parameters=["temperature"])
    assert found() == set()
    model.parameter_descriptors.create(name="stop_words", type="array", default=["a"])
    assert found() == {"parameter-not-in-v2"}


def test_a_document_that_breaks_the_prose_rules_is_found() -> None:
    model = make_model(hugging_face_id="acme/One")
    with connection.cursor() as cursor:  # what no rule of the database lets happen
        cursor.execute("ALTER TABLE catalog_parameterdescriptor DROP CONSTRAINT descriptor_whole_numbers_have_whole_bounds")
    model.parameter_descriptors.create(name="steps", type="integer", minimum="0.5")
    (finding,) = findings(listing(Selection.EVERY))
    assert finding.code == "document-rules"
    assert "steps" in finding.sentence


def test_a_feeds_own_rules_are_left_out_for_the_other() -> None:
    model = make_listed(hugging_face_id="acme/One")
    make_price(model, "audio", DEAR)
    content = listing(Selection.LISTED)
    assert {finding.code for finding in findings(content, "openrouter")} == {"not-in-flat-listing"}
    assert {finding.code for finding in findings(content, "openrouter-v2")} == {"not-in-v2"}


def test_the_command_is_quiet_about_a_sound_listing() -> None:
    make_listed(hugging_face_id="acme/One")
    out = io.StringIO()
    call_command("check_listing", stdout=out)
    assert out.getvalue() == "1 models listed in 1 entries; 0 findings.\n"


def test_the_command_names_model_and_rule_also_as_json() -> None:
    make_listed(is_ready=False)
    out = io.StringIO()
    call_command("check_listing", stdout=out, json=True)
    assert {row["code"] for row in json.loads(out.getvalue())} == {"not-ready", "hugging-face-id-missing"}


def test_the_command_fails_while_an_error_stands() -> None:
    make_listed()
    with connection.cursor() as cursor:  # as a superuser who switched the triggers off would leave it
        cursor.execute("SET session_replication_role = replica")
        Price.objects.all().delete()
        cursor.execute("SET session_replication_role = DEFAULT")
    out = io.StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("check_listing", stdout=out)
    assert "error    prices-missing: It needs a completion price per token" in out.getvalue()
    AIModel.objects.update(is_listed_on_openrouter=False)


def test_gaps_take_one_query_for_all_models(django_assert_num_queries: Any) -> None:
    for number in range(5):
        make_model(f"m{number}", quantization=None)
    keys = list(AIModel.objects.values_list("pk", flat=True))
    with django_assert_num_queries(1):
        assert len(gaps(keys)) == 5
