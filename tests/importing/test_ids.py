"""Ids that real servers answer to, from the import to each place where they are written."""

import json
from typing import Any, Literal
from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from catalog.importing.applying.importer import apply_reading
from catalog.importing.registry import read_content
from catalog.importing.tables.export import export_table
from catalog.models import AIModel
from catalog.publication import render
from tests.factories import make_listed, make_model
from tests.importing.outcome import take

pytestmark = pytest.mark.django_db

GOOD = [
    "@cf/meta/llama-3.1-8b-instruct", "~maker/latest", "模型-1", "modèle/ü", "a..b", "a/.b", "a?b#c%d", "=cmd", "a&b=c", "a\"b<c>'d'",
    "модель", "😀",
]  # fmt: skip
BAD = [
    "", ".", "..", "a/..", "a/../b", "./a", "a//b", "/a", "a/", "a b", "a\tb", "a\nb", "a\u200bb", "a\u202eb", "a\u2066b", "a\ufeff",
    "a\ufe0f", "a\u00adb", "\u3164", "a,b", "a\\b", "u\u0308", "\ue000", "a\u00a0b", "a" * 201,
]  # fmt: skip


def row(model_id: str) -> dict[str, Any]:
    return {
        "data": [
            {
                "id": model_id,
                "name": "M",
                "context_length": 4096,
                "pricing": {"prompt": "0.000001", "completion": "0.000001"},
            }
        ]
    }


@pytest.mark.parametrize("model_id", GOOD)
def test_an_id_is_what_the_servers_take_everywhere(model_id: str, client: Client, admin_client: Client) -> None:
    assert take(row(model_id)).created == [model_id]
    AIModel.objects.get().full_clean(exclude=["released_at"])
    address = quote(model_id, safe="/")
    assert client.get(f"/v1/models/{address}").json()["id"] == model_id
    assert client.get(f"/api/v1/models/{address}/endpoints").json()["data"]["id"] == model_id
    assert client.get(f"/api/v1/models/{address}/prices").status_code == 200
    record = client.get("/api/v1/models?output_modalities=all").json()["data"][0]
    assert client.get(record["links"]["details"]).status_code == 200
    page = client.get(f"/models/{address}")
    assert page.status_code == 200
    assert admin_client.get(reverse("admin:catalog_aimodel_changelist")).status_code == 200
    assert admin_client.get(reverse("admin:catalog_aimodel_change", args=[AIModel.objects.get().pk])).status_code == 200
    for name in ("openrouter-api", "catalog", "litellm", "openrouter", "openrouter-v2"):
        assert render(name).body
    assert take(json.loads(render("openrouter-api").body)).changes == []


@pytest.mark.parametrize("model_id", BAD)
def test_what_cannot_be_seen_or_is_folded_is_no_id(model_id: str) -> None:
    plan = take(row(model_id))
    assert [problem.field for problem in plan.problems] == ["id"]
    assert "An id" in plan.problems[0].sentence or "200 characters" in plan.problems[0].sentence
    with pytest.raises(ValidationError):
        AIModel(model_id=model_id, name="M").full_clean()
    if len(model_id) <= 200:
        with pytest.raises(IntegrityError), transaction.atomic():
            make_model(model_id)
        with pytest.raises(IntegrityError), transaction.atomic():
            make_model(aliases=[model_id])


@pytest.mark.parametrize("model_id", GOOD)
def test_a_table_bears_it_there_and_back(model_id: str) -> None:
    make_model(model_id, aliases=[f"{model_id}-alias"])
    formats: tuple[Literal["csv", "xlsx"], ...] = ("csv", "xlsx")
    for name in formats:
        content = export_table("models", name, AIModel.objects.all())
        plan = apply_reading(read_content(content, source=f"models.{name}"), source="test")
        assert (plan.problems, plan.changes, plan.unchanged) == ([], [], [model_id])


def record(model_id: str, **keys: Any) -> dict[str, Any]:
    return {
        "id": model_id, "name": "M", "context_length": 4096, "architecture": {"modality": "text->text"},
        "pricing": {"prompt": "0.000001", "completion": "0.000001"}, **keys,
    }  # fmt: skip


def test_an_alias_of_the_models_api_becomes_one_and_follows_its_target() -> None:
    alias = record("~acme/latest", alias_target={"name": "One", "slug": "acme/one"})
    plan = take({"data": [record("acme/one"), record("acme/two"), alias]})
    assert (plan.problems, plan.created) == ([], ["acme/one", "acme/two"])
    AIModel.objects.filter(model_id="acme/two").update(aliases=["ours"])
    assert AIModel.objects.get(model_id="acme/one").aliases == ["~acme/latest"]
    moved = {**alias, "alias_target": {"name": "Two", "slug": "acme/two"}}
    plan = take({"data": [record("acme/one"), record("acme/two"), moved]})
    assert plan.problems == []
    assert AIModel.objects.get(model_id="acme/one").aliases == []
    assert set(AIModel.objects.get(model_id="acme/two").aliases) == {"~acme/latest", "ours"}
    assert take({"data": [record("acme/one"), record("acme/two"), moved]}).changes == []
    assert take({"data": [record("acme/two")]}).changes == []  # a list without aliases says nothing of them


def test_a_look_alike_is_warned_about() -> None:
    make_listed("acme/one")
    plan = take({"data": [*row("аcme/one")["data"], *row("модель")["data"], *row("ｇpt")["data"]]})
    assert plan.problems == []
    assert [warning.entry for warning in plan.warnings] == ["entry 1 (аcme/one)", "entry 3 (ｇpt)"]
    assert all(warning.field == "id" for warning in plan.warnings)
