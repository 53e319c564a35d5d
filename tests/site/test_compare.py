"""``/compare``: models side by side, exact, with their differences marked; and ``/makers/{slug}``."""

import pytest
from django.core.management import call_command
from django.test import Client

from catalog import decimals
from catalog.publication import publisher
from catalog.site.languages import LANGUAGES
from tests.factories import make_model, make_price
from tests.site.common import PREFIXES, Document, page

pytestmark = pytest.mark.django_db


def rows(document: Document, *, differing: bool = False) -> list[str]:
    """The titles of the rows."""
    found = []
    for element in document.all("th", scope="row"):
        row = element.within[-1]
        if any("compared" in str(one.attributes.get("class")) for one in element.within) and (
            not differing or row.attributes.get("class") == "differs"
        ):
            found.append(element.text.strip())
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_price_of_the_models_is_there_to_the_last_digit(client: Client, language: str) -> None:
    call_command("load_sample")
    exact = make_model("exact", prices={"prompt": "0.000000123456789012345678"})
    make_price(exact, "prompt", "0.00000001", service_tier="flex", min_prompt_tokens=1000)
    content = publisher.current("catalog").publication.made_of
    for ids in (["exact", "qwen3-5-9b", "deepseek-v3.1"], ["bge-m3", "exact"]):
        document = page(client, f"/compare?models={','.join(ids)}", language)
        values = [
            element.attributes["value"]
            for element in document.all("data")
            if any("compared" in str(one.attributes.get("class")) for one in element.within)
        ]
        lines = [line for model_id in ids for entry in content.by_name[model_id].entries for line in entry.prices]
        assert sorted(filter(None, values)) == sorted(decimals.wire(line.usd) for line in lines)


def test_rows_that_differ_are_marked_and_can_be_shown_alone(client: Client) -> None:
    make_model("a", name="A", supported_features=["tools"])
    make_model("b", name="B", supported_features=["tools", "reasoning"], prices={"prompt": "0.0000001"})
    document = page(client, "/compare?models=a,b")
    differing = rows(document, differing=True)
    assert [title.split()[0] for title in differing] == ["Output", "Features", "Request"]
    assert "not sold" in document.one("main").text
    marked = [element.text for element in document.all("mark")]
    assert marked[0] == "Reasoning"
    assert "Tools" not in marked
    alone = page(client, "/compare?models=a,b&only=differences")
    assert rows(alone) == differing
    assert not rows(page(client, "/compare?models=a"), differing=True)


def test_what_a_form_sends_is_written_in_one_piece_and_each_model_stands_once(client: Client) -> None:
    make_model("acme/a", aliases=["first"], name="Model A")
    make_model("b")
    for query in (
        "models=acme%2Fa&models=b&models=",
        "models=first,b",
        "models=model+a&models=b",
        "models=acme/a,b,acme/a",
    ):
        answer = client.get(f"/fr/compare?{query}")
        assert answer.status_code == 302
        assert answer.headers["Location"] == "/fr/compare?models=acme/a,b"


def test_names_that_no_model_has_are_said_and_more_than_six_wait(client: Client) -> None:
    for number in range(8):
        make_model(f"m{number}", name=f"Model {number}")
    answer = client.get("/compare?models=none,m0,m1,m2,m3,m4,m5,m6,m7")
    document = page(client, answer.headers["Location"])
    assert "There is no model none." in document.one("p", role="alert").text
    assert "Remove one to see Model 6, Model 7." in document.one("p", role="note").text
    assert len(document.all("a", **{"class": "remove"})) == 6
    fewer = document.all("a", **{"class": "remove"})[0].attributes["href"]
    assert fewer == "?models=m1,m2,m3,m4,m5,m6,m7"
    empty = page(client, "/compare")
    assert "No model selected yet" in empty.one("main").text
    assert empty.one("meta", name="robots").attributes["content"] == "noindex"


@pytest.mark.parametrize("language", LANGUAGES)
def test_costs_are_those_of_the_api(client: Client, language: str) -> None:
    call_command("load_sample")
    ids = ["qwen3-5-9b", "deepseek-v3.1", "bge-m3"]
    query = "requests=3&prompt_tokens=200000&cached_tokens=150000&completion_tokens=800"
    document = page(client, f"/compare?models={','.join(ids)}&{query}", language)
    (table,) = document.all("table", **{"class": "cost"})
    shown = [element.attributes["value"] for element in document.all("data") if table in element.within]
    sent = [client.get(f"/api/v1/models/{model_id}/cost?{query}").json()["data"] for model_id in ids]
    assert shown == [value for one in sent for value in (one["request_usd"], one["usd"])]
    link = next(element for element in document.all("a") if table in element.within)
    assert str(link.attributes["href"]).startswith(f"{PREFIXES[language]}/models/qwen3-5-9b?requests=3")


def test_a_pasted_usage_fills_the_boxes_and_keeps_the_models(client: Client) -> None:
    make_model("a")
    make_model("b")
    answer = client.get("/compare", {"models": "a,b", "only": "differences", "usage": "1,234 input, 567 output"})
    assert answer.headers["Location"] == (
        "/compare?models=a,b&only=differences&requests=1&prompt_tokens=1234&completion_tokens=567#calculator"
    )
    wrong = page(client, "/compare?models=a,b&prompt_tokens=-1")
    assert wrong.one("p", role="alert").text


def test_models_are_chosen_in_the_list_by_checkbox(client: Client) -> None:
    make_model("a", has_free_variant=True)
    make_model("b", author="acme")
    for path in ("/", "/?view=cards", "/makers/acme"):
        document = page(client, path)
        form = document.one("form", id="compare")
        assert form.attributes["action"] == "/compare"
        boxes = document.all("input", type="checkbox", form="compare")
        assert {element.attributes["name"] for element in boxes} == {"models"}
        assert all(element.attributes["aria-label"] for element in boxes)


def test_a_maker_has_a_page_with_its_models_in_any_spelling(client: Client) -> None:
    make_model("q/one", name="One", author="Qwen")
    make_model("q/two", name="Two", author="Qwen")
    make_model("other", name="Other", author="acme")
    document = page(client, "/makers/Qwen", "fr")
    assert [element.text for element in document.all("a") if "/models/" in (element.attributes["href"] or "")] == [
        "One",
        "Two",
    ]
    assert client.get("/makers/qwen").headers["Location"] == "/makers/Qwen"
    assert client.get("/makers/nobody").status_code == 404
    assert "/ar/makers/Qwen</loc>" in client.get("/sitemap.xml").content.decode()
    assert page(client, "/models/q/one").all("a", href="/makers/Qwen")
    assert page(client, "/pricing").one("a", href="/makers/Qwen")
