"""The site in a real browser: at every width, in both themes, in both directions, and without script."""

import asyncio
import os
import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from catalog.models import AIModel
from tests import browser as shared
from tests.accessibility import serious_violations
from tests.site.common import Document

pytestmark = shared.pytestmark
PATHS = (
    "/",
    "/?view=cards",
    "/?supported_parameters=tools&input_modalities=image&in=5000&cached=4000&out=800&sort=cost",
    "/?q=nothing-of-the-kind",
    "/?context=x",
    "/compare?models=qwen3-5-9b,deepseek-v3.1,bge-m3,nothing&prompt_tokens=5000&completion_tokens=10",
    "/compare",
    "/makers/qwen",
    "/docs/",
    "/docs/openrouter",
    "/docs/openrouter-v2",
    "/docs/catalog",
    "/docs/models-api",
    "/docs/app",
    "/docs/history",
    "/docs/caching",
    "/pricing",
    "/changes",
    "/deprecations",
    "/models/qwen3-5-9b",
    "/models/deepseek-v3.1?tz=Asia/Seoul&prompt_tokens=5000&completion_tokens=10&searches=1",
    "/nothing",
)


SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(one => window.shifted += one.value)).observe({ type: "layout-shift", buffered: true });
"""
UNSEEN = 0.01
"""A shift that nobody sees, such as that of a line in another font; up to 0.1 counts as good (Core Web Vitals)."""
SHIFTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(window.shifted))))"
PARSED = """
html => [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("*")]
    .map(one => `${one.localName} in ${one.parentElement?.localName ?? ""}`)
"""


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, chromium: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """Chromium, which closes the pages that a test has opened."""
    browser, loop = chromium
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    asyncio._set_running_loop(loop)
    yield browser
    for context in browser.contexts:
        context.close()
    connections.close_all()  # while Playwright's loop runs, Django keeps a connection of that context's own
    asyncio._set_running_loop(None)


@pytest.fixture
def base(live_server: Any) -> str:
    """The site's address, with the sample catalog in it."""
    call_command("load_sample")
    url: str = live_server.url
    return url


def opened(browser: Browser, width: int = 1440, **options: Any) -> tuple[Page, list[str]]:
    """A page, and what goes wrong in it."""
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    page.on(
        "request",
        lambda request: None if "127.0.0.1" in request.url or "localhost" in request.url else wrong.append(request.url),
    )
    return page, wrong


@pytest.mark.slow(seconds=20)
@pytest.mark.parametrize(
    ("prefix", "looks"),
    [
        ("", [(1440, "light"), (390, "dark")]),
        ("/ar", [(1440, "dark"), (390, "light")]),
        ("/fr", [(768, "dark")]),
    ],
    ids=["en", "ar", "fr"],
)
def test_every_page_fits_and_can_be_read_by_everyone(
    browser: Browser, base: str, prefix: str, looks: list[tuple[int, Literal["light", "dark"]]]
) -> None:
    page, wrong = opened(browser, locale="en-US")
    page.add_init_script(SHIFTS)
    for path in PATHS:
        page.goto(f"{base}{prefix}{path}")
        assert page.evaluate(SHIFTED) < UNSEEN, path
        expect(page.get_by_role("main")).to_have_count(1)
        for width, scheme in looks:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (path, width)
            assert serious_violations(page) == [], (path, width, scheme)
    assert wrong == []


def test_a_browser_repairs_nothing_in_a_page(browser: Browser, base: str, client: Client) -> None:
    """What a page says is where it says it: no element is moved, closed or added, as in HTML that is not valid."""
    page, _ = opened(browser)
    for prefix in ("", "/ar"):
        for path in PATHS:
            html = client.get(f"{prefix}{path}").content.decode()
            written = [
                f"{element.name} in {element.within[-1].name if element.within else ''}"
                for element in Document(html).elements
            ]
            assert page.evaluate(PARSED, html) == written, path


