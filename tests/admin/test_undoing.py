"""A whole change is undone in the admin, by one review."""

from datetime import timedelta
from typing import Any

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.history import Wanted, find, summarized, to_undo
from catalog.history.changes import ChangeKey
from catalog.models import AIModel, Price, ScheduledSwitch
from tests.admin.common import LIST, agree, staff
from tests.admin.past import FLAT, V2, page_of, said, set_price
from tests.clock import MoveClock
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.review.common import bulk

pytestmark = pytest.mark.django_db(transaction=True)


def latest(way: str = "") -> str:
    """The address of the latest change, or of the latest that was made in that way."""
    (row,) = summarized(find(Wanted(way=way))[:1])
    return f"{LIST}activity/{row.key}/"


def undo(client: Client, address: str | None = None, **reason: str) -> Any:
    return agree(client, address or latest(), reason)


def test_a_bulk_action_is_undone_as_one_change(publisher_client: Client, client: Client) -> None:
    models = [make_listed(f"acme/m{number}", datacenters=(make_datacenter(f"d{number}"),)) for number in range(4)]
    before = [client.get(address).content for address in (FLAT, V2)]
    done = bulk(publisher_client, "change_prices_by_percent", *models, percent="10", kinds=["prompt", "completion"])
    page = publisher_client.get(done.url)
    assert latest() in " ".join(said(page))
    assert [client.get(address).content for address in (FLAT, V2)] != before
    AIModel.objects.filter(pk=models[0].pk).update(notes="mine")
    change = latest("bulk")
    shown = publisher_client.get(change)
    assert (shown.context["to_undo"], shown.context["kept"]) == (4, [])
    answer = undo(publisher_client, change, _why="raised by mistake")
    assert answer.url == change
    messages = said(publisher_client.get(change))
    assert f'href="{latest()}">Redo this change<' in messages[-1]
    assert AIModel.objects.get(pk=models[0].pk).notes == "mine"
    assert [client.get(address).content for address in (FLAT, V2)] == before
    (made,) = summarized(find(Wanted(way="undo")))
    assert made.models == 4
    assert made.context is not None
    assert made.context["reason"] == "raised by mistake"


def test_the_review_of_undoing_names_no_form_that_is_not_there(publisher_client: Client) -> None:
    model = make_listed()
    make_price(model, "prompt", "0.0000002", effective_from=timezone.now() + timedelta(days=1))
    bulk(publisher_client, "change_prices_by_percent", model, percent="10", kinds=["prompt"])
    page = publisher_client.post(latest()).content.decode()
    assert "already scheduled stay as they are" in page
    assert "Also change scheduled prices" not in page


def test_what_came_since_is_kept_and_what_conflicts_is_said(publisher_client: Client) -> None:
    first, second = make_listed("acme/one"), make_listed("acme/two")
    bulk(publisher_client, "change_prices_by_percent", first, second, percent="10", kinds=["prompt", "completion"])
    change = latest()
    set_price(first, "0.0000009")
    AIModel.objects.filter(pk=second.pk).update(name="Renamed")
    page = publisher_client.get(change)
    assert [row[0] for row in page.context["kept"]] == ["acme/one"]
    assert page.context["to_undo"] == 2
    undo(publisher_client, change)
    in_force = {(row.ai_model_id, row.kind): row.usd for row in Price.objects.in_force(timezone.now())}
    assert f"{in_force[first.pk, 'prompt']:.7f}" == "0.0000009"
    assert in_force[first.pk, "completion"] == in_force[second.pk, "completion"]
    assert AIModel.objects.get(pk=second.pk).name == "Renamed"
    again = publisher_client.get(change)
    assert again.context["to_undo"] == 0


def test_undoing_takes_back_added_models_and_brings_back_deleted_ones(publisher_client: Client) -> None:
    old = make_model("acme/old", datacenters=(make_datacenter(),))
    ahead = timezone.now() + timedelta(days=1)
    make_price(old, "prompt", "0.0000004", effective_from=ahead)
    ScheduledSwitch.objects.create(ai_model=old, switch="is_ready", value=False, effective_from=ahead)
    kept = make_model("acme/kept")
    agree(publisher_client, f"{LIST}{old.pk}/delete/", {"post": "yes"})
    assert not AIModel.objects.filter(pk=old.pk).exists()
    deletion = latest()
    bulk(publisher_client, "clone", kept, model_id="acme/clone", name="Clone")
    undo(publisher_client)
    assert set(AIModel.objects.values_list("model_id", flat=True)) == {"acme/kept"}
    undo(publisher_client, deletion)
    back = AIModel.objects.get(pk=old.pk)
    assert back.model_id == "acme/old"
    assert back.datacenters.count() == 1
    assert back.scheduled_switches.count() == 1
    assert (back.prices.count(), back.prices.filter(effective_from=ahead).count()) == (3, 1)
    undo(publisher_client)
    assert not AIModel.objects.filter(pk=old.pk).exists()


