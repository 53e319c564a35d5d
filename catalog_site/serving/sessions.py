"""Who sends a request, if that must be known before Django runs."""

import re
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest

from catalog_site.serving.request import Request


def key(request: Request) -> str:
    """The session key that the request brings, as Django reads it; empty without one. The other cookies are not parsed."""
    found = re.findall(
        rf"(?:^|;)\s*{re.escape(settings.SESSION_COOKIE_NAME)}\s*=\s*([^;\s]*)", request.headers.get("cookie", "")
    )
    return str(found[-1]) if found else ""


def is_staff(session_key: str) -> bool:
    """Whether that session is of a member of staff, and not over. Asks the database."""
    from catalog.admin.account.sessions import is_over  # which needs Django to be set up

    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    close_old_connections()
    try:
        user = get_user(request)
        return user.is_active and bool(getattr(user, "is_staff", False)) and not is_over(request.session)
    finally:
        close_old_connections()
