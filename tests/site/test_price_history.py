"""A model's prices over time on its page: as a picture, as a table, and what is scheduled in words."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from catalog.publication import Unavailable
from catalog.site.languages import LANGUAGES
from tests.factories import make_model, make_price
from tests.site.common import Document, Element, page

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
FAR = datetime(2099, 12, 26, tzinfo=UTC)


def within(document: Document, name: str, element_id: str) -> list[Element]:
    """The elements of that name in another one."""
    return [one for one in document.all(name) if any(outer.attributes.get("id") == element_id for outer in one.within)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_scheduled_price_is_said_drawn_and_in_the_table(client: Client, language: str) -> None:
    model = make_model(prices={"prompt": "0.00000009", "completion": "0.0000001"})
    make_price(model, "prompt", "0.000000081234567890123456", effective_from=FAR)
    make_price(model, "prompt", "0.01", effective_from=FAR, service_tier="flex")
    document = page(client, "/models/acme/one", language)
    values = [one.attributes["value"] for one in within(document, "data", "price-history-rows")]
    assert values == ["0.00000009", "0.000000081234567890123456", "0.0000001", "0.01"]
    items = [one for one in document.all("li") if any(outer.attributes.get("class") == "scheduled" for outer in one.within)]
    assert len(items) == 2
    assert len(document.all("svg", role="img", width="100%")) == 1
    assert len(document.all("g")) == 1  # the completion price does not change, and the flex tier is not for everybody
    drawn = document.all("line")
    assert any(one.attributes.get("class") == "ahead" for one in drawn)
    for one in drawn:
        for name in ("x1", "x2", "y1", "y2"):
            assert re.fullmatch(r"\d+(\.\d+)?%?", one.attributes[name] or ""), one
    if language == "en":
        assert items[0].text.startswith("From Dec 26, 2099 UTC: Input $0.081234567890123456 per 1M tokens")
        assert "until then $0.09" in items[0].text
        assert "Input · Flex" in items[1].text


def test_a_line_that_is_to_end_is_said_to_end(client: Client) -> None:
    model = make_model(prices={"prompt": "0.1", "completion": "0.1"})
    make_price(model, "completion", "0", effective_from=FAR)
    text = page(client, "/models/acme/one").one("ul", **{"class": "scheduled"}).text
    assert "Output $0.00 per 1M tokens" in text
    make_price(model, "image", "1", unit="image")
    make_price(model, "image", None, unit="image", effective_from=FAR)
    text = page(client, "/models/acme/one").one("ul", **{"class": "scheduled"}).text
    assert "Image input no longer sold until then $1.00" in text


def test_prices_that_never_changed_need_no_picture(client: Client) -> None:
    make_model()
    document = page(client, "/models/acme/one")
    assert document.all("svg") == []
    assert "These prices have not changed since" in document.one("section", id="price-history").text
    assert document.one("details", id="price-history-rows")


def test_the_page_goes_on_without_its_history_and_is_not_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model()

    def gone(*args: Any) -> Any:
        raise Unavailable("gone")

    monkeypatch.setattr("catalog.site.price_history.public_model_of", gone)
    document = page(client, "/models/acme/one")
    assert "The price history is not available now" in document.one("section", id="price-history").text
    assert "Last-Modified" not in client.get("/models/acme/one").headers


def test_its_past_is_read_once_for_a_publication(client: Client, django_assert_num_queries: Any) -> None:
    make_model()
    first = client.get("/models/acme/one").content
    with django_assert_num_queries(0):
        assert client.get("/models/acme/one").content == first
