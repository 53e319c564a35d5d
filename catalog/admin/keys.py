"""The API keys of app back ends and pipelines."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from rest_framework_api_key.models import APIKey as LibrarysKey
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from catalog.admin.account.confirming import Confirmed
from catalog.admin.bad_input import ValidatesInitialData
from catalog.admin.base import ONLY_SAVE
from catalog.admin.fields import BOX, UTCDateTimeField, UTCDateTimeInput
from catalog.admin.labels import NOTHING
from catalog.admin.people.events import Recorded
from catalog.formats import FORMATS
from catalog.models import ApiKey, KeyScope, KeyStatus, SecurityEventKind
from catalog.sending import needs_key

admin.site.unregister(LibrarysKey)


LONGEST = timedelta(days=366)
"""How long a key for imports may work."""


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of a key: its name, its end, and what it may import."""

    owner: Any = None
    """The person who makes a key."""

    def clean_expiry_date(self) -> datetime | None:
        """An end in the future, or the end that the key already has."""
        end: datetime | None = self.cleaned_data["expiry_date"]
        if end is not None and end <= timezone.now() and "expiry_date" in self.changed_data:
            raise forms.ValidationError("This time is in the past. To end a key now, revoke it.")
        return end

    def clean(self) -> dict[str, Any]:
        """A key that may import ends within a year."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        end = cleaned.get("expiry_date")
        if (cleaned.get("scopes") or self.instance.scopes) and "expiry_date" in cleaned:
            if end is None:
                self.add_error("expiry_date", "A key for imports needs an expiry date.")
            elif end > timezone.now() + LONGEST:
                self.add_error("expiry_date", "A key for imports works for a year at most.")
        return cleaned

    def _post_clean(self) -> None:
        self.instance.owner = self.instance.owner or (self.owner if self.cleaned_data.get("scopes") else None)
        super()._post_clean()  # type: ignore[misc]


class StatusFilter(admin.SimpleListFilter):
    """A filter by the status of keys."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Each status."""
        return KeyStatus.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        """The keys with the status that was chosen."""
        status = self.value() or ""
        return queryset.filter(KeyStatus(status).condition()) if status in KeyStatus.values else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(Recorded, Confirmed, ValidatesInitialData, ModelAdmin):
    """The screen of API keys. They are created, renamed and revoked; the key itself is shown only once."""

    kinds = (SecurityEventKind.KEY_ADDED, SecurityEventKind.KEY_CHANGED, SecurityEventKind.KEY_REVOKED)
    recorded_fields = ("expiry_date", "revoked", "scopes", "owner")

    form = ApiKeyForm
    list_display = ["name", "prefix", "status", "imports", "owner", "created", "last_used_at", "expiry_date"]
    list_select_related = ["owner"]
    list_filter = [StatusFilter]
    search_fields = ["name", "prefix"]
    search_help_text = "Search by name or prefix"
    fields = ["name", "status", "expiry_date", "revoked", "prefix", "opens", "owner", "created", "last_used_at"]

    def kind_of_change(self, obj: ApiKey) -> SecurityEventKind:
        """A revoked key cannot be changed any more, so this was when it was revoked."""
        return SecurityEventKind.KEY_REVOKED if obj.revoked else SecurityEventKind.KEY_CHANGED

    @display(
        description="Status",
        label={KeyStatus.ACTIVE.label: "success", KeyStatus.REVOKED.label: "danger", KeyStatus.EXPIRED.label: "warning"},
    )  # type: ignore[untyped-decorator]
    def status(self, key: ApiKey) -> str:
        """Whether it works."""
        return key.status.label

    @admin.display(description="Imports")
    def imports(self, key: ApiKey) -> str:
        """What it may import."""
        return ", ".join(KeyScope(scope).value for scope in key.scopes) or NOTHING

    @admin.display(description="Opens")
    def opens(self, key: ApiKey) -> str:
        """What a request with the key may do. Every key reads the same."""
        lists = [f"{format_.title} ({format_.path})" for name, format_ in FORMATS.items() if needs_key(name)]
        scopes = [f"{KeyScope(scope).label} ({reverse('api-imports')})" for scope in key.scopes]
        return "; ".join([*lists, f"Findings about the listing ({reverse('readiness')})", *scopes])

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        """A new key has no history yet."""
        return self.fields if obj else ["name", "scopes", "expiry_date"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        """A revoked key cannot be changed. Only its owner can change the end of a key for imports."""
        fixed = ["status", "prefix", "opens", "owner", "created", "last_used_at"]
        if obj and obj.revoked:
            return [*fixed, "name", "expiry_date", "revoked"]
        return [*fixed, "expiry_date"] if obj and obj.owner_id not in (None, request.user.pk) else fixed

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The scopes as checkboxes, and the expiry date with the admin's field for times."""
        if db_field.name == "expiry_date":
            kwargs |= {"form_class": UTCDateTimeField, "widget": UTCDateTimeInput(BOX)}
            return db_field.formfield(label="Expires (UTC)", help_text="The key stops working at this time.", **kwargs)
        if db_field.name == "name":
            kwargs["help_text"] = "What the key is for, such as the name of a pipeline or a service."
        if db_field.name != "scopes":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        return forms.MultipleChoiceField(
            label="Imports",
            required=False,
            choices=KeyScope.choices,
            widget=UnfoldAdminCheckboxSelectMultipleWidget(),
            help_text="What a pipeline may do with it, in your name and with your permissions. If you select none, the key only "
            "reads. This cannot be changed later.",
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With the person who makes the key."""
        form = super().get_form(request, obj, change, **kwargs)
        form.owner = request.user  # the class is made for this request
        return form

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form with a single button, which leads to the page that shows the key."""
        answer: HttpResponse = super().add_view(request, form_url, {**(extra_context or {}), **ONLY_SAVE})
        return answer

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
