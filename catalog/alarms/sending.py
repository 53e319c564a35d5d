"""Sending due alarms: one email for all new alarms of an address, one signed webhook for each alarm.

A delivery is locked while it is sent, so that two processes do not send it twice; after a process is killed while it sends, a
delivery may be sent twice. A webhook has the id of its alarm, so that the receiver can detect duplicates. A failed delivery is
tried again, with growing pauses.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException

import orjson
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from catalog.alarms.signing import signed
from catalog.fetching import Fetcher, FetchError
from catalog.models import AlarmDelivery, AlarmRecipient

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
MOST_ATTEMPTS = 15
"""Over about two days."""
AT_ONCE = 100
"""Deliveries of one recipient in one go."""
SECONDS = 20.0
LARGEST_ANSWER = 64 * 1024
"""For one webhook."""


class NotSent(Exception):
    """A delivery could not be sent; the message says why."""


def send_due(now: datetime | None = None) -> int:
    """Send what is due, and return the number of deliveries."""
    sent = 0
    due = AlarmDelivery.objects.filter(sent_at=None, given_up_at=None, next_at__lte=now or timezone.now())
    for key in due.order_by("recipient").values_list("recipient", flat=True).distinct():
        with transaction.atomic():
            deliveries = list(
                due.filter(recipient=key)
                .select_related("alarm", "recipient")
                .select_for_update(skip_locked=True, of=("self",))
                .order_by("alarm")[:AT_ONCE]
            )
            if deliveries:
                sent += send(deliveries[0].recipient, deliveries)
    return sent


def send(recipient: AlarmRecipient, deliveries: Sequence[AlarmDelivery]) -> int:
    """Send to one recipient, and record the result of each delivery. Returns how many were sent."""
    sent = 0
    for batch in [deliveries] if recipient.email else [[delivery] for delivery in deliveries]:
        error = ""
        try:
            if not recipient.is_active:
                raise NotSent("The recipient is inactive.")
            if recipient.email:
                mail(recipient, batch)
            else:
                post(recipient, batch[0])
            sent += len(batch)
        except NotSent as failure:
            error = str(failure)
            logger.warning("%s alarms could not be sent to %s: %s", len(batch), recipient, error)
        for delivery in batch:
            note(delivery, error)
    return sent


def note(delivery: AlarmDelivery, error: str) -> None:
    """Record one attempt. An empty error: it was sent."""
    now = timezone.now()
    delivery.attempts += 1
    delivery.error = error[:500]
    if not error:
        delivery.sent_at = now
    elif delivery.attempts >= MOST_ATTEMPTS:
        delivery.given_up_at = now
    else:
        delivery.next_at = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (delivery.attempts - 1))
    delivery.save(update_fields=["attempts", "error", "sent_at", "given_up_at", "next_at"])


def mail(recipient: AlarmRecipient, deliveries: Sequence[AlarmDelivery]) -> None:
    """One email with all of them. Raises ``NotSent``."""
    if not settings.EMAIL_HOST:
        raise NotSent("EMAIL_URL is not set.")
    alarms = [delivery.alarm for delivery in deliveries]
    first = " ".join(alarms[0].text.split())[:120]
    subject = f"[Model catalog] {first}" if len(alarms) == 1 else f"[Model catalog] {len(alarms)} alarms: {first}"
    body = "\n\n".join(f"{alarm.began_at:%Y-%m-%d %H:%M} UTC, {alarm.get_kind_display()}\n{alarm.text}" for alarm in alarms)
    try:
        EmailMessage(subject, f"{body}\n", to=[recipient.email]).send()
    except (OSError, SMTPException, ValueError) as error:
        raise NotSent(f"The mail server did not accept it: {error}") from error


def post(recipient: AlarmRecipient, delivery: AlarmDelivery) -> None:
    """Send one webhook, signed as the Standard Webhooks specification says. Raises ``NotSent``."""
    alarm = delivery.alarm
    body = orjson.dumps(
        {
            "type": f"alarm.{alarm.kind}",
            "timestamp": alarm.began_at.isoformat(),
            "data": {"id": alarm.pk, "kind": alarm.kind, "subject": alarm.subject, "text": alarm.text},
        }
    )
    headers = signed(recipient.secret, f"alarm-{alarm.pk}-{recipient.pk}", int(time.time()), body)
    try:
        answer = Fetcher(largest=LARGEST_ANSWER, seconds=SECONDS).post(
            recipient.url, body, {"Content-Type": "application/json", **headers}
        )
    except FetchError as error:
        raise NotSent(str(error)) from error
    if not 200 <= answer.status < 300:
        raise NotSent(f"It responded with status {answer.status}.")
