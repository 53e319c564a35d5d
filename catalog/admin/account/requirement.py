"""Which users must have a second factor, and the redirect that makes them set one up."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from catalog.review import PUBLISH

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes only come with one of these, so they do not count."""
NOBODY, PUBLISHERS, STAFF = "nobody", "publishers", "staff"
OPEN = frozenset({"admin:logout", "admin:jsi18n", "own_password", "admin:password_change_done", "sessions"})
"""The admin's pages that need no second factor, besides those that set one up."""
ASKED = "Your account needs a second factor. Set up an authenticator app or a passkey to continue."


def must_have_second_factor(user: Any) -> bool:
    """Whether the settings require a second factor of this user."""
    required = settings.REQUIRE_SECOND_FACTOR
    return required == STAFF or (required == PUBLISHERS and user.has_perm(PUBLISH))


def has_second_factor(user: Any) -> bool:
    """Whether a login of this user asks for a second factor."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_FACTORS).exists()


class RequireSecondFactor:
    """Middleware that redirects users without a required second factor from every page of the admin to the page that sets one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; ``process_view`` decides, when the view is known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, keywords: Any) -> HttpResponse | None:
        """The redirect, or None if the page may be shown."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if (
            settings.REQUIRE_SECOND_FACTOR == NOBODY
            or not request.path.startswith(reverse("admin:index"))
            or name in OPEN
            or name.startswith(("mfa_", "account_"))
            or not request.user.is_authenticated
            or not must_have_second_factor(request.user)
            or has_second_factor(request.user)
        ):
            return None
        messages.warning(request, ASKED)
        return HttpResponseRedirect(reverse("mfa_index"))
