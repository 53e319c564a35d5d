"""HTTP: methods, negotiation, conditional requests, errors, the OpenAPI document."""

import pytest
from django.test import Client
from openapi_spec_validator import validate

from catalog.api import filters
from tests.factories import make_listed

pytestmark = pytest.mark.django_db
FEED = "/v1/models?format=openrouter"


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/xml", "application/json;q=0", "garbage", ""])
def test_any_accept_header_gets_json(client: Client, accept: str) -> None:
    answer = client.get(FEED, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"


def test_nobody_needs_to_authenticate_and_no_cookie_is_set_or_varied_by(client: Client) -> None:
    answer = client.get(FEED, headers={"authorization": "Bearer nonsense"})
    assert answer.status_code == 200
    assert not answer.cookies
    assert "cookie" not in answer.headers.get("Vary", "").lower()


def test_head_answers_as_get_without_the_body(client: Client) -> None:
    make_listed()
    got, head = client.get(FEED), client.head(FEED)
    assert head.content == b""
    assert head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(got.content))


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_other_methods_are_405_in_the_envelope(client: Client, method: str) -> None:
    answer = getattr(client, method)(FEED)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert answer.json()["error"]["code"] == 405


def test_the_etag_is_strong_and_answers_304_until_something_changes(client: Client) -> None:
    model = make_listed()
    first = client.get(FEED)
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    for sent in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = client.get(FEED, headers={"if-none-match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == etag
    model.name = "Two"
    model.save()
    changed = client.get(FEED, headers={"if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_the_same_bytes_have_the_same_etag(client: Client) -> None:
    model = make_listed()
    etag = client.get(FEED).headers["ETag"]
    model.notes = "moves the revision, not the bytes"
    model.save()
    assert client.get(FEED).headers["ETag"] == etag


@pytest.mark.parametrize(
    "query",
    ["?format=", "?format=nonsense", "?format=openrouter&format=openrouter", "?format=%00", "?format=OpenRouter"],
)
def test_an_unknown_format_is_400_naming_the_known_ones(client: Client, query: str) -> None:
    answer = client.get(f"/v1/models{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400
    assert "openrouter" in answer.json()["error"]["message"]


def test_without_a_format_it_is_the_standard_catalog(client: Client) -> None:
    make_listed()
    assert client.get("/v1/models").json()["object"] == "list"
    assert client.get("/v1/models").content == client.get("/v1/models?format=catalog").content


@pytest.mark.parametrize(
    "path", ["/v1/", "/v1/nothing", "/v1/models/", "/api/", "/api/v1/nothing", "/inference/router", "/pricing.csv/x"]
)
def test_unknown_api_paths_are_404_in_the_envelope(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)


@pytest.mark.parametrize("path", [FEED, "/v1/models/x", "/api.json", "/pricing.csv", "/changes.rss", "/nothing"])
def test_a_host_that_is_not_ours_is_400_in_the_envelope_under_the_apis_paths(client: Client, path: str) -> None:
    client.raise_request_exception = False
    answer = client.get(path, headers={"host": "evil.example"})
    assert answer.status_code == 400
    if path != "/nothing":
        assert answer.json()["error"]["code"] == 400


def test_if_match_on_another_etag_is_412_in_the_envelope(client: Client) -> None:
    answer = client.get(FEED, headers={"if-match": '"x"'})
    assert (answer.status_code, answer.json()["error"]["code"]) == (412, 412)


@pytest.mark.parametrize("path", ["/docs/api/", "/schema/"])
def test_the_documents_are_only_read(client: Client, path: str) -> None:
    assert client.head(path).status_code == 200
    assert client.options(path).status_code == 405


def test_a_failure_is_500_in_the_envelope_and_never_a_shorter_list(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("catalog.sending.publisher.current", fail)
    client.raise_request_exception = False
    answer = client.get(FEED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, 500)


def test_the_openapi_document_is_valid_and_names_every_answer(client: Client) -> None:
    answer = client.get("/schema/")
    document = answer.json()
    assert document["openapi"] == "3.1.0"
    validate(document)
    assert set(document["paths"]["/v1/models"]["get"]["responses"]) >= {"200", "304", "400"}
    imports = {path: document["paths"].pop(path) for path in ("/api/v1/imports", "/api/v1/imports/{id}")}
    assert {"202", "400", "401", "403", "413", "415", "422", "429"} <= set(imports["/api/v1/imports"]["post"]["responses"])
    assert {"200", "202", "404", "409", "422"} <= set(imports["/api/v1/imports/{id}"]["get"]["responses"])
    for path, operation in document["paths"].items():
        assert {"200", "304", "404", "405"} <= set(operation["get"]["responses"]), path
        assert operation["get"]["summary"]
    assert "401" in document["paths"]["/api/ai/models"]["get"]["responses"]
    named = {parameter["name"] for parameter in document["paths"]["/api/v1/models"]["get"]["parameters"]}
    assert {parameter.name for parameter in filters.PARAMETERS} <= named


def test_the_docs_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/docs/api/")
    assert page.status_code == 200
    assert b"//cdn" not in page.content
    assert b"https://" not in page.content
