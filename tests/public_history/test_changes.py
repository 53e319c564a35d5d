"""``/api/v1/changes``, ``/changes.atom`` and ``/changes.rss``, as bytes: what changed, for those who may know."""

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import public_history
from catalog.models import AIModel, Provider
from tests import clock
from tests.factories import make_model, make_price

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
FAR = datetime(2099, 1, 1, tzinfo=UTC)
LATER = timedelta(hours=2)


def changes(client: Client, **query: str) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/changes", query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def kinds(client: Client, **query: str) -> list[tuple[str, str]]:
    return [(change["kind"], change["model"]) for change in changes(client, **query)]


def text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def test_the_whole_document(client: Client) -> None:
    model = make_model(prices={"prompt": "0.0000001"})
    begun = changes(client)[0]["at"]
    make_price(model, "prompt", "0.00000008", effective_from=FAR)
    make_price(model, "completion", "0.5", effective_from=FAR, service_tier="flex")
    announced = changes(client)[0]["at"]
    assert client.get("/api/v1/changes").content.decode() == (
        f'{{"data":[{{"kind":"scheduled","at":"{announced}","model":"acme/one","name":"Acme One",'
        '"effective_from":"2099-01-01T00:00:00Z","prices":['
        '{"kind":"prompt","unit":"token","service_tier":"default","from":"0.0000001","to":"0.00000008","percent":"-20"},'
        '{"kind":"completion","unit":"token","service_tier":"flex","from":null,"to":"0.5","percent":null}]},'
        f'{{"kind":"added","at":"{begun}","model":"acme/one","name":"Acme One"}}],"total_count":2,"links":{{"next":null}}}}'
    )


def test_a_price_that_comes_is_told_with_what_it_was_by_the_minute(client: Client) -> None:
    model = make_model(prices={"prompt": "0.3", "completion": "0"})
    moment = clock.now()
    make_price(model, "prompt", "0.4", effective_from=moment)
    make_price(model, "completion", "0.1", effective_from=moment)
    make_price(model, "request", "1", unit="request", effective_from=moment)  # a part of its being added
    (change,) = changes(client, kind="repriced")
    assert (change["at"], change["effective_from"]) == (text(moment), text(moment))
    assert [(row["kind"], row["from"], row["to"], row["percent"]) for row in change["prices"]] == [
        ("prompt", "0.3", "0.4", "33.33"),
        ("completion", "0", "0.1", None),
    ]
    make_price(model, "prompt", None, effective_from=clock.now())
    told = [change["prices"][0] for change in changes(client, kind="repriced")]  # one, or two if the minute is over
    assert (told[-1]["from"], told[0]["to"]) == ("0.3", None)


def test_a_models_life(client: Client) -> None:
    other = make_model("acme/two")
    model = make_model("acme/one")
    for fields in (
        {"deprecation_at": FAR, "replacement": other},
        {"deprecation_at": FAR + LATER},
        {"deprecation_at": None},
        {"model_id": "acme/uno"},
        {"is_public": False},
        {"is_public": True},
    ):
        AIModel.objects.filter(pk=model.pk).update(**fields)
    AIModel.objects.filter(pk=model.pk).delete()
    found = [change for change in changes(client) if change["model"] != "acme/two"][::-1]
    assert [(change["kind"], change["model"]) for change in found] == [
        ("added", "acme/one"),
        ("deprecated", "acme/one"),
        ("deprecated", "acme/one"),
        ("undeprecated", "acme/one"),
        ("added", "acme/uno"),
        ("removed", "acme/one"),
        ("removed", "acme/uno"),
        ("added", "acme/uno"),
        ("removed", "acme/uno"),
    ]
    assert (found[1]["deprecation_at"], found[1]["replacement"]) == ("2099-01-01T00:00:00Z", "acme/two")
    assert found[2]["deprecation_at"] == "2099-01-01T02:00:00Z"


def test_nothing_is_told_of_a_model_before_it_was_public_nor_while_it_was_not(client: Client) -> None:
    hidden = make_model("acme/hidden", is_public=False, name="Secret")
    model = make_model(name="Secret", is_public=False, replacement=hidden, deprecation_at=FAR)
    make_price(model, "prompt", "5", effective_from=clock.now())
    make_price(model, "prompt", "6", effective_from=FAR)
    assert changes(client) == []
    published = clock.now()
    AIModel.objects.filter(pk=model.pk).update(is_public=True, name="Open")
    AIModel.objects.filter(pk=hidden.pk).update(name="More secret")
    found = changes(client)
    assert sorted(change["kind"] for change in found) == ["added", "deprecated", "scheduled"]
    assert all(datetime.fromisoformat(change["at"]) >= published for change in found)
    AIModel.objects.filter(pk=model.pk).update(is_public=False)
    AIModel.objects.filter(pk=model.pk).update(name="Secret again")
    make_price(model, "prompt", "7", effective_from=clock.now())
    assert kinds(client, kind="repriced") == []
    for address in ("/api/v1/changes", "/changes.atom", "/changes.rss"):
        answer = client.get(address)
        assert b"Open" in answer.content
        assert b"ecret" not in answer.content, address
        assert b"acme/hidden" not in answer.content


