"""Model Document V2 on the wire: bytes, the published schema, and the rules that the schema does not hold."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings

from catalog.formats import FORMATS
from catalog.models import ParameterDescriptor
from catalog.openrouter.document_rules import violations
from catalog.publication import render
from tests.examples import examples
from tests.factories import make_datacenter, make_listed, make_price
from tests.openrouter.reading import document_validator
from tests.strategies import catalogs, stored

pytestmark = pytest.mark.django_db
FEED = "/v1/models?format=openrouter-v2"


@pytest.fixture(scope="session")
def published(shared: Path) -> Any:
    """OpenRouter's schema of one document."""
    return document_validator((shared / "spec/provider-monitor-schema-v2.openapi.json").read_text())


def documents(body: bytes) -> list[dict[str, Any]]:
    document = json.loads(body)
    jsonschema_rs.validate(FORMATS["openrouter-v2"].schema, document)
    found: list[dict[str, Any]] = document["data"]
    return found


def one(client: Client) -> dict[str, Any]:
    (document,) = documents(client.get(FEED).content)
    return document


def test_an_embedding_model_has_no_length_and_no_price_at_its_output(client: Client, published: Any) -> None:
    make_listed(output_modalities=["embeddings"], max_output_length=None, prices={"prompt": "0.00000001"})
    document = one(client)
    published.validate(document)
    assert document["output_modalities"] == [{"type": "embeddings", "supported_parameters": {}}]
    assert document["input_modalities"][0]["pricing"] == [{"type": "prompt", "unit": "token", "cost_usd": "0.00000001"}]


def test_a_whole_document_with_everything(client: Client) -> None:
    model = make_listed(
        "acme/one:beta",
        hugging_face_id="acme/One",
        tokenizer="GPT",
        description="Text.",
        input_modalities=["image", "text"],
        max_prompt_length=100_000,
        supported_sampling_parameters=["temperature", "stop"],
        supported_features=["tools", "json_mode"],
        capacity_tpm=5_000_000,
        discount_to_user=Decimal("0.10"),
        openrouter_slug="acme/one",
        is_ready=False,
        deprecation_at=datetime(2027, 3, 1, 15, tzinfo=UTC),
        datacenters=(make_datacenter("fra1", region="eu-central-1"), make_datacenter("tyo", country="JP")),
        prices={"prompt": "0.0000002", "completion": "0.00000012345678901234567", "input_cache_write": "0"},
    )
    make_price(model, "prompt", "0.0000004", min_prompt_tokens=128_000)
    make_price(model, "prompt", "0.0000008", min_prompt_tokens=256_000)
    make_price(model, "completion", "0.3", utc_start=2200, utc_end=600, utc_days=["sunday", "monday"])
    make_price(model, "input_cache_write", "0.00001", cache_ttl_seconds=3600)
    make_price(model, "image", "0.002", unit="image")
    make_price(model, "request", "0.01", unit="request")
    make_price(model, "web_search", "0.004", unit="search")
    rows: list[dict[str, Any]] = [
        {"name": "temperature", "type": "range", "minimum": 0, "maximum": Decimal("2.50"), "default": 0.7},
        {"name": "reasoning_effort", "type": "enum", "values": ["low", 3], "default": "low"},
        {"name": "filter", "type": "boolean", "default": True, "is_passthrough": True},
        {"name": "top_k", "type": "integer"},
    ]
    ParameterDescriptor.objects.bulk_create([ParameterDescriptor(ai_model=model, **row) for row in rows])
    documents(client.get(FEED).content)
    assert client.get(FEED).content == (
        b'{"data":[{"schema_version":"2.4","id":"acme/one:beta","hugging_face_id":"acme/One","name":"Acme One",'
        b'"created":1767225600,"quantization":"fp8","tokenizer":"GPT","description":"Text.","input_modalities":['
        b'{"type":"text","supported_inputs":{"max_context_length":{"value":131072,"unit":"token"},'
        b'"max_prompt_length":{"value":100000,"unit":"token"}},"pricing":['
        b'{"type":"prompt","unit":"token","cost_usd":"0.0000002","overrides":['
        b'{"when":{"prompt_tokens":{"gte":128001}},"cost_usd":"0.0000004"},'
        b'{"when":{"prompt_tokens":{"gte":256001}},"cost_usd":"0.0000008"}]},'
        b'{"type":"cache_write","unit":"token","cost_usd":"0"},'
        b'{"type":"cache_write","unit":"token","cost_usd":"0.00001","ttl_seconds":3600}],'
        b'"capacity":[{"type":"prompt","unit":"token","per":"minute","value":5000000}]},'
        b'{"type":"image","pricing":[{"type":"prompt","unit":"image","cost_usd":"0.002"}]}],'
        b'"output_modalities":[{"type":"text","max_length":{"value":32768,"unit":"token"},"supported_parameters":{'
        b'"temperature":{"type":"range","min":0,"max":2.5,"default":0.7},"stop":{"type":"array"},'
        b'"tools":{"type":"boolean"},"response_format":{"type":"object","properties":{"type":{"type":"enum",'
        b'"values":["json_object"]}}},"reasoning_effort":{"type":"enum","default":"low","values":["low",3]}},'
        b'"pricing":[{"type":"completion","unit":"token","cost_usd":"0.00000012345678901234567"},'
        b'{"type":"completion","unit":"token","cost_usd":"0.3","utc_start":2200,"utc_end":600,'
        b'"utc_days":["monday","sunday"]}]}],'
        b'"pricing":[{"type":"request","unit":"request","cost_usd":"0.01"},'
        b'{"type":"web_search","unit":"search","cost_usd":"0.004"}],'
        b'"passthrough_parameters":{"filter":{"type":"boolean","default":true}},'
        b'"deprecation_date":"2027-03-01T15:00:00Z","is_ready":false,"discount_to_user":0.1,'
        b'"openrouter":{"slug":"acme/one"},'
        b'"datacenters":[{"country_code":"DE","region":"eu-central-1"},{"country_code":"JP"}]}]}'
    )


