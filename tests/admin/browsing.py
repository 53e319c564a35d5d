"""What staff do in a browser on several pages."""

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

FEED = "/v1/models?format=openrouter"
LIST = "/admin/catalog/aimodel/"
CONFIRM = re.compile("^(Save and publish|Take off OpenRouter)$")
"""The name of the button that confirms a review."""


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def add_price(page: Page, number: int, kind: str, amount: str) -> None:
    page.get_by_role("link", name="Add another Price").or_(
        page.get_by_role("button", name="Add another Price")
    ).first.click()
    page.locator(f"[name=prices-{number}-kind]").select_option(kind)
    page.locator(f"[name=prices-{number}-amount]").fill(amount)


def axe_finds_nothing_serious(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    serious = [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
    assert serious == [], f"{page.url}: {serious}"


def check(page: Page) -> None:
    """The page fits, and axe finds nothing serious."""
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    found: list[dict[str, Any]] = Axe().run(page, context={"exclude": [[".select2"]]}).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}] == []
