"""Keys of app back ends, which read the catalog with ``Authorization: Bearer …``."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from rest_framework_api_key.models import AbstractAPIKey, APIKeyManager


class KeyStatus(models.TextChoices):
    """Whether a key works."""

    ACTIVE = "active", "Active"
    REVOKED = "revoked", "Revoked"
    EXPIRED = "expired", "Expired"

    def condition(self) -> Q:
        """Which keys have this status now."""
        is_over = Q(expiry_date__lt=timezone.now())
        if self is KeyStatus.REVOKED:
            return Q(revoked=True)
        return Q(revoked=False) & (is_over if self is KeyStatus.EXPIRED else ~is_over | Q(expiry_date=None))


class ApiKeyManager(APIKeyManager):
    """Makes keys whose primary key is their prefix.

    The library's own key contains the hash too, which would then be in the addresses of the admin, its log and the log of every
    proxy.
    """

    def assign_key(self, obj: AbstractAPIKey) -> str:
        """Give it a new key, and return the key."""
        key: str = super().assign_key(obj)
        obj.id = obj.prefix
        return key


class ApiKey(AbstractAPIKey):
    """A key, stored as a hash and shown once, when it is made. A revoked key is kept, and says when it was last used."""

    objects = ApiKeyManager()  # type: ignore[misc]

    last_used_at = models.DateTimeField("last used", null=True, editable=False)

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"

    @property
    def status(self) -> KeyStatus:
        """Whether it works now."""
        return KeyStatus.REVOKED if self.revoked else KeyStatus.EXPIRED if self.has_expired else KeyStatus.ACTIVE
