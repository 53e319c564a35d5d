"""allauth's views in the admin's look. The rules are allauth's."""

from typing import Any

from allauth.account import views as accounts
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.base import views as factors
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse, reverse_lazy
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from unfold.forms import AdminOwnPasswordChangeForm

from catalog.admin.account.confirming import confirm_first
from catalog.admin.account.in_admin import InAdmin
from catalog.admin.account.requirement import must_have_second_factor
from catalog.admin.account.sessions import NOTED, end_sessions
from catalog.admin.people.password_links import mails_links
from catalog.models import SecurityEventKind, StaffSession
from catalog.security_events import record_event


class Login(InAdmin, accounts.LoginView):
    """Username and password, or a passkey."""

    title, template_name = "Log in", "admin/account/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With whether a forgotten password can be replaced by email."""
        return {**super().get_context_data(**kwargs), "mails_links": mails_links()}


class Code(InAdmin, factors.AuthenticateView):
    """The second factor of a login."""

    title, template_name = "Second factor", "admin/account/code.html"


class Confirm(InAdmin, accounts.ReauthenticateView):
    """Asks for the password again."""

    title, template_name = "Confirm that it is you", "admin/account/confirm.html"


class ConfirmWithCode(InAdmin, factors.ReauthenticateView):
    """Asks for a code instead."""

    title, template_name = "Confirm that it is you", "admin/account/confirm.html"


class ConfirmWithKey(InAdmin, webauthn.ReauthenticateWebAuthnView):
    """Asks for a passkey instead."""

    title, template_name = "Confirm that it is you", "admin/account/confirm.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the error, and let them try again."""
        return self.render_to_response(self.get_context_data(form=form))


class SecondFactors(InAdmin, factors.IndexView):
    """The second factors and recovery codes of the user."""

    title, template_name = "Login and security", "admin/account/second_factors.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the number of unused recovery codes, and whether a second factor is required."""
        found = super().get_context_data(**kwargs)
        codes = found["authenticators"].get(Authenticator.Type.RECOVERY_CODES)
        return {
            **found,
            "codes_left": len(codes.get_unused_codes()) if codes else 0,
            "is_required": must_have_second_factor(self.request.user),
        }


class AddApp(InAdmin, totp.ActivateTOTPView):
    """Shows a QR code to scan, and asks for a first code."""

    title, template_name = "Add an authenticator app", "admin/account/add_app.html"


class RemoveApp(InAdmin, totp.DeactivateTOTPView):
    """Asks first."""

    title, template_name = "Remove the authenticator app", "admin/account/remove.html"


class AddKey(InAdmin, webauthn.AddWebAuthnView):
    """A passkey or security key."""

    title, template_name = "Add a passkey or security key", "admin/account/add_key.html"


class RemoveKey(InAdmin, webauthn.RemoveWebAuthnView):
    """Asks first."""

    title, template_name, success_url = "Remove a key", "admin/account/remove.html", reverse_lazy("mfa_index")


class RenameKey(InAdmin, webauthn.EditWebAuthnView):
    """Another name for a key."""

    title, template_name, success_url = "Rename a key", "admin/account/rename_key.html", reverse_lazy("mfa_index")


class RecoveryCodes(InAdmin, recovery_codes.ViewRecoveryCodesView):
    """Shows new codes once."""

    title, template_name = "Recovery codes", "admin/account/recovery_codes.html"


class NewRecoveryCodes(InAdmin, recovery_codes.GenerateRecoveryCodesView):
    """Asks first: the earlier codes stop working."""

    title, template_name = "Generate new recovery codes", "admin/account/new_recovery_codes.html"


class OwnPassword(InAdmin, PasswordChangeView):
    """The admin's page to change one's own password, with a security event."""

    title, form_class, success_url = (
        "Change password",
        AdminOwnPasswordChangeForm,
        reverse_lazy("admin:password_change_done"),
    )

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it, which also ends the user's other sessions."""
        answer = super().form_valid(form)
        record_event(SecurityEventKind.PASSWORD_CHANGED, self.request, about=self.request.user.get_username())
        return answer


@never_cache
def login_again(request: HttpRequest) -> HttpResponse:
    """Cancel a login that waits for its second factor."""
    clear_login(request)
    return HttpResponseRedirect(reverse("account_login"))


@never_cache
@login_required
def sessions(request: HttpRequest, user_id: int | None = None) -> HttpResponse:
    """A user's sessions, each with a button that ends it. Superusers may see and end those of others."""
    user: Any = request.user if user_id is None else get_object_or_404(get_user_model(), pk=user_id)
    if user != request.user and not request.user.is_superuser:
        raise PermissionDenied("Only superusers see the sessions of others.")
    rows = StaffSession.objects.filter(user=user)
    own = request.session.get(NOTED)
    address = request.path
    if request.method == "POST":
        if user != request.user and (first := confirm_first(request)):
            return first
        ids = [
            row.pk
            for row in rows
            if row.pk != own and ("others" in request.POST or _name(row) == request.POST.get("session"))
        ]
        chosen = rows.filter(pk__in=ids)
        number = end_sessions(request, chosen, about=user.get_username())
        messages.success(request, f"{number} session{'s' if number != 1 else ''} ended.")
        return HttpResponseRedirect(address)
    is_own = user == request.user
    context = {
        **admin.site.each_context(request),
        "title": "Your sessions" if is_own else f"Sessions of {user.get_username()}",
        "is_own": is_own,
        "rows": [(row, _name(row), row.pk == own) for row in rows],
        "everybody": reverse("admin:auth_user_changelist") if request.user.is_superuser else "",
    }
    return render(request, "admin/account/sessions.html", context)


def _name(row: StaffSession) -> str:
    """The name of a session in a page. Its key is a secret: anyone who has it is logged in."""
    return salted_hmac("catalog.admin.account.pages", row.pk).hexdigest()[:16]
