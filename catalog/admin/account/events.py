"""Records the signals of Django and allauth about logins and second factors as security events."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as second_factors
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model, signals
from django.dispatch import receiver

from catalog.admin.account.requirement import SECOND_FACTORS
from catalog.admin.account.sessions import NOTED, end_sessions
from catalog.models import SecurityEventKind, StaffSession
from catalog.security_events import record_event

METHODS = {"password": "password", "totp": "code", "webauthn": "passkey or security key", "recovery_codes": "recovery code"}


def _name(authenticator: Any) -> str:
    name: str = (
        authenticator.get_type_display() if authenticator.type != Authenticator.Type.WEBAUTHN else authenticator.wrap().name
    )
    return name


@receiver(signals.user_logged_in)
def logged_in(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Record a login, with the methods that were used."""
    used = [
        METHODS.get(one.get("type") or one["method"], one["method"]) for one in get_authentication_records(request, user)
    ]
    record_event(SecurityEventKind.LOGIN, request, by=user, details=", ".join(dict.fromkeys(used)))


@receiver(signals.user_login_failed)
def login_failed(sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    """Record a failed login. The text is kept only if it is an account's name: it may be a password in the wrong box."""
    typed = str(credentials.get("username", ""))
    exists = "\0" not in typed and get_user_model()._default_manager.filter(username=typed).exists()
    record_event(SecurityEventKind.LOGIN_FAILED, request, about=typed if exists else "an account that does not exist")


@receiver(signals.user_logged_out)
def logged_out(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Record a logout."""
    if user is not None:
        record_event(SecurityEventKind.LOGOUT, request, by=user)


@receiver(second_factors.authentication_failed)
def code_failed(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Record a wrong code, at the login or at a confirmation."""
    record_event(SecurityEventKind.CODE_FAILED, request, about=user.get_username())


@receiver(second_factors.authenticator_added)
def added(sender: Any, request: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Record a new second factor. The first one ends the user's other sessions, which began without it."""
    if authenticator.type not in SECOND_FACTORS:
        recovery_codes_made(sender, request, user)
        return
    record_event(
        SecurityEventKind.SECOND_FACTOR_ADDED, request, by=user, about=user.get_username(), details=_name(authenticator)
    )
    if Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).count() == 1:
        others = StaffSession.objects.filter(user=user).exclude(pk=request.session.get(NOTED))
        end_sessions(request, others, about=user.get_username(), details="a second factor was added")


@receiver(second_factors.authenticator_removed)
def removed(sender: Any, request: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Record that a user removed a second factor."""
    record_event(
        SecurityEventKind.SECOND_FACTOR_REMOVED, request, by=user, about=user.get_username(), details=_name(authenticator)
    )


@receiver(second_factors.authenticator_reset)
def recovery_codes_made(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Record new recovery codes, which replace the earlier ones."""
    record_event(SecurityEventKind.RECOVERY_CODES_MADE, request, by=user, about=user.get_username())


@receiver(second_factors.authenticator_used)
def used(sender: Any, request: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Record the use of a recovery code, which may be somebody else's. Codes and keys are recorded with the login."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        left = len(authenticator.wrap().get_unused_codes())
        record_event(
            SecurityEventKind.RECOVERY_CODE_USED, request, by=user, about=user.get_username(), details=f"{left} left"
        )
