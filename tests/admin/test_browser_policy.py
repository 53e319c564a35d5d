"""No page of the admin asks for more than its Content-Security-Policy allows."""

import hashlib
import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.urls import reverse
from playwright.sync_api import Page, expect

from catalog.models import AIModel, ApiKey, SecurityEventKind
from catalog.security_events import record_event
from tests import browser
from tests.factories import make_datacenter, make_listed

pytestmark = browser.pytestmark
CUSTOM = ("aimodel_timeline", "aimodel_upload", "aimodel_listing_at")
ACCOUNT = (
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "sessions",
    "account_reauthenticate",
    "admin:password_change",
)


def addresses() -> list[str]:
    """The list, the form, the history and the deletion of a row of each table, and all pages of their own."""
    found = ["/admin/", *(reverse(f"admin:catalog_{name}") for name in CUSTOM), *(reverse(name) for name in ACCOUNT)]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        if admin.site._registry[model].has_add_permission(_Superuser()):  # type: ignore[arg-type]
            found.append(reverse(f"{name}_add"))
        row = model._default_manager.first()
        pages = ("change", "history", "delete") if model is AIModel else ("change",)
        found += [reverse(f"{name}_{page}", args=[row.pk]) for page in pages if row is not None]
    return found


VENDOR = Path(__file__).resolve().parents[2] / "catalog" / "vendor"


def test_what_is_served_and_not_installed_is_what_its_list_says() -> None:
    listed = re.findall(r"^\| `([^`]+)` .*sha256 `(\w+)`", (VENDOR / "README.md").read_text(), re.MULTILINE)
    assert listed == [
        (str(path.relative_to(VENDOR)), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(VENDOR.rglob("*.js"))
    ]
    for name, _ in listed:
        assert finders.find(name) == str(VENDOR / name)


class _Superuser:
    user = User(is_superuser=True, is_active=True, is_staff=True)


@pytest.mark.parametrize("page", [(1440, "light")], indirect=True, ids=["wide"])
def test_no_page_of_the_admin_breaks_its_policy(page: Page, base: str) -> None:
    """The fixture fails on any violation that the browser reports; here the pages are opened, and used."""
    make_listed(datacenters=(make_datacenter(),))
    ApiKey.objects.create_key(name="app")
    record_event(SecurityEventKind.LOGIN)
    visited = 0
    for address in addresses():
        answer = page.goto(base + address)
        assert answer is not None
        if answer.status in (403, 404):  # a page that this table does not have
            continue
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy, address
        assert "script-src 'self'" in policy.split("; "), address
        visited += 1
    assert visited > 30

    page.goto(f"{base}/admin/catalog/aimodel/")
    page.locator(".action-select").first.check()
    page.select_option("select[name=action]", index=1)
    expect(page.locator("button[name=index]")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+k")
    page.locator("[x-ref=searchInputCommand]").press_sequentially(
        "Groups"
    )  # which waits for the box, and puts the focus into it
    page.locator("#command-results-list li").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/auth/group/")
    page.goto(f"{base}/docs/api/")
    page.wait_for_selector(".opblock")
