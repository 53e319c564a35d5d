"""Alarms: each raised once, sent once, and never lost while a receiver is away."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog import checklist
from catalog.alarms import record, send_due, sending
from catalog.alarms.occurrences import Occurrence, occurrences
from catalog.alarms.signing import signed
from catalog.models import (
    Alarm,
    AlarmDelivery,
    AlarmKind,
    AlarmRecipient,
    DriftCheck,
    ListProblem,
    Price,
    Reader,
    ScheduledSwitch,
    Switch,
)
from catalog.openrouter.readiness.finding import Finding, Level
from tests.admin.common import staff
from tests.factories import make_listed, make_model, make_price

pytestmark = pytest.mark.django_db
NOW = timezone.now()


class Receiver:
    """Takes webhooks, and answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/hook"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    receiver = Receiver()
    yield receiver
    receiver.http.shutdown()
    receiver.http.server_close()


def kinds(now: Any = None) -> dict[str, str]:
    return {one.kind: one.text for one in occurrences(now or timezone.now())}


def problem() -> ListProblem:
    return ListProblem.objects.create(
        format_name="openrouter", is_loss=True, text="2 entries would be gone", seen_at=timezone.now()
    )


def make_reader(**facts: Any) -> Reader:
    first = {"format_name": "openrouter", "name": "OpenRouter", "is_watched": True, "first_seen_at": NOW - timedelta(days=9)}
    return Reader.objects.create(**{**first, **facts})


def test_where_nothing_is_wrong_nothing_is_raised() -> None:
    make_listed()
    make_reader(last_success_at=timezone.now())
    assert kinds() == {}


def test_a_watched_reader_that_goes_quiet_is_missed() -> None:
    last = timezone.now() - timedelta(minutes=30)
    facts = {"last_success_at": last, "counted": 11, "counted_from": last - timedelta(minutes=40)}
    reader = make_reader(**facts, last_failure_at=last + timedelta(minutes=1), last_failure_status=503)
    make_reader(**facts, agent="unwatched", is_watched=False)
    text = kinds()[AlarmKind.READER_QUIET]
    assert text.startswith("OpenRouter has not fetched the openrouter list since ")
    assert text.endswith("Its last request got status 503.")
    Reader.objects.filter(pk=reader.pk).update(counted_from=last - timedelta(minutes=400))  # it comes every 40 minutes
    assert kinds() == {}
    Reader.objects.filter(pk=reader.pk).update(quiet_after=20)
    assert AlarmKind.READER_QUIET in kinds()


def test_a_stale_list_and_refused_losses_are_raised_while_they_last() -> None:
    make_reader(last_success_at=timezone.now(), stale_at=timezone.now(), stale_cause="rebuild-failed")
    problem()
    assert kinds() == {
        AlarmKind.STALE: "The last good copy of the openrouter list is sent (rebuild-failed); 1 reader got it.",
        AlarmKind.LOSSES: "The openrouter list was refused: 2 entries would be gone",
    }
    assert AlarmKind.STALE not in kinds(timezone.now() + timedelta(minutes=6))
    assert AlarmKind.LOSSES not in kinds(timezone.now() + timedelta(minutes=6))


@pytest.mark.parametrize(("ahead", "days"), [(29, 30), (6, 7), (0.9, 1)])
def test_a_deprecation_is_announced_in_steps(ahead: float, days: int) -> None:
    hour = (timezone.now() + timedelta(days=ahead)).replace(minute=0, second=0, microsecond=0)
    make_listed("acme/one", deprecation_at=hour)
    make_model("acme/private", deprecation_at=hour, is_public=False)
    text = kinds()[AlarmKind.DEPRECATION]
    assert f"within {days} days" in text
    assert "acme/one" in text
    assert "private" not in text


def test_a_deprecation_that_is_far_is_not_announced() -> None:
    make_listed(deprecation_at=(timezone.now() + timedelta(days=40)).replace(minute=0, second=0, microsecond=0))
    assert kinds() == {}


def test_scheduled_changes_that_came_are_told_by_their_moment() -> None:
    one, two = make_listed("acme/one"), make_listed("acme/two")
    moment = timezone.now() + timedelta(hours=3)
    make_price(one, "prompt", "0.0000003", effective_from=moment)
    ScheduledSwitch.objects.create(ai_model=two, switch=Switch.READY, value=False, effective_from=moment)
    assert kinds() == {}  # what was written at once is not scheduled
    come = kinds(moment + timedelta(minutes=1))
    assert (
        come[AlarmKind.SCHEDULED] == f"Scheduled changes came into force at {moment:%Y-%m-%d %H:%M} UTC: acme/one, acme/two."
    )
    Price.objects.filter(effective_from=moment).delete()
    ScheduledSwitch.objects.all().delete()
    assert kinds(moment + timedelta(minutes=1)) == {}


def test_drift_is_raised_again_where_it_is_another_one() -> None:
    first = {"entry": "acme/one", "what": "price", "field": "prompt", "ours": "1", "theirs": "2"}
    DriftCheck.objects.create(side="market", state="different", differences=[first])
    assert kinds()[AlarmKind.DRIFT] == "OpenRouter: 1 difference. acme/one: price."
    assert len(record()) == 1
    DriftCheck.objects.create(side="market", state="different", differences=[{**first, "theirs": "3"}])
    assert record() == []
    DriftCheck.objects.create(side="market", state="different", differences=[first, {**first, "entry": "acme/two"}])
    assert len(record()) == 1
    DriftCheck.objects.create(side="market", state="unknown", unknown=["silent"])
    assert kinds() == {}


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


