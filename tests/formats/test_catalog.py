"""The standard catalog: OpenAI's list, with everything."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import AIModel, ParameterDescriptor
from tests.factories import make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db


def one(client: Client, model_id: str = "acme/one") -> dict[str, Any]:
    answer = client.get(f"/v1/models/{model_id}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_a_whole_record(client: Client) -> None:
    make_model("acme/two", name="Two")
    model = make_model(
        author="acme",
        description="Text.",
        aliases=["one", "acme-1"],
        hugging_face_id="acme/One",
        input_modalities=["text", "image"],
        max_prompt_length=100_000,
        supported_sampling_parameters=["temperature", "seed"],
        supported_features=["tools", "json_mode", "reasoning"],
        knowledge_cutoff=date(2025, 6, 1),
        deprecation_at=datetime(2099, 3, 1, 13, tzinfo=UTC),
        replacement=AIModel.objects.get(),
        datacenters=(make_datacenter(), make_datacenter("hel1", name="Helsinki", country="FI")),
        prices={"prompt": "0.0000002", "completion": "0.0000008", "input_cache_read": "0.00000005"},
    )
    make_price(model, "prompt", "0.0000004", min_prompt_tokens=128_000)
    make_price(model, "completion", "0.000001", min_prompt_tokens=256_000)
    make_price(model, "prompt", "0.0000001", service_tier="flex")
    make_price(model, "completion", "0.3", utc_start=800, utc_end=1630, utc_days=["monday"])
    make_price(model, "request", "0.01", unit="request")
    rows: list[dict[str, Any]] = [
        {"name": "temperature", "type": "range", "minimum": 0, "maximum": 2, "default": 0.7},
        {"name": "reasoning_effort", "type": "enum", "values": ["low", "high"], "default": "low"},
    ]
    ParameterDescriptor.objects.bulk_create([ParameterDescriptor(ai_model=model, **row) for row in rows])
    assert client.get("/v1/models/acme/one").content == (
        b'{"id":"acme/one","object":"model","created":1767225600,"owned_by":"acme","display_name":"Acme One",'
        b'"description":"Text.","provider":"acme","category":"text","input_modalities":["text","image"],'
        b'"output_modalities":["text"],"capabilities":{"tool_calling":true,"reasoning":true,"web_search":false,'
        b'"vision":true,"audio_input":false,"video_input":false},"features":["reasoning","function_calling","json_mode",'
        b'"vision","multimodal","cache"],"structured_output":"json_object","context_length":131072,'
        b'"max_prompt_tokens":100000,"max_output_tokens":32768,"quantization":"fp8","is_moderated":false,'
        b'"hugging_face_id":"acme/One","model_released_at":"2026-01-01","knowledge_cutoff":"2025-06-01","status":"deprecated",'
        b'"deprecation_date":"2099-03-01","replacement":"acme/two","served_from":"Germany (Frankfurt), Finland (Helsinki)",'
        b'"datacenters":[{"name":"Frankfurt","country_code":"DE"},{"name":"Helsinki","country_code":"FI"}],'
        b'"endpoints":["/v1/chat/completions"],"aliases":["one","acme-1"],"has_free_variant":false,"pricing":['
        b'{"prompt":"0.0000002","completion":"0.0000008","input_cache_read":"0.00000005","request":"0.01"},'
        b'{"prompt":"0.0000004","completion":"0.0000008","input_cache_read":"0.00000005","request":"0.01",'
        b'"min_context":128001},'
        b'{"prompt":"0.0000004","completion":"0.000001","input_cache_read":"0.00000005","request":"0.01",'
        b'"min_context":256001}],"pricing_rows":['
        b'{"charge":"Prompt","spec":"per 1M tokens","unit":"token","rate":"$0.2","usd":"0.2","per":1000000},'
        b'{"charge":"Prompt","spec":"per 1M tokens, for prompts above 128,000 tokens","unit":"token","rate":"$0.4",'
        b'"usd":"0.4","per":1000000},'
        b'{"charge":"Completion","spec":"per 1M tokens","unit":"token","rate":"$0.8","usd":"0.8","per":1000000},'
        b'{"charge":"Completion","spec":"per 1M tokens, 08:00 to 16:30 UTC, on Monday","unit":"token","rate":"$300000",'
        b'"usd":"300000","per":1000000},'
        b'{"charge":"Completion","spec":"per 1M tokens, for prompts above 256,000 tokens","unit":"token","rate":"$1",'
        b'"usd":"1","per":1000000},'
        b'{"charge":"Cache read","spec":"per 1M tokens","unit":"token","rate":"$0.05","usd":"0.05","per":1000000},'
        b'{"charge":"Request","spec":"per request","unit":"request","rate":"$0.01","usd":"0.01","per":1},'
        b'{"charge":"Prompt","spec":"per 1M tokens, flex tier","unit":"token","rate":"$0.1","usd":"0.1","per":1000000,'
        b'"service_tier":"flex"}],"supported_parameters":['
        b'{"name":"temperature","type":"number","required":false,"default":0.7,"min":0,"max":2},'
        b'{"name":"seed","type":"integer"},'
        b'{"name":"reasoning_effort","type":"enum","required":false,"default":"low","options":["low","high"]}],'
        b'"default_params":{"reasoning_effort":"low","temperature":0.7}}'
    )


def test_a_free_variant_is_found_by_its_name_too(client: Client) -> None:
    make_model("acme/one", has_free_variant=True, aliases=["uno"])
    make_model("acme/two")
    for name in ("acme/one:free", "uno:free"):
        assert client.get(f"/v1/models/{name}").json()["id"] == "acme/one"
    assert client.get("/v1/models/acme/two:free").status_code == 404


def test_the_record_is_the_lists_item(client: Client) -> None:
    make_model("a/b:c.d@e+f")
    (item,) = client.get("/v1/models").json()["data"]
    assert item == one(client, "a/b:c.d@e+f")
    assert item == one(client, "a%2Fb%3Ac.d%40e%2Bf")


def test_a_model_without_prices_is_in_the_list(client: Client) -> None:
    make_model("acme/one", prices={})
    assert one(client)["pricing"] == {}
    assert one(client)["pricing_rows"] == []


def test_an_alias_finds_its_model_and_an_id_comes_first(client: Client) -> None:
    make_model("acme/one", aliases=["uno"])
    assert one(client, "uno")["id"] == "acme/one"
    assert client.get("/v1/models/acme").status_code == 404


@pytest.mark.parametrize("path", ["nothing", "acme/one/", "a/../b", "%00", "x" * 3000])
def test_an_unknown_id_is_404_in_the_envelope(client: Client, path: str) -> None:
    make_model()
    answer = client.get(f"/v1/models/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == 404


def test_status_moves_with_time_alone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model("acme/one")
    assert one(client)["status"] == "available"
    AIModel.objects.update(is_ready=False)
    assert one(client)["status"] == "not_ready"
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    AIModel.objects.update(is_ready=True, deprecation_at=hour)
    assert one(client)["status"] == "deprecated"
    from catalog.listing import reading, revision

    later = revision()._replace(now=hour)
    monkeypatch.setattr(reading, "revision", lambda using: later)
    assert one(client)["status"] == "retired"


def test_one_record_has_an_etag(client: Client) -> None:
    make_listed()
    first = client.get("/v1/models/acme/one")
    again = client.get("/v1/models/acme/one", headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 304
