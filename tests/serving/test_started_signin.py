"""How staff log in to a started server, in a browser: second factor, passkey, lock-out and the ways back."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests.admin.browsing import axe_finds_nothing_serious
from tests.browser import needs_chromium
from tests.faults.machinery import Site, python
from tests.started import site_with_sample

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_chromium]
PASSWORD = "a-password-that-is-long"  # noqa: S105
OWNER, STRANGER = "198.51.100.1", "203.0.113.7"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sample_cluster: Path) -> Iterator[Site]:
    settings = {"TRUSTED_PROXIES": "127.0.0.1", "LOGIN_ATTEMPTS": "3", "REQUIRE_SECOND_FACTOR": "publishers"}
    site = site_with_sample(sample_cluster, tmp_path_factory.mktemp("site"), **settings)
    python(
        "manage.py",
        "createsuperuser",
        "--noinput",
        "--username=ada",
        "--email=",
        **site.environment,
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    site.start()
    yield site
    site.stop()


@pytest.fixture
def browse(chromium: Any, site: Site) -> Iterator[Any]:
    """Opens a page in a browser of its own, at an address of the internet."""
    browser, loop = chromium
    contexts: list[BrowserContext] = []

    def opened(address: str) -> "Page":
        context = browser.new_context(
            base_url=f"http://localhost:{site.port}",
            extra_http_headers={"X-Forwarded-For": address},
            viewport={"width": 390, "height": 844},
            color_scheme="dark",
        )
        contexts.append(context)
        return context.new_page()

    asyncio._set_running_loop(loop)
    yield opened
    for context in contexts:
        context.close()
    asyncio._set_running_loop(None)


def code(secret: str, ahead: int = 0) -> str:
    """The code that an authenticator app shows; ``ahead`` half minutes from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def log_in(page: "Page") -> None:
    page.goto("/admin/login/")
    page.fill("#id_login", "ada")
    page.fill("#id_password", PASSWORD)
    page.click("#login-form button")


def log_out(page: "Page") -> None:
    with page.expect_navigation():
        page.evaluate("document.getElementById('logout-form').submit()")


def heading(page: "Page") -> str:
    return page.locator("h1").inner_text().strip()


def send_code(page: "Page", text: str) -> int:
    page.fill("#id_code", text)
    with page.expect_navigation() as led:
        page.keyboard.press("Enter")
    return led.value.status


def test_second_factor_passkey_lock_out_and_the_ways_back(browse: Any, site: Site) -> None:
    page = browse(OWNER)
    log_in(page)
    assert heading(page) == "Login and security"  # a publisher without a second factor gets no further
    page.goto("/admin/catalog/aimodel/")
    assert heading(page) == "Login and security"

    page.click("text=Add an authenticator app")
    secret = page.inner_text("#secret")
    axe_finds_nothing_serious(page)
    send_code(page, code(secret))
    assert heading(page) == "Recovery codes"
    axe_finds_nothing_serious(page)
    recovery_codes = page.inner_text("#codes").split()
    assert len(recovery_codes) == 10
    page.click("text=I have saved them")
    page.goto("/admin/catalog/aimodel/")
    assert heading(page) == "Models"
    log_out(page)
    second = browse(OWNER)
    log_in(second)
    send_code(second, code(secret))
    assert heading(second) == "Dashboard"

    # Somebody who knows the password guesses codes, and is locked out, also with the right one.
    stranger = browse(STRANGER)
    log_in(stranger)
    assert heading(stranger) == "Log in\nSecond factor"
    axe_finds_nothing_serious(stranger)
    assert [send_code(stranger, f"00000{number}") for number in range(3)] == [200] * 3
    assert send_code(stranger, code(secret)) == 429
    assert "Too many failed logins" in stranger.inner_text("h1")

    # The owner has lost the phone, and is not locked out in a known browser; a recovery code works once.
    for status in (200, 302):
        log_in(page)
        send_code(page, recovery_codes[0])
        assert (heading(page) == "Dashboard") == (status == 200)
        if status == 200:
            log_out(page)
    send_code(page, recovery_codes[1])

    # A passkey that logs in alone.
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto("/admin/account/keys/")
    axe_finds_nothing_serious(page)
    page.fill("#id_name", "Ada's phone")
    page.check("#id_passwordless")
    page.click("#add")
    page.wait_for_url("**/admin/account/")
    assert "Ada's phone" in page.inner_text("main, #main")
    axe_finds_nothing_serious(page)
    log_out(page)
    page.goto("/admin/login/?next=/admin/account/sessions/")
    axe_finds_nothing_serious(page)
    page.click("#passkey")
    page.wait_for_url(lambda url: urlsplit(url).path == "/admin/account/sessions/")
    assert heading(page) == "Your sessions"
    axe_finds_nothing_serious(page)

    # Another session of the same user is ended from this one.
    page.click("text=End all other sessions")
    page.get_by_text("1 session ended.").wait_for()
    second.goto("/admin/")
    assert second.url.split("?")[0].endswith("/admin/login/")

    # What happened is in the table; then all is lost, and an operator helps.
    page.goto("/admin/catalog/securityevent/")
    told = page.inner_text("#result_list").lower()
    for event in ("Second factor added", "Second factor failed", "Recovery code used", "Session ended", "Logged in"):
        assert event.lower() in told
    assert secret.lower() not in told
    python("manage.py", "remove_second_factor", "ada", **site.environment)
    page.goto("/admin/")
    assert re.search("/admin/login/", page.url)
    log_in(page)
    assert heading(page) == "Login and security"
