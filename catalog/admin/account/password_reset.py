"""*Forgot your password?* at the login: a link by email, for staff who know their address. It is offered only where email can be sent.

It does not reveal who has an account: every request gets the same answer, before the account is looked up.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import PasswordResetDoneView, PasswordResetView
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse_lazy

from catalog.admin.account.in_admin import InAdmin
from catalog.admin.people.password_links import DAYS, link_for, mails_links, send
from catalog.models import SecurityEventKind
from catalog.security_events import record_event

logger = logging.getLogger(__name__)

SENTENCE = "Somebody has asked on the login page for a new password for your account."
_one_at_a_time = ThreadPoolExecutor(1, thread_name_prefix="password-reset")
"""One thread of each process, so that a flood of requests takes one connection of the database."""


def after_the_answer(work: Callable[[], None]) -> None:
    """Run ``work`` in another thread."""

    def guarded() -> None:
        try:
            work()
        except Exception:
            logger.exception("A link for a new password could not be sent.")
        finally:
            connections.close_all()

    _one_at_a_time.submit(guarded)


class ResetForm(PasswordResetForm):
    """Django's form, for staff only, because only staff can log in."""

    email = forms.EmailField(label="Email address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def get_users(self, email: str) -> Iterator[User]:
        """Active staff with a password and this address."""
        return (user for user in super().get_users(email) if user.is_staff)

    def save(self, *, request: HttpRequest, **options: Any) -> None:  # type: ignore[override]
        """Email each of them a link, later."""
        after_the_answer(lambda: self.send_links(request))

    def send_links(self, request: HttpRequest) -> None:
        """Email each of them a link, and record it."""
        for user in self.get_users(self.cleaned_data["email"]):
            failure = send(user, SENTENCE, link_for(request, user))
            details = "link for a new password, asked for at the login" + ("; it could not be emailed" if failure else "")
            record_event(SecurityEventKind.USER_CHANGED, request, by=AnonymousUser(), about=user, details=details)


class Offered(InAdmin):
    """A page that exists only where email can be sent."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page. Raises ``Http404``."""
        if not mails_links():
            raise Http404
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class Reset(Offered, PasswordResetView):
    """Asks for the email address."""

    title, template_name, form_class = "Forgot your password?", "admin/account/password_reset.html", ResetForm  # type: ignore[assignment]
    success_url = reverse_lazy("password_reset_done")


class ResetDone(Offered, PasswordResetDoneView):
    """The page after the form; it is the same for everybody."""

    title, template_name = "Check your email", "admin/account/password_reset_done.html"  # type: ignore[assignment]
    extra_context = {"days": DAYS}
