"""A file with a mistake, then the mended one, in a real browser: preview, the word, and the feed."""

from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from tests import browser
from tests.admin.browsing import FEED, LIST, check
from tests.factories import make_listed

pytestmark = [*browser.pytestmark, pytest.mark.usefixtures("runner_in_threads")]
HEADER = "model_id,kind,unit,usd_per_million_tokens"


def upload(page: Page, path: Path, content: str) -> None:
    path.write_text(content)
    page.get_by_role("button", name="File").set_input_files(path)
    page.get_by_role("button", name="Upload and preview").click()
    # It shows how far it is, and then by itself what was found.
    page.get_by_role("link", name="Upload another file").wait_for()


def price(client: Client) -> str:
    (entry,) = client.get(FEED).json()["data"]
    return str(entry["pricing"]["prompt"])


def test_a_table_is_uploaded_refused_mended_previewed_and_applied(
    page: Page, base: str, client: Client, tmp_path: Path
) -> None:
    make_listed()
    page.goto(f"{base}{LIST}")
    menu = page.get_by_role("link", name="more", exact=True)
    if menu.is_visible():  # where the page is narrow
        menu.click()
    page.get_by_role("link", name="Upload", exact=True).click()
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_text("This field is required.").wait_for()
    check(page)

    upload(page, tmp_path / "herbst.csv", f"{HEADER}\nacme/one,prompt,token,0.2\nacme/one,completion,token,cheap\n")
    page.get_by_text("Nothing has been changed: the file has 1 problem.").wait_for()
    expect(page.get_by_role("cell", name="row 3 (acme/one)")).to_be_visible()
    expect(page.get_by_text("usd_per_million_tokens", exact=True)).to_be_visible()
    check(page)
    assert price(client) == "0.0000001"

    page.get_by_role("link", name="Upload another file").click()
    upload(page, tmp_path / "herbst.csv", f"{HEADER}\nacme/one,prompt,token,2\nacme/one,completion,token,0.3\n")
    page.get_by_role("heading", name="Read by OpenRouter on the next poll").wait_for()
    check(page)
    assert price(client) == "0.0000001"
    page.get_by_label("To confirm, type acme/one").fill("acme/on")
    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_text("Nothing has been changed. That does not match").wait_for()
    page.get_by_label("To confirm, type acme/one").fill("acme/one")
    page.keyboard.press("Enter")
    page.get_by_text("Done: 0 new, 1 changed, 0 unchanged.").wait_for()
    check(page)
    assert price(client) == "0.000002"

    page.get_by_role("link", name="Upload another file").click()
    page.get_by_role("heading", name="Your uploads").wait_for()
    expect(page.get_by_role("link", name="herbst.csv")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="Prices as CSV").click()
    assert "acme/one" in Path(download.value.path()).read_text()
    check(page)
