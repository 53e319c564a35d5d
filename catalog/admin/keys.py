"""The API keys of app back ends."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from rest_framework_api_key.models import APIKey as LibrarysKey
from unfold.admin import ModelAdmin

from catalog.admin.account.confirming import Confirmed
from catalog.admin.bad_input import ValidatesInitialData
from catalog.models import ApiKey

admin.site.unregister(LibrarysKey)


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A key's name and end."""

    def clean_expiry_date(self) -> datetime | None:
        """An end in the future, or the end that the key already has."""
        end: datetime | None = self.cleaned_data["expiry_date"]
        if end is not None and end <= timezone.now() and "expiry_date" in self.changed_data:
            raise forms.ValidationError("This time is in the past. To end a key now, revoke it.")
        return end


@admin.register(ApiKey)
class ApiKeyAdmin(Confirmed, ValidatesInitialData, ModelAdmin):
    """Keys are made, renamed and revoked; what a key is, is shown once."""

    form = ApiKeyForm
    list_display = ["name", "prefix", "created", "last_used_at", "expiry_date", "revoked"]
    list_filter = ["revoked"]
    search_fields = ["name", "prefix"]
    search_help_text = "Search by name or prefix"
    fields = ["name", "expiry_date", "revoked", "prefix", "created", "last_used_at"]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        """A new key has no history yet."""
        return self.fields if obj else ["name", "expiry_date"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        """A revoked key cannot be changed."""
        fixed = ["prefix", "created", "last_used_at"]
        return [*fixed, "name", "expiry_date", "revoked"] if obj and obj.revoked else fixed

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Save; a new one gets its key."""
        if not change:
            request.new_key = ApiKey.objects.assign_key(obj)  # type: ignore[attr-defined]
        obj.save()

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """The page that shows the key once. Not a message, because messages are stored in a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Copy the new API key",
            "name": obj.name,
            "key": request.new_key,  # type: ignore[attr-defined]
        }
        headers = {"Cache-Control": "no-store"}
        return TemplateResponse(request, "admin/keys/new_key.html", context, headers=headers)

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys are revoked, not deleted: their row says when they were last used."""
        return False
