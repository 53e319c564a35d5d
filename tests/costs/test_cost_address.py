"""``/api/v1/models/{id}/cost``, as bytes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import AIModel
from tests.factories import make_model, make_price

pytestmark = pytest.mark.django_db
COST = "/api/v1/models/acme/one/cost"
FAR = datetime(2099, 1, 1, tzinfo=UTC)


def asked(client: Client, **query: str) -> Any:
    return client.get(COST, query)


def test_the_whole_document(client: Client) -> None:
    model = make_model(discount_to_user="0.1", prices={"prompt": "0.000001", "completion": "0.000002"})
    make_price(model, "prompt", "0.000002", min_prompt_tokens=4000)
    query = "prompt_tokens=5000&cached_tokens=1&completion_tokens=800&images=1&requests=2&at=2099-01-01"
    assert client.get(f"{COST}?{query}").content == (
        b'{"data":{"model":"acme/one","service_tier":"default","is_free":false,"at":"2099-01-01T00:00:00Z","lines":['
        b'{"quantity":"prompt_tokens","amount":"4999","unit":"token","unit_usd":"0.000002","usd":"0.009998","why":"long_prompt",'
        b'"min_prompt_tokens":4000},'
        b'{"quantity":"completion_tokens","amount":"800","unit":"token","unit_usd":"0.000002","usd":"0.0016","why":"always"},'
        b'{"quantity":"cached_tokens","amount":"1","unit":"token","unit_usd":"0.000002","usd":"0.000002","why":"long_prompt",'
        b'"min_prompt_tokens":4000,"billed_as":"prompt"}],'
        b'"not_sold":["images"],"list_usd":"0.0116","request_usd":"0.01044","requests":2,"usd":"0.02088",'
        b'"discount_to_user":"0.1"}}'
    )


def test_the_prices_are_those_of_the_moment(client: Client) -> None:
    model = make_model(prices={"prompt": "1"})
    make_price(model, "prompt", "2", effective_from=timezone.now() - timedelta(days=2))
    make_price(model, "prompt", "3", effective_from=FAR)
    make_price(model, "completion", "5", service_tier="flex", effective_from=FAR)

    def usd(at: str) -> str:
        answer = asked(client, prompt_tokens="1", at=at)
        assert answer.status_code == 200, answer.content
        found: str = answer.json()["data"]["usd"]
        return found

    assert [usd(at) for at in ("2026-01-01T00:00:00Z", timezone.now().isoformat(), "2099-01-01T00:00:00Z")] == [
        "1",
        "2",
        "3",
    ]
    assert usd("2099-01-01T09:00:00+09:00") == "3"
    assert asked(client, completion_tokens="1", service_tier="flex", at="2099-01-02").json()["data"]["usd"] == "5"
    answer = asked(client, prompt_tokens="1", at="2025-12-31T23:59:59Z")
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "at: acme/one had no price at 2025-12-31T23:59:59Z.",
    )


def test_a_pasted_usage(client: Client) -> None:
    make_model(prices={"prompt": "1", "completion": "10"})
    pasted = '{"usage": {"prompt_tokens": 3, "completion_tokens": 2}}'
    assert asked(client, usage=pasted, requests="2").json()["data"]["usd"] == "46"
    assert asked(client, usage="1\u202f003 entrée, 2 sortie").json()["data"]["usd"] == "1023"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("prompt_token=1", "prompt_token: there is no parameter with that name."),
        ("prompt_tokens=1&prompt_tokens=2", "prompt_tokens: It appears more than once."),
        ("prompt_tokens=1.5", "prompt_tokens: 1.5 is not a whole number"),
        ("prompt_tokens=-1", "prompt_tokens: '-1' is not"),
        ("prompt_tokens=1e9", "prompt_tokens: '1e9' is not"),
        ("prompt_tokens=9999999999999999", "prompt_tokens: "),
        ("prompt_tokens=%D9%A1", "prompt_tokens: "),
        ("audio_seconds=NaN", "audio_seconds: 'NaN' is not"),
        ("prompt_tokens=1&cached_tokens=2", "prompt_tokens: It is a total, and 1 is less than cached_tokens"),
        ("requests=-1", "requests: '-1' is not a whole number"),
        ("cache_ttl_seconds=0", "cache_ttl_seconds: '0' is not"),
        ("service_tier=flex", "service_tier: acme/one is not sold at 'flex'; its tiers then: default."),
        ("at=yesterday", "at: 'yesterday' is not a time"),
        ("at=2026-13-01", "at: '2026-13-01' is not a time"),
        ("at=2026-01-01T00:00:00", "at: '2026-01-01T00:00:00' is not a time"),
        ("at=9999-12-31T23:59:59-23:59", "at: "),
        ("at=1969-12-31T00:00:00Z", "at: acme/one had no price at 1969-12-31T00:00:00Z."),
        ("usage=hello", "usage: It names no quantity"),
        ("usage=1+input&prompt_tokens=1", "prompt_tokens: It must be in `usage` or a parameter of its own, not both."),
    ],
)
def test_what_is_wrong_is_a_400_that_names_the_parameter(client: Client, query: str, message: str) -> None:
    make_model()
    answer = client.get(f"{COST}?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(message)


def test_a_free_variant_and_ids_of_every_shape(client: Client) -> None:
    make_model("acme/llama/3.1:fast", has_free_variant=True, aliases=["llama"], prices={"prompt": "1"})
    for name, usd in (("acme/llama/3.1:fast", "5"), ("llama", "5"), ("acme/llama/3.1:fast:free", "0")):
        assert client.get(f"/api/v1/models/{name}/cost?prompt_tokens=5").json()["data"]["usd"] == usd
    assert client.get("/api/v1/models/안녕/cost").status_code == 404
    AIModel.objects.update(is_public=False)
    assert client.get("/api/v1/models/llama/cost").status_code == 404


def test_an_answer_that_depends_on_the_time_is_not_dated(client: Client) -> None:
    make_model(prices={"prompt": "1"})
    assert "Last-Modified" not in client.get(f"{COST}?prompt_tokens=1")
