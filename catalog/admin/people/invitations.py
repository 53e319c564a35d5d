"""Inviting a colleague, and a new password for one: a link by which they set it themselves."""

import logging
from smtplib import SMTPException
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.template.response import TemplateResponse
from django.urls import path, reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from catalog.admin.account.confirming import confirm_first
from catalog.admin.account.sessions import end_sessions
from catalog.admin.base import ONLY_SAVE
from catalog.admin.people.managing import groups_to_give
from catalog.models import SecurityEventKind, StaffSession
from catalog.security_events import record_event

logger = logging.getLogger(__name__)

DAYS = settings.PASSWORD_RESET_TIMEOUT // 86_400


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new colleague: username, e-mail address, and the group, which decides what they may do."""

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
        """The page with the link, or that says that it was e-mailed."""
        return self.invite(request, obj, f"{obj} is added", "You are invited to the model catalog.")

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


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """Django's form in the admin's look."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})


class SetPassword(PasswordResetConfirmView):
    """The page that a link opens. The link works once: setting a password, or a login, ends it."""

    template_name = "admin/people/set_password.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("admin:index")
    title = "Set your password"  # type: ignore[assignment]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the context of the admin's templates."""
        mails = {"mails_links": mails_links()}
        return {**admin.site.each_context(self.request), **super().get_context_data(**kwargs), **mails}

    def get_user(self, uidb64: str) -> Any:
        """The account, if it is active."""
        user: Any = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, record it, and end the account's sessions."""
        own = self.request.session.session_key  # the change of the password ends it, too; Django still writes to it
        sessions = StaffSession.objects.filter(user=self.user).exclude(pk=own)
        with transaction.atomic():
            record_event(
                SecurityEventKind.PASSWORD_CHANGED, self.request, by=self.user, about=self.user, details="by a link"
            )
            end_sessions(self.request, sessions, about=self.user, details="the password was changed by a link")
            answer = super().form_valid(form)
        messages.success(self.request, f"The password of {self.user} is changed.")
        return answer


def link_for(request: HttpRequest, account: User) -> str:
    """The address of the page that sets the account's password."""
    key = urlsafe_base64_encode(force_bytes(account.pk))
    page = reverse("admin:auth_user_set_password", args=[key, default_token_generator.make_token(account)])
    named, host = named_hosts(), request.get_host()
    domain, _ = split_domain_port(host)
    if named and domain not in named:  # with a wildcard in ALLOWED_HOSTS, a client chooses the header
        host = named[0]
    elif (
        settings.BEHIND_TLS and not request.user.is_authenticated and f"https://{host}" not in settings.CSRF_TRUSTED_ORIGINS
    ):
        host = domain  # Django accepts any port, and another service may use it
    return f"{request.scheme}://{host}{page}"


def named_hosts() -> list[str]:
    """The hosts that ``ALLOWED_HOSTS`` names in full, not by a pattern such as ``*`` or ``.example.com``."""
    return [host.lower() for host in settings.ALLOWED_HOSTS if not host.startswith(("*", "."))]


def mails_links() -> bool:
    """Whether a link may be e-mailed to somebody who is not logged in: where mail can be sent, and its host is not theirs to choose."""
    return bool(settings.EMAIL_HOST and named_hosts())


def send(account: User, sentence: str, link: str) -> str:
    """E-mail the link. Returns why that failed, or an empty text."""
    text = (
        f"Hello {account.get_username()},\n\n{sentence} Open this link within {DAYS} days and choose a password:\n\n{link}\n\n"
        f"Log in as {account.get_username()}. If you did not expect this message, ignore it.\n"
    )
    try:
        EmailMessage("Your account in the model catalog", text, to=[account.email]).send()
    except (OSError, SMTPException, ValueError) as error:
        logger.warning("The link for %s could not be e-mailed: %s", account, error)
        return f"The mail server did not take the message: {error}"
    return ""
