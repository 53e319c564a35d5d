"""OpenRouter's flat feed on the wire, as bytes."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.formats import FORMATS
from catalog.models import AIModel, Price
from catalog.publication import render
from tests.examples import examples
from tests.factories import make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db
FEED = "/v1/models?format=openrouter"

QWEN = (
    b'{"id":"qwen3-5-9b","hugging_face_id":"Qwen/Qwen3.5-9B","name":"Qwen3.5 9B","created":1778976000,'
    b'"input_modalities":["text","image","video"],"output_modalities":["text"],"quantization":"fp8",'
    b'"context_length":262144,"max_output_length":32768,"pricing":{"prompt":"0.00000009","completion":"0.00000013",'
    b'"image":"0","request":"0","input_cache_read":"0.000000045"},"supported_sampling_parameters":["temperature","top_p",'
    b'"top_k","min_p","frequency_penalty","presence_penalty","repetition_penalty","stop","seed","max_tokens","logit_bias"],'
    b'"supported_features":["tools","json_mode","structured_outputs","reasoning"],"is_ready":true,'
    b'"openrouter":{"slug":"qwen/qwen3.5-9b"},"datacenters":[{"country_code":"JP"}]}'
)


def get_entries(client: Client) -> list[dict[str, Any]]:
    answer = client.get(FEED)
    assert answer.status_code == 200
    jsonschema_rs.validate(FORMATS["openrouter"].schema, answer.json())
    entries: list[dict[str, Any]] = answer.json()["data"]
    return entries


def seed_entry(shared: Path) -> dict[str, Any]:
    """The example in the seed's documentation, whose lines are numbered."""
    lines = (shared / "spec/seeds/000_ea3260ca1fb87266.txt").read_text().splitlines()
    start = lines.index("1{")
    numbered = [line.lstrip("0123456789") for line in lines[start : start + 50]]
    entry: dict[str, Any] = json.loads("".join(numbered))["data"][0]
    return entry


def test_an_empty_catalog_is_an_empty_list(client: Client) -> None:
    answer = client.get(FEED)
    assert (answer.status_code, answer.content) == (200, b'{"data":[]}')


def test_the_sample_catalogs_qwen_is_the_seeds_byte_for_byte(client: Client) -> None:
    call_command("load_sample", verbosity=0)
    body = client.get(FEED).content
    assert QWEN in body
    jsonschema_rs.validate(FORMATS["openrouter"].schema, json.loads(body))


def test_the_expected_qwen_is_the_seed(shared: Path) -> None:
    assert orjson.dumps(seed_entry(shared)) == QWEN


def test_a_whole_entry_with_every_optional_field(client: Client) -> None:
    model = make_listed(
        "acme/one:beta",
        name="Acme “One” 🚀",
        hugging_face_id="acme/One",
        description="Line one.\nLine two.",
        deprecation_at=datetime(2027, 3, 1, 15, tzinfo=UTC),
        is_ready=False,
        discount_to_user=Decimal("-0.050"),
        capacity_tpm=5_000_000,
        openrouter_slug="acme/one",
        datacenters=(make_datacenter("fra1"), make_datacenter("fra2"), make_datacenter("tyo", country="JP")),
        prices={"prompt": "0.00000010", "completion": "0.000000123456789012345678", "input_cache_read": "0"},
    )
    make_price(model, "image", "0.002", unit="image")
    make_price(model, "request", "0.01", unit="request")
    make_price(model, "completion", "0.2", min_prompt_tokens=200_000)
    make_price(model, "prompt", "0.1", min_prompt_tokens=200_000)
    make_price(model, "prompt", "0.05", min_prompt_tokens=1000)
    make_price(model, "prompt", "0.3", utc_start=2200, utc_end=600, utc_days=["sunday", "monday"])
    make_price(model, "audio", "0.3")
    assert (
        client.get(FEED).content
        == (
            '{"data":[{"id":"acme/one:beta","hugging_face_id":"acme/One","name":"Acme “One” 🚀","created":1767225600,'
            '"input_modalities":["text"],"output_modalities":["text"],"quantization":"fp8","context_length":131072,'
            '"max_output_length":32768,"pricing":{"prompt":"0.0000001","completion":"0.000000123456789012345678",'
            '"image":"0.002","request":"0.01","input_cache_read":"0","overrides":['
            '{"utc_start":2200,"utc_end":600,"utc_days":["monday","sunday"],"prompt":"0.3"},'
            '{"min_prompt_tokens":1000,"prompt":"0.05"},'
            '{"min_prompt_tokens":200000,"prompt":"0.1","completion":"0.2"}]},'
            '"supported_sampling_parameters":[],"supported_features":[],"description":"Line one.\\nLine two.",'
            '"deprecation_date":"2027-03-01T15:00:00Z","is_ready":false,"discount_to_user":-0.05,"capacity_tpm":5000000,'
            '"openrouter":{"slug":"acme/one"},"datacenters":[{"country_code":"DE"},{"country_code":"JP"}]}]}'
        ).encode()
    )
    get_entries(client)


