"""Keys for programs: app back ends read the catalog with ``Authorization: Bearer …``, and pipelines import into it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from rest_framework_api_key.models import AbstractAPIKey, APIKeyManager

from catalog.models.fields import values_are_in


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


class KeyScope(models.TextChoices):
    """What a key may do besides reading."""

    PROPOSE = "propose", "Plan imports, and propose them"
    APPLY = "apply", "Plan imports, and apply them"


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
    """A key, stored as a hash and shown once, when it is made. A revoked key is kept, and says when it was last used.

    A key with ``scopes`` imports in the name of its ``owner``, with the owner's permissions, and has an end.
    """

    objects = ApiKeyManager()  # type: ignore[misc]

    last_used_at = models.DateTimeField("last used", null=True, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=10, choices=KeyScope.choices),
        verbose_name="imports",
        default=list,
        db_default=[],
        blank=True,
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    owner_id: int | None

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        constraints = [
            models.CheckConstraint(
                name="api_key_scopes_are_known",
                condition=values_are_in("scopes", KeyScope),
                violation_error_message="A scope is not in the list.",
            ),
            models.CheckConstraint(
                name="api_key_for_imports_has_an_owner_and_an_end",
                condition=Q(scopes=[]) | Q(owner__isnull=False, expiry_date__isnull=False),
                violation_error_message="A key for imports needs an owner and an expiry date.",
            ),
        ]

    @property
    def status(self) -> KeyStatus:
        """Whether it works now."""
        return KeyStatus.REVOKED if self.revoked else KeyStatus.EXPIRED if self.has_expired else KeyStatus.ACTIVE
