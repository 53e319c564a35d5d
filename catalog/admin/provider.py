"""The provider's own facts."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from catalog.admin.base import CatalogAdmin
from catalog.models import Provider


@admin.register(Provider)
class ProviderAdmin(CatalogAdmin):
    """One page: there is one provider."""

    fieldsets = [
        (None, {"fields": [("slug", "name"), "headquarters", "api_base_url", "docs_url"]}),
        (
            "Pages that OpenRouter's API links to",
            {"fields": ["privacy_policy_url", "terms_of_service_url", "status_page_url"]},
        ),
    ]

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Straight to the one form."""
        stored = Provider.objects.first()
        if stored is not None:
            return HttpResponseRedirect(reverse("admin:catalog_provider_change", args=[stored.pk]))
        if self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:catalog_provider_add"))
        return super().changelist_view(request, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only while there is none."""
        allowed: bool = super().has_add_permission(request)
        return allowed and not Provider.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Provider | None = None) -> bool:
        """It stays."""
        return False
