"""What the site says of a model's weights, its reasoning and its offers."""

from typing import Any

import pytest
from django.test import Client
from django.utils.translation import gettext

from catalog.site.languages import LANGUAGES, Language, using_language
from tests.factories import BASE, make_model, make_price

pytestmark = pytest.mark.django_db


def test_a_models_page_shows_what_each_offer_states_for_itself(client: Client) -> None:
    model = make_model(capacity_tpm=5)
    for kind, usd in BASE.items():
        make_price(model, kind, usd, service_tier="flex")
    page = client.get("/models/acme/one").content.decode()
    assert "1,000 tokens" not in page
    model.offers.create(variant="flex", context_length=1000, is_ready=False, without=["capacity_tpm"])
    page = client.get("/models/acme/one").content.decode()
    flex = page.partition(">Flex</h3>")[2].partition("<table")[0]
    for said in ("Context length", "1,000 tokens", "Not available now", "Capacity", "—"):
        assert said in flex
    assert "1,000 tokens" not in page.partition(">Flex</h3>")[0]


def test_what_an_offer_states_for_itself_stands_beside_the_other_models(client: Client) -> None:
    one = make_model("acme/one")
    make_model("acme/two")
    for kind, usd in BASE.items():
        make_price(one, kind, usd, service_tier="batch")
    assert "By service tier" not in client.get("/compare?models=acme/one,acme/two").content.decode()
    one.offers.create(variant="batch", context_length=1000)
    page = client.get("/compare?models=acme/one,acme/two").content.decode()
    assert "1,000 tokens" in page.partition("By service tier")[2].partition("Context length · Batch")[2]


FACTS: dict[str, Any] = {
    "family": "llama-4",
    "license": "apache-2.0",
    "has_open_weights": True,
    "reasoning_efforts": ["low", "high"],
    "reasoning_default_effort": "low",
    "reasoning_is_default": True,
    "reasoning_takes_max_tokens": True,
}


@pytest.mark.parametrize("path", ["/{}models/acme/one", "/{}compare?models=acme/one", "/{}models/acme/one.md"])
@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.code)
def test_facts_about_weights_and_reasoning_are_on_the_pages(client: Client, language: Language, path: str) -> None:
    make_model("acme/one", supported_features=["reasoning"], **FACTS)
    page = client.get(path.format(f"{language.prefix}/" if language.prefix else "")).content.decode()
    for said in ("llama-4", "apache-2.0", "high, low"):
        assert said in page
    with using_language(language):
        for title in ("Model family", "License", "Open weights", "Reasoning", "Default effort", "on by default"):
            assert gettext(title) in page