def test_staff_are_not_named(client: Client) -> None:
    with pghistory.context(user=4711, url="/admin/catalog/", source="nobody-may-know"):
        model = make_model(notes="nobody-may-know")
        make_price(model, "prompt", "9", effective_from=clock.now())
    for address in ("/api/v1/changes", "/changes.atom", "/changes.rss"):
        content = client.get(address).content
        assert b"acme/one" in content
        assert b"nobody-may-know" not in content
        assert b"4711" not in content


def test_a_removed_model_is_told_of_or_by_staffs_switch_not_mentioned_at_all(client: Client) -> None:
    make_model("acme/one")
    make_model("acme/two", is_mentioned_after_removal=False)
    make_model("acme/three", is_mentioned_after_removal=False)
    AIModel.objects.exclude(model_id="acme/three").update(is_public=False)
    assert set(kinds(client)) == {("added", "acme/one"), ("removed", "acme/one"), ("added", "acme/three")}
    AIModel.objects.filter(model_id="acme/two").update(is_mentioned_after_removal=True)
    assert ("removed", "acme/two") in kinds(client)


def test_filters_and_pages(client: Client) -> None:
    for name in ("acme/one", "acme/two", "acme/a:b/c"):
        make_model(name)
    AIModel.objects.filter(model_id="acme/two").delete()
    assert kinds(client, kind="removed") == [("removed", "acme/two")]
    assert kinds(client, kind="removed,added", model="acme/a:b/c") == [("added", "acme/a:b/c")]
    assert kinds(client, model="acme/안녕") == []
    page = client.get("/api/v1/changes?kind=added&limit=2").json()
    assert (len(page["data"]), page["total_count"]) == (2, 3)
    assert len(client.get(page["links"]["next"]).json()["data"]) == 1
    wrong = client.get("/api/v1/changes?kind=gone")
    assert (wrong.status_code, wrong.json()["error"]["message"][:26]) == (400, "kind: 'gone' is not one of")


def test_the_feeds_are_well_formed_whatever_a_name_holds(client: Client) -> None:
    Provider.objects.create(slug="acme", name="Acme & Söhne \x01<b>")
    model = make_model(name="<script>\x0b&", prices={"prompt": "0.0000003"})
    make_price(model, "prompt", "0.0000002", effective_from=timezone.now() + timedelta(days=30))
    atom = client.get("/changes.atom")
    assert atom["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(atom.content)
    entries = root.findall("{*}entry")
    assert [entry.findtext("{*}title") for entry in entries] == [
        "Price change scheduled: <script>& (acme/one)",
        "New: <script>& (acme/one)",
    ]
    assert {link.get("href") for entry in entries for link in entry.findall("{*}link")} == {
        "http://localhost/models/acme/one"
    }
    assert "Prompt price, $ per 1M tokens: $0.3 → $0.2 (-33.33%)" in (entries[0].findtext("{*}summary") or "")
    assert len({entry.findtext("{*}id") for entry in entries}) == 2
    assert all((entry.findtext("{*}id") or "").startswith("urn:uuid:") for entry in entries)
    assert root.findtext("{*}id") == "http://localhost/changes.atom"
    assert root.findtext("{*}author/{*}name") == "Acme & Söhne <b>"
    rss = client.get("/changes.rss?kind=added")
    assert rss["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert [item.findtext("title") for item in ElementTree.fromstring(rss.content).iter("item")] == [
        "New: <script>& (acme/one)"
    ]
    assert client.get("/changes.rss?kind=added", headers={"if-none-match": rss["ETag"]}).status_code == 304


def test_as_many_queries_for_many_models_as_for_one_and_none_while_nothing_moves(client: Client) -> None:
    def queries() -> int:
        client.get("/v1/models/nothing")
        public_history.clear_cache()
        client.get("/api/v1/models/count")  # the list
        with CaptureQueriesContext(connection) as captured:
            changes(client)
        return len([one for one in captured if one["sql"].startswith("SELECT") or "WITH" in one["sql"]])

    make_model()
    few = queries()
    for number in range(30):
        make_model(f"acme/{number}")
    assert queries() == few
    with CaptureQueriesContext(connection) as captured:
        assert len(changes(client)) == 31
    assert not captured
