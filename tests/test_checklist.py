"""One checklist: what every way of asking says of the same models, and what is remembered of it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from catalog import checklist
from catalog.models import AIModel, ApiKey, ScheduledSwitch
from catalog.openrouter.readiness.listing_gaps import gaps
from catalog.openrouter.readiness.rules import RULES
from tests.clock import MoveClock, soon
from tests.factories import make_listed, make_model, make_price

pytestmark = pytest.mark.django_db
READINESS = "/api/readiness"


@pytest.fixture
def key() -> dict[str, str]:
    _, key = ApiKey.objects.create_key(name="test")
    return {"authorization": f"Bearer {key}"}


def codes() -> dict[str, set[str]]:
    names = dict(AIModel.objects.values_list("pk", "model_id"))
    return {names[pk]: {one.code for one in found} for pk, found in checklist.all_findings().items() if pk in names}


def command() -> Any:
    out = io.StringIO()
    call_command("check_listing", stdout=out, json=True)
    return json.loads(out.getvalue())


def test_the_api_says_what_the_command_says(client: Client, key: dict[str, str]) -> None:
    make_listed("b", is_ready=False)
    make_price(make_listed("a"), "prompt", "0.00000001", min_prompt_tokens=1)
    make_model("unlisted", quantization=None)
    answer = client.get(READINESS, headers=key)
    assert answer.json() == command()
    assert [one["model_id"] for one in answer.json()] == ["a", "a", "b", "b"]
    assert client.get(READINESS, headers=key | {"if-none-match": answer["ETag"]}).status_code == 304


def test_ids_that_differ_only_by_capitals_are_found_until_one_is_renamed() -> None:
    make_model("acme/one")
    make_model("Acme/One")
    assert "id-differs-in-case" in codes()["Acme/One"]
    assert "id-differs-in-case" not in codes().get("acme/one", set())
    AIModel.objects.filter(model_id="acme/one").update(model_id="acme/uno")
    assert "id-differs-in-case" not in codes().get("Acme/One", set())


def test_the_api_needs_a_key_and_answers_errors_in_the_envelope(client: Client) -> None:
    answer = client.get(READINESS)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 401


def test_an_import_says_what_is_found_in_what_it_touched(tmp_path: Path) -> None:
    make_model("untouched", quantization=None)
    make_model("changed", name="Old", hugging_face_id="Acme/One")
    source = tmp_path / "models.csv"
    source.write_text("model_id,name,is_ready\nchanged,New,false\n")
    out = io.StringIO()
    call_command("import_models", str(source), stdout=out, json=True)
    (finding,) = json.loads(out.getvalue())["findings"]
    assert (finding["model_id"], finding["code"], finding["level"]) == ("changed", "not-ready", "note")
    source.write_text("model_id,name,is_ready\nchanged,Newer,false\n")
    out = io.StringIO()
    call_command("import_models", str(source), stdout=out)
    assert "  note     not-ready: It is not ready: OpenRouter hides it. Set it ready when users may use it. (changed)" in (
        out.getvalue()
    )


def test_what_is_remembered_follows_every_change() -> None:
    model = make_listed("a", hugging_face_id="Acme/A")
    other = make_model("b", quantization=None, hugging_face_id="Acme/B")
    assert codes() == {"b": {"quantization-missing"}}
    make_price(model, "prompt", "0.00000001", min_prompt_tokens=1)
    AIModel.objects.filter(pk=other.pk).update(quantization="fp8")
    assert codes() == {"a": {"base-not-cheapest"}}
    make_price(model, "prompt", None, min_prompt_tokens=1, effective_from=timezone.now())
    assert codes() == {}
    AIModel.objects.filter(pk=other.pk).delete()
    assert codes() == {}


def test_a_replacement_that_is_not_public_is_told_and_when_it_changes_too() -> None:
    other = make_model("b", hugging_face_id="Acme/B")
    make_listed("a", hugging_face_id="Acme/A", replacement=other)
    private = make_model("c", hugging_face_id="Acme/C", is_public=False)
    make_model("d", hugging_face_id="Acme/D", is_public=False, replacement=private)
    assert codes() == {}
    AIModel.objects.filter(pk=other.pk).update(is_public=False)
    assert codes() == {"a": {"replacement-not-public"}}
    (finding,) = checklist.listed_findings()
    assert "b, is not public" in finding.sentence
    AIModel.objects.filter(pk=other.pk).update(is_public=True)
    assert codes() == {}


def test_what_is_remembered_follows_the_clock(move_clock: MoveClock) -> None:
    model = make_listed("a", hugging_face_id="Acme/A")
    moment = soon()
    make_price(model, "prompt", "0.00000001", min_prompt_tokens=1, effective_from=moment)
    ScheduledSwitch.objects.create(ai_model=model, switch="is_ready", value=False, effective_from=moment)
    assert codes() == {}
    move_clock(moment)
    assert codes() == {"a": {"base-not-cheapest", "not-ready"}}


def test_only_what_has_changed_is_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        make_model(f"m{number}", quantization=None)
    judged: list[int] = []

    def noting(keys: Any) -> Any:
        judged.extend(keys)
        return gaps(keys)

    monkeypatch.setattr("catalog.openrouter.readiness.checklist.gaps", noting)
    checklist.all_findings()
    assert len(judged) == 3
    judged.clear()
    AIModel.objects.filter(model_id="m1").update(name="Other")
    checklist.all_findings()
    checklist.all_findings()
    assert judged == [AIModel.objects.get(model_id="m1").pk]


def test_the_documentation_names_every_code() -> None:
    text = (Path(__file__).parents[1] / "docs" / "feed.md").read_text()
    assert [rule.code for rule in RULES if f"`{rule.code}` | {rule.level.value} |" not in text] == []
