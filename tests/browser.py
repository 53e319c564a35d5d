"""Debian's Chromium, driven by Playwright: started once in a process of tests, a fresh context for each test."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is found is taken. The headless shell draws no window around the page: a page costs it a third of the CPU."""
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PASSWORD = "let-me-in-please"  # noqa: S105
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on this machine")
"""A newcomer's machine may have none; ``.ci/run`` installs it."""
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), needs_chromium]


@pytest.fixture(scope="session")
def chromium() -> "Iterator[tuple[Browser, asyncio.AbstractEventLoop]]":
    """The browser, and the event loop that Playwright runs in this thread.

    Other tests must not find that loop: Django would take them for asynchronous code. Whoever uses the browser enters it.
    """
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(
        timeout=30_000
    )  # as every other wait: a busy machine takes more than the 5 seconds that are the default
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture(params=[(1440, "light"), (390, "dark")], ids=lambda param: f"{param[0]}-{param[1]}")
def page(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    chromium: "tuple[Browser, asyncio.AbstractEventLoop]",
) -> "Iterator[Page]":
    """A page at two widths and in both themes. What goes wrong in its console, and what breaks its policy, fails the test."""
    width, scheme = request.param
    browser, loop = chromium
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    asyncio._set_running_loop(loop)
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(f"{page.url}: {line.text}") if "Security Policy" in line.text else None)
    yield page
    page.close()
    # While Playwright's loop runs, Django keeps a connection of that context's own.
    connections.close_all()
    asyncio._set_running_loop(None)
    assert errors == []


@pytest.fixture
def base(live_server: Any, page: "Page") -> str:
    """The site's address, with the page logged in as a superuser."""
    url: str = live_server.url
    client = Client()
    client.force_login(User.objects.create_superuser("admin", password=PASSWORD))
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
    return url
