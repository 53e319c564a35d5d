"""Alarms: what happened, who gets them, and what has been sent."""

import base64
import secrets

from django.contrib.postgres.fields import ArrayField
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q


class AlarmKind(models.TextChoices):
    """The kinds of alarms."""

    READER_QUIET = "reader_quiet", "A reader went quiet"
    STALE = "stale", "A reader was sent a stale list"
    LOSSES = "losses", "A list that would lose entries was refused"
    READINESS = "readiness", "A listed model has an error"
    DEPRECATION = "deprecation", "A deprecation is approaching"
    SCHEDULED = "scheduled", "A scheduled change came into force"
    PROPOSAL = "proposal", "A proposal is waiting for a decision"
    DRIFT = "drift", "OpenRouter or a server differs from what we publish"


EVENTS = (AlarmKind.DEPRECATION, AlarmKind.SCHEDULED)
"""Kinds that happen once. The others begin and end."""

LONGEST_SUBJECT = 300


def new_secret() -> str:
    """A secret to sign webhooks with, in the form of the Standard Webhooks specification."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class AlarmRecipient(models.Model):
    """A recipient: an email address, or a webhook address that gets signed requests."""

    name = models.CharField(max_length=100)
    email = models.EmailField("email address", blank=True)
    url = models.CharField("webhook address", max_length=500, blank=True, validators=[URLValidator(["https", "http"])])
    secret = models.CharField(max_length=100, default=new_secret, editable=False)
    kinds = ArrayField(
        models.CharField(max_length=20, choices=AlarmKind.choices),
        verbose_name="alarms",
        default=list,
        blank=True,
        help_text="The alarms that it gets. Empty: all of them.",
    )
    is_active = models.BooleanField("active", default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="alarm_recipient_has_one_address",
                condition=(Q(email="") & ~Q(url="")) | (~Q(email="") & Q(url="")),
                violation_error_message="Enter either an email address or a webhook address.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def wants(self, kind: str) -> bool:
        """Whether it gets this kind of alarm."""
        return self.is_active and (not self.kinds or kind in self.kinds)


class Alarm(models.Model):
    """One occurrence. ``subject`` distinguishes it from others of its kind; an alarm that is over can come again, an event
    cannot."""

    kind = models.CharField(max_length=20, choices=AlarmKind.choices)
    subject = models.CharField(max_length=LONGEST_SUBJECT)
    text = models.TextField()
    began_at = models.DateTimeField("began")
    seen_at = models.DateTimeField("last seen")
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        ordering = ["-began_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="alarm_once_while_it_lasts",
                fields=["kind", "subject"],
                condition=Q(ended_at__isnull=True),
                violation_error_message="This alarm already exists.",
            ),
            models.UniqueConstraint(
                name="alarm_event_once",
                fields=["kind", "subject"],
                condition=Q(kind__in=[kind.value for kind in EVENTS]),
                violation_error_message="This alarm already existed.",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class AlarmDelivery(models.Model):
    """An alarm for one recipient: how many attempts there were, and when it was sent or given up."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="deliveries")
    recipient = models.ForeignKey(AlarmRecipient, on_delete=models.CASCADE, related_name="deliveries")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField("next attempt")
    sent_at = models.DateTimeField("sent", null=True)
    given_up_at = models.DateTimeField("given up", null=True)
    error = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="alarm_delivery_once",
                fields=["alarm", "recipient"],
                violation_error_message="This recipient already gets this alarm.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="alarm_delivery_due",
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.alarm_id} to {self.recipient_id}"  # type: ignore[attr-defined]
