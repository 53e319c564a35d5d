"""OpenRouter's Models API: the shape, the questions it answers, and the siblings of the list."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from catalog import browsing
from catalog.models import AIModel, ParameterDescriptor, Provider
from tests.factories import make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db
LIST = "/api/v1/models"


def ids(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200, answer.content
    return [item["id"] for item in answer.json()["data"]]


def test_a_whole_record(client: Client) -> None:
    model = make_model(
        openrouter_slug="acme/one-2026",
        hugging_face_id="acme/One",
        description="Text.",
        input_modalities=["text", "image"],
        max_prompt_length=100_000,
        supported_sampling_parameters=["temperature", "seed"],
        supported_features=["tools", "json_mode", "logprobs"],
        tokenizer="Qwen3",
        knowledge_cutoff=date(2025, 6, 1),
        deprecation_at=datetime(2099, 3, 1, 15, tzinfo=UTC),
        discount_to_user=Decimal("0.1"),
        prices={"prompt": "0.0000002", "completion": "0.0000008", "input_cache_write": "0.000001"},
    )
    make_price(model, "input_cache_write", "0.000002", cache_ttl_seconds=3600)
    make_price(model, "image", "0.001", unit="image")
    make_price(model, "image", "0.0000005")
    make_price(model, "prompt", "0.0000004", min_prompt_tokens=128_000)
    make_price(model, "completion", "0.3", utc_start=800, utc_end=1630, utc_days=["monday"])
    rows: list[dict[str, Any]] = [
        {"name": "temperature", "type": "range", "default": 0.7},
        {"name": "reasoning_effort", "type": "unknown"},
        {"name": "voice", "type": "enum", "values": ["alloy"]},
    ]
    ParameterDescriptor.objects.bulk_create([ParameterDescriptor(ai_model=model, **row) for row in rows])
    assert client.get(LIST).content == (
        b'{"data":[{"id":"acme/one","canonical_slug":"acme/one-2026","hugging_face_id":"acme/One","name":"Acme One",'
        b'"created":1767225600,"description":"Text.","context_length":131072,"architecture":{"modality":"text+image->text",'
        b'"input_modalities":["text","image"],"output_modalities":["text"],"tokenizer":"Qwen3","instruct_type":null},'
        b'"pricing":{"prompt":"0.00000018","completion":"0.00000072","input_cache_write":"0.0000009",'
        b'"input_cache_write_1h":"0.0000018","image":"0.0009","image_token":"0.00000045","discount":0.1,"overrides":['
        b'{"utc_start":800,"utc_end":1630,"utc_days":["monday"],"completion":"0.27"},'
        b'{"min_prompt_tokens":128000,"prompt":"0.00000036"}]},'
        b'"top_provider":{"context_length":131072,"max_completion_tokens":32768,"is_moderated":false},'
        b'"per_request_limits":{"prompt_tokens":100000,"completion_tokens":32768},'
        b'"supported_parameters":["temperature","seed","tools","tool_choice","response_format","logprobs","top_logprobs",'
        b'"reasoning_effort"],"default_parameters":{"temperature":0.7,"top_p":null,"top_k":null,"frequency_penalty":null,'
        b'"presence_penalty":null,"repetition_penalty":null},"supported_voices":["alloy"],"knowledge_cutoff":"2025-06-01",'
        b'"expiration_date":"2099-03-01","links":{"details":"/api/v1/models/acme/one/endpoints"}}],'
        b'"total_count":1,"links":{"next":null}}'
    )


def test_the_early_seeds_example_comes_back_key_for_key(client: Client, shared: Path) -> None:
    text = (shared / "spec/seeds/004_9c0b42caa52dd201.txt").read_text()
    example = json.JSONDecoder().raw_decode(text[text.index("{\n") :])[0]["data"][0]
    model = make_model(max_prompt_length=1000, instruct_type="none", tokenizer="Router")
    make_price(model, "request", "0", unit="request")
    make_price(model, "image", "0", unit="image")
    (item,) = client.get(LIST).json()["data"]
    assert set(example) <= set(item)
    for key, value in example.items():
        assert type(item[key]) is type(value)
        if isinstance(value, dict):
            assert set(value) <= set(item[key])
    assert item["architecture"]["tokenizer"] == "Router"


def test_what_is_not_sold_is_left_out_or_minus_one(client: Client) -> None:
    make_model(prices={})
    assert client.get(LIST).json()["data"][0]["pricing"] == {"prompt": "-1", "completion": "-1"}


def test_a_free_variant_is_a_record_of_its_own(client: Client) -> None:
    make_model(has_free_variant=True, aliases=["uno"], openrouter_slug="acme/one-2026")
    make_model("only", prices={}, has_free_variant=True)
    assert ids(client) == ["acme/one", "acme/one:free", "only:free"]
    paid, free, _ = client.get(LIST).json()["data"]
    assert free["pricing"] == {"prompt": "0", "completion": "0"}
    assert (paid["name"], free["name"]) == ("Acme One", "Acme One (free)")
    for name, found in (
        ("acme/one", "acme/one"),
        ("uno", "acme/one"),
        ("acme/one-2026", "acme/one"),
        ("acme/one:free", "acme/one:free"),
        ("uno:free", "acme/one:free"),
        ("acme/one-2026:free", "acme/one:free"),
        ("only", "only:free"),
    ):
        assert client.get(f"/api/v1/model/{name}").json()["data"]["id"] == found
        assert client.get(f"/api/v1/models/{name}/endpoints").json()["data"]["id"] == found
    assert client.get("/api/v1/model/only:paid").status_code == 404


@pytest.fixture
def _three(db: None) -> None:
    make_model(
        "acme/small",
        name="Small",
        author="acme",
        tokenizer="GPT",
        context_length=8000,
        max_output_length=4000,
        released_at=timezone.now() - timedelta(days=10),
        supported_sampling_parameters=["temperature"],
        prices={"prompt": "0.0000001", "completion": "0.0000002"},
    )
    make_model(
        "beta/large",
        name="Large Ö",
        author="Beta",
        tokenizer="Qwen3",
        input_modalities=["text", "image"],
        released_at=timezone.now() - timedelta(days=100),
        supported_sampling_parameters=["temperature", "top_p"],
        supported_features=["tools"],
        prices={"prompt": "0.000002", "completion": "0.000008"},
    )
    make_model("gamma/draw", name="Draw", output_modalities=["image"], released_at=None, context_length=None, prices={})


@pytest.mark.usefixtures("_three")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["acme/small", "beta/large"]),
        ("output_modalities=all", ["acme/small", "beta/large", "gamma/draw"]),
        ("output_modalities=image", ["gamma/draw"]),
        ("output_modalities=text,image", []),
        ("output_modalities=", ["acme/small", "beta/large"]),
        ("supported_parameters=temperature", ["acme/small", "beta/large"]),
        ("supported_parameters=temperature,tools", ["beta/large"]),
        ("supported_parameters=tool_choice, top_p", ["beta/large"]),
        ("input_modalities=image", ["beta/large"]),
        ("q=LARGE ö", ["beta/large"]),
        ("q=acme/", ["acme/small"]),
        ("q=%00", []),
        ("context=8001", ["beta/large"]),
        ("context=8000", ["acme/small", "beta/large"]),
        ("min_price=0.1&max_price=0.1", ["acme/small"]),
        ("min_price=0.10000000000000000000001", ["beta/large"]),
        ("max_price=1e-1", ["acme/small"]),
        ("min_output_price=8", ["beta/large"]),
        ("max_output_price=0.2", ["acme/small"]),
        ("min_price=0&output_modalities=all", ["acme/small", "beta/large"]),
        ("min_age_days=50", ["beta/large"]),
        ("max_age_days=50", ["acme/small"]),
        ("arch=gpt", ["acme/small"]),
        ("arch=other&output_modalities=all", ["gamma/draw"]),
        ("model_authors=beta,nobody", ["beta/large"]),
        ("sort=newest&output_modalities=all", ["acme/small", "beta/large", "gamma/draw"]),
        ("sort=pricing-high-to-low&output_modalities=all", ["beta/large", "acme/small", "gamma/draw"]),
        ("sort=pricing-low-to-high&output_modalities=all", ["acme/small", "beta/large", "gamma/draw"]),
        ("sort=context-high-to-low&output_modalities=all", ["beta/large", "acme/small", "gamma/draw"]),
        ("limit=1", ["acme/small"]),
        ("limit=1&offset=1", ["beta/large"]),
        ("offset=2", []),
        ("nonsense=1&_=2", ["acme/small", "beta/large"]),
    ],
)
def test_a_question_is_answered(client: Client, query: str, found: list[str]) -> None:
    assert ids(client, query) == found


@pytest.mark.usefixtures("_three")
def test_pages_lead_to_the_next_and_count_all(client: Client) -> None:
    first = client.get(f"{LIST}?limit=1&q=a&output_modalities=all").json()
    assert (first["total_count"], len(first["data"])) == (3, 1)
    seen, address = [first["data"][0]["id"]], first["links"]["next"]
    while address:
        page = client.get(address).json()
        seen.append(page["data"][0]["id"])
        assert page["total_count"] == 3
        address = page["links"]["next"]
    assert seen == ["acme/small", "beta/large", "gamma/draw"]
    assert client.get(f"{LIST}?offset=0").json()["links"]["next"] is None


@pytest.mark.usefixtures("_three")
def test_count_takes_the_same_filters(client: Client) -> None:
    assert client.get(f"{LIST}/count").json() == {"data": {"count": 2}}
    assert client.get(f"{LIST}/count?output_modalities=all").json() == {"data": {"count": 3}}
    assert client.get(f"{LIST}/count?q=small").json() == {"data": {"count": 1}}
    assert client.get(f"{LIST}/count?context=0").status_code == 400


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("supported_parameters=magic", "supported_parameters"),
        ("output_modalities=smell", "output_modalities"),
        ("input_modalities=Text", "input_modalities"),
        ("context=0", "context"),
        ("context=", "context"),
        ("context=1.5", "context"),
        ("context=%EF%BC%91", "context"),
        ("min_price=-1", "min_price"),
        ("max_price=NaN", "max_price"),
        ("max_price=1e9999", "max_price"),
        ("sort=top-weekly", "sort"),
        ("offset=-1", "offset"),
        (f"offset={10**17 + 1}", "offset"),
        (f"context={10**17 + 1}", "context"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=1&limit=2", "limit"),
        ("use_rss=yes", "use_rss"),
        *((f"{name}=1", name) for name in browsing.UNKNOWN_HERE),
    ],
)
def test_a_bad_value_is_400_naming_the_parameter(client: Client, query: str, parameter: str) -> None:
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == 400
    assert error["message"].startswith(f"{parameter}: ")


def test_a_question_costs_no_query_of_its_own_and_has_an_etag(client: Client, django_assert_num_queries: Any) -> None:
    make_model()
    ids(client)
    for query in ("", "q=a&sort=newest", "limit=1"):
        with django_assert_num_queries(10):  # as many as a listing takes; see test_listing
            first = client.get(f"{LIST}?{query}")
        again = client.get(f"{LIST}?{query}", headers={"if-none-match": first.headers["ETag"]})
        assert again.status_code == 304


def test_a_slug_finds_the_one_model_that_has_it_and_never_anothers_id(client: Client) -> None:
    make_model("acme/one", openrouter_slug="maker/shared")
    make_model("acme/two", openrouter_slug="maker/shared")
    make_model("acme/three", openrouter_slug="acme/one")
    make_model("acme/four", openrouter_slug="maker/own")
    found = {name: client.get(f"/api/v1/model/{name}") for name in ("acme/one", "maker/shared", "maker/own")}
    assert found["acme/one"].json()["data"]["id"] == "acme/one"
    assert found["maker/shared"].status_code == 404
    assert found["maker/own"].json()["data"]["id"] == "acme/four"
    for model in client.get(LIST).json()["data"]:
        assert client.get(model["links"]["details"]).json()["data"]["id"] == model["id"]


def test_the_list_as_a_news_feed(client: Client) -> None:
    Provider.objects.create(name="Acme\x0b & Co\x01")
    make_model("old", name="<Old>\x0b", description="a\x08b & c", released_at=datetime(2024, 1, 1, tzinfo=UTC))
    make_model("acme/new:x", openrouter_slug="acme/new", released_at=datetime(2026, 1, 1, tzinfo=UTC))
    make_model("undated", released_at=None)
    answer = client.get(f"{LIST}?use_rss=true")
    assert answer.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    channel = ElementTree.fromstring(answer.content).find("channel")
    assert channel is not None
    assert channel.findtext("title") == "Acme & Co Models"
    assert [item.findtext("guid") for item in channel.iter("item")] == ["acme/new:x", "old", "undated"]
    newest, old, _ = channel.iter("item")
    assert newest.findtext("link") == "http://localhost/api/v1/models/acme/new:x/endpoints"
    assert (old.findtext("title"), old.findtext("description")) == ("<Old>", "ab & c")
    few = ElementTree.fromstring(client.get(f"{LIST}?use_rss=true&limit=1").content)
    assert [item.findtext("guid") for item in few.iter("item")] == ["acme/new:x"]


def test_endpoints_are_the_service_tiers(client: Client) -> None:
    Provider.objects.create(slug="acme", name="Acme")
    model = make_model(supported_features=["tools"], deprecation_at=datetime(2025, 1, 1, 13, tzinfo=UTC))
    make_price(model, "prompt", "0.00000005", service_tier="flex")
    default, flex = client.get("/api/v1/models/acme/one/endpoints").json()["data"]["endpoints"]
    assert (default["tag"], default["service_tier"], default["pricing"]["prompt"]) == ("acme/fp8", None, "0.0000001")
    assert (flex["tag"], flex["service_tier"], flex["pricing"]) == (
        "acme/flex",
        "flex",
        {"prompt": "0.00000005", "completion": "-1"},
    )
    assert default["name"] == "Acme | acme/one"
    assert default["status"] == -1  # it is retired
    assert default["supports_tool_choice"]["auto"] is True
    assert default["supports_diarization"] is False
    assert client.get("/api/v1/models/acme/two/endpoints").status_code == 404
    hears = make_model("acme/hears", input_modalities=["audio"], output_modalities=["transcription"])
    ParameterDescriptor.objects.create(ai_model=hears, name="diarization", type="boolean")
    (endpoint,) = client.get("/api/v1/models/acme/hears/endpoints").json()["data"]["endpoints"]
    assert endpoint["supports_diarization"] is True


def test_the_provider_with_and_without_its_facts(client: Client) -> None:
    make_listed(datacenters=(make_datacenter(), make_datacenter("hel1", country="FI")))
    (bare,) = client.get("/api/v1/providers").json()["data"]
    assert bare == {
        "name": "Provider",
        "slug": "provider",
        "privacy_policy_url": None,
        "terms_of_service_url": None,
        "status_page_url": None,
        "headquarters": None,
        "datacenters": ["DE", "FI"],
    }
    Provider.objects.create(slug="acme", name="Acme", headquarters="DE", status_page_url="https://status.acme.example")
    (known,) = client.get("/api/v1/providers").json()["data"]
    assert (known["slug"], known["headquarters"], known["status_page_url"]) == ("acme", "DE", "https://status.acme.example")


def test_a_changed_model_is_in_every_answer_at_once(client: Client) -> None:
    call_command("load_sample", verbosity=0)
    for path in (LIST, "/api/v1/model/phi-4", "/v1/models/phi-4", "/api/v1/models/phi-4/endpoints"):
        assert b'"Phi 4"' in client.get(path).content
    AIModel.objects.filter(model_id="phi-4").update(name="Phi four")
    for path in (LIST, "/api/v1/model/phi-4", "/v1/models/phi-4", "/api/v1/models/phi-4/endpoints"):
        assert b'"Phi four"' in client.get(path).content
