"""``/docs/``: made from the running product, complete in every language, and there without a catalog."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.formats import FORMATS
from catalog.publication import Unavailable, publisher
from catalog.site.guide import page as guide
from catalog.site.guide.fields import fields
from catalog.site.guide.operations import answer_of
from catalog.site.guide.parameters import parameters
from catalog.site.guide.topics import STATUSES, TOPICS
from catalog.site.languages import LANGUAGES, using_language
from tests.factories import make_listed, make_model
from tests.site.common import page

pytestmark = pytest.mark.django_db
PATHS = [f"/docs/{topic.slug}" for topic in TOPICS]


def names(schema: Any) -> set[str]:
    """Every property in a schema."""
    if isinstance(schema, list):
        return set().union(*map(names, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own.union(*map(names, schema.values()))


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.addresses], ids=lambda topic: topic.slug)
def test_every_field_of_a_format_is_explained(topic: Any) -> None:
    for address in topic.addresses:
        if not address.name:
            continue
        schema = FORMATS[address.name].schema if address.name in FORMATS else answer_of(address.operation)
        rows = fields(address.name, schema)
        told = {name.strip("[] ") for row in rows for part in row.path.split(".") for name in part.split(",")}
        untold = names(schema) - told - {"data"}
        inside_of_closed = {"temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "repetition_penalty"}
        of_capabilities = {"tool_calling", "reasoning", "web_search", "vision", "audio_input", "video_input"}
        of_a_parameter = {"min", "max", "default", "values", "properties"}  # told in a sentence
        assert untold <= inside_of_closed | of_capabilities | of_a_parameter, address.name
        assert all(str(row.meaning) for row in rows)


def test_every_parameter_and_status_is_explained() -> None:
    for operation in ("list_models", "list_api_models", "count_api_models", "compute_model_cost", "list_changes"):
        assert all(str(parameter.meaning) for parameter in parameters(operation))
    for topic in TOPICS:
        for address in topic.addresses:
            assert set(guide._statuses(address)) <= STATUSES.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_there_and_speaks_its_language(client: Client, language: str) -> None:
    call_command("load_sample")
    for topic, path in zip(TOPICS, PATHS, strict=True):
        document = page(client, path, language)
        with using_language(LANGUAGES[language]):
            assert document.one("h1").text == str(topic.title)
            assert str(topic.summary) in document.one("main").text
        assert document.one("link", rel="canonical")
        for element in document.all("code"):
            is_literal = element.attributes.get("dir") == "ltr"
            assert is_literal or any(one.attributes.get("dir") == "ltr" for one in element.within), element.text


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.has_example], ids=lambda topic: topic.slug)
def test_the_example_is_an_entry_as_it_is_sent(client: Client, topic: Any) -> None:
    call_command("load_sample")
    shown = next(
        json.loads(element.text)
        for element in page(client, f"/docs/{topic.slug}").all("pre")
        if element.text.lstrip().startswith("{")
    )
    sent = json.loads(publisher.current(topic.format_name).publication.body)
    for key, value in shown.items():
        if key == "data":
            assert len(value) == 1
            assert value[0] in sent["data"]
        elif isinstance(value, list):
            assert value
            assert all(one in sent[key][0]["models"] for one in value[0]["models"])


def test_an_empty_catalog_has_no_example_and_says_so(client: Client) -> None:
    for topic in TOPICS:
        document = page(client, f"/docs/{topic.slug}")
        assert ("so there is no example" in document.one("main").text) == topic.has_example


def test_a_price_is_written_as_it_is_sent(client: Client) -> None:
    make_listed(prices={"prompt": "0.000000123456789012345678", "completion": "0.0000000000000000000001"})
    text = page(client, "/docs/openrouter").one("main").text
    assert '"0.000000123456789012345678"' in text
    assert '"0.0000000000000000000001"' in text


def test_it_goes_on_without_a_catalog(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*args: Any) -> Any:
        raise Unavailable("gone")

    monkeypatch.setattr("catalog.publication.publishing.publisher.current", unavailable)
    for path in PATHS:
        answer = client.get(f"/fr{path}")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/docs/nothing").status_code == 404


def test_there_is_one_first_page_and_the_interactive_document_stays(client: Client) -> None:
    make_model()
    assert client.get("/docs/nothing").status_code == 404
    assert client.get("/docs").headers["Location"] == "/docs/"
    document = page(client, "/docs/", "ko")
    assert [element.text for element in document.all("a", aria_current="page")] == ["API", "API 문서"]
    assert document.all("a", href="/docs/api/")
    assert document.all("a", href="/ko/docs/openrouter")
    sitemap = client.get("/sitemap.xml").content.decode()
    assert "/ar/docs/openrouter-v2</loc>" in sitemap
