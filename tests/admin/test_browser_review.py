"""Changes of the live feed in a real browser: seen before they are done, stopped where they are slips."""

from decimal import Decimal

from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from catalog.models import AIModel, Proposal
from tests import browser
from tests.admin.browsing import CONFIRM, FEED, LIST, axe_finds_nothing_serious, save
from tests.factories import make_listed, make_price
from tests.review.common import LATER

pytestmark = browser.pytestmark


def prompt_price(client: Client) -> list[str]:
    return [entry["pricing"]["prompt"] for entry in client.get(FEED).json()["data"]]


def open_form(page: Page, base: str, model: AIModel) -> None:
    page.goto(f"{base}{LIST}{model.pk}/change/")


def amount(page: Page, kind: str) -> str:
    """The box of a price: prompt comes first, then completion."""
    return f"[name=prices-{['prompt', 'completion'].index(kind)}-amount]"


def confirm(page: Page, typed: str = "") -> None:
    if typed:
        page.get_by_label(f"To confirm, type {typed}").fill(typed)
    page.get_by_role("button", name=CONFIRM).click()


def looks_right(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    axe_finds_nothing_serious(page)


def test_a_price_change_is_seen_and_then_done_and_a_slip_is_stopped(page: Page, base: str, client: Client) -> None:
    model = make_listed()
    open_form(page, base, model)
    page.locator(amount(page, "prompt")).fill("0.11")
    save(page)
    page.get_by_text("OpenRouter applies the price on the next poll.").wait_for()
    looks_right(page)
    assert prompt_price(client) == ["0.0000001"]
    confirm(page)
    page.wait_for_url(f"{base}{LIST}")
    assert prompt_price(client) == ["0.00000011"]
    open_form(page, base, model)
    page.locator(amount(page, "prompt")).fill("110000")
    save(page)
    page.get_by_role("listitem").get_by_text("Divided by 1,000,000 it would be $0.11 per 1M tokens").wait_for()
    looks_right(page)
    confirm(page)  # the browser asks for the id
    assert page.evaluate("document.activeElement.id") == "id_typed"
    page.get_by_label("To confirm, type acme/one").fill("acme/two")
    page.keyboard.press("Enter")
    page.get_by_text("That does not match").wait_for()
    assert prompt_price(client) == ["0.00000011"]
    page.get_by_role("button", name="Back to the form").click()
    page.get_by_text("Nothing has been saved yet").first.wait_for()
    expect(page.locator(amount(page, "prompt"))).to_have_value("110000")
    page.locator(amount(page, "prompt")).fill("0.12")
    save(page)
    confirm(page)
    page.wait_for_url(f"{base}{LIST}")
    assert prompt_price(client) == ["0.00000012"]


def test_a_model_is_taken_off_by_typing_its_id(page: Page, base: str, client: Client) -> None:
    model = make_listed("acme/one:v1")
    make_listed("acme/other")
    open_form(page, base, model)
    page.locator("[name=is_listed_on_openrouter]").uncheck()
    save(page)
    page.get_by_role("heading", name="Hidden on OpenRouter").wait_for()
    page.get_by_text("As JSON").click()
    looks_right(page)
    confirm(page, "acme/one:v1")
    page.wait_for_url(f"{base}{LIST}")
    assert [entry["id"] for entry in client.get(FEED).json()["data"]] == ["acme/other"]


def test_prices_of_many_are_changed_at_once(page: Page, base: str, client: Client) -> None:
    for name in ("acme/a", "acme/b", "acme/c"):
        make_listed(name)
    page.goto(f"{base}{LIST}")
    for name in ("acme/a", "acme/b"):
        page.get_by_role("row", name=name).locator("[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("change_prices_by_percent")
    page.locator("button[name=index]").click()
    page.get_by_label("Percent").fill("-10")
    looks_right(page)
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("Everything that changes in the catalog (2 models)").wait_for()
    looks_right(page)
    confirm(page)
    page.get_by_text("Change prices by percent: 2 models changed.").wait_for()
    assert prompt_price(client) == ["0.00000009", "0.00000009", "0.0000001"]


def test_the_price_list_is_edited_with_the_keyboard(page: Page, base: str, client: Client) -> None:
    for name in ("acme/a", "acme/b"):
        make_listed(name)
    page.goto(f"{base}{LIST}price-list/")
    page.get_by_role("textbox", name="acme/a: Prompt, $ per 1M tokens").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("$0.12")  # the arrow has selected what was there
    expect(page.locator("#changed")).to_have_text("1 price changed")
    looks_right(page)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Immediately: 1 model, 1 price, +20%").wait_for()
    confirm(page)
    page.get_by_text("Price list: 1 model changed.").wait_for()
    assert prompt_price(client) == ["0.0000001", "0.00000012"]


def test_two_windows_save_the_same_model_and_nothing_is_lost(page: Page, base: str, client: Client) -> None:
    model = make_listed()
    open_form(page, base, model)
    browser = page.context.browser
    assert browser is not None
    other = browser.new_context(storage_state=page.context.storage_state()).new_page()
    other.goto(page.url)
    other.locator(amount(page, "completion")).fill("0.25")
    save(other)
    confirm(other)
    other.wait_for_url(f"{base}{LIST}")
    page.locator(amount(page, "prompt")).fill("0.11")
    page.locator("[name=notes]").fill("mine")
    save(page)
    page.get_by_text("somebody else has saved this model").wait_for()
    looks_right(page)
    theirs, yours = (page.get_by_role("region", name=name) for name in ("Their change, already saved", "Your change"))
    expect(theirs).to_contain_text("admin, edit form")
    expect(theirs).to_contain_text("0.25")
    expect(yours).to_contain_text("0.11")
    page.get_by_role("button", name="Add my change to theirs").click()
    page.get_by_text("OpenRouter applies the price on the next poll.").wait_for()
    confirm(page)
    page.wait_for_url(f"{base}{LIST}")
    (entry,) = client.get(FEED).json()["data"]
    assert (entry["pricing"]["prompt"], entry["pricing"]["completion"]) == ("0.00000011", "0.00000025")
    assert AIModel.objects.get().notes == "mine"


def test_an_editor_proposes_and_a_publisher_accepts(page: Page, base: str, client: Client, settings: Settings) -> None:
    settings.EDITORS_PROPOSE = True
    model = make_listed()
    for name in ("Editor", "Publisher"):
        user = User.objects.create_user(name.lower(), password="let-me-in-please", is_staff=True)  # noqa: S106
        user.groups.add(Group.objects.get(name=name))
    log_in(page, base, "editor")
    open_form(page, base, model)
    page.locator(amount(page, "prompt")).fill("0.09")
    save(page)
    page.get_by_label("Message to the publisher").fill("as agreed on Monday")
    looks_right(page)
    page.get_by_role("button", name="Propose", exact=True).click()
    page.get_by_text("Proposed: acme/one.").wait_for()
    assert prompt_price(client) == ["0.0000001"]
    log_in(page, base, "publisher")
    page.goto(f"{base}/admin/catalog/proposal/")
    page.locator("#result_list").get_by_role("link", name="acme/one").click()
    page.get_by_text("as agreed on Monday").wait_for()
    looks_right(page)
    page.get_by_label("Comment").fill("thank you")
    page.get_by_role("button", name="Review and accept").click()
    confirm(page)
    page.get_by_text("Accepted: acme/one.").wait_for()
    assert prompt_price(client) == ["0.00000009"]
    assert Proposal.objects.get().answer == "thank you"


def log_in(page: Page, base: str, name: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{base}/admin/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("let-me-in-please")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/admin/")


def test_a_scheduled_price_is_changed_with_the_one_before_it(page: Page, base: str, client: Client) -> None:
    model = make_listed()
    row = make_price(model, "prompt", "0.0000002", effective_from=LATER)
    open_form(page, base, model)
    page.locator(amount(page, "prompt")).fill("0.15")
    save(page)
    page.get_by_label("Change the scheduled prices by the same percentage").check()
    looks_right(page)
    confirm(page)  # the review did not show this choice yet
    page.get_by_text("did not show your choice").wait_for()
    assert prompt_price(client) == ["0.0000001"]
    page.get_by_label("Round the prices to this many decimals").fill("3")
    page.get_by_role("button", name="Update the review").click()
    expect(page.get_by_label("Change the scheduled prices by the same percentage")).to_be_checked()
    expect(page.get_by_role("region", name="From ").get_by_text("0.30", exact=True)).to_be_visible()
    confirm(page)
    page.wait_for_url(f"{base}{LIST}")
    row.refresh_from_db()
    assert prompt_price(client) == ["0.00000015"]
    assert row.usd == Decimal("0.0000003")
