"""Scheduling in a real browser: the form, the timeline, the feed at its moment, and a change of mind."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from playwright.sync_api import Page, expect

from catalog.models import ScheduledSwitch
from tests import browser
from tests.admin.browsing import CONFIRM, FEED, LIST, add_price, check, save
from tests.clock import MoveClock, soon
from tests.factories import make_listed, make_model, make_price

pytestmark = browser.pytestmark
TIMELINE = "/admin/catalog/aimodel/timeline/"


def entry(client: Client) -> tuple[Any, Any]:
    (found,) = client.get(FEED).json()["data"]
    return found["pricing"]["prompt"], found["is_ready"]


def test_what_is_scheduled_comes_by_itself_and_can_be_cancelled(
    page: Page, base: str, client: Client, move_clock: MoveClock
) -> None:
    model = make_listed("acme/one", hugging_face_id="Acme/One")
    later = (datetime.now(UTC) + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    cancelled = make_price(make_model("acme/other"), "prompt", "0.00000025", effective_from=later)
    page.goto(f"{base}{TIMELINE}")
    page.get_by_role("button", name="Cancel: Prompt price").click()
    page.get_by_text("Cancelled: Prompt price, $ per 1M tokens, of acme/other").wait_for()
    page.get_by_text("Nothing is scheduled").wait_for()
    assert not type(cancelled).objects.filter(pk=cancelled.pk).exists()
    check(page)

    page.goto(f"{base}{LIST}{model.pk}/change/")
    moment = soon()
    at = f"{moment:%Y-%m-%dT%H:%M:%S}"
    add_price(page, 2, "prompt", "0.11")
    page.locator("[name=prices-2-effective_from]").fill(at)
    page.get_by_role("link", name="Add another Scheduled change").or_(
        page.get_by_role("button", name="Add another Scheduled change")
    ).first.click()
    page.locator("[name=scheduled_switches-0-action]").select_option(label="Set not ready")
    page.locator("[name=scheduled_switches-0-effective_from]").fill(at)
    check(page)
    save(page)
    typed = page.get_by_label("To confirm, type")
    page.get_by_role("button", name=CONFIRM).wait_for()
    if typed.is_visible():
        typed.fill("acme/one")
    page.get_by_role("button", name=CONFIRM).click()
    page.wait_for_url(f"{base}{LIST}")
    page.goto(f"{base}{TIMELINE}")
    ahead = page.get_by_role("region", name="Upcoming")
    assert ahead.get_by_role("link", name="acme/one").count() == 2
    expect(ahead).to_contain_text("Set not ready")
    check(page)
    before = client.get(FEED)
    assert entry(client) == ("0.0000001", True)
    move_clock(moment)
    after = client.get(FEED, headers={"if-none-match": before["ETag"]})
    assert after.status_code == 200  # with nothing asked of anybody in between
    assert entry(client) == ("0.00000011", False)
    assert ScheduledSwitch.objects.count() == 1  # nobody has settled it yet

    page.reload()
    page.get_by_text("Nothing is scheduled").wait_for()
    come = page.get_by_role("region", name="Applied in the last").inner_text()
    assert "0.11" in come
    assert "Set not ready" in come
    check(page)
    page.goto(f"{base}/admin/")
    check(page)
    tile = page.get_by_role("link", name="Listed on OpenRouter")
    assert tile.inner_text().split()[0] == "1"
    tile.click()
    page.locator("#result_list").get_by_role("link", name="acme/one").wait_for()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
