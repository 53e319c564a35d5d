"""Alarms are sent once, and never lost while a receiver is away."""

import base64
import hashlib
import hmac
import json

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.alarms import record, send_due, sending
from catalog.alarms.signing import signed
from catalog.models import (
    AlarmDelivery,
    AlarmRecipient,
    DriftCheck,
)
from tests.alarms.common import Receiver, make_reader, problem

pytestmark = pytest.mark.django_db


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
