"""The calculator of a model's page says what the API's calculator says."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.site.languages import LANGUAGES
from tests.factories import make_model, make_price
from tests.site.common import PREFIXES, Document, page

pytestmark = pytest.mark.django_db


def amounts(document: Document) -> list[str]:
    """What stands in the table of the cost: amounts, prices and costs."""
    (table,) = document.all("table", **{"class": "cost"})
    return [str(element.attributes["value"]) for element in document.all("data") if table in element.within]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)  # so that a list that has not changed is made once, and not for each request
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_the_api_says_for_every_model(client: Client, language: str) -> None:
    call_command("load_sample")
    query = "requests=3&prompt_tokens=200000&cached_tokens=150000&completion_tokens=800"
    for model in client.get("/v1/models").json()["data"]:
        sent = client.get(f"/api/v1/models/{model['id']}/cost?{query}").json()["data"]
        if sent["is_free"] or not model["pricing_rows"]:
            continue
        expected = [value for line in sent["lines"] for value in (line["amount"], line["unit_usd"], line["usd"])]
        discount = [sent["request_usd"]] if float(sent.get("discount_to_user", 0)) else []
        shown = amounts(page(client, f"/models/{model['id']}?{query}", language))
        assert shown == [*expected, *discount, str(sent["requests"]), sent["request_usd"], sent["usd"]], model["id"]


def test_what_is_pasted_fills_the_boxes(client: Client) -> None:
    model = make_model()
    make_price(model, "input_cache_read", "0.00000001")
    for text in (
        "1,234 input, 567 output, 200 cached",
        '{"prompt_tokens":1234,"completion_tokens":567,"prompt_tokens_details":{"cached_tokens":200}}',
    ):
        answer = client.get("/fr/models/acme/one", {"usage": text, "requests": "7", "prompt_tokens": ""})
        assert answer.status_code == 302
        address = urlsplit(answer.headers["Location"])
        assert (address.path, address.fragment) == (f"{PREFIXES['fr']}/models/acme/one", "calculator")
        assert parse_qs(address.query) == {
            "requests": ["7"],
            "prompt_tokens": ["1234"],
            "completion_tokens": ["567"],
            "cached_tokens": ["200"],
        }
        document = Document(client.get(answer.headers["Location"]).content.decode())
        assert document.one("input", name="prompt_tokens").attributes["value"] == "1234"


@pytest.mark.parametrize(
    "query",
    [
        "usage=nonsense",
        "prompt_tokens=-1",
        "prompt_tokens=1.5",
        "prompt_tokens=5&cached_tokens=6",
        "prompt_tokens=5&requests=x",
        "prompt_tokens=5&requests=%D9%A3",
        "prompt_tokens=" + "9" * 400,
    ],
)
def test_what_makes_no_sense_is_said_in_words(client: Client, query: str) -> None:
    make_model()
    document = page(client, f"/models/acme/one?{query}")
    assert document.one("p", role="alert").text
    assert not document.all("table", **{"class": "cost"})


def test_what_has_no_price_is_named_and_not_counted(client: Client) -> None:
    make_model()
    document = page(client, "/models/acme/one?prompt_tokens=1000&searches=2")
    assert "Web search (searches)" in document.one("p", role="note").text
    assert amounts(document)[-1] == "0.0001"


def test_the_boxes_are_those_that_a_model_sells(client: Client) -> None:
    picture = make_model("picture", prices={}, output_modalities=["image"])
    make_price(picture, "image_output", "0.003", unit="image")
    boxes = [element.attributes["name"] for element in page(client, "/models/picture").all("input", type="number")]
    assert boxes == ["requests", "output_images"]
    make_model("mute", prices={})
    assert not page(client, "/models/mute").all("section", id="calculator")
