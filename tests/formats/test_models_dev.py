"""models.dev's api.json."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import call_command

from catalog.models import ParameterDescriptor, Provider
from catalog.publication import render
from tests.factories import make_model, make_price
from tests.formats.common import written

pytestmark = pytest.mark.django_db


def test_a_whole_document() -> None:
    Provider.objects.create(
        slug="acme-ai", name="Acme", api_base_url="https://api.acme.example/v1", docs_url="https://docs.acme.example"
    )
    model = make_model(
        "acme/one:x",
        hugging_face_id="acme/One",
        description="Text.",
        input_modalities=["text", "file", "audio"],
        supported_features=["tools", "reasoning"],
        supported_sampling_parameters=["temperature"],
        max_prompt_length=100_000,
        knowledge_cutoff=date(2025, 6, 1),
        deprecation_at=datetime(2099, 1, 1, 13, tzinfo=UTC),
        prices={
            "prompt": "0.00000012345678901234567",
            "completion": "0.000002",
            "input_cache_read": "0",
            "internal_reasoning": "0.000003",
            "audio": "0.000004",
        },
    )
    make_price(model, "prompt", "0.0000004", min_prompt_tokens=200_000)
    make_price(model, "input_cache_read", "0.0000001", min_prompt_tokens=400_000)
    ParameterDescriptor.objects.create(ai_model=model, name="reasoning_effort", type="enum", values=["low", "odd", 3])
    assert render("models-dev").body == (
        b'{"acme-ai":{"id":"acme-ai","name":"Acme","npm":"@ai-sdk/openai-compatible","api":"https://api.acme.example/v1",'
        b'"env":["ACME_AI_API_KEY"],"doc":"https://docs.acme.example","models":{"acme/one:x":{"id":"acme/one:x",'
        b'"name":"Acme One","description":"Text.","attachment":true,"reasoning":true,"tool_call":true,'
        b'"structured_output":false,"temperature":true,"release_date":"2026-01-01","last_updated":"2026-01-01",'
        b'"modalities":{"input":["text","pdf","audio"],"output":["text"]},"open_weights":true,'
        b'"limit":{"context":131072,"output":32768,"input":100000},"knowledge":"2025-06-01",'
        b'"reasoning_options":[{"type":"effort","values":["low"]}],"status":"deprecated","cost":{'
        b'"input":0.12345678901234567,"output":2,"cache_read":0,"reasoning":3,"input_audio":4,"tiers":['
        b'{"input":0.4,"output":2,"cache_read":0,"tier":{"type":"context","size":200000}},'
        b'{"input":0.4,"output":2,"cache_read":0.1,"tier":{"type":"context","size":400000}}]}}}}}'
    )


@pytest.mark.parametrize(
    ("facts", "prices", "expected"),
    [
        ({"supported_features": ["reasoning"]}, {}, {"reasoning_options": [], "cost": None}),
        ({}, {"prompt": "1"}, {"cost": None, "reasoning_options": None}),
        ({}, {"prompt": "1", "completion": "0", "internal_reasoning": "1"}, {"cost": {"input": 1000000, "output": 0}}),
        (
            {"output_modalities": ["embeddings"], "max_output_length": None},
            {"prompt": "0.00000001"},
            {
                "modalities": {"input": ["text"], "output": ["text"]},
                "limit": {"context": 131072, "output": 0},
                "cost": {"input": "0.01", "output": 0},
            },
        ),
        ({"output_modalities": ["image"]}, {}, {"cost": None}),
        ({"has_free_variant": True}, {}, {"cost": {"input": 0, "output": 0}}),
    ],
)
def test_what_its_schema_demands(facts: dict[str, Any], prices: dict[str, str], expected: dict[str, Any]) -> None:
    make_model(prices=prices, **facts)
    item = written("models-dev")["provider"]["models"]["acme/one"]
    for key, value in expected.items():
        assert item.get(key) == value
    assert item["description"] == "Acme One, as Provider serves it."


def test_a_model_without_a_release_is_said_to_be_missing_and_half_a_cost_too(capsys: pytest.CaptureFixture[str]) -> None:
    make_model(released_at=None)
    make_model("two", prices={"prompt": "1"})
    assert list(written("models-dev")["provider"]["models"]) == ["two"]
    call_command("export_models", format="models-dev")
    said = capsys.readouterr().err
    assert "models.dev's list leaves out the model, because its schema requires a release date. acme/one\n" in said
    assert "has costs only for models with both a prompt and a completion price. two\n" in said


def test_what_is_left_out_of_many_models_names_the_first_and_counts_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(7):
        make_model(f"one-{number}", released_at=None)
    call_command("export_models", format="models-dev")
    assert "requires a release date. one-0, one-1, one-2, one-3, one-4 and 2 more\n" in capsys.readouterr().err
