"""Logins, and changes of accounts, permissions and keys."""

from datetime import timedelta

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

KEPT_FOR = timedelta(days=400)
"""How long the database refuses to delete an event."""


class SecurityEventKind(models.TextChoices):
    """The kinds of events."""

    LOGIN = "login", "Logged in"
    LOGIN_FAILED = "login_failed", "Login failed"
    LOGOUT = "logout", "Logged out"
    CODE_FAILED = "code_failed", "Second factor failed"
    SECOND_FACTOR_ADDED = "second_factor_added", "Second factor added"
    SECOND_FACTOR_REMOVED = "second_factor_removed", "Second factor removed"
    RECOVERY_CODES_MADE = "recovery_codes_made", "Recovery codes generated"
    RECOVERY_CODE_USED = "recovery_code_used", "Recovery code used"
    SESSION_ENDED = "session_ended", "Session ended"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    USER_ADDED = "user_added", "User added"
    USER_CHANGED = "user_changed", "User changed"
    USER_DELETED = "user_deleted", "User deleted"
    GROUP_ADDED = "group_added", "Group added"
    GROUP_CHANGED = "group_changed", "Group changed"
    GROUP_DELETED = "group_deleted", "Group deleted"
    KEY_ADDED = "key_added", "API key added"
    KEY_CHANGED = "key_changed", "API key changed"
    KEY_REVOKED = "key_revoked", "API key revoked"
    REFUSED = "refused", "Refused"


class SecurityEvent(models.Model):
    """One event. ``actor_name`` and ``about`` are copies, so that the row still names a user who was deleted.

    Nobody changes a row, and nobody deletes one before ``KEPT_FOR``: a trigger refuses it.
    """

    occurred_at = models.DateTimeField("when", db_default=Now(), editable=False)
    kind = models.CharField("event", max_length=30, choices=SecurityEventKind.choices)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField("who", max_length=150, blank=True)
    about = models.CharField("whom or what", max_length=300, blank=True)
    details = models.TextField(blank=True)
    address = models.GenericIPAddressField("address", null=True)

    class Meta:
        ordering = ["-occurred_at", "-pk"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="security_event_kind_is_known",
                condition=Q(kind__in=SecurityEventKind.values),
                violation_error_message="This kind of event is not known.",
            )
        ]
        indexes = [
            models.Index(fields=["-occurred_at", "-id"], name="security_event_latest"),
            models.Index(fields=["actor_id", "-occurred_at"], name="security_event_of_actor"),
        ]
        triggers = [
            pgtrigger.Protect(name="keep_events", operation=pgtrigger.Update, level=pgtrigger.Row),
            pgtrigger.Protect(
                name="keep_recent_events",
                level=pgtrigger.Row,
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition(f"OLD.occurred_at > now() - interval '{KEPT_FOR.days} days'"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.about or self.actor_name}"
