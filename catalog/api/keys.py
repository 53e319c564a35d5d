"""Keys of app back ends and pipelines: ``Authorization: Bearer <key>``."""

import hashlib
import logging
import re
import time
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from catalog.models import ApiKey
from catalog.publication import Unavailable
from catalog.sending import WHO
from catalog.uploads.processing import NEEDED_PERMISSIONS

logger = logging.getLogger(__name__)

KEY = re.compile(r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}", re.ASCII)
"""The form of keys; anything else is not looked up."""

TRUSTED_FOR = 3600.0
"""Seconds for which a valid key is still accepted while the database cannot be reached."""

MOST_KNOWN = 1000
LAST_USE_EVERY = timedelta(minutes=1)
"""The precision of the last use: a key that is used all the time must not cause a write at each request."""


CHALLENGE = 'Bearer realm="catalog"'
"""What a 401 says in ``WWW-Authenticate``."""

KEY_NEEDED = "This list needs an API key: send it as Authorization: Bearer <key>."


class BearerKey(BaseAuthentication):
    """Finds the key of a request. A missing key is no error here: the view decides whether it needs one."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        """The key, or None without an ``Authorization`` header. Raises ``AuthenticationFailed`` for an invalid key."""
        authorization = request.headers.get("Authorization", "")
        if not authorization:
            return None
        key = _key_of(authorization)
        request._request.META[WHO] = f"key {key.prefix}"
        return None, key

    def authenticate_header(self, request: Request) -> str:
        """What a 401 says in ``WWW-Authenticate``."""
        return CHALLENGE


def _key_of(authorization: str) -> ApiKey:
    """The valid key in a header. Raises ``AuthenticationFailed`` and ``Unavailable``."""
    scheme, _, presented = authorization.partition(" ")
    if scheme.lower() != "bearer" or not KEY.fullmatch(presented.strip()):
        raise AuthenticationFailed("The Authorization header must be Bearer, followed by an API key.")
    key: ApiKey = _verified(presented.strip())
    if key.has_expired:
        raise AuthenticationFailed("This API key has expired.")
    return key


def may_import(authorization: str) -> bool:
    """Whether that header has a valid key for imports."""
    try:
        return bool(_key_of(authorization).scopes)
    except AuthenticationFailed:
        return False


class HasKey(BasePermission):
    """The request has a valid key."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether it has. Raises ``NotAuthenticated`` with what to do."""
        if request.auth is None:
            raise NotAuthenticated(KEY_NEEDED)
        return True


class MayImport(HasKey):
    """The request has a valid key for imports, of somebody who may upload."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether it has. Raises ``PermissionDenied`` with the reason."""
        super().has_permission(request, view)
        key: Any = request.auth
        if not key.scopes:
            raise PermissionDenied("This API key can only read. Imports need a key with a scope for imports.")
        owner = key.owner
        if not owner.is_staff or not owner.has_perms(NEEDED_PERMISSIONS):
            raise PermissionDenied(f"The owner of this API key, {owner}, may not upload.")
        return True


def require_key(request: Request) -> None:
    """Let only a request with a valid key pass. Raises ``NotAuthenticated`` or ``AuthenticationFailed``."""
    if BearerKey().authenticate(request) is None:
        raise NotAuthenticated(KEY_NEEDED)


_known: dict[bytes, tuple[float, Any]] = {}
"""Digests of valid keys, with the time and the key: they can still get a list while the database is down."""


def _verified(presented: str) -> Any:
    digest = hashlib.sha256(presented.encode()).digest()
    try:
        key: Any = ApiKey.objects.get_from_key(presented)
    except ApiKey.DoesNotExist:
        _known.pop(digest, None)
        raise AuthenticationFailed("This API key is unknown or was revoked.") from None
    except (DatabaseError, ImproperlyConfigured) as error:
        verified_at, key = _known.get(digest, (0.0, None))
        if key is None or time.monotonic() - verified_at > TRUSTED_FOR:
            raise Unavailable("API keys cannot be checked now.") from error
        return key
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known[digest] = time.monotonic(), key
    _note_use(key)
    return key


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is not None and now - key.last_used_at < LAST_USE_EVERY:
        return
    try:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    except DatabaseError:  # a database that cannot be written to still has its models read
        logger.warning("The last use of API key %s could not be stored.", key.prefix, exc_info=True)
