"""The SDKs that read our lists do so, over a running server."""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import call_command

from catalog.models import AIModel
from catalog.publication import render
from tests.factories import make_model
from tests.packages import needs_litellm

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ODD = "a/b:c.d@e+f"


@pytest.fixture(autouse=True)
def _sample(transactional_db: None) -> None:
    call_command("load_sample", verbosity=0)
    make_model(ODD, description="Odd.", aliases=["odd"])


def ask(script: str, *arguments: str, given: bytes = b"") -> Any:
    """Run a client in a process of its own, so that its warnings and its global state stay there."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], input=given, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


OPENAI = """
import json, sys
from openai import NotFoundError, OpenAI
client = OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
models = list(client.models.list())
one = client.models.retrieve(sys.argv[2])
try:
    client.models.retrieve("nothing/here")
    missing = None
except NotFoundError as error:
    missing = error.body
print(json.dumps({"ids": [m.id for m in models], "types": [type(m).__name__ for m in models], "one": one.model_dump(),
                  "missing": missing}))
"""


def test_the_openai_sdk_lists_and_retrieves(live_server: Any) -> None:
    found = ask(OPENAI, f"{live_server.url}/v1", ODD)
    assert found["ids"] == sorted(AIModel.objects.values_list("model_id", flat=True))
    assert set(found["types"]) == {"Model"}
    assert found["one"]["id"] == ODD
    assert (found["one"]["object"], found["one"]["created"]) == ("model", 1767225600)
    assert found["one"]["pricing"]["prompt"] == "0.0000001"
    assert found["missing"]["code"] == 404


OPENROUTER = """
import json, sys
from openrouter import OpenRouter, errors
with OpenRouter(api_key="none", server_url=sys.argv[1]) as client:
    whole = client.models.list(output_modalities="all").result
    seen, page = [], client.models.list(limit=5, offset=0, output_modalities="all")
    while page is not None and page.result.data:
        seen += [m.id for m in page.result.data]
        page = page.next()
    tools = client.models.list(supported_parameters="tools", sort="pricing-low-to-high", max_price=0.2).result
    one = client.models.get(author="qwen", slug="qwen3.5-9b").data
    free = client.models.get(author="meta-llama", slug="llama-3.1-8b-instruct:free").data
    count = client.models.count(output_modalities="all").data.count
    endpoints = client.endpoints.list(author="openai", slug="gpt-oss-120b").data
    providers = client.providers.list().data
    try:
        client.models.get(author="no", slug="body")
        missing = None
    except errors.NotFoundResponseError as error:
        missing = str(error)
    try:
        client.models.list(sort="top-weekly")
        refused = None
    except errors.BadRequestResponseError as error:
        refused = str(error)
print(json.dumps({
    "ids": [m.id for m in whole.data], "total": whole.total_count, "seen": seen, "tools": [m.id for m in tools.data],
    "one": one.model_dump(), "free": free.model_dump(), "count": count, "providers": [p.model_dump() for p in providers],
    "tiers": [e.service_tier for e in endpoints.endpoints], "missing": missing, "refused": refused,
}))
"""


def test_the_openrouter_sdk_reads_every_answer(live_server: Any) -> None:
    found = ask(OPENROUTER, f"{live_server.url}/api/v1")
    assert len(found["ids"]) == found["total"] == found["count"] == AIModel.objects.count() + 1  # and one free variant
    assert found["seen"] == found["ids"]
    assert found["tools"][0] == "llama-3.1-8b-instruct:free"
    assert "deepseek-r1-0528" not in found["tools"]
    assert found["one"]["id"] == "qwen3-5-9b"
    assert found["one"]["pricing"]["input_cache_read"] == "0.000000045"
    assert found["free"]["pricing"]["prompt"] == "0"
    assert found["tiers"] == [None, "flex"]
    assert found["providers"][0]["name"] == "Acme Inference"
    assert "no/body" in found["missing"]
    assert found["refused"].startswith("sort: ")


LITELLM = """
import json, os, sys
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm
litellm.suppress_debug_info = True
document = json.load(sys.stdin)
litellm.register_model(document)
info = {key: litellm.get_model_info(key, custom_llm_provider="openai") for key in document}
costs = {
    "short": litellm.cost_per_token("llama-4-scout", 1000, 10, custom_llm_provider="openai"),
    "long": litellm.cost_per_token("llama-4-scout", 200000, 10, custom_llm_provider="openai"),
    "flex": litellm.cost_per_token("gpt-oss-120b", 1000, 10, custom_llm_provider="openai", service_tier="flex"),
}
print(json.dumps({"mode": {key: one["mode"] for key, one in info.items()},
                  "one": {key: info["qwen3-5-9b"][key] for key in ("input_cost_per_token", "max_input_tokens",
                          "supports_vision", "supports_function_calling", "litellm_provider")}, "costs": costs}))
"""


@needs_litellm
def test_litellm_takes_our_cost_map_and_computes_with_it() -> None:
    found = ask(LITELLM, given=render("litellm").body)
    assert found["mode"]["phi-4"] == "chat"
    assert found["mode"]["bge-m3"] == "embedding"
    assert found["mode"]["flux.1-schnell"] == "image_generation"
    assert found["one"] == {
        "input_cost_per_token": 0.00000009,
        "max_input_tokens": 262144,
        "supports_vision": True,
        "supports_function_calling": True,
        "litellm_provider": "openai",
    }
    # USD per million: 0.1 and 0.3 up to 128,000 tokens, 0.2 and 0.6 above; flex 0.05 and 0.25
    assert found["costs"]["short"] == pytest.approx([1000 * 0.1e-6, 10 * 0.3e-6], rel=1e-12)
    assert found["costs"]["long"] == pytest.approx([200000 * 0.2e-6, 10 * 0.6e-6], rel=1e-12)
    assert found["costs"]["flex"] == pytest.approx([1000 * 0.05e-6, 10 * 0.25e-6], rel=1e-12)
