"""What staff do in a browser on several pages."""

import re

from playwright.sync_api import Page

from tests.accessibility import serious_violations

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


def axe_finds_nothing_serious(page: Page, exclude: tuple[str, ...] = ()) -> None:
    assert serious_violations(page, exclude) == [], page.url


def check(page: Page) -> None:
    """The page fits, and axe finds nothing serious."""
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    axe_finds_nothing_serious(page, exclude=(".select2",))
