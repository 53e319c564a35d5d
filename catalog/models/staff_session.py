"""The sessions of members of staff."""

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models


class StaffSession(models.Model):
    """A Django session of a logged-in user, as the page of sessions shows it. It is deleted with that session."""

    # Without a constraint: a process of an earlier version deletes sessions and does not know this table.
    session = models.OneToOneField(
        Session, on_delete=models.CASCADE, primary_key=True, related_name="staff_session", db_constraint=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_sessions")
    began_at = models.DateTimeField("logged in")
    seen_at = models.DateTimeField("last used")
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField("user agent", max_length=200, blank=True)

    class Meta:
        ordering = ["-seen_at"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user} from {self.address or 'an unknown address'}"
