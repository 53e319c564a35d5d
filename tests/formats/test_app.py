"""The list for app back ends, and the keys that it needs."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError
from django.test import Client
from django.utils import timezone

from catalog.api import keys
from catalog.models import ApiKey, ParameterDescriptor, Provider
from tests.factories import make_model, make_price

pytestmark = pytest.mark.django_db
ROUTE = "/api/ai/models"


@pytest.fixture
def key() -> str:
    made: str = ApiKey.objects.create_key(name="shop")[1]
    return made


def ask(client: Client, key: str | None) -> Any:
    return client.get(ROUTE, headers={} if key is None else {"authorization": f"Bearer {key}"})


def test_the_seeds_example_comes_back_key_for_key(client: Client, key: str, shared: Path) -> None:
    text = (shared / "spec/seeds/003_9707ae1cc6a9d310.txt").read_text()
    example = json.JSONDecoder().raw_decode(text[text.index("{\n") :])[0]
    Provider.objects.create(slug="openrouter", api_base_url="https://api.acme.example/v1")
    model = make_model(
        description="Text.",
        tokenizer="GPT",
        instruct_type="chatml",
        output_modalities=["text", "image"],
        supported_sampling_parameters=["temperature"],
        prices=dict.fromkeys(("prompt", "completion", "internal_reasoning", "input_cache_read", "input_cache_write"), "0.1"),
    )
    for kind, unit in (("image", "image"), ("request", "request"), ("web_search", "search")):
        make_price(model, kind, "0.1", unit=unit)
    answer = ask(client, key).json()
    assert list(answer) == list(example)
    for group in ("text", "image"):
        (shown,), (expected,) = answer[group], example[group]
        assert shown["provider"] == expected["provider"]
        assert shown["configured"] is expected["configured"]
        (item,), (pattern,) = shown["models"], expected["models"]
        assert list(item) == list(pattern)
        for name, value in pattern.items():
            assert type(item[name]) is type(value)
            if isinstance(value, dict):
                assert list(item[name]) == list(value)


def test_models_stand_in_the_groups_of_what_they_give(client: Client, key: str) -> None:
    Provider.objects.create(api_base_url="https://api.acme.example/v1")
    make_model("both", output_modalities=["image", "text"], has_free_variant=True)
    make_model("text", output_modalities=["text", "audio"])
    make_model("image", output_modalities=["image"], prices={})
    make_model("embed", output_modalities=["embeddings"])
    answer = ask(client, key).json()
    assert [item["id"] for item in answer["text"][0]["models"]] == ["both", "both:free", "text"]
    assert [item["id"] for item in answer["image"][0]["models"]] == ["both", "both:free", "image"]
    assert answer["image"][0]["models"][2]["pricing"] == {}  # not sold is no zero


def test_without_an_address_to_call_nothing_is_configured(client: Client, key: str) -> None:
    make_model()
    expected = [{"provider": "provider", "configured": False, "models": []}]
    assert ask(client, key).json() == {"text": expected, "image": expected}


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic abc",
        "Bearer aaaaaaaa." + "b" * 32,
        "Bearer \x00",
        "Bearer ü",
    ],
)
def test_without_a_valid_key_it_is_401(client: Client, authorization: str | None) -> None:
    answer = client.get(ROUTE, headers={} if authorization is None else {"authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"]["code"] == 401
    assert "key" in answer.json()["error"]["message"]


def test_a_revoked_or_expired_key_is_401(client: Client, key: str) -> None:
    assert ask(client, key).status_code == 200
    ApiKey.objects.update(expiry_date=timezone.now() - timedelta(seconds=1))
    assert "expired" in ask(client, key).json()["error"]["message"]
    ApiKey.objects.update(expiry_date=None, revoked=True)
    assert ask(client, key).status_code == 401


def test_keys_are_kept_as_hashes_and_remember_their_last_use(client: Client, key: str, monkeypatch: Any) -> None:
    kept = ApiKey.objects.get()
    assert key not in (kept.id, kept.hashed_key, kept.prefix)
    assert key.partition(".")[2] not in kept.hashed_key
    assert kept.last_used_at is None
    ask(client, key)
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    ask(client, key)
    assert ApiKey.objects.get().last_used_at == first  # within the minute
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    ask(client, key)
    again = ApiKey.objects.get().last_used_at
    assert again is not None
    assert again > first - timedelta(minutes=1)


def test_a_database_that_takes_no_writes_still_answers(client: Client, key: str, monkeypatch: Any) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("read only")

    monkeypatch.setattr("django.db.models.query.QuerySet.update", refuse)
    assert ask(client, key).status_code == 200


def test_the_answer_is_for_the_holder_of_the_key(client: Client, key: str) -> None:
    answer = ask(client, key)
    assert answer.headers["Cache-Control"].startswith("private")
    assert "Authorization" in answer.headers["Vary"]


def test_a_key_and_the_list_cost_few_queries(client: Client, key: str, django_assert_num_queries: Any) -> None:
    call_command("load_sample", verbosity=0)
    ask(client, key)
    with django_assert_num_queries(11):  # the key, and as many as a listing takes; see test_listing
        ask(client, key)


def test_a_key_that_was_right_is_taken_for_right_while_the_database_is_away(
    client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(keys, "_known", {})
    with monkeypatch.context() as away:
        away.setattr(ApiKey.objects, "get_from_key", gone)
        answer = ask(client, key)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, 503)
        assert int(answer.headers["Retry-After"]) > 0
    assert ask(client, key).status_code == 200
    monkeypatch.setattr(ApiKey.objects, "get_from_key", gone)
    assert ask(client, key).status_code == 200
    assert ask(client, key[:-1] + ("a" if key[-1] != "a" else "b")).status_code == 503


def test_descriptions_are_no_part_of_it(client: Client, key: str) -> None:
    Provider.objects.create(api_base_url="https://api.acme.example/v1")
    ParameterDescriptor.objects.create(ai_model=make_model(), name="reasoning_effort", type="unknown")
    assert ask(client, key).json()["text"][0]["models"][0]["supported_parameters"] == ["reasoning_effort"]
