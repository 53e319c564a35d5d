"""A model's past in a real browser: from a slip to the state before it, through the review."""

from decimal import Decimal

from django.test import Client
from playwright.sync_api import Page, expect

from catalog.models import Price
from tests import browser
from tests.admin.browsing import CONFIRM, FEED, LIST, check, save
from tests.factories import make_datacenter, make_listed, make_price

pytestmark = browser.pytestmark


def test_an_earlier_price_is_brought_back(page: Page, base: str, client: Client) -> None:
    model = make_listed(datacenters=(make_datacenter(),))
    make_price(model, "input_cache_read", "0", effective_from="2026-02-01T00:00:00Z")
    was = client.get(FEED).content

    page.goto(f"{base}{LIST}{model.pk}/change/")
    number = next(number for number in range(3) if page.locator(f"[name=prices-{number}-amount]").input_value() == "0.10")
    page.locator(f"[name=prices-{number}-amount]").fill("0.15")
    save(page)
    page.get_by_role("button", name=CONFIRM).click()
    page.wait_for_url(f"{base}{LIST}")
    assert client.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.00000015"

    page.goto(f"{base}{LIST}{model.pk}/change/")
    menu = page.get_by_role("link", name="more", exact=True)
    if menu.is_visible():  # where the page is narrow
        menu.click()
    page.locator(f'a[href$="/{model.pk}/history/"]').filter(visible=True).first.click()
    page.wait_for_load_state()
    newest, before = page.get_by_role("article").nth(0), page.get_by_role("article").nth(1)
    expect(newest).to_contain_text("admin, edit form")
    assert [one.strip() for one in newest.locator("tbody td").all_inner_texts()] == [
        "Prompt price, $ per 1M tokens",
        "0.10",
        "0.15",
    ]
    assert newest.get_by_role("button", name="Restore the model").count() == 0
    page.get_by_role("img", name="Prices in $ per 1M tokens over time: 3 lines").wait_for()
    page.get_by_text("Show as table (4 rows)").click()
    expect(page.get_by_role("cell", name="0.00, free")).to_be_visible()
    check(page)

    # Two steps are chosen with the keyboard alone, and compared.
    newest.get_by_role("radio", name="Compare to").focus()
    page.keyboard.press("ArrowDown")
    expect(before.get_by_role("radio", name="Compare to")).to_be_checked()
    page.keyboard.press("Enter")
    page.get_by_text("There is no difference.").wait_for()
    check(page)
    page.go_back()

    before.get_by_role("button", name="Restore the model").press("Enter")
    page.get_by_text("Scheduled prices and switches do not change.").wait_for()
    check(page)
    page.get_by_role("button", name="Review and restore").click()
    page.get_by_text("Nothing has been saved yet.").wait_for()
    assert Price.objects.filter(kind="prompt").count() == 2
    check(page)
    page.get_by_role("button", name=CONFIRM).click()
    page.get_by_text("Restored the version of").wait_for()
    assert client.get(FEED).content == was
    assert Price.objects.filter(kind="prompt", usd=Decimal("0.0000001")).count() == 2
    expect(page.get_by_role("article").first).to_contain_text("admin, restored version")

    page.get_by_label("Time (UTC)").fill("2099-01-01T00:00:00")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("This time is in the future").wait_for()
    expect(page.locator("pre").first).to_contain_text('"id": "acme/one"')
    check(page)
    page.get_by_role("link", name="The whole feed at this time").click()
    page.get_by_text("1 entry at 2099-01-01 00:00 UTC").wait_for()
    check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download OpenRouter's flat provider listing").click()
    assert download.value.path().read_bytes() == was
