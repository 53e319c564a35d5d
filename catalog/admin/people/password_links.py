"""Links by which somebody sets a new password: how one is made and emailed, and the page that it opens."""

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from unfold.widgets import UnfoldAdminPasswordWidget

from catalog.admin.account.sessions import end_sessions
from catalog.models import SecurityEventKind, StaffSession
from catalog.security_events import record_event

logger = logging.getLogger(__name__)

DAYS = settings.PASSWORD_RESET_TIMEOUT // 86_400
"""How long a link works."""


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
    """Whether a link may be emailed to somebody who is not logged in: where mail can be sent, and its host is not theirs to choose."""
    return bool(settings.EMAIL_HOST and named_hosts())


def send(account: User, sentence: str, link: str) -> str:
    """Email the link. Returns why that failed, or an empty text."""
    text = (
        f"Hello {account.get_username()},\n\n{sentence} Open this link within {DAYS} days and choose a password:\n\n{link}\n\n"
        f"Log in as {account.get_username()}. If you did not expect this message, ignore it.\n"
    )
    try:
        EmailMessage("Your account in the model catalog", text, to=[account.email]).send()
    except (OSError, SMTPException, ValueError) as error:
        logger.warning("The link for %s could not be emailed: %s", account, error)
        return f"The mail server did not accept the message: {error}"
    return ""
