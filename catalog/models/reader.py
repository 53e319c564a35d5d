"""Who fetches the lists, and which lists cannot be made: the serving processes write these rows periodically."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

LEAST_QUIET = timedelta(minutes=5)
INTERVALS = 3
"""A reader without its own limit is quiet after this many of its intervals, and not before ``LEAST_QUIET``."""


class Reader(models.Model):
    """A client that fetches one format's whole list: an API key, else a user agent and a network. ``catalog.readers`` writes it.

    ``revision`` and ``read_at`` are those of the newest list that it got. ``counted`` fetches that succeeded began at
    ``counted_from``; the mean of the time between them is its interval. Anybody can send any user agent, so staff decide what a
    reader is called and whether it is watched.
    """

    who = models.CharField(max_length=80, blank=True, help_text="The API key, by its prefix; empty without one.")
    agent = models.CharField("user agent", max_length=200, blank=True)
    network = models.CharField(max_length=60, blank=True)
    format_name = models.CharField("format", max_length=40)
    name = models.CharField(max_length=100, blank=True, help_text="A display name, such as OpenRouter.")
    is_watched = models.BooleanField(
        "watched", default=False, help_text="Raise an alarm when it goes quiet, and show it on the dashboard."
    )
    quiet_after = models.PositiveIntegerField(
        "quiet after",
        null=True,
        blank=True,
        help_text="Minutes without a successful fetch. Empty: three times its usual interval, and at least 5 minutes.",
    )
    first_seen_at = models.DateTimeField("first seen")
    last_success_at = models.DateTimeField("last success", null=True)
    last_failure_at = models.DateTimeField("last failure", null=True)
    last_failure_status = models.PositiveSmallIntegerField("status of the last failure", null=True)
    revision = models.BigIntegerField(null=True)
    read_at = models.DateTimeField("list made at", null=True)
    stale_at = models.DateTimeField("last stale list", null=True)
    stale_cause = models.CharField("why it was stale", max_length=40, blank=True)
    requests = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    counted = models.IntegerField(default=0)
    counted_from = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-is_watched", "-last_success_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="reader_once",
                fields=["who", "agent", "network", "format_name"],
                violation_error_message="This reader already exists.",
            ),
            models.CheckConstraint(
                name="reader_quiet_after_is_a_time",
                condition=Q(quiet_after__isnull=True) | Q(quiet_after__range=(1, 100_000)),
                violation_error_message="Enter 1 to 100,000 minutes, or leave it empty.",
            ),
        ]

    def __str__(self) -> str:
        return (
            self.name
            or self.who
            or f"{self.agent or 'A client without a user agent'} from {self.network or 'an unknown address'}"
        )

    @property
    def interval(self) -> timedelta | None:
        """The mean time between its fetches; None before the second one."""
        if self.counted < 2 or self.counted_from is None or self.last_success_at is None:
            return None
        return (self.last_success_at - self.counted_from) / (self.counted - 1)

    @property
    def may_be_silent(self) -> timedelta:
        """How long it may be silent before it counts as quiet."""
        if self.quiet_after is not None:
            return timedelta(minutes=self.quiet_after)
        return max(LEAST_QUIET, INTERVALS * (self.interval or timedelta(0)))

    def is_quiet(self, now: datetime) -> bool:
        """Whether it has received no list for longer than that."""
        return self.last_success_at is not None and now - self.last_success_at > self.may_be_silent


class ListProblem(models.Model):
    """A list that a serving process could not make, and when that last happened. ``is_loss``: it would have lost entries."""

    format_name = models.CharField(max_length=40, unique=True)
    is_loss = models.BooleanField()
    text = models.TextField()
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.format_name}: {self.text}"
