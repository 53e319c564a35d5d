"""What every page of the site is: exact, in its language, strict, and as fresh as the lists."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from importlib import reload
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import parse_decimal
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client
from django.urls import clear_url_caches, resolve
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from catalog import decimals
from catalog.listing import Entry
from catalog.models import AIModel, PriceUnit, Provider
from catalog.publication import publisher
from catalog.sending import NOTE
from catalog.site.languages import LANGUAGES
from tests.factories import make_listed, make_model, make_price
from tests.site.common import PREFIXES, page

pytestmark = pytest.mark.django_db
PATHS = (
    "/",
    "/?view=cards",
    "/compare",
    "/compare?models=acme/one,none&prompt_tokens=5",
    "/docs/",
    "/docs/openrouter",
    "/docs/models-api",
    "/docs/history",
    "/pricing",
    "/changes",
    "/deprecations",
    "/models/acme/one",
    "/nothing",
    "/?context=x",
)


def entries() -> list[tuple[str, tuple[Entry, ...]]]:
    content = publisher.current("catalog").publication.made_of
    return [(item.key, item.entries) for item in content.items]


def assert_reads(shown: str, value: str, language: str, unit: str) -> None:
    """What people read is the wire's value, per million for tokens, to the last digit."""
    number = re.sub(r"[^\d.,\u00a0\u202f]", "", shown.replace("US", "")).strip("\u00a0\u202f")
    read = parse_decimal(number, locale=LANGUAGES[language].locale)
    wire = Decimal(value)
    assert read == (decimals.per_million(wire) if unit == PriceUnit.TOKEN else wire), (shown, value, language)


@pytest.mark.django_db(transaction=True)  # so that a list that has not changed is made once, and not for each request
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_price_on_a_models_page_is_the_wires_to_the_last_digit(client: Client, language: str) -> None:
    call_command("load_sample")
    exact = make_model("exact", prices={"prompt": "0.000000123456789012345678", "completion": "999999.000000000000000001"})
    make_price(exact, "image", "0.000000000000000000000001", unit="image")
    for model_id, own in entries():
        document = page(client, f"/models/{model_id}", language)
        rows = [element for element in document.all("td", **{"class": "number"}) if _is_in(element, "prices")]
        expected = [(decimals.wire(line.usd), line.unit) for entry in own for line in entry.prices]
        shown = [element for element in document.all("data") if _is_in(element, "prices")]
        assert [element.attributes["value"] for element in shown] == [value for value, _ in expected]
        assert len(rows) == len(expected)
        for element, (value, unit) in zip(shown, expected, strict=True):
            assert_reads(element.text, value, language, unit)


def _is_in(element: Any, section: str) -> bool:
    return any(other.attributes.get("id") == section for other in element.within)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", ["table", "cards"])
