"""``/suggest.json``: the models that fit what is typed."""

import pytest
from django.test import Client

from catalog.publication import Unavailable
from tests.factories import make_model
from tests.site.common import PREFIXES

pytestmark = pytest.mark.django_db


def test_the_models_whose_names_fit_come_first_with_their_pages(client: Client) -> None:
    make_model("q/35-9b", name="Qwen3.5 9B")
    make_model("a/other", name="Other", description="Better than Qwen 9B")
    for number in range(20):
        make_model(f"m{number}", name=f"Many {number}")
    for language, prefix in PREFIXES.items():
        answer = client.get(f"{prefix}/suggest.json?q=QWEN 9b")
        assert answer.json()["data"] == [
            {"name": "Qwen3.5 9B", "id": "q/35-9b", "path": f"{prefix}/models/q/35-9b"},
            {"name": "Other", "id": "a/other", "path": f"{prefix}/models/a/other"},
        ], language
    assert len(client.get("/suggest.json?q=many").json()["data"]) == 8
    for query in ("", "?q=", "?q=%20", "?q=" + "x" * 5000):
        assert client.get(f"/suggest.json{query}").json() == {"data": []}
    assert (
        client.get(
            "/suggest.json?q=many", headers={"if-none-match": client.get("/suggest.json?q=many").headers["ETag"]}
        ).status_code
        == 304
    )


def test_it_says_so_where_nothing_is_published(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*args: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr("catalog.publication.publishing.publisher.current", unavailable)
    assert client.get("/suggest.json?q=a").status_code == 503
