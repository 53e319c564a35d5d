"""Several writers at once, with real commits: the feed is never malformed and never shorter than it was meant."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from catalog import write_lock
from catalog.formats import FORMATS
from catalog.history import ModelHistory, version
from catalog.models import AIModel, Price, ScheduledSwitch
from catalog.models.violations import violation
from catalog.publication import publisher, render
from catalog.review import Agreement, reviewed
from tests.admin.common import LIST, change, form_data, staff
from tests.factories import make_listed, make_model, make_price

pytestmark = pytest.mark.django_db(transaction=True)


def sleep_until(moment: datetime) -> None:
    """Sleep until the moment has come, and a little longer."""
    time.sleep(max(0.0, (moment - timezone.now()).total_seconds()) + 0.1)


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Exception]]:
    """Run it on a connection of its own; what it raises is kept."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # the test looks at it
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_one_lists_a_model_while_another_ends_its_price(isolation: str) -> None:
    model = make_model()
    ended, may_commit = threading.Event(), threading.Event()

    def end_the_price() -> None:
        with transaction.atomic():
            Price.objects.create(ai_model_id=model.pk, kind="completion", usd=None)
            ended.set()
            may_commit.wait(60)

    def list_it() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
                cursor.execute("SELECT count(*) FROM catalog_price")
            ended.set()
            AIModel.objects.filter(pk=model.pk).update(is_listed_on_openrouter=True)

    first, first_raised = in_thread(end_the_price)
    assert ended.wait(60)
    ended.clear()
    second, second_raised = in_thread(list_it)
    assert ended.wait(60)
    may_commit.set()
    first.join(60)
    second.join(60)
    assert not first_raised
    assert len(second_raised) == 1
    assert isinstance(second_raised[0], IntegrityError | OperationalError)
    assert not AIModel.objects.listed().exists()


def test_two_add_the_same_model_and_one_is_refused_in_words() -> None:
    raised = []
    for thread, errors in [in_thread(lambda: make_model("twin")) for _ in range(2)]:
        thread.join(60)
        raised += errors
    assert AIModel.objects.filter(model_id="twin").count() == 1
    assert [type(error) for error in raised] == [IntegrityError]
    assert "This already exists" in violation(raised[0]).sentence  # type: ignore[arg-type]


def test_who_saves_while_a_form_is_being_read_is_not_overwritten_by_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff(client, "Publisher")
    model = make_model()
    saved: list[Exception] = []

    def somebody_saves_first(row: Model) -> str:
        thread, raised = in_thread(lambda: AIModel.objects.update(name="Theirs"))
        thread.join(60)
        saved.extend(raised)
        return version(row)

    with monkeypatch.context() as patch:
        patch.setattr("catalog.admin.base.version", somebody_saves_first)
        page = client.get(change(model))
    assert not saved
    assert page.context["adminform"].form["name"].value() == "Acme One"
    mine = form_data(client, change(model)) | {"name": "Acme One", "notes": "mine", "_version": page.context["version"]}
    answer = client.post(change(model), mine)
    assert [(one.label, one.new) for one in answer.context["theirs"]] == [("Name", "Theirs")]
    assert [(one.label, one.new) for one in answer.context["yours"]] == [("Notes", "mine")]
    assert AIModel.objects.get().name == "Theirs"


def test_a_refused_commit_leaves_nothing_behind() -> None:
    make_listed()
    before = render("openrouter").body
    with pytest.raises(IntegrityError), transaction.atomic():
        AIModel.objects.update(name="Half", quantization=None)
    assert render("openrouter").body == before


def test_readers_see_whole_revisions_while_writers_write() -> None:
    for number in range(5):
        make_listed(f"m{number}")
    stop = threading.Event()

    def reprice() -> None:
        for step in range(1, 40):
            with transaction.atomic():  # the same price for all models, in one commit
                for model in AIModel.objects.all():
                    make_price(model, "prompt", f"0.{step:03}", effective_from=f"2026-01-02T00:00:{step:02}Z")
        stop.set()

    writers = [in_thread(reprice)]
    bodies = set()
    while not stop.is_set():
        bodies.add(publisher.current("openrouter").publication.body)
    for thread, raised in writers:
        thread.join(60)
        assert not raised
    bodies.add(publisher.current("openrouter").publication.body)
    for body in bodies:
        document = json.loads(body)
        jsonschema_rs.validate(FORMATS["openrouter"].schema, document)
        assert len(document["data"]) == 5
        assert len({entry["pricing"]["prompt"] for entry in document["data"]}) == 1
    final = json.loads(publisher.current("openrouter").publication.body)["data"][0]["pricing"]["prompt"]
    assert Decimal(final) == Decimal("0.039")