def test_every_price_in_the_list_is_the_wires_to_the_last_digit(client: Client, language: str, view: str) -> None:
    call_command("load_sample")
    pricing = {item["id"]: item["pricing"] for item in client.get("/v1/models").json()["data"]}
    pricing |= {
        item["id"] + ":free": {"prompt": "0"} for item in client.get("/v1/models").json()["data"] if item["has_free_variant"]
    }
    document = page(client, f"/?view={view}&limit=1000", language)
    name = {"table": "tr", "cards": "li"}[view]
    found = 0
    for row in document.all(name):
        inside = [element for element in document.elements if row in element.within]
        codes = [element.text for element in inside if element.name == "code"]
        if not codes:
            continue
        found += 1
        tiers = pricing[codes[0]] if isinstance(pricing[codes[0]], list) else [pricing[codes[0]]]
        sent = {Decimal(value) for tier in tiers for value in tier.values() if isinstance(value, str)}
        for element in inside:
            if element.name == "data" and "title" not in element.attributes:
                value = str(element.attributes["value"])
                assert Decimal(value) in sent, (codes[0], value)
                cell = next(around for around in reversed(element.within) if around.name in ("td", "dd"))
                unit = (
                    PriceUnit.IMAGE
                    if any(part.name == "small" and cell in part.within for part in inside)
                    else PriceUnit.TOKEN
                )
                assert_reads(element.text, value, language, unit)
    assert found == client.get("/api/v1/models/count?output_modalities=all").json()["data"]["count"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_well_formed_and_names_its_language(client: Client, language: str) -> None:
    make_model(description="<script>alert(1)</script> & </script>", name="<b>Ömega</b>")
    for path in PATHS:
        status = {"/nothing": 404, "/?context=x": 400}.get(path, 200)
        document = page(client, path, language, status)
        root = document.one("html")
        assert root.attributes["lang"] == language
        assert root.attributes["dir"] == LANGUAGES[language].direction
        ids = [element.attributes["id"] for element in document.elements if "id" in element.attributes]
        assert len(ids) == len(set(ids)), path
        for label in document.all("label"):
            target = label.attributes.get("for")
            assert target is None or target in ids, (path, target)
        assert len(document.all("h1")) == 1
        assert document.one("title").text
        assert document.one("meta", name="description").attributes["content"]
        for script in document.all("script", type="application/ld+json"):
            assert json.loads(script.text)["@context"] == "https://schema.org"
        assert not document.all("b")


def test_a_page_loads_nothing_from_elsewhere_and_has_nothing_inline(client: Client) -> None:
    make_model()
    Provider.objects.create(name="Acme", api_base_url="https://api.acme.example/v1")
    for path in PATHS:
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        document = page(client, path, status=answer.status_code)
        for element in document.elements:
            assert "style" not in element.attributes, element
            assert not [name for name in element.attributes if name.startswith("on")], element
            assert element.name != "style"
            if element.name == "script" and element.attributes.get("type") != "application/ld+json":
                assert str(element.attributes["src"]).startswith("/static/")
            if element.name in ("img", "link", "iframe"):
                source = element.attributes.get("src") or element.attributes.get("href") or ""
                is_address = element.attributes.get("rel") in ("canonical", "alternate")
                assert is_address or source.startswith("/static/"), element
    assert client.get("/v1/models").headers.get("Content-Security-Policy") is None


def test_pages_of_the_catalog_ask_the_database_nothing(client: Client, django_assert_num_queries: Any) -> None:
    make_model()
    with django_assert_num_queries(10):  # a listing is read inside of the test's transaction; see test_listing
        client.get("/?q=acme&sort=newest")
    with django_assert_num_queries(13):  # and what its past is made of, which is kept otherwise; see test_price_history
        client.get("/ar/models/acme/one")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_page_has_an_etag_is_sent_again_by_the_front_and_says_when_it_is_stale(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    make_listed()
    AIModel.objects.update(name="Acme 1")
    first = client.get("/models/acme/one", headers={"accept-encoding": "br"})
    assert first.headers["Content-Encoding"] == "br"
    assert first.headers["Cache-Control"] == "public, max-age=0, stale-if-error=86400"
    again = client.get("/models/acme/one", headers={"accept-encoding": "br", "if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path in ("/", "/models/acme/one"):
        assert b"banner warning" not in client.get(path).content

    def gone(*args: Any, **kwargs: Any) -> Any:
        raise DatabaseError("gone")

    monkeypatch.setattr("catalog.publication.probe.Probe.ask", gone)
    for path in ("/", "/fr/models/acme/one"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Age" in answer.headers
        assert b"Acme 1" in answer.content
        assert b'class="banner warning"' in answer.content
    publisher.clear()
    monkeypatch.setattr("catalog.publication.publishing.publisher.current", _unavailable)
    answer = client.get("/ko/models/acme/one")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert b'lang="ko"' in answer.content


def _unavailable(*args: Any) -> Any:
    from catalog.publication import Unavailable

    raise Unavailable("gone")


def test_each_page_is_there_in_every_language_and_says_so(client: Client) -> None:
    make_model("maker/one:v1")
    for path in ("/", "/models/maker/one:v1"):
        for language in LANGUAGES:
            document = page(client, path, language)
            links = {
                element.attributes["hreflang"]: element.attributes["href"]
                for element in document.all("link", rel="alternate")
                if "hreflang" in element.attributes
            }
            assert links == {
                **{code: f"http://localhost{prefix}{path}" for code, prefix in PREFIXES.items()},
                "x-default": f"http://localhost{path}",
            }
            assert document.one("link", rel="canonical").attributes["href"] == links[language]
            switch = [element for element in document.all("a") if "data-hint" in element.attributes]
            assert {element.attributes["lang"] for element in switch} == set(LANGUAGES)


def test_the_admin_and_the_api_stay_english(client: Client) -> None:
    before = client.get("/admin/login/").content
    client.get("/ar/")
    assert translation.get_language() == "en-us"
    for language in LANGUAGES:
        answer = client.get("/admin/login/", headers={"accept-language": language})
        assert b'lang="en' in answer.content
        assert b"Username" in answer.content
    assert b"Username" in before
    assert (
        client.get("/v1/models/none", headers={"accept-language": "fr"}).json()["error"]["message"].startswith("There is no")
    )


def test_retired_models_stay_readable_and_leave_the_index(client: Client) -> None:
    make_model("new")
    old = make_model("old", deprecation_at=timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1))
    AIModel.objects.filter(pk=old.pk).update(replacement=AIModel.objects.get(model_id="new"))
    document = page(client, "/models/old")
    assert document.one("meta", name="robots").attributes["content"] == "noindex"
    assert [element.text for element in document.all("a", href="/models/new")] == ["Acme One"]
    sitemap = client.get("/sitemap.xml").content.decode()
    assert "/models/new</loc>" in sitemap
    assert "/models/old" not in sitemap
    assert sitemap.count("/models/new</loc>") == len(LANGUAGES)


def test_robots_may_read_the_pages_and_find_the_sitemap(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()
    assert "Sitemap: http://localhost/sitemap.xml" in text
    assert "Disallow: /admin/" in text


@pytest.fixture
def _without_site(settings: Settings) -> Iterator[None]:
    import catalog_site.urls

    settings.SITE_ENABLED = False
    reload(catalog_site.urls)
    clear_url_caches()
    yield
    settings.SITE_ENABLED = True
    reload(catalog_site.urls)
    clear_url_caches()


@pytest.mark.usefixtures("_without_site")
def test_without_the_site_its_root_leads_to_the_admin_and_the_api_goes_on(client: Client) -> None:
    make_model()
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
    assert client.get("/v1/models").status_code == 200
    assert client.get("/models/acme/one").status_code == 404
    assert client.get("/ar/").status_code == 404
    assert client.get("/robots.txt").status_code == 404
    assert client.get("/docs/").headers["Location"] == "/docs/api/"


def test_the_interactive_document_has_moved(client: Client) -> None:
    assert resolve("/docs/api/").url_name == "docs"


def test_a_page_may_be_sent_again_without_django_until_the_catalog_changes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.sending.SETTLED", timedelta(0))
    make_model()
    for path in ("/", "/ar/?sort=newest", "/models/acme/one", "/sitemap.xml"):
        assert client.get(path).wsgi_request.META[NOTE].format_name in ("catalog", "openrouter-api"), path
    for path in ("/?max_age_days=3", "/?in=100&sort=cost", "/?context=x", "/nothing"):
        assert NOTE not in client.get(path).wsgi_request.META, path  # it depends on the moment, or is no answer


def test_no_template_of_the_site_names_an_address_that_is_not_ours() -> None:
    for path in (Path(__file__).parents[2] / "templates" / "site").rglob("*.html"):
        found = re.findall(r"(?:src|href)=[\"'](?:https?:)?//[^\"'{]*", path.read_text())
        assert all("huggingface.co" in address for address in found), (path, found)
