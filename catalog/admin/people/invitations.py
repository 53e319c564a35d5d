"""Inviting a colleague, and a new password for one: a link by which they set it themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.admin.account.confirming import confirm_first
from catalog.admin.base import ONLY_SAVE
from catalog.admin.people.managing import groups_to_give
from catalog.admin.people.password_links import DAYS, SetPassword, link_for, send
from catalog.models import SecurityEventKind
from catalog.security_events import record_event


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new colleague: username, email address, and the group, which decides what they may do."""

    group = forms.ModelChoiceField(
        Group.objects.none(),
        widget=UnfoldAdminSelectWidget(),
        empty_label="Choose a group",
        help_text="Viewers look at everything, Editors change what is not live, Publishers change what the OpenRouter feeds show.",
    )

    class Meta:
        model = User
        fields = ["username", "email"]
        help_texts = {
            "username": "The name to log in with: letters, digits and @ . + - _",
            "email": "The address for the invitation. Leave it empty to get the link and pass it on yourself.",
        }

    def save(self, commit: bool = True) -> Any:
        """Save a member of staff who cannot log in until they have set a password."""
        self.instance.is_staff = True
        self.instance.set_unusable_password()
        return super().save(commit)

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        self.instance.groups.set([self.cleaned_data["group"]])


class InvitesMixin(ModelAdmin):
    """The page after a new account, the page that makes a link for an existing one, and the page that the link opens."""

    actions_detail = ["password_link"]
    add_form_template = None

    def get_urls(self) -> list[Any]:
        """With the page that the link opens, which needs no login."""
        page = path("set-password/<uidb64>/<token>/", SetPassword.as_view(), name="auth_user_set_password")
        return [page, *super().get_urls()]

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Offer only the groups that the inviting user may give."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            form.base_fields["group"].queryset = groups_to_give(request.user)
        return form

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form, with one button, which leads to the link."""
        answer: HttpResponse = super().add_view(request, form_url, {**(extra_context or {}), **ONLY_SAVE})
        return answer

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """The page with the link, or that says that it was emailed."""
        return self.invite(request, obj, f"Added {obj}", "You are invited to the model catalog.")

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether they may change that account."""
        return self.has_change_permission(request, self.get_object(request, str(object_id)) if object_id else None)

    @action(description="Link for a new password", url_path="password-link", permissions=["manage"], icon="link")  # type: ignore[untyped-decorator]
    def password_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first; then make a link."""
        if first := confirm_first(request):
            return first
        account = self.get_object(request, object_id)
        if account is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        if request.method == "POST":
            record_event(SecurityEventKind.USER_CHANGED, request, about=account, details="link for a new password")
            return self.invite(request, account, f"A new password for {account}", "You can set a new password.")
        return self.page(request, f"A new password for {account}", account=account, asks=True)

    def invite(self, request: HttpRequest, account: User, title: str, sentence: str) -> HttpResponse:
        """Send the link, or show it, this once."""
        link = link_for(request, account)
        failure = send(account, sentence, link) if settings.EMAIL_HOST and account.email else ""
        is_sent = bool(settings.EMAIL_HOST and account.email and not failure)
        return self.page(request, title, account=account, link="" if is_sent else link, failure=failure)

    def page(self, request: HttpRequest, title: str, **context: Any) -> HttpResponse:
        """A page that is never cached: it may contain a link."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "days": DAYS, **context}
        return TemplateResponse(request, "admin/people/link.html", context, headers={"Cache-Control": "no-store"})
