"""Keys of app back ends, which ask for the catalog with ``Authorization: Bearer …``."""

from django.db import models
from rest_framework_api_key.models import AbstractAPIKey, APIKeyManager


class ApiKeyManager(APIKeyManager):
    """Makes keys whose primary key is their prefix.

    The library's own holds the hash too, which would then stand in the addresses of the admin, its log and every proxy's.
    """

    def assign_key(self, obj: AbstractAPIKey) -> str:
        """Give it a new key, and return that."""
        key: str = super().assign_key(obj)
        obj.id = obj.prefix
        return key


class ApiKey(AbstractAPIKey):
    """A key, kept as a hash: it is shown once, when it is made. A revoked one stays, and says when it was last used."""

    objects = ApiKeyManager()  # type: ignore[misc]

    last_used_at = models.DateTimeField("last used", null=True, editable=False)

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"
