"""Who signed in, and who changed who may do what: one row and one line of the log for each act."""

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
"""The name of who acts without a request: somebody who may run commands."""


def record_event(
    kind: SecurityEventKind,
    request: HttpRequest | None = None,
    *,
    by: Any = None,
    about: object = "",
    details: str = "",
) -> SecurityEvent:
    """Keep an act in the transaction that is open, so that both are kept or neither.

    ``by`` is the user who acts: the request's, unless given. ``about`` is whom or what it concerns, as text that is still read when
    that is gone. No secret and no password belongs into ``details``.
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
    said = "; ".join(part for part in (f"{kind.label} by {name or 'nobody known'}", event.about, details) if part)
    logger.log(level, "%s", said, extra={FIELDS: {"event": kind.value, "client": event.address}})
    return event


def forget_old() -> None:
    """Delete what has been kept long enough."""
    SecurityEvent.objects.filter(occurred_at__lt=timezone.now() - KEPT_FOR).delete()


def address_of(request: HttpRequest | None) -> str | None:
    """From where a request comes; None where that is no address."""
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", ""))) if request is not None else None
    except ValueError:  # a socket of this machine has none
        return None
