"""LiteLLM's cost map. That LiteLLM takes it is in test_sdks."""

from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path

import pytest

from catalog.formats.litellm import COSTS
from catalog.models import Provider
from catalog.publication import render
from tests.factories import make_model, make_price
from tests.formats.common import written
from tests.packages import needs_litellm

pytestmark = pytest.mark.django_db


def test_a_whole_document() -> None:
    Provider.objects.create(docs_url="https://docs.acme.example")
    model = make_model(
        "a/b:c",
        input_modalities=["text", "image", "file"],
        supported_features=["tools", "structured_outputs", "reasoning", "web_search", "json_mode"],
        deprecation_at=datetime(2027, 3, 1, 15, tzinfo=UTC),
        prices={"prompt": "0.00000012345678901234567", "completion": "0.000002", "input_cache_read": "0"},
    )
    make_price(model, "prompt", "0.0000004", min_prompt_tokens=128_000)
    make_price(model, "prompt", "0.0000005", min_prompt_tokens=128_001)
    make_price(model, "prompt", "0.0000001", service_tier="flex")
    make_price(model, "prompt", "0.0000009", service_tier="priority", min_prompt_tokens=200_000)
    make_price(model, "prompt", "0.0000009", service_tier="ultrafast")
    make_price(model, "prompt", "0.3", utc_start=800, utc_end=900)
    make_price(model, "input_cache_write", "0.000001", cache_ttl_seconds=3600)
    make_price(model, "image", "0.002", unit="image")
    make_price(model, "web_search", "0.01", unit="search")
    assert render("litellm").body == (
        b'{"a/b:c":{"litellm_provider":"openai","mode":"chat","max_tokens":32768,"max_input_tokens":131072,'
        b'"max_output_tokens":32768,"input_cost_per_token":0.00000012345678901234567,'
        b'"input_cost_per_token_above_128k_tokens":0.0000004,"output_cost_per_token":0.000002,'
        b'"cache_read_input_token_cost":0,"cache_creation_input_token_cost_above_1hr":0.000001,"input_cost_per_image":0.002,'
        b'"search_context_cost_per_query":{"search_context_size_low":0.01,"search_context_size_medium":0.01,'
        b'"search_context_size_high":0.01},"input_cost_per_token_flex":0.0000001,'
        b'"input_cost_per_token_above_200k_tokens_priority":0.0000009,'
        b'"supports_function_calling":true,"supports_tool_choice":true,"supports_response_schema":true,'
        b'"supports_reasoning":true,"supports_web_search":true,"supports_vision":true,"supports_pdf_input":true,'
        b'"supports_prompt_caching":true,"supported_modalities":["text","image","file"],'
        b'"supported_output_modalities":["text"],"supported_endpoints":["/v1/chat/completions"],'
        b'"deprecation_date":"2027-03-01","source":"https://docs.acme.example"}}'
    )


def test_a_price_that_does_not_exist_is_no_zero() -> None:
    make_model("none", prices={})
    make_model("free", prices={}, has_free_variant=True)
    document = written("litellm")
    assert not any("cost" in key for key in document["none"])
    assert document["free"]["input_cost_per_token"] == document["free"]["output_cost_per_token"] == 0


def test_speech_is_charged_by_the_characters_that_are_read() -> None:
    model = make_model(output_modalities=["speech"], prices={})
    make_price(model, "speech_output", "0.000015", unit="character")
    item = written("litellm")["acme/one"]
    assert (item["mode"], item["input_cost_per_character"]) == ("audio_speech", "0.000015")


@needs_litellm
def test_every_cost_key_is_one_that_litellm_knows() -> None:
    package = Path(str(distribution("litellm").locate_file("litellm")))  # not imported: that takes seconds
    known = (package / "types/utils.py").read_text() + (package / "model_prices_and_context_window_backup.json").read_text()
    unknown = [key for key in COSTS if key not in known]
    assert unknown == []
