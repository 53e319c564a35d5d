"""A change is compared on copies of the tables: with the same review as under the write lock, the same rules, and nobody waiting."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory
from django.utils import timezone

from catalog import bulk_writing, write_lock
from catalog.admin.bulk_actions.prices import change_by_percent
from catalog.admin.reviews import page
from catalog.history import Position, events
from catalog.importing.applying.importer import apply_reading
from catalog.importing.registry import read_content
from catalog.models import AIModel, CatalogRevision, Datacenter, Price, ScheduledSwitch
from catalog.models.violations import violation
from catalog.openrouter.readiness.listing_gaps import gaps
from catalog.publication import render
from catalog.review import Agreement, Compared, NotAgreed, apply_rehearsed, rehearse, unless_it_writes
from catalog.review.rehearsal import TABLES
from tests.admin.common import LIST, staff
from tests.factories import make_listed, make_model, make_price
from tests.review.common import asked
from tests.waiting import at_the_same_time

LATER = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
ANYBODY: dict[str, Any] = {"may_publish": True, "has_perms": lambda permissions: True}


def keys() -> list[int]:
    return list(AIModel.objects.order_by("pk").values_list("pk", flat=True))


def by_percent(percent: str, **more: Any) -> None:
    data = {
        "percent": Decimal(percent),
        "kinds": ["prompt", "completion"],
        "places": None,
        "moment": None,
        "also_scheduled": False,
    }
    change_by_percent(keys(), data | more)


def exported() -> None:
    """Import what the catalog exports, under other ids."""
    content = render("openrouter").body.replace(b'"id":"', b'"id":"new-')
    plan = apply_reading(read_content(content), source="file", list_on_openrouter=True)
    assert (plan.problems, bool(plan.listed)) == ([], True)


def emptied() -> None:
    AIModel.objects.update(is_listed_on_openrouter=False)
    AIModel.objects.order_by("pk")[0].delete()


CHANGES: dict[str, Callable[[], object]] = {
    "percent": lambda: by_percent("10"),
    "percent, later": lambda: by_percent("-50", moment=LATER),
    "percent, with what is scheduled": lambda: by_percent("3", also_scheduled=True),
    "listed": lambda: AIModel.objects.exclude(model_id__in={gap.model_id for gap in gaps(keys())}).update(
        is_listed_on_openrouter=True
    ),
    "unlisted": lambda: AIModel.objects.update(is_listed_on_openrouter=False),
    "deleted": emptied,
    "scheduled": lambda: ScheduledSwitch.objects.bulk_create(
        ScheduledSwitch(ai_model_id=key, switch="is_ready", value=False, effective_from=LATER + timedelta(hours=1))
        for key in keys()
    ),
    "a datacenter more": lambda: Datacenter.objects.create(code="new1", name="New", country="FR").models.add(*keys()),  # type: ignore[attr-defined]
    "another datacenter": lambda: Datacenter.objects.update(country="FR"),
    "other names": lambda: AIModel.objects.filter(pk=keys()[0]).update(model_id="other", aliases=["another"]),
    "imported": exported,
    "nothing": lambda: None,
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", CHANGES)
def test_its_review_is_that_of_the_change_under_the_write_lock(name: str) -> None:
    call_command("load_sample")
    first = AIModel.objects.order_by("pk")[0]
    AIModel.objects.filter(pk__in=keys()[5:8]).update(is_listed_on_openrouter=False)
    make_price(first, "prompt", "0.0000009", effective_from=LATER + timedelta(days=1))
    ScheduledSwitch.objects.create(ai_model=first, switch="is_ready", value=False, effective_from=LATER)
    _, review, compared = rehearse(CHANGES[name])
    if name == "nothing":
        assert (review.changes, review.digest) == ((), compared.digest)
        return
    locked = asked(CHANGES[name], always=True)
    assert review == locked
    assert (compared.digest, compared.to_type, compared.changed) == (locked.digest, locked.to_type, len(locked.changes))


@pytest.mark.django_db
def test_nothing_of_it_stays() -> None:
    call_command("load_sample")
    before = {table: list(table._default_manager.order_by("pk").values()) for table in TABLES}
    position = Position.now()
    for change in CHANGES.values():
        rehearse(change)
    assert {table: list(table._default_manager.order_by("pk").values()) for table in TABLES} == before
    assert Position.now() == position


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("listed_model_is_complete", lambda: AIModel.objects.filter(model_id="bare").update(is_listed_on_openrouter=True)),
        ("listed_model_is_not_deleted", lambda: AIModel.objects.filter(model_id="free").delete()),
        ("begun_price_stays", lambda: Price.objects.filter(ai_model__model_id="acme/one").update(usd=3)),
        ("model_names_are_unique", lambda: AIModel.objects.filter(model_id="bare").update(aliases=["acme/one"])),
        ("price_one_per_line_and_moment", lambda: bulk_writing.insert(Price, [twin(), twin()])),
        ("price_is_a_plausible_amount", lambda: bulk_writing.insert(Price, [twin(usd=-1)])),
    ],
)
def test_it_meets_the_rules_of_the_database(rule: str, change: Callable[[], object]) -> None:
    make_listed("acme/one")
    make_listed("free", prices={}, has_free_variant=True)
    make_model("bare", prices={})
    for attempt in (lambda: rehearse(change), lambda: asked(change)):
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            attempt()
        assert violation(error.value).rule == rule


def twin(**facts: Any) -> Price:
    model = AIModel.objects.get(model_id="bare")
    return Price(**{"ai_model": model, "kind": "image", "unit": "image", "usd": 1, "effective_from": LATER, **facts})


@pytest.mark.django_db(transaction=True)
def test_a_colleague_saves_the_same_rows_meanwhile() -> None:
    model = make_listed("acme/one", name="Before")

    def saved() -> None:
        AIModel.objects.filter(pk=model.pk).update(name="A colleague's")
        make_price(model, "image", "1", unit="image")
        make_model("new-one")

    def change() -> None:
        by_percent("10")
        AIModel.objects.filter(pk=model.pk).update(name="Mine")
        make_model("new-one")
        at_the_same_time(saved)

    _, review, compared = rehearse(change)
    (mine, new) = review.changes
    assert [(one.path, one.old, one.new) for one in mine.differences if one.path == ("field", "name")] == [
        (("field", "name"), "Before", "Mine")
    ]
    assert (mine.pk, new.is_new) == (model.pk, True)
    assert AIModel.objects.get(pk=model.pk).name == "A colleague's"
    assert not compared.still_holds()


@pytest.mark.django_db(transaction=True)
def test_what_was_agreed_to_is_done_without_comparing_again_while_the_catalog_is_as_it_was() -> None:
    make_listed("acme/one")
    calls: list[int] = []

    def change() -> None:
        calls.append(1)
        by_percent("10")

    with pytest.raises(NotAgreed) as first:
        apply_rehearsed(change, Agreement(), **ANYBODY)
    assert first.value.compared is not None
    agreement, compared = Agreement(first.value.review.digest), Compared.of(first.value.compared.as_json())
    assert apply_rehearsed(change, agreement, compared=compared, **ANYBODY) == (None, 1, True)
    assert len(calls) == 2
    assert Price.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_what_was_agreed_to_is_shown_anew_where_the_catalog_has_moved() -> None:
    model = make_listed("acme/one")
    with pytest.raises(NotAgreed) as first:
        apply_rehearsed(lambda: by_percent("10"), Agreement(), **ANYBODY)
    agreement = Agreement(first.value.review.digest)
    make_price(model, "prompt", "0.0000005", effective_from=timezone.now())
    with pytest.raises(NotAgreed) as again:
        apply_rehearsed(lambda: by_percent("10"), agreement, compared=first.value.compared, **ANYBODY)
    assert again.value.has_changed
    assert Price.objects.count() == 3
    # What does not concern it makes it compare again, and go on.
    agreement = Agreement(again.value.review.digest)
    AIModel.objects.filter(pk=make_model("other", prices={}).pk).update(name="Renamed")
    assert apply_rehearsed(lambda: by_percent("10"), agreement, compared=again.value.compared, **ANYBODY).changed == 1
    assert Price.objects.filter(ai_model=model).count() == 5


@pytest.mark.django_db(transaction=True)
def test_who_is_overtaken_again_and_again_gets_the_write_lock() -> None:
    model = make_listed("acme/one")
    with pytest.raises(NotAgreed) as first:
        apply_rehearsed(lambda: by_percent("10"), Agreement(), **ANYBODY)
    held: list[bool] = []

    def change() -> None:
        by_percent("10")
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('pg_temp.catalog_price') IS NULL")
            held.extend(cursor.fetchone())
        if not held[-1]:  # while it rehearses
            at_the_same_time(lambda: AIModel.objects.filter(model_id="other").update(name=f"Name {len(held)}"))

    make_model("other", prices={})
    result = apply_rehearsed(change, Agreement(first.value.review.digest), **ANYBODY)
    assert (result.changed, held) == (1, [False, False, False, True])
    assert Price.objects.filter(ai_model=model).count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_scheduled_time_that_has_come_makes_it_compare_again() -> None:
    model = make_listed("acme/one")
    *_, compared = rehearse(lambda: by_percent("10"))
    assert compared.still_holds()
    with connection.cursor() as cursor:  # as if it had been scheduled before, and come now: no revision moves by it
        cursor.execute("SET session_replication_role = replica")
        Price.objects.filter(ai_model=model, kind="prompt").update(effective_from=timezone.now())
        cursor.execute("SET session_replication_role = origin")
    assert not compared.still_holds()


@pytest.mark.django_db(transaction=True)
def test_whatever_ends_it_leaves_nothing() -> None:
    make_listed("acme/one")
    revision = CatalogRevision.objects.get().revision

    def dies() -> None:
        by_percent("10")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Exception, match=r"terminat|clos"):
        rehearse(dies)
    connection.close()
    assert (Price.objects.count(), CatalogRevision.objects.get().revision) == (2, revision)
    assert events(Price).count() == 2


@pytest.mark.django_db
def test_a_form_carries_what_was_compared_for_its_person_and_its_change_alone(client: Client) -> None:
    staff(client, "Publisher")
    model = make_model()
    data = {
        "action": "change_prices_by_percent",
        "_selected_action": [model.pk],
        "_described": "1",
        "percent": "10",
        "kinds": ["prompt"],
    }
    shown = client.post(LIST, data)
    token = shown.context["compared"]
    assert f'name="_compared" value="{token}"' in shown.content.decode()
    request = RequestFactory().post("/", {"_compared": token})
    request.user = User.objects.get()
    user, _, content = signing.loads(token, salt=page.SALT)
    assert (user, content["changed"]) == (request.user.pk, 1)
    assert page._compared(request, "another change") is None
    request.user = User.objects.create(username="another")
    assert page._compared(request, "another change") is None
    request = RequestFactory().post("/", {"_compared": token[:-1]})
    assert page._compared(request, "") is None
    agreed = data | {"_agreed": shown.context["review"].digest, "_compared": token, "_confirm": "1"}
    assert client.post(LIST, agreed).status_code == 302
    assert Price.objects.filter(kind="prompt").count() == 2


@pytest.mark.django_db(transaction=True)
def test_what_writes_nothing_is_found_without_copies_and_what_writes_is_not_done() -> None:
    model = make_listed("acme/one")

    def reads() -> str:
        with write_lock.held():
            at_the_same_time(lambda: AIModel.objects.filter(pk=model.pk).update(name="A colleague's"))
            return AIModel.objects.get().name

    assert unless_it_writes(reads) == model.name
    assert unless_it_writes(lambda: by_percent("10")) is None
    assert (AIModel.objects.get().name, Price.objects.count()) == ("A colleague's", 2)
