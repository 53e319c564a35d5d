"""Alarms are raised once, however many processes watch."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from catalog.alarms import record, send_due
from catalog.alarms.occurrences import Occurrence
from catalog.models import (
    Alarm,
    AlarmKind,
    AlarmRecipient,
    ListProblem,
)
from tests.alarms.common import NOW, Receiver, problem
from tests.factories import make_listed

pytestmark = pytest.mark.django_db


def test_an_alarm_is_raised_once_and_again_only_after_it_was_over() -> None:
    now = timezone.now()
    row = problem()
    assert len(record(now)) == 1
    assert record(now + timedelta(minutes=1)) == []
    ListProblem.objects.all().delete()
    assert record(now + timedelta(minutes=5)) == []
    assert Alarm.objects.get().ended_at is None  # it may only be coming and going
    record(now + timedelta(minutes=20))
    assert Alarm.objects.get().ended_at is not None
    row.pk, row.seen_at = None, now + timedelta(minutes=30)
    row.save(force_insert=True)
    assert len(record(now + timedelta(minutes=30))) == 1


def test_an_alarm_with_a_long_subject_is_raised_once_too(monkeypatch: pytest.MonkeyPatch) -> None:
    long = Occurrence(AlarmKind.STALE, "x" * 400, "The list is stale.")
    monkeypatch.setattr("catalog.alarms.recording.occurrences", lambda now: iter([long]))
    assert len(record(NOW)) == 1
    assert record(NOW + timedelta(minutes=20)) == []
    assert Alarm.objects.get().seen_at == NOW + timedelta(minutes=20)
    assert Alarm.objects.get().ended_at is None


def test_an_event_is_raised_once_for_ever() -> None:
    make_listed(deprecation_at=(timezone.now() + timedelta(days=6)).replace(minute=0, second=0, microsecond=0))
    assert len(record()) == 1
    assert record(timezone.now() + timedelta(hours=1)) == []


def test_the_database_itself_keeps_a_second_one_out() -> None:
    facts = {"kind": AlarmKind.LOSSES, "subject": "openrouter", "text": "t", "began_at": NOW, "seen_at": NOW}
    Alarm.objects.create(**facts)
    with pytest.raises(IntegrityError, match="alarm_once_while_it_lasts"):
        Alarm.objects.create(**facts)


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_watch_raise_and_send_each_once(receiver: Receiver) -> None:
    AlarmRecipient.objects.create(name="hook", url=receiver.url)
    for number in range(8):
        ListProblem.objects.create(format_name=f"list{number}", is_loss=True, text="t", seen_at=timezone.now())
    failures = []

    def watch() -> None:
        try:
            record()
            send_due()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=watch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert Alarm.objects.count() == 8
    assert sorted(json.loads(body)["data"]["subject"] for _, body in receiver.got) == [
        f"list{number}" for number in range(8)
    ]
