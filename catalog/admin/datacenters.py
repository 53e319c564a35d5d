"""The screen of datacenters."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from catalog.admin.base import CatalogAdmin
from catalog.models import Datacenter


@admin.register(Datacenter)
class DatacenterAdmin(CatalogAdmin):
    """The datacenters that serve models."""

    list_display = ["code", "name", "country", "region", "models_served"]
    list_filter = ["country"]
    search_fields = ["code", "name", "region", "country"]
    search_help_text = "Search by code, name, region or country code"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Datacenter]:
        """With the number of models, in the same query."""
        return super().get_queryset(request).annotate(model_count=Count("models"))

    @admin.display(description="models", ordering="model_count")
    def models_served(self, datacenter: Datacenter) -> int:
        """How many models it serves."""
        return datacenter.model_count  # type: ignore[attr-defined,no-any-return]
