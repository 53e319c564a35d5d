"""What holds for every format, whatever its shape."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings

from catalog.formats import CHOSEN_BY_QUERY, FORMATS
from catalog.formats.format import Format
from catalog.models import AIModel, ApiKey
from catalog.publication import render
from tests.examples import examples
from tests.factories import make_listed, make_model, make_price
from tests.formats.common import written
from tests.strategies import catalogs, stored

pytestmark = pytest.mark.django_db
ALL = pytest.mark.parametrize("name", list(FORMATS))


def address(format_: Format) -> str:
    if format_.name == "openrouter-api":
        return f"{format_.path}?output_modalities=all"  # without it, that API lists models that give text
    return f"/v1/models?format={format_.name}" if format_.name in CHOSEN_BY_QUERY else format_.path


def get(client: Client, name: str) -> Any:
    _, key = ApiKey.objects.create_key(name="test")
    return client.get(address(FORMATS[name]), headers={"authorization": f"Bearer {key}"})


@ALL
def test_an_empty_catalog_is_a_whole_document(client: Client, name: str) -> None:
    answer = get(client, name)
    assert answer.status_code == 200
    jsonschema_rs.validate(FORMATS[name].schema, answer.json())


@ALL
def test_the_sample_keeps_the_schema_and_comes_by_its_route(client: Client, name: str) -> None:
    call_command("load_sample", verbosity=0)
    assert written(name)
    assert get(client, name).content == render(name).body


@ALL
def test_prices_have_every_digit_and_no_exponent(name: str) -> None:
    make_listed("a/b:c", prices={"prompt": "0.00000000000000000000123", "completion": "0.0000002"})
    body = render(name).body.decode()
    digits = "0.00000000000000123" if name == "models-dev" else "0.00000000000000000000123"
    if name == "app":  # it lists nothing while the provider's address is not known
        assert '"models":[]' in body
        return
    assert re.search(rf'[":]{digits}[",}}]', body)
    assert not re.search(r"\d[eE][+-]?\d", re.sub(r'"[^"]*[a-zA-Z_][^"]*"', "", body))


VALIDATORS = {name: jsonschema_rs.validator_for(format_.schema) for name, format_ in FORMATS.items()}


@settings(max_examples=examples(25, 100), deadline=None, suppress_health_check=list(HealthCheck))
@given(catalog=catalogs())
def test_any_catalog_keeps_the_schema_of_every_format(catalog: Any) -> None:
    with stored(catalog):
        for name, validator in VALIDATORS.items():
            validator.validate(json.loads(render(name).body))


@ALL
def test_unlisted_and_private_models_are_where_they_belong(name: str) -> None:
    call_command("load_sample", verbosity=0)
    AIModel.objects.filter(model_id="phi-4").update(is_public=False)
    body = render(name).body
    is_feed = name in ("openrouter", "openrouter-v2", "wandb")
    assert (b'"phi-4"' in body) is is_feed
    assert (b'"flux.1-schnell"' in body) is not is_feed


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("openrouter", "openrouter-v2", "wandb")])
def test_a_public_model_that_lacks_almost_everything_breaks_nothing(name: str) -> None:
    call_command("load_sample", verbosity=0)
    make_model(
        "bare",
        prices={},
        released_at=None,
        input_modalities=[],
        output_modalities=[],
        quantization=None,
        context_length=None,
        max_output_length=None,
    )
    make_model("free", prices={}, has_free_variant=True)
    flex = make_model("flex", prices={})
    make_price(flex, "prompt", "1", service_tier="flex")
    written(name)


@pytest.mark.slow
def test_ten_thousand_models_take_as_many_queries_as_one(client: Client, django_assert_num_queries: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SET LOCAL session_replication_role = replica;  -- without the checks at commit, 50,000 of which take a minute
            INSERT INTO catalog_aimodel (model_id, name, author, hugging_face_id, openrouter_slug, description, category,
                released_at, input_modalities, output_modalities, context_length, max_output_length, quantization, tokenizer,
                instruct_type, supported_sampling_parameters, supported_features, is_moderated, has_free_variant, is_ready,
                is_public, is_listed_on_openrouter, notes)
            SELECT 'acme/' || n, 'Model ' || n, '', '', '', '', 'text', now(), '{text}', '{text}', 8192, 4096, 'fp8', '', '',
                '{}', '{}', false, false, true, true, false, '' FROM generate_series(1, 10000) AS n;
            INSERT INTO catalog_price (ai_model_id, kind, unit, usd, service_tier, utc_days, effective_from)
            SELECT id, kind, 'token', 0.000001, 'default', '{}', '2026-01-01'
            FROM catalog_aimodel CROSS JOIN (VALUES ('prompt'), ('completion')) AS kinds (kind);
            UPDATE catalog_aimodel SET is_listed_on_openrouter = true;
            SET LOCAL session_replication_role = origin;
            INSERT INTO catalog_provider (id, slug, name, headquarters, api_base_url, docs_url, privacy_policy_url,
                terms_of_service_url, status_page_url) VALUES (1, 'acme', 'Acme', '', 'https://a.example', '', '', '', '');
            ANALYZE catalog_aimodel, catalog_price;  -- the server does so by itself, within a minute
            """
        )
    for name in FORMATS:
        with django_assert_num_queries(10):
            assert render(name).body.count(b"acme/10000") >= 1
    for question in ("", "?supported_parameters=tools", "?q=acme/77&sort=newest&limit=3&offset=2"):
        with django_assert_num_queries(10):
            assert client.get(f"/api/v1/models{question}").status_code == 200


def test_what_a_format_has_no_word_for_is_said_at_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = make_listed()
    make_price(model, "audio", "1")
    for name in ("openrouter", "openrouter-v2", "wandb"):
        call_command("export_models", format=name, output=tmp_path / "out")
        said = capsys.readouterr().err
        assert "  The price for audio per token has no" in said.replace("belongs to the audio modality", "has no")
        assert "  category has no key in this format. acme/one\n" in said


@ALL
def test_nothing_names_a_model_that_is_not_public(client: Client, name: str) -> None:
    secret, known = make_model("acme/secret", name="Coming Soon", is_public=False), make_model("acme/known", name="Known")
    make_listed("acme/one", replacement=secret)
    make_listed("acme/two", replacement=known)
    body = get(client, name).content
    assert b"secret" not in body
    assert b"Coming Soon" not in body
    if '"replacement"' in json.dumps(FORMATS[name].schema):
        assert b'"replacement":"acme/known"' in body
