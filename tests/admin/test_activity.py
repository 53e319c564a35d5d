"""The list of all changes: who, what, from where and why; filtered, paged and exported."""

import csv
import io
from datetime import timedelta
from typing import Any

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import AIModel, Price
from tests.admin.common import LIST, agree, change, form_data, staff
from tests.admin.past import set_price
from tests.clock import MoveClock
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.review.common import bulk, prices

pytestmark = pytest.mark.django_db(transaction=True)
ACTIVITY = f"{LIST}activity/"


def rows(client: Client, **query: Any) -> list[tuple[str, ...]]:
    """Who, what, from where and why of each change."""
    answer = client.get(ACTIVITY, query)
    assert answer.status_code == 200
    return [(one.who, one.what, one.how, one.why) for one in answer.context["changes"]]


def test_each_change_says_who_what_from_where_and_why(publisher_client: Client) -> None:
    model = make_listed(datacenters=(make_datacenter(),))
    other = make_listed("acme/two")
    data = prices(form_data(publisher_client, change(model)), "prompt", "0.11")
    agree(publisher_client, change(model), data | {"_why": "cheaper power"})
    bulk(publisher_client, "set_not_ready", model, other, _typed="2 models")
    found = rows(publisher_client)
    assert found[:2] == [
        ("publisher", "Readiness", "bulk action: Set not ready", ""),
        ("publisher", "1 price", "edit form", "cheaper power"),
    ]
    assert ("—", "1 model added", "SQL or a program", "") in found
    assert "cheaper power" in publisher_client.get(f"{LIST}{model.pk}/history/").content.decode()


def test_changes_are_found_by_person_model_kind_way_and_time(client: Client) -> None:
    staff(client, "Viewer")
    one = make_model("acme/one")
    make_model("acme/two")
    middle = timezone.now()
    with pghistory.context(user_name="eve", source="import", origin="feed.json"):
        AIModel.objects.filter(pk=one.pk).update(is_ready=False)
    set_price(one, "0.5")
    assert rows(client, person="EV") == [("—", "Readiness", "command import_models, from feed.json", "")]
    assert rows(client, way="import") == rows(client, kind="readiness") == rows(client, person="eve")
    assert [row[1] for row in rows(client, model="ONE", since=middle.isoformat())] == ["1 price", "Readiness"]
    assert "1 price" not in [row[1] for row in rows(client, way="import")]
    assert len(rows(client, kind="added")) == 2
    assert len(rows(client, kind="added", model="two")) == 1
    assert not rows(client, until="1999-01-01 00:00")
    page = client.get(ACTIVITY, {"kind": "nothing", "since": "yesterday"})
    assert page.context["form"].errors.keys() == {"kind", "since"}


def test_a_scheduled_price_is_a_change_when_it_takes_effect(client: Client, move_clock: MoveClock) -> None:
    staff(client, "Viewer")
    at = (timezone.now() + timedelta(hours=1)).replace(microsecond=0)
    make_price(make_model(), "prompt", "0.5", effective_from=at)
    assert not rows(client, way="schedule")
    move_clock(at + timedelta(hours=1))
    assert rows(client, way="schedule") == [("—", "1 price", "schedule", "")]


def test_exports_hold_every_change_and_no_formula(client: Client) -> None:
    staff(client, "Viewer")
    models = [make_model(f"acme/m{number}") for number in range(5)]
    with pghistory.context(user_name="=eve", source="form", reason="=HYPERLINK(1)"):
        AIModel.objects.update(notes="x")
    answer = client.get(ACTIVITY, {"format": "csv", "person": "eve"})
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["why"], row["models"]) == ("'=HYPERLINK(1)", "acme/m0, acme/m1, acme/m2 and 2 more")
    assert answer["Content-Disposition"] == 'attachment; filename="activity.csv"'
    (document,) = client.get(ACTIVITY, {"format": "json", "person": "eve"}).json()["data"]
    assert document["models"] == [model.model_id for model in models]
    assert document["why"] == "=HYPERLINK(1)"


def test_a_page_of_changes_takes_as_many_queries_for_many_as_for_few(client: Client) -> None:
    staff(client, "Viewer")
    client.get(ACTIVITY)
    numbers = []
    for count in (2, 30):
        for number in range(count):
            with pghistory.context(user_name=f"u{number}", source="form"):
                Price.objects.create(ai_model=make_model(f"acme/{count}-{number}"), kind="image_output", usd=1)
        with CaptureQueriesContext(connection) as queries:
            client.get(ACTIVITY)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]
