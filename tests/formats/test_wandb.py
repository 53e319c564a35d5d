"""W&B's route against its own OpenAPI document."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from catalog.models import AIModel
from tests.factories import make_datacenter, make_listed, make_price
from tests.formats.common import written

pytestmark = pytest.mark.django_db
ROUTE = "/inference/router/openrouter/models"


@pytest.fixture(scope="session")
def openapi(shared: Path) -> Any:
    """The schema of seed 002's answer."""
    text = (shared / "spec/seeds/002_3821f59e76468762.txt").read_text()
    block = text.split("````yaml", 1)[1].split("\n", 1)[1].split("````", 1)[0]
    schemas = yaml.safe_load(block.replace("#/components/schemas/", "#/$defs/"))["components"]["schemas"]
    return jsonschema_rs.validator_for({"$ref": "#/$defs/RouterOpenRouterModelsRes", "$defs": schemas})


def items(client: Client) -> list[dict[str, Any]]:
    answer = client.get(ROUTE)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_a_whole_item(client: Client) -> None:
    make_listed(
        hugging_face_id="acme/One",
        quantization="mxfp4",
        supported_sampling_parameters=["seed", "top_a", "repetition_penalty", "frequency_penalty", "max_tokens"],
        supported_features=["logprobs", "reasoning", "tools"],
        deprecation_at=datetime(2027, 3, 1, 15, tzinfo=UTC),
        datacenters=(make_datacenter(),),
    )
    assert client.get(ROUTE).content == (
        b'{"data":[{"id":"acme/one","hugging_face_id":"acme/One","name":"Acme One","created":1767225600,'
        b'"input_modalities":["text"],"output_modalities":["text"],"quantization":"fp4","context_length":131072,'
        b'"max_output_length":32768,"pricing":{"prompt":"0.0000001","completion":"0.0000002","image":"0","request":"0",'
        b'"input_cache_read":"0.0000001"},"supported_sampling_parameters":["repetition_penalty","frequency_penalty","seed"],'
        b'"supported_features":["tools","reasoning"],"datacenters":[{"country_code":"DE"}],'
        b'"deprecation_date":"2027-03-01"}]}'
    )


def test_a_cached_token_without_a_price_costs_what_a_prompt_token_costs(client: Client) -> None:
    model = make_listed()
    assert items(client)[0]["pricing"]["input_cache_read"] == "0.0000001"
    make_price(model, "input_cache_read", "0")
    assert items(client)[0]["pricing"]["input_cache_read"] == "0"


def test_an_item_is_the_default_tier_and_ready(client: Client) -> None:
    model = make_listed(has_free_variant=True)
    make_price(model, "prompt", "1", service_tier="flex")
    make_price(model, "completion", "1", service_tier="flex")
    make_listed("free", prices={}, has_free_variant=True)
    paid, free = items(client)
    assert (paid["id"], paid["pricing"]["prompt"]) == ("acme/one", "0.0000001")
    assert set(free["pricing"].values()) == {"0"}
    assert "deprecation_date" not in paid
    AIModel.objects.filter(pk=model.pk).update(is_ready=False)
    assert [item["id"] for item in items(client)] == ["free"]


def test_the_sample_is_valid_by_the_seeds_document(openapi: Any) -> None:
    call_command("load_sample", verbosity=0)
    openapi.validate(written("wandb"))


def test_every_quantization_has_a_word_there(openapi: Any) -> None:
    for value in AIModel._meta.get_field("quantization").choices or ():
        make_listed(f"m-{value[0]}", quantization=value[0])
    document = written("wandb")
    openapi.validate(document)
    assert len(document["data"]) == 11
