"""Every change is kept, whoever makes it and however."""

from typing import Any

import pgtrigger
import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from pghistory.models import Events

from catalog.models import AIModel, Datacenter, Price
from tests.factories import make_datacenter, make_model

pytestmark = pytest.mark.django_db


def events(row: Any) -> list[tuple[str, dict[str, Any] | None]]:
    """The labels and differences of a row's events, oldest first."""
    return [(event.pgh_label, event.pgh_diff) for event in Events.objects.tracks(row).order_by("pgh_created_at", "pgh_id")]


def test_update_and_sql_are_kept_as_save_is() -> None:
    model = make_model()
    model.name = "Saved"
    model.save()
    AIModel.objects.update(name="Updated")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_aimodel SET name = 'Typed'")
    assert [diff["name"] for _, diff in events(model) if diff] == [
        ["Acme One", "Saved"],
        ["Saved", "Updated"],
        ["Updated", "Typed"],
    ]


def test_bulk_create_and_deletion_are_kept() -> None:
    model = make_model(prices={})
    (price,) = Price.objects.bulk_create([Price(ai_model=model, kind="prompt", usd=1)])
    key = price.pk
    Price.objects.filter(pk=key).delete()
    price.pk = key
    assert [label for label, _ in events(price)] == ["insert", "delete"]


def test_of_a_statement_on_many_each_row_that_differs_is_kept() -> None:
    one, two, three = (make_model(f"acme/{name}", name=name) for name in ("one", "two", "three"))
    AIModel.objects.update(name="two")
    assert [diff for _, diff in events(one) if diff] == [{"name": ["one", "two"]}]
    assert [diff for _, diff in events(two) if diff] == []
    assert [diff for _, diff in events(three) if diff] == [{"name": ["three", "two"]}]


def test_of_an_upsert_what_came_and_what_changed_are_kept() -> None:
    there = make_datacenter("eu1")
    both = [Datacenter(code="eu1", name="Paris", country="FR"), Datacenter(code="eu2", name="Delft", country="NL")]
    Datacenter.objects.bulk_create(both, update_conflicts=True, unique_fields=["code"], update_fields=["country"])
    assert events(there) == [("insert", None), ("update", {"country": ["DE", "FR"]})]
    assert [label for label, _ in events(Datacenter.objects.get(code="eu2"))] == ["insert"]


def test_a_trigger_that_somebody_ignores_stays_ignored_beside_the_others() -> None:
    with pgtrigger.ignore("catalog.AIModel:update_update"):
        model = make_model()
        AIModel.objects.update(name="Unseen")
    assert events(model) == [("insert", None)]
    AIModel.objects.update(name="Seen")
    assert [label for label, _ in events(model)] == ["insert", "update"]


def test_datacenters_coming_and_going_are_kept() -> None:
    model, place = make_model(), make_datacenter()
    model.datacenters.add(place)
    link = AIModel.datacenters.through.objects.get()
    key = link.pk
    model.datacenters.clear()
    labels = list(
        Events.objects.filter(pgh_obj_model="catalog.ModelDatacenter", pgh_obj_id=str(key)).values_list(
            "pgh_label", flat=True
        )
    )
    assert sorted(labels) == ["delete", "insert"]


def test_who_did_it_in_the_admin_is_kept(client: Client) -> None:
    user = User.objects.create_superuser("root")
    client.force_login(user)
    answer = client.post("/admin/catalog/datacenter/add/", {"code": "fra1", "name": "Frankfurt", "country": "DE"})
    assert answer.status_code == 302
    (event,) = Events.objects.filter(pgh_model="catalog.DatacenterEvent")
    assert event.pgh_context["user"] == user.pk
    assert event.pgh_context["url"] == "/admin/catalog/datacenter/add/"


def test_history_cannot_be_rewritten() -> None:
    make_model()
    for statement in ("UPDATE catalog_aimodelevent SET name = 'other'", "DELETE FROM catalog_aimodelevent"):
        with (
            pytest.raises(DatabaseError, match="Cannot update or delete rows"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_a_change_that_changes_nothing_is_no_event() -> None:
    model = make_model()
    model.save()
    assert [label for label, _ in events(model)] == ["insert"]
