"""Keys of app back ends, which ask for the catalog with ``Authorization: Bearer …``."""

from django.db import models
from rest_framework_api_key.models import AbstractAPIKey


class ApiKey(AbstractAPIKey):
    """A key, kept as a hash: it is shown once, when it is made. A revoked one stays, and says when it was last used."""

    last_used_at = models.DateTimeField("last used", null=True, editable=False)

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"