def test_models_that_exchanged_their_ids_get_them_back(publisher_client: Client) -> None:
    one, two, other = make_listed("acme/one"), make_listed("acme/two"), make_model("acme/three")
    with pghistory.context(source="swap"):
        for key, model_id in ((one.pk, "acme/between"), (two.pk, "acme/one"), (one.pk, "acme/two"), (other.pk, "acme/3")):
            AIModel.objects.filter(pk=key).update(model_id=model_id)
        bulk_made = make_model("acme/three")
    change = latest()
    assert publisher_client.get(change).context["to_undo"] == 4
    assert undo(publisher_client, change).url == change
    ids = dict(AIModel.objects.values_list("pk", "model_id"))
    assert ids == {one.pk: "acme/one", two.pk: "acme/two", other.pk: "acme/three"}
    assert not AIModel.objects.filter(pk=bulk_made.pk).exists()
    undo(publisher_client)
    ids = dict(AIModel.objects.values_list("pk", "model_id"))
    assert ids == {one.pk: "acme/two", two.pk: "acme/one", other.pk: "acme/3", bulk_made.pk: "acme/three"}


def test_a_change_that_two_people_undo_is_undone_once(publisher_client: Client) -> None:
    model = make_listed()
    bulk(publisher_client, "change_prices_by_percent", model, percent="10", kinds=["prompt"])
    change = latest()
    first, second = publisher_client.post(change), publisher_client.post(change)
    digest = first.context["review"].digest
    assert second.context["review"].digest == digest
    answers = [publisher_client.post(change, {"_agreed": digest}, follow=True) for _ in range(2)]
    assert "Undid the change" in " ".join(said(answers[0]))
    assert said(answers[1]) == ["There is nothing to undo."]
    assert len(find(Wanted(way="undo"))) == 1
    assert model.prices.filter(kind="prompt").count() == 3


def test_an_added_model_that_was_changed_since_stays(publisher_client: Client) -> None:
    bulk(publisher_client, "clone", make_model("acme/one"), model_id="acme/clone", name="Clone")
    change = latest()
    AIModel.objects.filter(model_id="acme/clone").update(name="Mine")
    page = publisher_client.get(change)
    assert page.context["to_undo"] == 0
    assert "The model was changed since it was added." in page.content.decode()


def test_what_a_change_has_scheduled_goes_back_before_and_after_its_time(
    publisher_client: Client, move_clock: MoveClock
) -> None:
    model = make_listed()
    at = (timezone.now() + timedelta(hours=2)).replace(microsecond=0)
    bulk(publisher_client, "set_not_ready", model, moment=f"{at:%Y-%m-%d %H:%M:%S}")
    bulk(
        publisher_client, "change_prices_by_percent", model, percent="50", kinds=["prompt"], moment=f"{at:%Y-%m-%d %H:%M:%S}"
    )
    change = latest()
    (found,) = to_undo(ChangeKey(change.rstrip("/").rpartition("/")[2]))
    assert [one.path[0] for one in found.wanted] == ["scheduled price"]
    move_clock(at + timedelta(hours=1))
    (found,) = to_undo(ChangeKey(change.rstrip("/").rpartition("/")[2]))
    assert [one.path[0] for one in found.wanted] == ["price"]


def test_an_editor_undoes_what_no_feed_shows_and_a_viewer_nothing(client: Client) -> None:
    staff(client, "Editor")
    model = make_model("acme/one")
    AIModel.objects.filter(pk=model.pk).update(notes="wrong")
    change = latest()
    assert undo(client, change).status_code == 302
    assert AIModel.objects.get(pk=model.pk).notes == ""
    live = make_listed("acme/live")
    AIModel.objects.filter(pk=live.pk).update(context_length=65536)
    page = client.get(latest()).content.decode()
    assert "only a publisher can undo it" in page
    assert ">Undo this change<" not in page
    assert not client.get(page_of(live, "history")).context["may_restore"]
    assert "Only a publisher can change what the feed shows." in client.get(f"{LIST}{live.pk}/change/").content.decode()
    AIModel.objects.filter(pk=live.pk).update(notes="mine")
    assert ">Undo this change<" in client.get(latest()).content.decode()
    staff(client, "Viewer")
    assert client.post(change, {}).status_code == 403
    assert not client.get(change).context["may_undo"]


def test_undoing_needs_no_more_queries_for_more_models(publisher_client: Client) -> None:
    numbers = []
    for count in (2, 12):
        models = [make_listed(f"acme/{count}-{number}") for number in range(count)]
        AIModel.objects.filter(pk__in=[model.pk for model in models]).update(notes=f"n{count}")
        Price.objects.bulk_create(Price(ai_model=model, kind="prompt", usd="0.0000002") for model in models)
        change = ChangeKey(latest().rstrip("/").rpartition("/")[2])
        with CaptureQueriesContext(connection) as queries:
            assert len(to_undo(change)) == count
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_a_deleted_model_is_found_and_restored_from_its_history(publisher_client: Client) -> None:
    model = make_model("acme/gone", name="Gone")
    key = model.pk
    model.delete()
    for query, count in {"": 1, "GONE": 1, "other": 0}.items():
        assert publisher_client.get(f"{LIST}deleted/", {"q": query}).context["page"].paginator.count == count
    history = publisher_client.get(page_of(AIModel(pk=key), "history"))
    last = history.context["steps"][1]
    url, data = page_of(AIModel(pk=key), "restore"), {"at": last.key}
    assert publisher_client.get(url, data).context["differences"]
    assert agree(publisher_client, url, data).status_code == 302
    back = AIModel.objects.get(pk=key)
    assert (back.model_id, back.prices.count()) == ("acme/gone", 2)


@pytest.mark.parametrize("key", ["x", "2026-01-01", "00000000-0000-0000-0000-000000000000"])
def test_there_is_no_page_of_a_change_that_is_none(publisher_client: Client, key: str) -> None:
    assert publisher_client.get(f"{LIST}activity/{key}/").status_code == 404
