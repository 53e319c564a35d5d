"""``/pricing``: every line of every price list, exact, grouped by maker."""

import csv
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from catalog import decimals
from catalog.models import AIModel
from catalog.publication import publisher
from tests.factories import make_model, make_price
from tests.site.common import page

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "ar", "fr"])
def test_it_has_every_line_that_the_csv_file_has(client: Client, language: str) -> None:
    call_command("load_sample")
    exact = make_model("exact", prices={"prompt": "0.000000123456789012345678"}, has_free_variant=True)
    make_price(exact, "image", "0.000000000000000000000001", unit="image")
    make_price(exact, "prompt", "0.00000001", service_tier="flex", min_prompt_tokens=1000)
    document = page(client, "/pricing", language)
    lines = [line for entry in publisher.current("catalog").publication.made_of.listing.entries for line in entry.prices]
    values = [element.attributes["value"] for element in document.all("data")]
    assert sorted(filter(None, values)) == sorted(decimals.wire(line.usd) for line in lines)
    rows = list(csv.DictReader(StringIO(client.get("/pricing.csv").content.decode("utf-8-sig"))))
    assert len([row for row in rows if row["is_free"] == "false"]) == len(values)
    assert "exact:free" in [element.text for element in document.all("code")]
    assert document.one("a", href="/pricing.csv")


def test_models_are_grouped_by_maker_in_the_order_of_the_alphabet(client: Client) -> None:
    make_model("b/two", name="Two", author="b")
    make_model("a/zeta", name="zeta", author="a")
    make_model("a/alpha", name="Alpha", author="a")
    document = page(client, "/pricing")
    assert [element.text for element in document.all("h2")] == ["a", "b"]
    names = [element.text for element in document.all("a") if (element.attributes["href"] or "").startswith("/models/")]
    assert names == ["Alpha", "zeta", "Two"]


def test_a_model_without_a_price_is_said_to_have_none(client: Client) -> None:
    make_model(prices={})
    assert "No price is published for this model." in page(client, "/pricing").one("main").text
    AIModel.objects.update(is_public=False)
    assert "There are no models yet" in page(client, "/pricing").one("main").text


def test_it_has_the_lists_validators_and_is_in_the_sitemap_and_the_header(client: Client) -> None:
    make_model()
    answer = client.get("/pricing")
    assert client.get("/pricing", headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert page(client, "/pricing", "fr").one("a", href="/fr/pricing", aria_current="page").text == "Tarifs"
    assert "/fr/pricing</loc>" in client.get("/sitemap.xml").content.decode()


@pytest.mark.parametrize(("path", "links"), [("/pricing", "/models/"), ("/makers/a", "/models/")])
def test_a_long_list_is_shown_in_pages(client: Client, monkeypatch: pytest.MonkeyPatch, path: str, links: str) -> None:
    for number in range(5):
        make_model(f"a/{number}", name=f"Model {number}", author="a")
    monkeypatch.setattr("catalog.site.paging.SIZE", 2)
    seen: list[str | None] = []
    document = page(client, path)
    while True:
        hrefs = [element.attributes["href"] or "" for element in document.all("a")]
        seen += dict.fromkeys(href for href in hrefs if href.startswith(links) and not href.endswith(".md"))
        following = document.all("a", rel="next")
        if not following:
            break
        document = page(client, path + (following[0].attributes["href"] or ""))
    assert sorted(map(str, seen)) == [f"/models/a/{number}" for number in range(5)]
    assert document.one("a", rel="prev").attributes["href"] == "?offset=2"
    assert "offset=2" in client.get(f"{path}.md").content.decode()  # a program that reads text sees that there is more


@pytest.mark.parametrize("suffix", ["", ".md"])
@pytest.mark.parametrize("path", ["/pricing", "/makers/a", "/fr/pricing"])
def test_no_page_is_made_again_under_another_address(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str, suffix: str
) -> None:
    for number in range(5):
        make_model(f"a/{number}", author="a")
    monkeypatch.setattr("catalog.site.paging.SIZE", 2)
    address = path + suffix
    for query, to in (
        ("x=1", ""),
        ("offset=0", ""),
        ("offset=3", "?offset=2"),
        ("offset=99&x=2", "?offset=4"),
        ("offset=x", ""),
    ):
        answer = client.get(f"{address}?{query}")
        assert (answer.status_code, answer.headers["Location"]) == (302, address + to)
    assert client.get(f"{address}?offset=4").status_code == 200


def test_the_sitemap_has_the_address_that_was_asked(client: Client) -> None:
    make_model("a/one")
    for host in ("localhost", "127.0.0.1:8000"):
        assert (
            f"<loc>http://{host}/models/a/one</loc>" in client.get("/sitemap.xml", headers={"host": host}).content.decode()
        )
