"""Recording alarms, each once, however many processes watch at the same time."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from catalog.alarms.occurrences import occurrences
from catalog.models import Alarm, AlarmDelivery, AlarmKind, AlarmRecipient
from catalog.models.alarm import EVENTS, LONGEST_SUBJECT
from catalog.models.many import one_of

LOCK = 0x616C_6172
"""The advisory lock of the process that records."""
OVER_AFTER = timedelta(minutes=10)
"""How long a problem must not be seen before its alarm is over: a problem that comes and goes is one alarm."""
KEPT_FOR = timedelta(days=365)


def record(now: datetime | None = None) -> list[Alarm]:
    """Record new alarms, with a delivery for each recipient that gets them, and end those that are over. Returns the new ones."""
    now = now or timezone.now()
    found = {(one.kind, one.subject[:LONGEST_SUBJECT]): one.text for one in occurrences(now)}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        lasting = Alarm.objects.filter(Q(ended_at=None) | Q(kind__in=EVENTS))
        there = lasting.filter(subject__in=one_of({subject for _, subject in found})).values_list("kind", "subject", "pk")
        known = {(AlarmKind(kind), subject): pk for kind, subject, pk in there}
        Alarm.objects.filter(pk__in=one_of([known[key] for key in found.keys() & known.keys()])).update(seen_at=now)
        new = Alarm.objects.bulk_create(
            Alarm(
                kind=kind,
                subject=subject,
                text=text,
                began_at=now,
                seen_at=now,
                ended_at=now if kind in EVENTS else None,
            )
            for (kind, subject), text in found.items()
            if (kind, subject) not in known
        )
        recipients = list(AlarmRecipient.objects.filter(is_active=True))
        AlarmDelivery.objects.bulk_create(
            AlarmDelivery(alarm=alarm, recipient=recipient, next_at=now)
            for alarm in new
            for recipient in recipients
            if recipient.wants(alarm.kind)
        )
        over = Alarm.objects.filter(ended_at=None).exclude(kind__in=EVENTS)
        over.filter(seen_at__lt=now - OVER_AFTER).update(ended_at=now)
        Alarm.objects.filter(ended_at__lt=now - KEPT_FOR).delete()
    return new