def test_what_is_unset_is_left_out(client: Client) -> None:
    make_listed(prices={"prompt": "0", "completion": "0"})
    document = one(client)
    assert set(document) == {
        "schema_version",
        "id",
        "name",
        "created",
        "quantization",
        "input_modalities",
        "output_modalities",
        "is_ready",
    }
    # free of charge is a price, and is written
    assert document["input_modalities"][0]["pricing"] == [{"type": "prompt", "unit": "token", "cost_usd": "0"}]
    assert document["output_modalities"][0]["supported_parameters"] == {}


def test_tiers_and_the_free_variant_are_documents_of_their_own(client: Client) -> None:
    model = make_listed(has_free_variant=True)
    for kind in ("prompt", "completion"):
        make_price(model, kind, "0.00000005", service_tier="flex")
    paid, flex, free = documents(client.get(FEED).content)
    assert [document["id"] for document in (paid, flex, free)] == ["acme/one"] * 3
    assert "service_tier" not in paid
    assert flex["service_tier"] == "flex"
    assert free["is_free"] is True
    assert "pricing" not in free["input_modalities"][0]
    assert "is_free" not in paid


def test_a_model_without_text_carries_what_it_charges_by_the_token(client: Client) -> None:
    make_listed(input_modalities=["audio"], output_modalities=["transcription"])
    document = one(client)
    assert document["input_modalities"][0]["pricing"][0]["cost_usd"] == "0.0000001"
    assert document["output_modalities"][0]["pricing"][0]["cost_usd"] == "0.0000002"


def test_of_prices_for_the_same_thing_the_modalitys_own_stands(client: Client) -> None:
    model = make_listed(input_modalities=["audio"], output_modalities=["transcription"])
    make_price(model, "audio", "0.0001", unit="second")
    (entry,) = one(client)["input_modalities"][0]["pricing"]
    assert (entry["unit"], entry["cost_usd"]) == ("second", "0.0001")


def test_the_sample_catalog_validates_against_the_published_schema(published: Any) -> None:
    call_command("load_sample", verbosity=0)
    found = documents(render("openrouter-v2").body)
    assert len(found) == 20
    for document in found:
        published.validate(document)
        assert list(violations(document)) == []


@settings(max_examples=examples(60, 300), deadline=None, suppress_health_check=list(HealthCheck))
@given(catalog=catalogs())
def test_every_document_that_can_be_produced_is_valid_and_keeps_the_rules(published: Any, catalog: Any) -> None:
    with stored(catalog):
        for document in documents(render("openrouter-v2").body):
            published.validate(document)
            assert list(violations(document)) == []


PRICE = {"type": "prompt", "unit": "token", "cost_usd": "0.1"}
WINDOW = {**PRICE, "utc_start": 800, "utc_end": 900}
SOUND: dict[str, Any] = {
    "schema_version": "2.4",
    "id": "a",
    "name": "A",
    "input_modalities": [{"type": "text", "pricing": [PRICE, WINDOW]}],
    "output_modalities": [{"type": "text", "supported_parameters": {"top_k": {"type": "integer", "min": 1}}}],
}


def broken(**changes: Any) -> dict[str, Any]:
    return {**SOUND, **changes}


def priced(*pricing: dict[str, Any]) -> dict[str, Any]:
    return broken(input_modalities=[{"type": "text", "pricing": list(pricing)}])


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (priced(PRICE, {**PRICE, "unit": "character"}), "input_modalities[0].pricing"),
        (priced(WINDOW, {**WINDOW, "implicit": False} | {"type": "prompt"}), "input_modalities[0].pricing"),
        (priced({**PRICE, "utc_start": 800, "utc_end": 800}), "input_modalities[0].pricing[0]"),
        (priced({**PRICE, "utc_start": 860, "utc_end": 900}), "input_modalities[0].pricing[0]"),
        (priced({**PRICE, "utc_days": ["monday", "monday"]}), "input_modalities[0].pricing[0]"),
        (priced({**PRICE, "cost_usd": "00.1"}), "input_modalities[0].pricing[0]"),
        (broken(pricing=[{"type": "request"} | PRICE, {"type": "request"} | PRICE]), "pricing"),
        (broken(input_modalities=[{"type": "text"}, {"type": "text"}]), "input_modalities"),
        (broken(deprecation_date="2027-01-01T15:30:00Z"), "deprecation_date"),
        (broken(passthrough_parameters={"x": {"type": "integer", "max": 1.5}}), "passthrough_parameters.x"),
        (
            broken(
                passthrough_parameters={"x": {"type": "object", "properties": {"y": {"type": "range", "min": 2, "max": 1}}}}
            ),
            "passthrough_parameters.x.y",
        ),
    ],
)
def test_the_rules_find_what_the_schema_lets_pass(document: dict[str, Any], path: str) -> None:
    assert [where for where, _ in violations(document)] == [path]


def test_a_sound_document_keeps_the_rules() -> None:
    assert list(violations(SOUND)) == []
