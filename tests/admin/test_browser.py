"""Staff's day in a real browser."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from tests import browser
from tests.admin.browsing import CONFIRM, FEED, LIST, add_price, axe_finds_nothing_serious, save
from tests.browser import PASSWORD
from tests.factories import make_datacenter, make_listed, make_price

pytestmark = browser.pytestmark

OTHERS = (
    *("/admin/catalog/provider/", "/admin/catalog/apikey/", "/admin/catalog/apikey/add/"),
    *("/admin/manual/", "/admin/manual/first-day/", "/admin/manual/formats/"),
)


def test_staff_log_in_with_their_password(page: Page, live_server: Any) -> None:
    User.objects.create_superuser("admin", password=PASSWORD)
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_server.url}/admin/")


def test_a_model_is_added_priced_placed_listed_and_served(page: Page, base: str, client: Client) -> None:
    page.goto(f"{base}/admin/catalog/datacenter/add/")
    page.get_by_label("Code").fill("nrt1")
    page.locator("[name=name]").fill("Tokyo")
    page.locator("[name=country]").select_option("JP")
    save(page)
    page.wait_for_url(f"{base}/admin/catalog/datacenter/")
    page.goto(f"{base}{LIST}add/")
    page.get_by_label("Model id").fill("acme/browser:v1")
    page.locator("[name=name]").fill("Acme Browser")
    page.locator("[name=released_at]").fill("2026-05-17")
    for field in ("input_modalities", "output_modalities"):
        page.locator(f"[name={field}][value=text]").check()
    page.locator("[name=quantization]").select_option("fp8")
    page.locator("[name=context_length]").fill("262144")
    page.locator("[name=max_output_length]").fill("32768")
    page.locator("[name=datacenters]").check()
    page.locator("[name=is_listed_on_openrouter]").check()
    add_price(page, 0, "prompt", "0.09")
    save(page)
    # One price is missing: nothing is saved, the page says why, and keeps what was typed.
    page.get_by_text("It needs a completion price per token in the default tier.").first.wait_for()
    expect(page.get_by_label("Model id")).to_have_value("acme/browser:v1")
    assert client.get(FEED).json()["data"] == []
    add_price(page, 1, "completion", "0.13")
    save(page)
    page.get_by_role("heading", name="Added to OpenRouter, hidden at first").wait_for()
    assert client.get(FEED).json()["data"] == []
    page.get_by_role("button", name=CONFIRM).click()
    page.wait_for_url(f"{base}{LIST}")
    (entry,) = client.get(FEED).json()["data"]
    assert entry["id"] == "acme/browser:v1"
    assert entry["pricing"] == {"prompt": "0.00000009", "completion": "0.00000013", "image": "0", "request": "0"}
    assert entry["datacenters"] == [{"country_code": "JP"}]
    page.locator("#result_list").get_by_role("link", name="acme/browser:v1").click()
    page.get_by_text("What OpenRouter gets").click()
    expect(page.locator("[data-feed-preview]")).to_contain_text('"id": "acme/browser:v1"')


def test_a_colleague_is_put_into_a_group_and_may_then_do_what_it_may(page: Page, base: str, client: Client) -> None:
    user = User.objects.create_user("vera", is_staff=True)
    page.goto(f"{base}/admin/auth/user/{user.pk}/change/")
    page.locator("#id_groups_from").select_option(label="Viewer")
    page.locator("#id_groups_add, #id_groups_add_link").first.click()
    save(page)
    page.wait_for_url(f"{base}/admin/auth/user/")
    assert [group.name for group in user.groups.all()] == ["Viewer"]
    client.force_login(user)
    assert client.get(LIST).status_code == 200
    assert client.get(f"{LIST}add/").status_code == 403


def test_a_key_is_made_and_opens_the_list_for_app_back_ends(page: Page, base: str, client: Client) -> None:
    page.goto(f"{base}/admin/catalog/provider/")
    page.get_by_label("Slug").fill("acme")
    page.locator("[name=name]").fill("Acme")
    page.get_by_label("API base URL").fill("https://api.acme.example/v1")
    save(page)
    page.wait_for_url(f"{base}/admin/catalog/provider/1/change/")
    make_listed()
    page.goto(f"{base}/admin/catalog/apikey/add/")
    page.locator("[name=name]").fill("shop")
    save(page)
    key = page.locator("#key").inner_text()
    assert len(key) == 41
    answer = client.get("/api/ai/models", headers={"authorization": f"Bearer {key}"}).json()
    assert [item["id"] for item in answer["text"][0]["models"]] == ["acme/one"]
    assert answer["text"][0]["configured"] is True


def test_the_pages_fit_and_can_be_read_by_everyone(page: Page, base: str) -> None:
    model = make_listed(datacenters=(make_datacenter(),), has_free_variant=True)
    make_price(model, "prompt", "0.000001", min_prompt_tokens=1000)
    for path in (
        "/admin/",
        LIST,
        f"{LIST}add/",
        f"{LIST}{model.pk}/change/",
        "/admin/catalog/datacenter/",
        *OTHERS,
        "/docs/api/",
    ):
        page.goto(f"{base}{path}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        if path == "/docs/api/":
            continue  # Swagger UI's own page
        axe_finds_nothing_serious(page)
        expect(page.get_by_role("main")).to_have_count(1)
        if path == f"{LIST}{model.pk}/change/":
            page.get_by_role("combobox", name="Replacement").click()
            page.get_by_role("searchbox", name="Replacement").wait_for()
            axe_finds_nothing_serious(page)


def test_what_is_read_aloud_is_words(page: Page, base: str) -> None:
    model = make_listed()
    page.goto(f"{base}{LIST}")
    assert page.locator("#nav-sidebar a img[alt=Home]").count() == 1
    row = page.locator("#result_list").get_by_role("row").filter(has_text=model.model_id)
    for word in ("Listed", "Ready"):
        assert row.get_by_text(word, exact=True).count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the content"
    page.goto(f"{base}{LIST}{model.pk}/change/")
    assert page.get_by_role("heading", level=1).inner_text() == model.model_id
    page.locator("[name=notes]").fill("Ours.")
    save(page)
    expect(page.get_by_role("status").first).to_contain_text(model.model_id)
    for path in ("/admin/", LIST, f"{LIST}{model.pk}/change/"):
        page.goto(f"{base}{path}")
        icons = page.locator(".material-symbols-outlined")
        assert icons.count() == page.locator(".material-symbols-outlined[aria-hidden=true]").count() > 0, path


def test_a_table_is_seen_whole(page: Page, base: str) -> None:
    is_wide = page.evaluate("window.innerWidth") == 1440
    model = make_listed(prices={"prompt": "0.0000001", "completion": "0.0000002", "internal_reasoning": "0.000000000001"})
    make_price(model, "prompt", "0.00000005", utc_start=100, utc_end=830, utc_days=["monday"])
    page.goto(f"{base}{LIST}")
    page.wait_for_load_state("networkidle")
    assert page.locator("#result_list").evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    row = page.locator("#result_list .data-row")
    assert row.evaluate("row => row.offsetHeight") < 200
    row.get_by_role("checkbox").check()
    expect(page.get_by_role("button", name="Run")).to_be_visible(visible=not is_wide)
    page.goto(f"{base}{LIST}{model.pk}/change/")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#tabs-items").get_by_text("Parameter descriptions")).to_be_visible()
    table = page.locator("#prices-data")
    assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    for box in table.locator("tr.form-row :is(input, select):visible").all():
        left, right = box.evaluate("box => [box.getBoundingClientRect().left, box.getBoundingClientRect().right]")
        assert 0 <= left < right <= page.evaluate("window.innerWidth")


def test_an_error_is_one_step_from_its_box(page: Page, base: str) -> None:
    model = make_listed()
    page.goto(f"{base}{LIST}{model.pk}/change/")
    page.locator("[name=prices-1-amount]").fill("0,08")
    save(page)
    page.get_by_role("alert").get_by_role("link", name="Completion price, Amount").click()
    box = page.locator("[name=prices-1-amount]:focus")
    described_by = (box.get_attribute("aria-describedby") or "").split()[-1]
    assert page.locator(f"#{described_by}").inner_text().endswith("the decimal sign is a point: 1200, or 1.2.")


def test_a_complete_model_with_three_prices_takes_one_page_one_review_and_the_keyboard(
    page: Page, base: str, client: Client
) -> None:
    def tab_to(name: str) -> None:
        """Go to a box, as one does without a mouse."""
        for _ in range(150):
            if page.evaluate("document.activeElement.name || document.activeElement.textContent").strip().endswith(name):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {name}")

    page.goto(f"{base}{LIST}add/")
    for name, text in (
        ("model_id", "acme/keys"),
        ("name", "Acme Keys"),
        ("prices-0-amount", "$0.30"),
        ("prices-1-amount", "1.2"),
    ):
        tab_to(name)
        page.keyboard.type(text)
    tab_to("Add another Price")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "prices-2-kind"
    page.keyboard.type("Image i")
    expect(page.locator("[name=prices-2-unit]")).to_have_value("image")
    tab_to("prices-2-amount")
    page.keyboard.type("0.002")
    for number, served in enumerate(("0.0000003", "0.0000012", "0.002")):
        expect(page.locator("[data-served]").nth(number)).to_have_text(served)
    for name, text in (
        ("released_at", "2026-05-17"),
        ("context_length", "131,072"),
        ("max_output_length", "8,192"),
        ("quantization", "fp8"),
    ):
        tab_to(name)
        page.keyboard.type(text)
    tab_to("is_listed_on_openrouter")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Immediately: 1 model, 3 prices").wait_for()
    axe_finds_nothing_serious(page)
    tab_to("_confirm")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Show its entry").wait_for()
    (entry,) = client.get(FEED).json()["data"]
    assert entry["pricing"] == {"prompt": "0.0000003", "completion": "0.0000012", "image": "0.002", "request": "0"}
    page.get_by_role("link", name="Show its entry").click()
    page.get_by_text('"id": "acme/keys"').wait_for()
    tab_to("prices-2-DELETE")
    page.keyboard.press("Space")
    assert page.locator(".mc-removed:visible").inner_text().startswith("This price ends when you save.")
