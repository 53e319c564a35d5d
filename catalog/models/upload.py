"""Files that staff upload, with their settings and progress."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from catalog.models.api_key import ApiKey


class UploadState(models.TextChoices):
    """The state of an upload."""

    WAITING = "waiting", "Waiting"
    WORKING = "working", "Running"
    PREVIEW = "preview", "Waiting for confirmation"
    NOT_ALLOWED = "not_allowed", "Needs a publisher"
    PROPOSED = "proposed", "Proposed"
    REFUSED = "refused", "Refused"
    APPLIED = "applied", "Applied"
    FAILED = "failed", "Failed"
    READ = "read", "Read"


UNDER_WAY = (UploadState.WAITING, UploadState.WORKING)
"""It is waiting or being processed."""

REPOSITORY = "hugging-face"
"""The format of a row that is not a file: a repository on Hugging Face, by its name."""

AGAIN = (*UNDER_WAY, UploadState.PREVIEW, UploadState.FAILED)
"""There is something left to do: for the first time, after a confirmation, or again."""


class Upload(models.Model):
    """A file, or a repository on Hugging Face, from its arrival to its end. ``catalog.uploads`` does the work.

    ``outcome`` is the summary of the result: counts, the review's digest, what must be typed, and once it is applied the key of its
    ``change`` in the history; ``UploadPage`` has the rest. For a failed upload, ``outcome["why"]`` is a sentence; for a repository,
    ``outcome`` has its facts. ``agreed`` and ``typed`` are the confirmation of the uploader, as in ``catalog.review.Agreement``, and
    ``reason`` says why it is applied, if they say it. ``content`` is the file, compressed by zlib; it is removed when it is no longer
    needed.

    A pipeline's upload has the ``api_key`` with which it came, and is proposed instead of applied if it ``proposes``.
    ``idempotency_key`` is the name that the pipeline gives its request, and ``fingerprint`` a hash of all that was in it.
    """

    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    name = models.CharField(max_length=255)
    content = models.BinaryField(null=True)
    format = models.CharField(max_length=30, blank=True, help_text="Empty: recognised.")
    per_million = models.BooleanField(default=False)
    list_on_openrouter = models.BooleanField(default=False)
    skip = ArrayField(models.CharField(max_length=300), default=list, db_default=[], blank=True)
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, null=True, related_name="+")
    api_key_id: str | None
    proposes = models.BooleanField(default=False, db_default=False)
    idempotency_key = models.CharField(max_length=255, blank=True, default="", db_default="")
    fingerprint = models.CharField(max_length=64, blank=True, default="", db_default="")
    state = models.CharField(max_length=12, choices=UploadState.choices, default=UploadState.WAITING)
    agreed = models.CharField(max_length=64, blank=True)
    typed = models.TextField(blank=True)
    reason = models.TextField(blank=True, db_default="")
    phase = models.CharField(max_length=80, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("add",)
        constraints = [
            models.CheckConstraint(
                name="upload_state_is_known",
                condition=Q(state__in=UploadState.values),
                violation_error_message="The state is not in the list.",
            ),
            models.CheckConstraint(
                name="upload_under_way_has_its_file",
                condition=Q(content__isnull=False) | ~Q(state__in=[state.value for state in AGAIN]),
                violation_error_message="An unfinished upload needs its file.",
            ),
            models.UniqueConstraint(
                name="upload_once_per_idempotency_key",
                fields=["api_key", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                violation_error_message="This request was already taken.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def count(self, what: str) -> int:
        """A count from the result."""
        counts: dict[str, Any] = self.outcome.get("counts", {})
        return int(counts.get(what, 0))


class UploadPage(models.Model):
    """A readable part of the result: a limited number of everything. The first has the number 1."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    content = models.JSONField()

    class Meta:
        ordering = ["upload", "number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="upload_page_once",
                fields=["upload", "number"],
                violation_error_message="This page already exists.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.upload}, page {self.number}"
