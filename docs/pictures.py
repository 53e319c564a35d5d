"""Take the screenshots for the README and the docs, each in light and in dark: ``make pictures``. It starts a site with its own
data directory, the sample catalog and a few past prices, so that the same version gives the same pictures. Needs Chromium.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright

from bench.servers import ROOT, free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PICTURES = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 760
PHONE, STAFFS_WIDTH = 390, 1440
PATIENCE = 120
"""Seconds in which the site has to be there."""

PAST = """
from datetime import datetime, UTC
from catalog.models import AIModel, Price
model = AIModel.objects.get(model_id="mistral-small-3.2-24b-instruct")
for kind, steps in {"prompt": ("0.00000015", "0.00000012"), "completion": ("0.00000045", "0.0000004")}.items():
    for usd, day in zip(steps, (datetime(2025, 6, 20, tzinfo=UTC), datetime(2025, 11, 3, tzinfo=UTC))):
        Price.objects.create(ai_model=model, kind=kind, usd=usd, effective_from=day)
"""
"""What the sample does not have: prices that have changed."""


Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def open_form(page: Page) -> None:
    """Go from the list of models to the form of the only one in it."""
    page.locator("#result_list tbody th a").first.click()
    page.wait_for_url("**/change/**")


def change_a_price(page: Page) -> None:
    """Change a price in that form; nothing is saved, because a review is shown first."""
    open_form(page)
    page.fill("[name=prices-0-amount]", "0.08")
    page.click("[name=_save]")
    page.wait_for_selector("#review_form", state="attached")


def raise_all(page: Page) -> None:
    """Go from the list of models to the review of a price increase for all of them."""
    page.check("#action-toggle")
    page.select_option("select[name=action]", "change_prices_by_percent")
    page.click("button[name=index]")
    page.fill("[name=percent]", "10")
    page.click("button.mc-primary")
    page.wait_for_selector("#review_form", state="attached")


class Shot(NamedTuple):
    """A picture: its name, the path, the width of the page, and the id of the element at which it begins. ``steps`` are done on
    the page before.
    """

    name: str
    path: str
    width: int = WIDTH
    part: str = ""
    is_staffs: bool = False
    steps: Callable[[Page], None] = lambda page: None


MODELS = "/admin/catalog/aimodel/"
MODEL = f"{MODELS}?q=qwen3-5-9b"
SHOTS = (
    Shot("browse", "/?in=5000&cached=4000&out=800&sort=cost"),
    Shot("model", "/models/mistral-small-3.2-24b-instruct", part="price-history"),
    Shot("compare", "/compare?models=qwen3-5-9b,deepseek-v3.1,gpt-oss-120b"),
    Shot("documentation", "/docs/openrouter"),
    Shot("arabic", "/ar/models/qwen3-5-9b", PHONE),
    Shot("admin", MODELS, STAFFS_WIDTH, is_staffs=True),
    Shot("price-list", f"{MODELS}price-list/", STAFFS_WIDTH, is_staffs=True),
    Shot("raise", MODELS, STAFFS_WIDTH, is_staffs=True, steps=raise_all),
    Shot("dashboard", "/admin/", is_staffs=True),
    Shot("form", MODEL, is_staffs=True, steps=open_form),
    Shot("review", MODEL, is_staffs=True, steps=change_a_price),
)


def main() -> None:
    """Start a site, take every picture, and stop the site."""
    if CHROMIUM is None:
        sys.exit("Chromium is not on this machine.")
    password = secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory() as data_dir:
        port = free_port()
        environment = {**os.environ, "DATA_DIR": data_dir, "PORT": str(port), "WEB_WORKERS": "1", "ADMIN_PASSWORD": password}
        environment.pop("DATABASE_URL", None)
        with (Path(data_dir) / "site.log").open("wb") as log:
            site = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--prepare"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        try:
            base = f"http://127.0.0.1:{port}"
            wait_for(f"{base}/v1/models", site)
            subprocess.run(
                [sys.executable, "manage.py", "shell", "-v", "0", "-c", PAST], cwd=ROOT, env=environment, check=True
            )
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
                for scheme in SCHEMES:
                    take(browser, base, scheme, password)
                browser.close()
        finally:
            site.terminate()
            site.wait(30)


def wait_for(url: str, site: "subprocess.Popen[bytes]") -> None:
    """Wait until an address answers."""
    for _ in range(PATIENCE * 2):
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - our own
                return
        except URLError:
            try:
                site.wait(0.5)
            except subprocess.TimeoutExpired:
                continue
            sys.exit("The site has ended; see its log.")
    sys.exit(f"{url} does not answer.")


def take(browser: Browser, base: str, scheme: Scheme, password: str) -> None:
    """Take every picture in one color scheme."""
    PICTURES.mkdir(exist_ok=True)
    for shot in SHOTS:
        locale = "ar" if shot.path.startswith("/ar/") else "en-US"
        context = browser.new_context(
            viewport={"width": shot.width, "height": HEIGHT},
            color_scheme=scheme,
            locale=locale,
            timezone_id="UTC",
        )
        page = context.new_page()
        if shot.is_staffs:
            page.goto(f"{base}/admin/login/?next={shot.path}")
            page.fill("#id_login", "admin")
            page.fill("#id_password", password)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{base}{shot.path}")
        else:
            page.goto(base + shot.path)
        shot.steps(page)
        if shot.part:
            page.evaluate("id => document.getElementById(id).scrollIntoView()", shot.part)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=PICTURES / f"{shot.name}-{scheme}.png")
        context.close()


if __name__ == "__main__":
    main()
