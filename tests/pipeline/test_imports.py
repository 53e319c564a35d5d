"""A pipeline plans a file, and applies it by the digest of its plan."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.models import AIModel, ApiKey, KeyScope, Proposal, Upload, UploadState
from catalog.uploads import queue
from tests.admin.common import staff
from tests.factories import make_listed, make_model
from tests.pipeline.common import IMPORTS, NEW, Pipeline, make_key, make_owner
from tests.uploads.common import price_table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("runner_inline")]


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(make_key(make_owner()))


def usd(model: AIModel) -> list[str]:
    return [str(price.usd) for price in model.prices.order_by("pk")]


def test_a_plan_says_what_would_change_and_changes_nothing(pipeline: Pipeline) -> None:
    make_listed()
    status, plan = pipeline.result(price_table("0.2"))
    assert (status, plan["state"], plan["confirm"], plan["needs_publisher"]) == (200, "planned", None, True)
    assert plan["changes"] == [
        {"model_id": "acme/one", "field": "price of prompt per token", "old": "0.0000001", "new": "0.0000002"}
    ]
    assert [one["effect"] for one in plan["openrouter"]] == ["applied"]
    assert plan["counts"]["changed"] == 1
    assert "error" not in plan
    assert AIModel.objects.get().prices.count() == 2


def test_a_plan_is_applied_by_its_digest_once_and_the_history_says_who(pipeline: Pipeline, client: Client) -> None:
    make_model()
    content = "model_id,name\nacme/new,Acme New\nacme/one,Renamed\n"
    status, plan = pipeline.result(content)
    assert (status, plan["created"]) == (200, ["acme/new"])
    assert not AIModel.objects.filter(model_id="acme/new").exists()
    for state in ("applied", "unchanged"):
        status, done = pipeline.result(content, digest=plan["digest"])
        assert (status, done["state"]) == (200, state)
    model = AIModel.objects.get(model_id="acme/one")
    assert model.name == "Renamed"
    history = staff(client, "Viewer").get(f"/admin/catalog/aimodel/{model.pk}/history/").content.decode()
    prefix = ApiKey.objects.get().prefix
    assert "ci-publisher" in history
    assert f"pipeline, from models.csv, by the API key CI ({prefix})" in history


def test_the_digest_of_another_plan_changes_nothing_and_is_answered_with_the_plan_now(pipeline: Pipeline) -> None:
    model = make_listed()
    _, plan = pipeline.result(price_table("0.2"))
    AIModel.objects.filter(pk=model.pk).update(name="Changed since")  # which makes no difference to the plan
    _, other = pipeline.result(price_table("0.15"))
    pipeline.result(price_table("0.15"), digest=other["digest"])
    status, now = pipeline.result(price_table("0.2"), digest=plan["digest"])
    assert (status, now["state"], now["error"]["code"]) == (409, "planned", 409)
    assert now["changes"][0]["old"] == "0.00000015"
    assert usd(model)[-1] == "1.5E-7"
    status, done = pipeline.result(price_table("0.2"), digest=now["digest"])
    assert (status, done["state"]) == (200, "applied")


def test_what_a_review_has_confirmed_by_typing_needs_the_field(pipeline: Pipeline) -> None:
    model = make_listed()
    cheap = price_table("0.001")
    _, plan = pipeline.result(cheap)
    assert plan["confirm"] == "acme/one"
    assert plan["dangers"]["acme/one"]
    status, refused = pipeline.result(cheap, digest=plan["digest"])
    assert (status, refused["problems"][0]["field"]) == (422, "confirm")
    assert "confirm=acme/one" in refused["error"]["message"]
    assert model.prices.count() == 2
    status, _ = pipeline.result(cheap, digest=plan["digest"], confirm="acme/one")
    assert (status, model.prices.count()) == (200, 3)


def test_past_prices_are_a_part_of_the_plan_and_of_no_proposal(settings: Settings) -> None:
    settings.EDITORS_PROPOSE = True
    model, owner = make_listed(), make_owner()
    history, other, current = (
        f'{{"as_of": "2026-08-22", "models": {{"acme/one": {{"points": [["{day}", {usd}, 0.4]]}}}}}}'
        for day, usd in (("2025-01-01", 0.3), ("2025-01-01", 0.5), ("2026-11-01", 0.3))
    )
    proposes = Pipeline(make_key(owner, KeyScope.PROPOSE))
    for content, count in ((history, 2), (current, 2)):
        status, plan = proposes.result(content, name="history.json")
        assert (status, plan["state"], len(plan["changes"])) == (200, "planned", count)
        status, _ = proposes.result(content, name="history.json", digest=plan["digest"], propose="true")
        assert (status, model.prices.count(), Proposal.objects.count()) == (422, 2, 0)
    _, plan = proposes.result(history, name="history.json")
    status, now = Pipeline(make_key(owner)).result(other, name="history.json", digest=plan["digest"], confirm="acme/one")
    assert (status, now["state"], model.prices.count()) == (409, "planned", 2)
    status, refused = Pipeline(make_key(owner)).result(history, name="history.json", digest=plan["digest"])
    assert (status, refused["problems"][0]["field"], model.prices.count()) == (422, "confirm", 2)
    status, done = Pipeline(make_key(owner)).result(
        history, name="history.json", digest=plan["digest"], confirm=plan["confirm"]
    )
    assert (status, done["state"], model.prices.count()) == (200, "applied", 4)


def test_each_problem_is_named_by_entry_and_field(pipeline: Pipeline) -> None:
    status, refused = pipeline.result("model_id,name,context_length\nacme/a,A,many\nacme/b,B,0\n")
    assert (status, refused["state"], refused["error"]["code"]) == (422, "refused", 422)
    assert [(one["entry"], one["field"]) for one in refused["problems"]] == [("row 2 (acme/a)", "context_length")]
    assert not AIModel.objects.exists()
    status, refused = pipeline.result(b"\x00")
    assert (status, refused["problems"][0]["entry"]) == (422, "the file")


def test_named_entries_are_left_out(pipeline: Pipeline) -> None:
    content = (
        '{"data": [{"id": "acme/a", "pricing": {"prompt": "0.000001"}}, {"id": "a b", "pricing": {"prompt": "0.000001"}}]}'
    )
    assert pipeline.result(content, name="feed.json")[0] == 422
    status, plan = pipeline.result(content, name="feed.json", skip=["entry 2", "acme/nothing"])
    assert (status, plan["created"]) == (200, ["acme/a"])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"digest": "abc"}, "digest"),
        ({"digest": ""}, "digest"),
        ({"propose": "true"}, "digest"),
        ({"format": "none"}, "format"),
        ({"prices_per": "kilo"}, "prices_per"),
        ({"file": ""}, "file"),
        ({"idempotency_key": "two words"}, "Idempotency-Key"),
        ({"confirm": "a\0"}, "confirm"),
        ({"skip": ["acme/one", ""]}, "skip"),
    ],
)
def test_a_wrong_field_is_named(pipeline: Pipeline, fields: dict[str, Any], field: str) -> None:
    answer = pipeline.client.post(IMPORTS, fields) if "file" in fields else pipeline.post(**fields)
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["problems"]] == [field]
    assert not Upload.objects.exists()


def test_other_bodies_and_methods_are_refused_in_the_envelope(pipeline: Pipeline) -> None:
    client = pipeline.client
    for answer, status in (
        (client.post(IMPORTS, "{}", content_type="application/json"), 415),
        (client.post(IMPORTS, "x", content_type="multipart/form-data; boundary=y"), 400),
        (client.get(IMPORTS), 405),
        (client.get(f"{IMPORTS}/1"), 404),
        (client.get(f"{IMPORTS}/99999999999999999999"), 404),
        (client.post(f"{IMPORTS}/1"), 405),
    ):
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
        assert status == 400 or answer.json()["error"]["code"] == status


def test_a_request_that_is_sent_again_is_the_same_import(pipeline: Pipeline) -> None:
    make_model()
    first = pipeline.post(idempotency_key="run-1")
    again = pipeline.post(idempotency_key="run-1")
    assert first["Location"] == again["Location"]
    assert Upload.objects.count() == 1
    for other in ({"content": "model_id,name\nacme/new,Other\n"}, {"list_on_openrouter": "true"}):
        answer = pipeline.post(idempotency_key="run-1", **other)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, 422)
    assert pipeline.post(idempotency_key="run-2")["Location"] != first["Location"]
    assert Pipeline(make_key(make_owner("Editor"))).post(idempotency_key="run-1")["Location"] != first["Location"]


def test_one_that_has_failed_starts_again_when_it_is_sent_again(pipeline: Pipeline) -> None:
    taken = pipeline.post(idempotency_key="run-1")
    Upload.objects.update(state=UploadState.FAILED, outcome={"why": "The work was interrupted."})
    failed = pipeline.client.get(taken["Location"])
    assert (failed.status_code, failed.json()["state"], failed["Retry-After"]) == (503, "failed", "1")
    assert pipeline.post(idempotency_key="run-1")["Location"] == taken["Location"]
    assert pipeline.client.get(taken["Location"]).json()["state"] == "planned"


def test_who_has_too_much_in_the_queue_is_asked_to_wait(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "start_runner", lambda: None)
    for _ in range(queue.MOST_UNDER_WAY):
        waiting = pipeline.post()
        assert pipeline.client.get(waiting["Location"]).status_code == 202
    answer = pipeline.post()
    assert (answer.status_code, answer["Retry-After"]) == (429, "10")
    assert Upload.objects.count() == queue.MOST_UNDER_WAY


def test_scopes_and_owner_decide_what_a_key_may_do(settings: Settings) -> None:
    make_listed()
    content, publisher = price_table("0.2"), make_owner()
    plans = Pipeline(make_key(publisher, KeyScope.PROPOSE))
    _, plan = plans.result(content)
    assert plans.post(content, digest=plan["digest"]).status_code == 403
    assert plans.post(content, digest=plan["digest"], propose="true").status_code == 403  # EDITORS_PROPOSE is off
    editors = Pipeline(make_key(make_owner("Editor")))
    assert editors.result(content)[1]["needs_publisher"]
    status, refused = editors.result(content, digest=plan["digest"])
    assert (status, refused["error"]["code"]) == (403, 403)
    assert refused["changes"] == plan["changes"]
    viewers = Pipeline(make_key(make_owner("Viewer")))
    for answer in (viewers.post(content), viewers.client.get(f"{IMPORTS}/1")):
        assert answer.status_code == 403
        assert "may not upload" in answer.json()["error"]["message"]
    assert AIModel.objects.get().prices.count() == 2
    assert editors.client.get(f"{IMPORTS}/{plan['id']}").status_code == 404  # somebody else's


@pytest.mark.parametrize("group", ["Editor", "Publisher"])
def test_a_plan_is_proposed_by_its_digest_once(settings: Settings, group: str) -> None:
    settings.EDITORS_PROPOSE = True
    model = make_listed()
    pipeline = Pipeline(make_key(make_owner(group), KeyScope.PROPOSE))
    content = price_table("0.2")
    _, plan = pipeline.result(content)
    for _ in range(2):
        status, done = pipeline.result(content, digest=plan["digest"], propose="true", reason="Autumn.")
        assert (status, done["state"]) == (200, "proposed")
    proposal = Proposal.objects.get()
    assert (proposal.reason, str(proposal)) == ("Autumn.", "acme/one")
    assert pipeline.result(price_table("0.3"), digest=plan["digest"], propose="true")[0] == 409
    places = '{"data": [{"id": "acme/one", "datacenters": [{"country_code": "FR"}]}]}'
    _, plan = pipeline.result(places, name="feed.json")
    status, refused = pipeline.result(places, name="feed.json", digest=plan["digest"], propose="true")
    assert (status, refused["problems"][0]["field"]) == (422, "propose")
    assert Proposal.objects.count() == 1
    assert model.prices.count() == 2


def test_a_key_that_has_ended_or_whose_owner_has_left_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_owner()
    pipeline = Pipeline(make_key(owner))
    location = pipeline.post()["Location"]
    for facts in ({"revoked": True}, {"revoked": False, "expiry_date": timezone.now() - timedelta(seconds=1)}):
        ApiKey.objects.update(**facts)
        for answer in (pipeline.post(), pipeline.client.get(location)):
            assert answer.status_code == 401
    ApiKey.objects.update(expiry_date=timezone.now() + timedelta(days=1))
    type(owner).objects.update(is_active=False)
    assert pipeline.post().status_code == 403
    type(owner).objects.update(is_active=True)
    with monkeypatch.context() as nobody_works:
        nobody_works.setattr(queue, "start_runner", lambda: None)
        waiting = pipeline.post()
    ApiKey.objects.update(revoked=True)
    Pipeline(make_key(owner)).result(NEW)  # whose request starts the runner
    answer = Pipeline(make_key(owner)).client.get(waiting["Location"])
    assert (answer.status_code, answer.json()["problems"][0]["sentence"]) == (
        422,
        "The API key was revoked or has expired.",
    )


def test_who_lacks_a_permission_that_the_change_needs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_owner("Editor")
    monkeypatch.setattr("catalog.review.Review.permissions", frozenset({"catalog.delete_price"}), raising=True)
    owner.groups.clear()
    group = Group.objects.get(name="Editor")
    owner.user_permissions.set(group.permissions.exclude(codename="delete_price"))
    status, refused = Pipeline(make_key(owner)).result(NEW)
    assert status == 422
    assert "lack a permission" in refused["problems"][0]["sentence"]


def test_a_key_that_only_reads_and_no_key_at_all_are_refused(client: Client) -> None:
    reader = Pipeline(ApiKey.objects.create_key(name="app")[1])
    assert reader.post().status_code == 403
    assert "can only read" in reader.post().json()["error"]["message"]
    answer = client.post(IMPORTS, {})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="catalog"')
    publisher = staff(client, "Publisher")  # a session is no key
    assert publisher.post(IMPORTS, {}).status_code == 401


def test_no_page_of_another_origin_may_send_or_read_them(pipeline: Pipeline) -> None:
    asked = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    taken = pipeline.post()
    for answer in (
        pipeline.client.options(IMPORTS, headers=asked),
        taken,
        pipeline.client.get(taken["Location"], headers=asked),
        Client(headers={"host": "localhost"}).post(IMPORTS, headers=asked),
    ):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert pipeline.client.options(IMPORTS, headers=asked).status_code == 405
    assert taken["Cache-Control"] == "no-store"
