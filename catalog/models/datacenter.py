"""The datacenters that serve models."""

import pghistory
from django.db import models
from django.db.models import Q
from django_countries import countries
from django_countries.fields import CountryField

from catalog.models.conditions import SLUG
from catalog.models.rules import Rule, RuledModel
from catalog.models.triggers import BumpRevision, RefuseDeletionOfNamed, RefuseTruncation


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class Datacenter(RuledModel):
    """A datacenter that serves models."""

    code = models.CharField(
        max_length=40, unique=True, db_collation="C", help_text="Your own short name for it, such as fra1."
    )
    name = models.CharField(max_length=120, help_text="The display name, such as Frankfurt.")
    country = CountryField(help_text="The datacenter's country. OpenRouter gets the two-letter code.")
    region = models.CharField(max_length=60, blank=True, help_text="Your cloud's name for the region, such as eu-central-1.")

    class Meta:
        ordering = ["code"]
        constraints = [
            Rule(
                name="datacenter_code_is_a_slug",
                field="code",
                condition=Q(code__regex=SLUG),
                violation_error_message="A code has only letters, digits, dots, hyphens and underscores.",
            ),
            Rule(
                name="datacenter_has_a_name",
                field="name",
                condition=Q(name__regex=r"\S"),
                violation_error_message="A datacenter needs a name.",
            ),
            Rule(
                name="datacenter_country_is_iso_3166",
                field="country",
                condition=Q(country__in=sorted(code for code, _ in countries)),
                violation_error_message="The country must be an ISO 3166-1 alpha-2 code, such as DE.",
            ),
        ]
        triggers = [BumpRevision(), RefuseTruncation(), RefuseDeletionOfNamed()]

    def __str__(self) -> str:
        return f"{self.name} ({self.country.code})"