def test_a_reader_finds_the_cheapest_vision_model_with_tools(browser: Browser, base: str) -> None:
    page, wrong = opened(browser)
    page.goto(base)
    page.keyboard.press("Control+k")
    page.keyboard.type("gemma")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{base}/?q=gemma")
    expect(page.get_by_role("status")).to_contain_text("of 21")
    page.get_by_role("link", name="Clear all").click()
    page.get_by_label("Image").first.check()
    page.get_by_label("Tools").check()
    page.get_by_label("Context of at least").select_option("128000")
    page.get_by_role("button", name="Show models").click()
    assert page.url.endswith("/?context=128000&input_modalities=image&supported_features=tools")
    page.get_by_role("link", name="Input per 1M").click()
    page.wait_for_load_state()
    names = page.locator("tbody th a").all_inner_texts()
    prices = [float(value) for value in page.locator("td.input data").evaluate_all("cells => cells.map(cell => cell.value)")]
    assert prices == sorted(prices)
    assert len(names) > 1
    page.get_by_label("Prompt tokens").fill("5000")
    page.get_by_label("Completion tokens").fill("800")
    page.get_by_role("button", name="Show models").click()
    page.get_by_role("link", name="Your request").click()
    page.wait_for_load_state()
    costs = [float(value) for value in page.locator("td.cost data").evaluate_all("cells => cells.map(cell => cell.value)")]
    assert costs == sorted(costs)
    page.go_back()
    page.go_back()
    assert "sort=prompt-low-to-high" in page.url
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[0])
    assert wrong == []


def test_code_is_copied_and_times_are_shown_in_the_readers_zone(browser: Browser, base: str) -> None:
    page, wrong = opened(browser, permissions=["clipboard-read", "clipboard-write"], timezone_id="Asia/Seoul")
    page.goto(f"{base}/models/deepseek-v3.1")
    page.locator("#code").get_by_role("button", name="Copy").first.click()
    expect(page.locator("#code").get_by_role("button", name="Copied")).to_be_visible()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl https://api.acme.example/v1/chat/completions")
    assert "deepseek-v3.1" in copied
    expect(page.get_by_label("Show times in time zone")).to_have_value("Asia/Seoul")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#prices")).to_contain_text("in Asia/Seoul")
    assert wrong == []


def test_everything_works_without_script(browser: Browser, base: str) -> None:
    page, wrong = opened(browser, 390, java_script_enabled=False)
    page.goto(f"{base}/fr/")
    page.get_by_role("link", name="Filtres").click()
    page.get_by_label("Outils").check()
    page.get_by_role("button", name="Afficher les modèles").click()
    assert page.url.endswith("/fr/?supported_features=tools")
    expect(page.get_by_role("link", name="Filtres")).to_be_visible()
    page.locator("details.menu summary").click()
    page.get_by_role("link", name="العربية").click()
    assert page.url.endswith("/ar/?supported_features=tools")
    page.locator("tbody th a").first.click()
    assert "/ar/models/" in page.url
    expect(page.locator("#prices table").first).to_be_visible()
    assert wrong == []


def test_a_reader_of_another_language_is_offered_it_and_never_sent_there(browser: Browser, base: str) -> None:
    page, wrong = opened(browser, locale="fr-CA")
    page.goto(f"{base}/models/qwen3-5-9b")
    assert page.url.endswith("/models/qwen3-5-9b")
    page.get_by_role("link", name="Cette page est disponible en français.").click()
    assert page.url.endswith("/fr/models/qwen3-5-9b")
    expect(page.locator("[data-language-hint]")).to_be_hidden()
    assert wrong == []


def test_an_id_with_every_sign_has_a_page(browser: Browser, base: str) -> None:
    AIModel.objects.filter(model_id="bge-m3").update(model_id="Acme/bge.m3:v1@2+x")
    page, wrong = opened(browser)
    page.goto(f"{base}/?q=bge")
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("BGE M3")
    expect(page.locator("main code").first).to_have_text("Acme/bge.m3:v1@2+x")
    assert wrong == []


