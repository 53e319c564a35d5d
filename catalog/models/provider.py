"""The provider: the facts that readers get about who serves the models."""

from typing import Any

import pghistory
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import Q
from django_countries import countries
from django_countries.fields import CountryField

from catalog.models.colors import COLOR, validate_accent
from catalog.models.rules import Rule, RuledModel
from catalog.models.triggers import BumpRevision

PROVIDER_SLUG = r"^[a-z0-9][a-z0-9-]*$"
WEB_ADDRESS = r"^https?://[^\s]+$"
LOGO = r"^data:image/(svg\+xml|png|jpeg|webp);base64,[A-Za-z0-9+/]+=*$"
NOT_A_COLOR = "Write a color as #rrggbb, in small letters."


def web_address(verbose_name: str, help_text: str, **more: Any) -> models.CharField:  # type: ignore[type-arg]
    """An http(s) address, or nothing."""
    validators = [URLValidator(["http", "https"])]
    return models.CharField(verbose_name, max_length=300, blank=True, validators=validators, help_text=help_text, **more)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class Provider(RuledModel):
    """A single row: this provider. If there is none, readers get the defaults below."""

    slug = models.CharField(
        max_length=60, default="provider", help_text="Your short name in other catalogs: letters, digits and hyphens."
    )
    name = models.CharField(max_length=120, default="Provider", help_text="Your display name.")
    headquarters = CountryField(blank=True)
    api_base_url = web_address(
        "API base URL",
        "The address of your API, such as https://api.example.com/v1. Without it, app back ends read that you "
        "are not configured.",
    )
    docs_url = web_address("documentation", "The address of your documentation.")
    privacy_policy_url = web_address("privacy policy", "")
    terms_of_service_url = web_address("terms of service", "")
    status_page_url = web_address("status page", "")
    sign_up_url = web_address(
        "sign-up page", "The page where people get an account. The site's header links to it.", default="", db_default=""
    )
    intro = models.CharField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="A sentence or two above the list of models, in your readers' language.",
    )
    deprecation_policy = models.CharField(
        max_length=3000,
        blank=True,
        default="",
        db_default="",
        help_text="How long before its end you announce that a model is retired. Shown above the list of deprecations.",
    )
    accent_color = models.CharField(
        "color",
        max_length=7,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(COLOR, NOT_A_COLOR), validate_accent],
        help_text="The color of links and buttons, such as #7e22ce. For dark pages it is made lighter.",
    )
    logo = models.CharField(max_length=140_000, blank=True, default="", db_default="")
    """A picture as a ``data:`` address: it needs no storage except the database, and is in its history and backup."""

    class Meta:
        verbose_name_plural = "provider"
        constraints = [
            models.CheckConstraint(
                name="provider_is_one_row",
                condition=Q(id=1),
                violation_error_message="There is only one provider; change the existing one.",
            ),
            Rule(
                name="provider_slug_is_lower_case",
                field="slug",
                condition=Q(slug__regex=PROVIDER_SLUG),
                violation_error_message="A slug has only lowercase letters, digits and hyphens.",
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
            Rule(
                name="provider_accent_color_is_a_color",
                field="accent_color",
                condition=Q(accent_color="") | Q(accent_color__regex=COLOR),
                violation_error_message=NOT_A_COLOR,
            ),
            Rule(
                name="provider_logo_is_a_picture",
                field="logo",
                condition=Q(logo="") | Q(logo__regex=LOGO),
                violation_error_message="A logo must be an SVG, PNG, JPEG or WebP picture.",
            ),
            *(
                Rule(
                    name=f"provider_{field}_is_an_address",
                    field=field,
                    condition=Q(**{field: ""}) | Q(**{f"{field}__regex": WEB_ADDRESS}),
                    violation_error_message="An address must start with https:// or http://.",
                )
                for field in (
                    "api_base_url",
                    "docs_url",
                    "privacy_policy_url",
                    "terms_of_service_url",
                    "status_page_url",
                    "sign_up_url",
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
