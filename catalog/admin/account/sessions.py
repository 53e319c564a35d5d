"""How long a session lasts, and the list of a user's sessions."""

import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from catalog.models import SecurityEventKind, StaffSession
from catalog.security_events import address_of, record_event

BEGAN, SEEN, NOTED = "began_at", "seen_at", "noted_as"
"""In the session: when it began and was last used (Unix time), and the key under which ``StaffSession`` has it."""
PAUSE = 60
"""Seconds after which the use of a session is recorded again."""


class LimitedSessions(AuthenticationMiddleware):
    """Django's middleware, in which an expired session has no user.

    It reads nothing, and asks the database nothing, until a view asks for the user: public pages do not.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Find the user when a view asks for it."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user_of(request))  # type: ignore[assignment]


def _user_of(request: Any) -> Any:
    found = getattr(request, "_limited_user", None)
    if found is not None:
        return found
    user = get_user(request)
    if user.is_authenticated:
        if is_over(request.session):
            request.session.flush()
            request._cached_user = user = AnonymousUser()
        else:
            _note(request, user)
    request._limited_user = user
    return user


def is_over(session: Any) -> bool:
    """Whether a session has lasted too long, or has not been used for too long. One that was never recorded begins now."""
    now = time.time()
    return bool(
        now - session.get(SEEN, now) > settings.SESSION_IDLE_TIMEOUT
        or now - session.get(BEGAN, now) > settings.SESSION_COOKIE_AGE
    )


def began_at(session: Any) -> float:
    """When the session's user logged in (Unix time); 0 for a session that was never recorded."""
    return float(session.get(BEGAN, 0.0))


def _note(request: Any, user: Any) -> None:
    """Record, once a minute, that the session is used. Its key changes with the password."""
    session, now = request.session, time.time()
    if session.get(NOTED) == session.session_key and now - session.get(SEEN, 0.0) < PAUSE:
        return
    began = session.setdefault(BEGAN, now)
    session[SEEN] = now
    session[NOTED] = session.session_key
    session.save()
    StaffSession.objects.update_or_create(
        session_id=session.session_key,
        defaults={
            "user": user,
            "began_at": datetime.fromtimestamp(began, UTC),
            "seen_at": datetime.fromtimestamp(now, UTC),
            "address": address_of(request),
            "agent": request.META.get("HTTP_USER_AGENT", "").replace("\0", "")[:200],
        },
    )


def end_sessions(request: HttpRequest | None, chosen: Any, *, about: object, details: str = "") -> int:
    """End sessions, and record it. ``chosen`` are ``StaffSession`` rows. Returns how many were ended."""
    keys = list(chosen.values_list("pk", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    if keys:
        number = f"{len(keys)} session{'s' if len(keys) > 1 else ''}"
        record_event(
            SecurityEventKind.SESSION_ENDED, request, about=about, details="; ".join(filter(None, (number, details)))
        )
    return len(keys)