def test_a_months_cost_is_computed_from_pasted_words(browser: Browser, base: str) -> None:
    page, wrong = opened(browser)
    page.goto(f"{base}/models/qwen3-5-9b")
    page.get_by_label("Requests").fill("100000")
    page.get_by_label("Or paste a usage object").fill("5,000 input, 4,000 cached, 800 output")
    page.get_by_role("button", name="Calculate").click()
    expect(page.get_by_label("Cache read (tokens)")).to_have_value("4000")
    # 1000 x $0.09 + 4000 x $0.045 + 800 x $0.13, per million, 100,000 times.
    expect(page.locator("#calculator .total td")).to_have_text("$37.40")
    page.goto(page.url)
    expect(page.locator("#calculator .total td")).to_have_text("$37.40")
    assert wrong == []


def test_models_are_suggested_on_every_page_and_chosen_by_keyboard(browser: Browser, base: str) -> None:
    page, wrong = opened(browser)
    page.goto(f"{base}/fr/pricing")
    page.keyboard.press("Control+k")
    page.keyboard.type("qwen 9b")
    option = page.get_by_role("option")
    expect(option).to_have_count(1)
    expect(option).to_contain_text("Qwen3.5 9B")
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    assert serious_violations(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{base}/fr/models/qwen3-5-9b")
    page.goto(f"{base}/compare?models=qwen3-5-9b")
    page.get_by_label("Add a model").fill("phi")
    page.get_by_role("option", name="Phi 4").click()
    expect(page).to_have_url(f"{base}/compare?models=qwen3-5-9b,phi-4")
    page.get_by_label("Find a model").fill("phi")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    assert wrong == []


def test_models_are_chosen_by_checkbox_and_compared_without_script(browser: Browser, base: str) -> None:
    page, wrong = opened(browser, 390, java_script_enabled=False)
    page.goto(f"{base}/ko/?supported_parameters=tools&input_modalities=image")
    boxes = page.locator("input.pick")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="선택한 모델 비교").click()
    expect(page.locator("table.compared thead th")).to_have_count(2)
    page.locator("input[name=prompt_tokens]").fill("5000")
    page.locator("input[name=requests]").fill("100000")
    page.get_by_role("button", name="계산").click()
    expect(page.locator("table.cost tbody tr")).to_have_count(2)
    assert wrong == []


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what is meant has the focus, as somebody does who has no mouse."""
    for _ in range(250):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by keyboard")


@pytest.mark.parametrize("prefix", ["", "/ar", "/ko"])
def test_a_model_is_found_compared_and_computed_by_keyboard_alone(browser: Browser, base: str, prefix: str) -> None:
    page, wrong = opened(browser, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{base}{prefix}/?supported_parameters=tools&input_modalities=image&context=128000&sort=prompt-low-to-high")
    prices = [float(value) for value in page.locator("td.input data").evaluate_all("cells => cells.map(cell => cell.value)")]
    assert prices == sorted(prices)
    tab_to(page, "input.pick")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    tab_to(page, "input.pick")
    page.keyboard.press("Space")
    tab_to(page, ".compare-bar button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/compare"))
    expect(page.locator("table.compared thead th")).to_have_count(2)
    tab_to(page, "[name=requests]")
    page.keyboard.press("Control+a")
    page.keyboard.type("100000")
    tab_to(page, "[name=prompt_tokens]")
    page.keyboard.type("5000")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("prompt_tokens=5000"))
    expect(page.locator("table.cost tbody tr")).to_have_count(2)
    tab_to(page, "table.compared thead th a")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/models/"))
    tab_to(page, "#code button.copy")
    page.keyboard.press("Enter")
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl ")
    assert wrong == []
