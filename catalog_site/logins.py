"""Limits on failed logins and failed codes. They apply before a password is hashed, because that takes a large part of a second of
CPU time.

There are three kinds of guessing: one account from one address; many accounts from one address; many addresses. A browser in which
an account has logged in before has a signed cookie, and attempts of strangers do not lock it out (OWASP calls these device
cookies).
"""

import fcntl
import hashlib
import hmac
import logging
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from time import time
from typing import Any
from unicodedata import normalize
from urllib.parse import urlsplit

from allauth.account.internal.stagekit import unstash_login
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from catalog.publication import metrics
from catalog.sending import CLIENT_UNKNOWN
from catalog_site.serving.request import network, parsed

logger = logging.getLogger(__name__)

WINDOW = 900.0
"""Seconds in which all attempts of a limit are restored, evenly."""
PER_ADDRESS, PER_ACCOUNT, IN_ALL = 5, 10, 40
"""How many times ``LOGIN_ATTEMPTS`` there may be of one address, of one account from browsers it was never used in, and in all."""
PASSKEYS_PER_ADDRESS, PASSKEYS_IN_ALL = 10, 200
"""Likewise: how many requests for a login with a passkey there may be, right or wrong."""
FILE = "login_attempts"
COOKIE = "known_browser"
COOKIE_AGE = 365 * 86_400
KNOWN = "A browser in which you have logged in before is not blocked when others guess."

View = Callable[..., Any]


class Attempts:
    """How many attempts are left under each name: a file of fixed size that all processes of a host share.

    Names are hashed with the site's secret into groups of places; if a group is full, a new name takes the place that was written
    least recently. So the file never grows, and a guess does not reset the count of a name in use. It is not a table of the
    database, because a flood of guesses must not become a flood of writes.
    """

    PLACE = struct.Struct("<16sdd")
    """A digest of the name, attempts left, and when (Unix time)."""
    GROUP = 8
    """Places of a group."""
    GROUPS = 8_192

    def __init__(self, path: Path) -> None:
        self.path = path

    def spend(self, limits: Mapping[str, int]) -> float:
        """Take one attempt under each name. If a name has none left, take nothing, and return the seconds to wait. Raises
        ``OSError``."""
        with self._locked() as file:
            now = time()
            left = {name: self._left(file, name, limit, now) for name, limit in limits.items()}
            wait = max((1 - left[name]) * WINDOW / limits[name] for name in limits)
            if wait > 0:
                return wait
            for name in limits:
                self._write(file, name, left[name] - 1, now)
            return 0.0

    def give_back(self, limits: Mapping[str, int]) -> None:
        """Return the attempts, because the login has not failed. Raises ``OSError``."""
        with self._locked() as file:
            now = time()
            for name, limit in limits.items():
                self._write(file, name, min(limit, self._left(file, name, limit, now) + 1), now)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _place(self, file: int, name: str) -> tuple[bytes, int, bytes]:
        """The name's digest, the offset of its place, and the content: the name's own place, or the one it may take."""
        digest = hmac.digest(settings.SECRET_KEY.encode(), name.encode("utf-8", "surrogatepass"), hashlib.sha256)
        start = int.from_bytes(digest[16:20], "little") % self.GROUPS * self.GROUP * self.PLACE.size
        group = os.pread(file, self.GROUP * self.PLACE.size, start).ljust(self.GROUP * self.PLACE.size, b"\0")
        places = {start + at: group[at : at + self.PLACE.size] for at in range(0, len(group), self.PLACE.size)}
        own = [offset for offset, place in places.items() if place.startswith(digest[:16])]
        offset = own[0] if own else min(places, key=lambda offset: self.PLACE.unpack(places[offset])[2])
        return digest[:16], offset, places[offset]

    def _left(self, file: int, name: str, limit: int, now: float) -> float:
        digest, _, place = self._place(file, name)
        if not place.startswith(digest):
            return limit
        _, left, since = self.PLACE.unpack(place)
        return float(min(limit, left + max(0.0, now - since) * limit / WINDOW))

    def _write(self, file: int, name: str, left: float, now: float) -> None:
        digest, offset, _ = self._place(file, name)
        os.pwrite(file, self.PLACE.pack(digest, left, now), offset)