def test_a_deprecation_at_13_utc_is_a_date(client: Client) -> None:
    make_listed(deprecation_at=datetime(2027, 3, 1, 13, tzinfo=UTC))
    assert get_entries(client)[0]["deprecation_date"] == "2027-03-01"


def test_a_free_variant_and_a_tier_are_entries_of_their_own(client: Client) -> None:
    model = make_listed(has_free_variant=True)
    make_price(model, "prompt", "0.00000005", service_tier="flex")
    make_price(model, "completion", "0.00000006", service_tier="flex")
    paid, flex, free = get_entries(client)
    assert paid["id"] == flex["id"] == free["id"]
    assert "service_tier" not in paid
    assert "is_free" not in paid
    assert flex["service_tier"] == "flex"
    assert flex["pricing"] == {"prompt": "0.00000005", "completion": "0.00000006", "image": "0", "request": "0"}
    assert free["is_free"] is True
    assert free["pricing"] == {"prompt": "0", "completion": "0", "image": "0", "request": "0"}


def test_cached_tokens_are_never_sold_for_nothing_by_omission(client: Client) -> None:
    make_listed()
    assert "input_cache_read" not in get_entries(client)[0]["pricing"]


@pytest.mark.parametrize("format_name", ["openrouter", "wandb"])
def test_an_embedding_model_has_every_required_key_in_the_flat_feeds(format_name: str) -> None:
    make_listed(output_modalities=["embeddings"], max_output_length=None, prices={"prompt": "0.00000001"})
    document = json.loads(render(format_name).body)
    jsonschema_rs.validate(FORMATS[format_name].schema, document)
    (entry,) = document["data"]
    assert (entry["max_output_length"], entry["context_length"]) == (131072, 131072)
    assert (entry["pricing"]["prompt"], entry["pricing"]["completion"]) == ("0.00000001", "0")


def test_unlisted_models_and_private_notes_are_absent(client: Client) -> None:
    make_model("hidden")
    make_listed("seen", notes="the margin is 40 %")
    body = client.get(FEED).content
    assert b"hidden" not in body
    assert b"margin" not in body


def test_a_scheduled_price_is_served_from_its_moment_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_listed()
    moment = timezone.now() + timedelta(hours=1)
    make_price(model, "prompt", "0.00000077", effective_from=moment)
    assert get_entries(client)[0]["pricing"]["prompt"] == "0.0000001"
    from catalog.listing import reading, revision

    later = revision()._replace(now=moment)
    monkeypatch.setattr(reading, "revision", lambda using: later)
    assert get_entries(client)[0]["pricing"]["prompt"] == "0.00000077"


def test_export_writes_the_feeds_bytes(client: Client, tmp_path: Path) -> None:
    make_listed(has_free_variant=True)
    call_command("export_models", format="openrouter", output=tmp_path / "feed.json")
    assert (tmp_path / "feed.json").read_bytes() == client.get(FEED).content


@settings(max_examples=examples(40, 120), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.decimals(min_value=0, max_value=Decimal(10) ** 12 - 1, places=24, allow_nan=False, allow_infinity=False))
def test_any_price_goes_from_column_to_wire_digit_for_digit(db: None, usd: Decimal) -> None:
    model = make_model(f"m{AIModel.objects.count()}", prices={"completion": "0"})
    Price.objects.create(ai_model=model, kind="prompt", usd=usd)
    AIModel.objects.filter(pk=model.pk).update(is_listed_on_openrouter=True)
    written = {entry["id"]: entry["pricing"]["prompt"] for entry in json.loads(render("openrouter").body)["data"]}
    text = written[model.model_id]
    assert Decimal(text) == usd
    assert "E" not in text.upper()
    assert text == "0" or "." not in text or text[-1] != "0"


def test_every_real_price_goes_to_the_wire_as_the_text_it_was(shared: Path, client: Client) -> None:
    texts = set()
    for path in sorted((shared / "data").glob("openrouter_api_v1_models_*.json")):
        for model in json.loads(path.read_text())["data"]:
            texts |= {text for text in model["pricing"].values() if isinstance(text, str) and not text.startswith("-")}
    assert len(texts) > 200
    amounts = sorted({Decimal(text) for text in texts})
    models = AIModel.objects.bulk_create([AIModel(**complete(f"m{number}")) for number in range(len(amounts))])
    Price.objects.bulk_create(
        [Price(ai_model=model, kind="prompt", usd=usd) for model, usd in zip(models, amounts, strict=True)]
        + [Price(ai_model=model, kind="completion", usd=0) for model in models]
    )
    AIModel.objects.update(is_listed_on_openrouter=True)
    served = {int(entry["id"][1:]): entry["pricing"]["prompt"] for entry in get_entries(client)}
    # Trailing zeros are the source's own; every other price comes out as the text it was.
    plain = {text for text in texts if "." not in text or text[-1] != "0"}
    for number, usd in enumerate(amounts):
        assert Decimal(served[number]) == usd
    assert plain <= set(served.values())


def complete(model_id: str) -> dict[str, Any]:
    return {
        "model_id": model_id,
        "name": model_id,
        "released_at": datetime(2026, 1, 1, tzinfo=UTC),
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "quantization": "fp8",
        "context_length": 1,
        "max_output_length": 1,
    }
