"""``/changes``: what changed, day by day, for those who may know."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from catalog.models import AIModel
from tests import clock
from tests.factories import make_model, make_price
from tests.site.common import Document, page

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
FAR = datetime(2099, 12, 26, tzinfo=UTC)


def items(document: Document) -> list[str]:
    return [" ".join(one.text.split()) for one in document.all("li", **{"class": "change"})]


def test_prices_are_told_from_to_and_by_how_much(client: Client) -> None:
    model = make_model(prices={"prompt": "0.0000001"})
    clock.now()
    make_price(model, "prompt", "0.00000008", effective_from=FAR)
    make_price(model, "completion", "0.000000123456789012345678", effective_from=FAR, service_tier="flex")
    document = page(client, "/changes")
    scheduled, added = items(document)
    assert scheduled.startswith("Price scheduled Acme One acme/one From Dec 26, 2099")
    assert "Input: $0.10 $0.08 per 1M tokens -20%" in scheduled
    assert "Output · Flex: not sold $0.123456789012345678 per 1M tokens" in scheduled
    assert added == "Added Acme One acme/one"
    values = [one.attributes["value"] for one in document.all("data")]
    assert values == ["0.0000001", "0.00000008", "0.000000123456789012345678"]


def test_kinds_and_a_model_are_chosen_and_so_are_the_feeds(client: Client) -> None:
    model = make_model()
    make_model("acme/two", name="Two")
    clock.now()
    make_price(model, "prompt", "0.5", effective_from=FAR)
    assert len(items(page(client, "/changes"))) == 3
    assert len(items(page(client, "/changes?kind=added"))) == 2
    assert len(items(page(client, "/changes?kind=added&kind=scheduled&kind=nonsense"))) == 3
    document = page(client, "/changes?kind=added&model=acme/two")
    assert items(document) == ["Added Two acme/two"]
    feed = document.one("link", type="application/atom+xml").attributes["href"]
    assert feed == "/changes.atom?kind=added&model=acme%2Ftwo"
    assert client.get(feed).content.count(b"<entry>") == 1
    assert "No changes" in page(client, "/changes?model=nothing").one("main").text
    assert items(page(client, "/changes?offset=2")) == items(page(client, "/changes"))[2:]
    assert len(items(page(client, "/changes?offset=-x"))) == 3


def test_no_link_leads_to_a_model_that_is_gone(client: Client) -> None:
    gone = make_model("acme/gone", name="Gone")
    make_model("acme/old", name="Old", deprecation_at=FAR, replacement=gone)
    clock.now()
    AIModel.objects.filter(pk=gone.pk).update(is_public=False, is_mentioned_after_removal=True)
    document = page(client, "/changes")
    assert any("Removed Gone" in one for one in items(document))
    links = [one.attributes["href"] or "" for one in document.all("a")]
    models = [link for link in links if link.startswith("/models/")]
    assert models
    assert all(client.get(link).status_code == 200 for link in set(models))
    clock.now()
    AIModel.objects.filter(pk=gone.pk).update(is_mentioned_after_removal=False)
    assert "Gone" not in page(client, "/changes").one("main").text


def test_it_is_sent_as_the_lists_are_in_every_language(client: Client) -> None:
    make_model()
    answer = client.get("/changes")
    assert client.get("/changes", headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
    assert page(client, "/changes", "fr").one("h1").text == "Changements"
    assert page(client, "/changes", "ar").one("h1").text == "التغييرات"
    assert "/ar/changes</loc>" in client.get("/sitemap.xml").content.decode()
