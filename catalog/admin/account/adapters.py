"""django-allauth's adapters: its behavior as this project needs it."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from catalog.admin.account.confirming import is_confirmed
from catalog.security_events import address_of

NOT_STAFF = "This account may not use the admin."


class AccountAdapter(DefaultAccountAdapter):
    """Only staff log in; accounts are made in the admin."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": "The username or the password is not correct. Both may be case-sensitive.",
        "incorrect_password": "The password is not correct.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: accounts are made in the admin."""
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Refuse users who are not active staff, also those with a passkey."""
        if user.is_active and user.is_staff:
            return None
        clear_login(request)
        messages.error(request, NOT_STAFF)
        return HttpResponseRedirect(reverse("account_login"))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether the session was not confirmed recently. A login counts."""
        return not is_confirmed(context.request)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address, as the server found it."""
        return address_of(request) or "0.0.0.0"  # noqa: S104 - nobody's

    def add_message(self, request: Any, level: int, message_template: str | None = None, *args: Any, **kwargs: Any) -> None:
        """Show only allauth's errors: the pages themselves report success."""
        if level >= messages.ERROR:
            super().add_message(request, level, message_template, *args, **kwargs)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The ways to confirm one's identity, with this project's labels."""
        words = {
            "account_reauthenticate": "Use your password",
            "mfa_reauthenticate": "Use a code",
            "mfa_reauthenticate_webauthn": "Use a passkey or security key",
        }
        named = {reverse(name): text for name, text in words.items()}
        return [
            {**method, "description": named.get(method["url"], method["description"])}
            for method in super().get_reauthentication_methods(user)
        ]


class SecondFactorAdapter(DefaultMFAAdapter):
    """The messages and names of this project."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not correct, or was used already. Wait for the next one.",
    }

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """The default name of a key."""
        return "Passkey"
