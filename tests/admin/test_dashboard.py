"""The admin's dashboard: its numbers are those of the rows behind them, and its words those of the history."""

from datetime import timedelta
from typing import Any

import pghistory
import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog import checklist
from catalog.admin import dashboard
from catalog.models import AIModel, Proposal, ScheduledSwitch
from tests.admin.common import LIST, staff
from tests.factories import make_listed, make_model, make_price

pytestmark = pytest.mark.django_db
FRONT = "/admin/"
LATER = timezone.now() + timedelta(days=3)


@pytest.fixture
def viewer(client: Client) -> Client:
    return staff(client, "Viewer")


def tiles(client: Client) -> dict[str, Any]:
    page = client.get(FRONT)
    assert page.status_code == 200
    return {tile.label: tile for tile in page.context["tiles"]}


def hour(delta: timedelta) -> Any:
    return (timezone.now() + delta).replace(minute=0, second=0, microsecond=0)


def make_one_of_each() -> None:
    make_listed("listed", hugging_face_id="Acme/A")
    make_listed("hidden", is_ready=False)
    make_price(make_listed("warned"), "prompt", "0.00000001", min_prompt_tokens=1)
    make_model("lacking", quantization=None, deprecation_at=hour(timedelta(days=40)))
    make_model("lacking-prices", prices={}, deprecation_at=hour(timedelta(days=-2)))
    going = make_listed("going", deprecation_at=hour(timedelta(days=20)))
    make_price(going, "prompt", "0.000001", effective_from=LATER)
    make_price(going, "completion", "0.000001", effective_from=LATER)
    for switch in ("is_ready", "is_listed_on_openrouter"):
        ScheduledSwitch.objects.create(ai_model=going, switch=switch, value=False, effective_from=LATER)
    long_ago = timezone.now() - timedelta(days=8)
    with connection.cursor() as cursor:  # as if it had been made long ago; the history lets nobody change it
        cursor.execute("SET session_replication_role = replica")
        for table in ("aimodel", "price", "modeldatacenter", "parameterdescriptor", "scheduledswitch"):
            cursor.execute(f"UPDATE catalog_{table}event SET pgh_created_at = %s", [long_ago])
        cursor.execute("SET session_replication_role = DEFAULT")
    AIModel.objects.filter(model_id="listed").update(name="Renamed")
    for status in ("open", "withdrawn"):
        decided = {} if status == "open" else {"decided_by": User.objects.get(), "decided_at": timezone.now()}
        Proposal.objects.create(proposed_by=User.objects.get(), changes=[], status=status, **decided)


def test_each_number_is_that_of_the_rows_behind_it(viewer: Client, settings: Settings) -> None:
    settings.EDITORS_PROPOSE = True
    make_one_of_each()
    found = tiles(viewer)
    assert {label: tile.number for label, tile in found.items()} == {
        "Listed on OpenRouter": 4,
        "Listed and ready": 3,
        "Listed with a warning": 1,
        "Not listed, something missing": 2,
        "Deprecated within 30 days": 1,
        "With prices scheduled": 1,
        "With listing or readiness scheduled": 1,
        "Changed this week": 1,
        "Open proposals": 1,
    }
    for tile in found.values():
        page = viewer.get(tile.address)
        assert page.status_code == 200
        assert page.context["cl"].result_count == tile.number, tile.label
    warned = viewer.get(found["Listed with a warning"].address).context["cl"].queryset
    assert [model.model_id for model in warned] == ["warned"]


def test_unlisted_models_that_lack_nothing_are_found(viewer: Client) -> None:
    make_one_of_each()
    make_model("could-be")
    page = viewer.get(LIST, {"readiness": "complete"})
    assert [model.model_id for model in page.context["cl"].queryset] == ["could-be"]


def test_a_switch_that_has_come_is_counted_as_it_is(viewer: Client) -> None:
    model = make_listed("a")
    past = timezone.now() - timedelta(minutes=1)
    ScheduledSwitch.objects.create(ai_model=model, switch="is_ready", value=False, effective_from=past)
    found = tiles(viewer)
    assert (found["Listed and ready"].number, found["With listing or readiness scheduled"].number) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_the_latest_changes_say_who_what_and_when(client: Client) -> None:
    viewer = staff(client, "Viewer")
    edith = User.objects.create_user("edith")
    model, gone = make_listed("acme/a", name="Old"), make_model("acme/gone")
    with pghistory.context(user=edith.pk, source="form"):
        AIModel.objects.filter(pk=model.pk).update(name="New", author="acme", tokenizer="Qwen3", instruct_type="chatml")
    make_price(model, "prompt", "0.0000002", effective_from=timezone.now())
    gone.prices.all().delete()
    gone.delete()
    changes = viewer.get(FRONT).context["changes"]
    assert [(change.model_id, change.what) for change in changes[:3]] == [
        ("acme/gone", "Deleted"),
        ("acme/gone", ""),
        ("acme/a", ""),
    ]
    price, fields = [change for change in changes if change.model_id == "acme/a"][:2]
    assert [tuple(one) for one in price.differences] == [("Prompt price, $ per 1M tokens", "0.10", "0.20")]
    assert price.changed_by.how == "SQL or a program"
    assert ("Name", "Old", "New") in [tuple(one) for one in fields.differences]
    assert (len(fields.differences), fields.more) == (3, 1)
    assert fields.changed_by[:2] == ("edith", "edit form")
    assert len(changes) <= 10
    text = viewer.get(FRONT).content.decode()
    assert f'href="{LIST}{model.pk}/change/"' in text
    assert changes[0].address == ""


def test_who_may_not_see_models_sees_no_numbers(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    make_listed()
    page = client.get(FRONT)
    assert page.status_code == 200
    assert (page.context["tiles"], page.context["changes"]) == ([], None)
    assert "acme/one" not in page.content.decode()


def test_a_large_catalog_that_was_not_judged_yet_is_counted_on_the_page_behind(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model("a", quantization=None)
    monkeypatch.setattr(dashboard, "MOST_CHECKED", 0)
    tile = tiles(viewer)["Not listed, something missing"]
    assert tile.number is None
    assert "Count them" in viewer.get(FRONT).content.decode()
    assert viewer.get(tile.address).context["cl"].result_count == 1
    assert tiles(viewer)["Not listed, something missing"].number == 1


def test_it_asks_as_much_of_many_models_as_of_one(viewer: Client) -> None:
    def asked() -> int:
        checklist.clear_cache()
        viewer.get(FRONT)
        with CaptureQueriesContext(connection) as queries:
            viewer.get(FRONT)
        return len(queries)

    make_one_of_each()
    few = asked()
    for number in range(30):
        make_price(make_model(f"m{number}"), "prompt", "0.1", effective_from=LATER)
    assert asked() == few


def test_it_says_which_address_openrouter_is_given_and_lists_no_tables(publisher_client: Client) -> None:
    page = publisher_client.get("/admin/").content.decode()
    for name in ("openrouter", "openrouter-v2"):
        assert f">http://localhost/v1/models?format={name}</code>" in page
    assert "Authentication and Authorization" not in page
    feed = publisher_client.get("/admin/catalog/aimodel/listing/")
    assert feed.status_code == 200
    assert "0 entries at" in feed.content.decode()


def test_an_app_has_no_page_of_its_own(viewer: Client) -> None:
    apps = {model._meta.app_label for model in admin.site._registry}
    assert {viewer.get(f"{FRONT}{app}/")["Location"] for app in apps} == {FRONT}
