"""A new model from Hugging Face in a real browser, from the list's button to the saved model."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from catalog.models import AIModel
from tests import browser
from tests.admin.browsing import LIST, check, save
from tests.hugging_face.hub import dense, running_hub

pytestmark = [*browser.pytestmark, pytest.mark.usefixtures("runner_in_threads")]


def test_a_model_is_read_looked_at_and_saved(page: Page, base: str, settings: Settings) -> None:
    with running_hub() as hub:
        settings.HUGGING_FACE_URL = hub.url
        settings.ALLOW_PRIVATE_ADDRESSES = True
        dense(hub, config={"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}})
        page.goto(f"{base}{LIST}")
        menu = page.get_by_role("link", name="more", exact=True)
        if menu.is_visible():  # where the page is narrow
            menu.click()
        page.get_by_role("link", name="From Hugging Face").click()
        box = page.get_by_label("Repository on Hugging Face")
        check(page)

        box.fill("Acme/Nothing")
        page.keyboard.press("Enter")
        page.get_by_text("There is no public repository Acme/Nothing").wait_for()
        expect(box).to_have_value("Acme/Nothing")
        check(page)

        box.fill("Acme/Acme-8B")
        page.keyboard.press("Enter")
        panel = page.get_by_role("region", name="Read from Hugging Face: Acme/Acme-8B")
        panel.wait_for()
        expect(panel).to_contain_text("rope_scaling, 32768 × 4 (YaRN)")
        expect(page.get_by_label("Model id")).to_have_value("acme-8b")
        expect(page.locator("[name=context_length]")).to_have_value("131072")
        expect(page.locator("[name=input_modalities][value=text]")).to_be_checked()
        check(page)
        assert page.evaluate("window.scrollY") == 0  # the panel is what is seen first, also where it is long
        assert not AIModel.objects.exists()

        asked = len(hub.asked)
        page.reload()
        panel.wait_for()
        page.locator("[name=max_output_length]").fill("999999")
        save(page)
        page.get_by_text("The output cannot be longer than the context.").first.wait_for()
        expect(panel).to_be_visible()
        page.locator("[name=max_output_length]").fill("8192")
        save(page)
        page.wait_for_url(f"{base}{LIST}")
        assert len(hub.asked) == asked
        model = AIModel.objects.get()
        assert (model.model_id, model.context_length, model.max_output_length) == ("acme-8b", 131072, 8192)
