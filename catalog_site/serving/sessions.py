"""Whether a member of staff sends a request, for decisions before Django runs."""

import re
from collections.abc import Callable
from functools import partial
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest

from catalog.api.cors import STAFFS
from catalog_site.serving.request import Request


def staff_check(request: Request) -> Callable[[], bool] | None:
    """A function that asks the database whether a member of staff sends the request, by its session or by a key for imports. None
    if the request has neither."""
    if request.path == STAFFS and (authorization := request.headers.get("authorization", "")):
        return partial(is_staffs_key, authorization)
    session_key = key(request)
    return partial(is_staff, session_key) if session_key else None


def is_staffs_key(authorization: str) -> bool:
    """Whether the header has a valid key for imports. Asks the database."""
    from catalog.api.keys import may_import  # which needs Django to be set up

    close_old_connections()
    try:
        return may_import(authorization)
    finally:
        close_old_connections()


def key(request: Request) -> str:
    """The session key that the request brings, as Django reads it; empty without one. The other cookies are not parsed."""
    found = re.findall(
        rf"(?:^|;)\s*{re.escape(settings.SESSION_COOKIE_NAME)}\s*=\s*([^;\s]*)", request.headers.get("cookie", "")
    )
    return str(found[-1]) if found else ""


def is_staff(session_key: str) -> bool:
    """Whether the session belongs to a member of staff and has not ended. Asks the database."""
    from catalog.admin.account.sessions import is_over  # which needs Django to be set up

    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    close_old_connections()
    try:
        user = get_user(request)
        return user.is_active and bool(getattr(user, "is_staff", False)) and not is_over(request.session)
    finally:
        close_old_connections()