def test_a_webhook_is_signed_as_the_specification_says(receiver: Receiver) -> None:
    recipient = AlarmRecipient.objects.create(name="hook", url=receiver.url)
    problem()
    record()
    assert send_due() == 1
    ((headers, body),) = receiver.got
    key = base64.b64decode(recipient.secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 120
    assert json.loads(body)["type"] == "alarm.losses"
    assert headers["content-type"] == "application/json"
    assert send_due() == 0


def test_the_specifications_own_vector_is_signed_alike() -> None:
    headers = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [500, 302, 404])
def test_what_is_not_taken_is_tried_again_later_and_later_and_then_given_up(receiver: Receiver, status: int) -> None:
    receiver.status = status
    AlarmRecipient.objects.create(name="hook", url=receiver.url)
    problem()
    record()
    assert send_due() == 0
    delivery = AlarmDelivery.objects.get()
    assert (delivery.attempts, delivery.error) == (1, f"It responded with status {status}.")
    assert send_due() == 0
    assert len(receiver.got) == 1  # not before its time
    for _ in range(sending.MOST_ATTEMPTS):
        AlarmDelivery.objects.update(next_at=timezone.now())
        send_due()
    delivery.refresh_from_db()
    assert delivery.attempts == sending.MOST_ATTEMPTS
    assert delivery.given_up_at is not None
    receiver.status = 200
    assert send_due() == 0


def test_a_webhook_to_a_private_address_is_refused(receiver: Receiver, settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    AlarmRecipient.objects.create(name="hook", url=receiver.url)
    problem()
    record()
    assert send_due() == 0
    assert receiver.got == []
    assert "ALLOW_PRIVATE_ADDRESSES" in AlarmDelivery.objects.get().error


def test_all_new_alarms_of_an_address_are_one_e_mail(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    AlarmRecipient.objects.create(name="Ops", email="ops@example.com")
    AlarmRecipient.objects.create(name="Drift only", email="drift@example.com", kinds=["drift"])
    AlarmRecipient.objects.create(name="Away", email="away@example.com", is_active=False)
    problem()
    make_reader(last_success_at=timezone.now(), stale_at=timezone.now(), stale_cause="rebuild-failed\nBcc: x@example.com")
    record()
    assert send_due() == 2
    (message,) = mail.outbox
    assert message.to == ["ops@example.com"]
    assert message.subject.startswith("[Model catalog] 2 alarms: ")
    assert "2 entries would be gone" in message.body


def test_without_a_mail_server_it_is_said_why_nothing_was_sent(settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    AlarmRecipient.objects.create(name="Ops", email="ops@example.com")
    problem()
    record()
    assert send_due() == 0
    assert AlarmDelivery.objects.get().error == "EMAIL_URL is not set."


def test_the_command_does_all_of_it_once(receiver: Receiver, settings: Settings) -> None:
    AlarmRecipient.objects.create(name="hook", url=receiver.url)
    problem()
    settings.SERVED_URLS = [receiver.url]  # which answers no GET
    call_command("watch", "--once")
    call_command("watch", "--once")
    assert len(receiver.got) == 1
    assert DriftCheck.objects.get().state == "unknown"  # compared once, for it was compared just now


@pytest.mark.parametrize(("email", "url"), [("", ""), ("a@example.com", "https://example.com/")])
def test_a_recipient_has_one_address(email: str, url: str) -> None:
    with pytest.raises(IntegrityError, match="alarm_recipient_has_one_address"):
        AlarmRecipient.objects.create(name="x", email=email, url=url)


PAGES = ("/admin/catalog/alarm/", "/admin/catalog/alarmrecipient/", "/admin/catalog/driftcheck/")


def test_recipients_are_for_those_who_may_change_them(client: Client, admin_client: Client) -> None:
    recipient = AlarmRecipient.objects.create(name="hook", url="https://hooks.example.com/1")
    problem()
    (alarm,) = record()
    staff(client, "Publisher")
    assert [client.get(page).status_code for page in PAGES] == [200, 403, 200]
    page = client.get(f"/admin/catalog/alarm/{alarm.pk}/change/").content.decode()
    assert "2 entries would be gone" in page
    assert recipient.secret not in page
    host = {"host": "localhost"}
    page = admin_client.get(f"/admin/catalog/alarmrecipient/{recipient.pk}/change/", headers=host).content.decode()
    assert recipient.secret in page
    added = admin_client.post(
        "/admin/catalog/alarmrecipient/add/",
        {"name": "Ops", "email": "ops@example.com", "kinds": ["drift"], "is_active": "on"},
        headers=host,
    )
    assert added.status_code == 302
    assert AlarmRecipient.objects.get(name="Ops").kinds == ["drift"]
    refused = admin_client.post("/admin/catalog/alarmrecipient/add/", {"name": "None"}, headers=host)
    assert "Enter either" in refused.content.decode()


def test_a_listed_model_with_an_error_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_listed()
    finding = Finding(model.model_id, "some-rule", Level.ERROR, "name", "It is wrong.", "Mend it.", "")
    monkeypatch.setattr(checklist, "listed_findings", lambda: [finding])
    assert kinds() == {AlarmKind.READINESS: "acme/one is listed and has errors. some-rule: It is wrong."}
