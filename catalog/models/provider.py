"""The provider itself: what readers are told of who serves the models."""

import pghistory
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django_countries import countries
from django_countries.fields import CountryField

from catalog.models.rules import Rule
from catalog.models.triggers import BumpRevision

PROVIDER_SLUG = r"^[a-z0-9][a-z0-9-]*$"
WEB_ADDRESS = r"^https?://[^\s]+$"


def web_address(verbose_name: str, help_text: str) -> models.CharField:  # type: ignore[type-arg]
    """An http(s) address, or nothing."""
    return models.CharField(
        verbose_name, max_length=300, blank=True, validators=[URLValidator(["http", "https"])], help_text=help_text
    )


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class Provider(models.Model):
    """A single row: this provider. Until there is one, readers get the defaults below."""

    slug = models.CharField(
        max_length=60, default="provider", help_text="Your short name in other catalogs: letters, digits and hyphens."
    )
    name = models.CharField(max_length=120, default="Provider", help_text="The name that people read.")
    headquarters = CountryField(blank=True)
    api_base_url = web_address(
        "API base URL",
        "Where requests for models go, such as https://api.example.com/v1. Without it, app back ends are told that you "
        "are not configured.",
    )
    docs_url = web_address("documentation", "Where your models are documented.")
    privacy_policy_url = web_address("privacy policy", "")
    terms_of_service_url = web_address("terms of service", "")
    status_page_url = web_address("status page", "")

    class Meta:
        verbose_name_plural = "provider"
        constraints = [
            models.CheckConstraint(
                name="provider_is_one_row",
                condition=Q(id=1),
                violation_error_message="There is one provider; change that one.",
            ),
            Rule(
                name="provider_slug_is_lower_case",
                field="slug",
                condition=Q(slug__regex=PROVIDER_SLUG),
                violation_error_message="A slug is made of small letters, digits and hyphens.",
            ),
            Rule(
                name="provider_has_a_name",
                field="name",
                condition=Q(name__regex=r"\S"),
                violation_error_message="The provider needs a name.",
            ),
            Rule(
                name="provider_headquarters_is_iso_3166",
                field="headquarters",
                condition=Q(headquarters__in=["", *sorted(code for code, _ in countries)]),
                violation_error_message="The country must be an ISO 3166-1 alpha-2 code, such as DE.",
            ),
            *(
                Rule(
                    name=f"provider_{field}_is_an_address",
                    field=field,
                    condition=Q(**{field: ""}) | Q(**{f"{field}__regex": WEB_ADDRESS}),
                    violation_error_message="An address starts with https:// or http://.",
                )
                for field in (
                    "api_base_url",
                    "docs_url",
                    "privacy_policy_url",
                    "terms_of_service_url",
                    "status_page_url",
                )
            ),
        ]
        triggers = [BumpRevision()]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Save as the one row."""
        self.pk = 1
        super().save(*args, **kwargs)  # type: ignore[arg-type]