def test_a_rolled_back_write_is_never_published() -> None:
    make_listed()
    before = publisher.current("openrouter").publication
    seen: list[bytes] = []
    with transaction.atomic():
        AIModel.objects.update(name="Never")
        thread, raised = in_thread(lambda: seen.append(publisher.current("openrouter").publication.body))
        thread.join(60)
        transaction.set_rollback(True)
    assert not raised
    assert seen == [before.body]
    assert publisher.current("openrouter").publication.body == before.body


@contextmanager
def somebody_writes() -> Iterator[None]:
    """Another connection holds the writers' lock, as an upload does for minutes."""
    begun, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with write_lock.held():
            begun.set()
            may_end.wait(60)

    thread, raised = in_thread(write)
    assert begun.wait(60)
    try:
        yield
    finally:
        may_end.set()
        thread.join()
    assert raised == []


def test_who_saves_while_somebody_writes_is_told_and_loses_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.admin.reviews.page.LOCK_TIMEOUT", 1)
    staff(client, "Publisher")
    model = make_model()
    data = form_data(client, change(model)) | {"notes": "typed"}
    with somebody_writes():
        page = client.post(change(model), data)
        assert page.status_code == 503
        assert ("notes", "typed") in page.context["posted"]
        assert not AIModel.objects.filter(notes="typed").exists()
    assert client.post(change(model), dict(page.context["posted"])).status_code == 302
    assert AIModel.objects.get().notes == "typed"


def test_only_a_few_wait_for_who_writes_so_that_threads_are_left_for_the_feeds() -> None:
    make_model()
    with somebody_writes():
        asked = [in_thread(lambda: write_lock.wait(30)) for _ in range(write_lock.MAX_WAITING + 3)]
        while sum(thread.is_alive() for thread, _ in asked) > write_lock.MAX_WAITING:
            time.sleep(0.05)
        assert [type(error) for _, raised in asked for error in raised] == [write_lock.Busy] * 3
    for thread, _ in asked:
        thread.join()
    assert len([error for _, raised in asked for error in raised]) == 3  # the others had their turn


def test_who_looks_waits_for_nobody_although_something_is_to_be_settled(client: Client) -> None:
    staff(client, "Viewer")
    model = make_model()
    soon = timezone.now() + timedelta(seconds=2)
    ScheduledSwitch.objects.create(ai_model=model, switch="is_ready", value=False, effective_from=soon)
    with somebody_writes():
        sleep_until(soon)
        for path in (LIST, change(model), f"{LIST}timeline/", "/admin/", f"{LIST}tables/models.csv"):
            assert client.get(path).status_code == 200
        assert ScheduledSwitch.objects.exists()
    client.get(LIST)
    assert not AIModel.objects.get().is_ready
    assert not ScheduledSwitch.objects.exists()


def test_what_is_settled_after_a_wait_is_recorded_after_its_moment() -> None:
    model = make_model()
    soon = timezone.now() + timedelta(seconds=2)
    ScheduledSwitch.objects.create(ai_model=model, switch="is_ready", value=False, effective_from=soon)

    def save() -> None:
        with reviewed(Agreement(), may_publish=True):
            AIModel.objects.update(notes="new")

    with somebody_writes():
        thread, raised = in_thread(save)
        sleep_until(soon)
    thread.join()
    assert raised == []
    by_schedule, by_hand = ModelHistory(model.pk).steps()[-2:]
    assert (by_schedule.at, by_schedule.is_scheduled) == (soon, True)
    assert [one.path for one in by_hand.differences] == [("field", "notes")]
    assert by_hand.at > soon