def limited(view: View, account_of: Callable[[HttpRequest], str]) -> View:
    """Wrap a view that asks for a password or a code: attempts over a limit are refused with 429 before the form is read.

    ``account_of`` says whose it must be. Where the view leads on, it was the right one.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        account = account_of(request)
        limits = limits_of(request, account, is_code=account_of is not account_of_form)
        if (refusal := spent(limits)) is not None:
            return refusal
        answer = view(request, *args, **kwargs)
        if answer.status_code == 302 and urlsplit(answer["Location"]).path != reverse("account_login"):
            try:
                Attempts(settings.DATA_DIR / FILE).give_back(limits)
            except OSError:
                logger.exception("A login that succeeded is counted as a failed one.")
            if request.user.is_authenticated:
                set_device_cookie(answer, request.user.get_username())
        return answer

    return guarded


def paced(view: View) -> View:
    """Wrap a view of passkeys. They cannot be guessed, but each challenge creates a session, and checking each answer takes CPU
    time."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        least = settings.LOGIN_ATTEMPTS
        limits = {"passkeys": PASSKEYS_IN_ALL * least}
        if not is_proxy(request):
            limits[f"passkeys {network(request.META.get('REMOTE_ADDR', ''))}"] = PASSKEYS_PER_ADDRESS * least
        if (refusal := spent(limits)) is not None:
            return refusal
        answer = view(request, *args, **kwargs)
        if request.user.is_authenticated:
            set_device_cookie(answer, request.user.get_username())
        return answer

    return guarded


def mailing(view: View) -> View:
    """Wrap a view that emails something to the address in ``email``. Each request counts, whether or not an account has that address, so
    that a refusal does not tell."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST":
            least = settings.LOGIN_ATTEMPTS
            mailbox = normalize("NFKC", request.POST.get("email", "")).strip().casefold()
            limits = {f"mails to {mailbox}": least, "mails": IN_ALL * least}
            if not is_proxy(request):
                limits[f"mails {network(request.META.get('REMOTE_ADDR', ''))}"] = PER_ADDRESS * least
            if (refusal := spent(limits, "Too many requests for a new password", "")) is not None:
                return refusal
        return view(request, *args, **kwargs)

    return guarded


def spent(limits: Mapping[str, int], subject: str = "Too many failed logins", hint: str = KNOWN) -> HttpResponse | None:
    """Count an attempt under each of these names. Returns the page that refuses it if a name has no attempts left, else None. If
    the attempts cannot be counted, none is refused. ``subject`` and ``hint`` are for the page."""
    try:
        wait = Attempts(settings.DATA_DIR / FILE).spend(limits)
    except OSError:
        logger.exception("Failed logins cannot be counted, and are not limited.")
        return None
    if wait <= 0:
        return None
    metrics.THROTTLED.labels("login").inc()
    return refused(wait, subject, hint)


def account_of_form(request: HttpRequest) -> str:
    """The account whose name was typed."""
    return normalize("NFKC", request.POST.get("login", ""))  # as Django's form reads it


def account_of_login(request: HttpRequest) -> str:
    """The account whose password was right, and whose second factor is asked for."""
    login = unstash_login(request, peek=True)
    return login.user.get_username() if login is not None and login.user is not None else ""


def account_of_session(request: HttpRequest) -> str:
    """The account that is logged in."""
    return request.user.get_username()


def limits_of(request: HttpRequest, account: str, *, is_code: bool = False) -> dict[str, int]:
    """The names under which an attempt is counted, with how many each may have."""
    least, address = settings.LOGIN_ATTEMPTS, network(request.META.get("REMOTE_ADDR", ""))
    cookie = request.COOKIES.get(COOKIE, "")
    is_known = request.get_signed_cookie(COOKIE, "", salt=COOKIE, max_age=COOKIE_AGE) == digest(account)
    if not is_proxy(request):
        limits = {f"{address} {account}": least, address: PER_ADDRESS * least}
    else:
        limits = {f"browser {cookie}": least} if is_known else {}
    if not is_known:
        limits |= {f"account {account}": PER_ACCOUNT * least, "all": IN_ALL * least}
        if is_code:  # six digits are guessed sooner than a password is
            limits[f"code {account}"] = least
    return limits


def is_proxy(request: HttpRequest) -> bool:
    """Whether the address is that of a local proxy that ``TRUSTED_PROXIES`` does not name, so that one guesser would lock out all
    others. Anybody can send a proxy's headers, but not from a private address."""
    if not request.META.get(CLIENT_UNKNOWN):
        return False
    address = parsed(request.META.get("REMOTE_ADDR", ""))
    return address is not None and address.is_private


def set_device_cookie(answer: HttpResponse, account: str) -> None:
    """Set the cookie that marks this browser as one in which the account has logged in."""
    answer.set_signed_cookie(
        COOKIE,
        digest(account),
        salt=COOKIE,
        max_age=COOKIE_AGE,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def digest(account: str) -> str:
    """An account, as the cookie names it."""
    return hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()


def refused(wait: float, subject: str, hint: str) -> HttpResponse:
    """The page that says how long to wait."""
    minutes = max(1, round(wait / 60))
    page = render_to_string(
        "error.html",
        {
            "subject": subject,
            "text": f"Try again in {minutes} minute{'s' if minutes > 1 else ''}. {hint}".rstrip(),
        },
    )
    return HttpResponse(page, status=429, headers={"Retry-After": str(int(wait) + 1), "Cache-Control": "no-store"})
