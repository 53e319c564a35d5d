"""The provider's facts, and the look of the public site."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.admin.base import CatalogAdmin, CatalogForm
from catalog.models import Provider
from catalog.models.logos import LARGEST_LOGO, posted_logo


class ProviderForm(CatalogForm):
    """The form, with a file for the logo."""

    logo_file = forms.FileField(
        label="Logo", required=False, help_text=f"An SVG, PNG, JPEG or WebP picture of at most {LARGEST_LOGO // 1000} kB."
    )
    remove_logo = forms.BooleanField(label="Remove the logo", required=False)

    class Meta:
        model = Provider
        fields = "__all__"
        widgets = {
            "logo": forms.HiddenInput,
            "intro": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "deprecation_policy": UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        }

    def clean_logo_file(self) -> Any:
        """Say what is wrong with the file."""
        if problem := getattr(self, "logo_problem", None):
            raise problem
        return None


@admin.register(Provider)
class ProviderAdmin(CatalogAdmin):
    """One page: there is one provider."""

    form = ProviderForm
    change_form_after_template = "admin/provider/preview.html"
    fieldsets = [
        (None, {"fields": [("slug", "name"), "headquarters", "api_base_url", "docs_url"]}),
        (
            "Pages that OpenRouter's API links to",
            {"fields": ["privacy_policy_url", "terms_of_service_url", "status_page_url"]},
        ),
        (
            "The public site",
            {
                "fields": ["intro", "accent_color", "logo_file", "remove_logo", "sign_up_url", "deprecation_policy", "logo"],
                "description": "The look of your pages. The preview opens in a new tab and saves nothing.",
            },
        ),
    ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form class, with the error of an uploaded logo."""
        form = super().get_form(request, obj, change, **kwargs)
        form.logo_problem = getattr(request, "logo_problem", None)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Read an uploaded logo into the form first, so that the review can send it again with the form."""
        if request.method == "POST":
            posted = request.POST.copy()
            try:
                posted["logo"] = posted_logo(request)
            except forms.ValidationError as error:
                request.logo_problem = error  # type: ignore[attr-defined]
            request.POST = posted  # type: ignore[assignment]
        return super().changeform_view(request, *args, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add the address of the preview."""
        if settings.SITE_ENABLED:
            context["preview"] = reverse("site:preview")
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect to the only form."""
        stored = Provider.objects.first()
        if stored is not None:
            return HttpResponseRedirect(reverse("admin:catalog_provider_change", args=[stored.pk]))
        if self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:catalog_provider_add"))
        return super().changelist_view(request, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only if there is no provider yet."""
        allowed: bool = super().has_add_permission(request)
        return allowed and not Provider.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Provider | None = None) -> bool:
        """Never: the provider cannot be deleted."""
        return False
