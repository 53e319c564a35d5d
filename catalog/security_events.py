"""Records logins and changes of accounts, permissions and keys: each is a row and a line of the log."""

import logging
from ipaddress import ip_address
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from catalog.models import SecurityEvent, SecurityEventKind
from catalog.models.security_event import KEPT_FOR

logger = logging.getLogger(__name__)

FIELDS = "fields"
"""The attribute of a record that ``catalog_site.logs`` writes beside its message."""
COMMAND = "manage.py"
"""The actor's name if there is no request: somebody who runs a command."""


def record_event(
    kind: SecurityEventKind,
    request: HttpRequest | None = None,
    *,
    by: Any = None,
    about: object = "",
    details: str = "",
) -> SecurityEvent:
    """Record an event in the open transaction, so that both are saved or neither.

    ``by`` is the acting user, by default the request's. ``about`` is the account or object that it concerns, stored as text, so that
    it is still readable after a deletion. ``details`` must contain no secret.
    """
    user = by if by is not None else getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        user = None
    name = user.get_username() if user is not None else "" if request is not None else COMMAND
    event = SecurityEvent.objects.create(
        kind=kind,
        actor_id=user.pk if user is not None else None,
        actor_name=name,
        about=str(about)[:300],
        details=details,
        address=address_of(request),
    )
    level = logging.WARNING if kind in (SecurityEventKind.LOGIN_FAILED, SecurityEventKind.CODE_FAILED) else logging.INFO
    line = "; ".join(part for part in (f"{kind.label} by {name or 'an unknown person'}", event.about, details) if part)
    logger.log(level, "%s", line, extra={FIELDS: {"event": kind.value, "client": event.address}})
    return event


def forget_old() -> None:
    """Delete events older than ``KEPT_FOR``."""
    SecurityEvent.objects.filter(occurred_at__lt=timezone.now() - KEPT_FOR).delete()


def address_of(request: HttpRequest | None) -> str | None:
    """The client's address; None if it has none."""
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", ""))) if request is not None else None
    except ValueError:  # a socket of this machine has none
        return None
