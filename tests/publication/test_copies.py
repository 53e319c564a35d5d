"""Last good copies: on the disk, torn, of another catalog, refused."""

import pickle
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from catalog.models import AIModel, CatalogRevision
from catalog.publication import Unavailable, publisher, rebuilding
from catalog.publication.last_good_copies import LastGoodCopies, NoBytes, Overtaken
from tests.factories import make_listed
from tests.publication.common import FEED, Outage, name, write_round_the_triggers
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def copies() -> LastGoodCopies:
    return LastGoodCopies(settings.DATA_DIR / "copies")


def test_a_process_that_starts_without_a_database_sends_the_copy_on_disk(client: Client, outage: Outage) -> None:
    make_listed("acme/one")
    whole = (FEED, "/v1/models", "/api/v1/models?output_modalities=all")
    good = {path: client.get(path).content for path in whole}
    publisher.clear()
    outage.is_on = True
    for path in whole:
        answer = client.get(path)
        assert (answer.status_code, answer.content) == (200, good[path])
        assert "Age" in answer.headers
    outage.is_on = False
    assert eventually(lambda: "Age" not in client.get(FEED).headers)


def test_it_also_sends_single_models_searches_and_pages_of_that_copy(client: Client, outage: Outage) -> None:
    make_listed("acme/one")
    client.get("/ar/models/acme/one")  # makes both formats that pages are made of, as any visit does
    client.get("/")
    parts = (
        "/v1/models/acme/one", "/api/v1/models", "/api/v1/models?output_modalities=all&q=one", "/api/v1/providers",
        "/", "/?q=one&sort=newest", "/fr/pricing", "/compare?models=acme/one", "/ko/docs/openrouter",
        "/deprecations", "/sitemap.xml", "/llms.txt", "/suggest.json?q=one",
    )  # fmt: skip
    publisher.clear()
    good = {path: client.get(path).content for path in parts}
    publisher.clear()
    outage.is_on = True
    for path in parts:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "Age" in answer.headers, path
        assert answer.content == good[path] or b'class="banner warning"' in answer.content, path
    page = client.get("/models/acme/one")
    assert (page.status_code, "Age" in page.headers) == (200, True)
    assert client.get("/changes").status_code == 503  # nobody could ask about the past


@pytest.mark.parametrize("damage", [lambda whole: whole[:-5], lambda whole: b"", lambda whole: pickle.dumps(make_listed)])
def test_a_listing_that_does_not_render_to_the_copy_is_not_used(
    client: Client, outage: Outage, damage: Callable[[bytes], bytes]
) -> None:
    make_listed("acme/one")
    client.get("/v1/models")
    publisher.clear()
    path = copies().directory / "catalog.listing"
    path.write_bytes(damage(path.read_bytes()))
    outage.is_on = True
    assert client.get("/v1/models").status_code == 200
    answer = client.get("/v1/models/acme/one")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/pricing").status_code == 503


def test_a_listing_of_another_revision_is_not_used(client: Client, outage: Outage) -> None:
    make_listed("acme/one")
    client.get("/v1/models")
    publisher.clear()
    path = copies().directory / "catalog.listing"
    older = path.read_bytes()
    AIModel.objects.update(name="New")
    client.get("/v1/models")
    publisher.clear()
    path.write_bytes(older)
    outage.is_on = True
    assert b"New" in client.get("/v1/models").content
    assert client.get("/v1/models/acme/one").status_code == 503


def test_without_any_copy_it_is_503_with_a_time_to_come_back(client: Client, outage: Outage) -> None:
    outage.is_on = True
    answer = client.get(FEED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, 503)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("damage", [lambda whole: whole[:-5], lambda whole: b"", lambda whole: b"{}\n" + whole])
def test_a_torn_copy_is_never_sent(client: Client, outage: Outage, damage: Callable[[bytes], bytes]) -> None:
    make_listed()
    client.get(FEED)
    publisher.clear()
    (path,) = copies().directory.glob("*.copy")
    path.write_bytes(damage(path.read_bytes()))
    outage.is_on = True
    assert client.get(FEED).status_code == 503


def test_a_disk_that_is_full_stops_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("catalog.publication.last_good_copies.os.fsync", full)
    make_listed()
    assert publisher.current("openrouter").stale is None
    assert "No space left on device" in caplog.text
    assert sorted(path.name for path in copies().directory.iterdir()) == ["lock", "openrouter.copy"]
    with pytest.raises(NoBytes):
        copies().read("openrouter")


def test_a_row_that_cannot_be_rendered_keeps_the_last_good_copy(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_listed("fine")
    good = client.get(FEED)
    render: Any = vars(rebuilding)["render"]

    def broken(name: str, content: Any) -> Any:
        if any(entry.model.name == "Broken" for entry in content.entries):
            raise AssertionError("broken row")
        return render(name, content)

    monkeypatch.setattr(rebuilding, "render", broken)
    make_listed("broken", name="Broken")
    answer = client.get(FEED)
    assert answer.content == good.content
    assert "detail=rebuild-failed" in answer.headers["Cache-Status"]
    assert "broken row" in caplog.text


def test_a_copy_says_what_it_is_a_copy_of() -> None:
    make_listed("acme/one")
    made = publisher.current("openrouter").publication
    publisher.clear()
    kept = copies().read("openrouter")
    assert kept is not None
    assert (kept.body, kept.etag, kept.revision, kept.since) == (made.body, made.etag, made.revision, made.since)
    assert kept.entries == made.entries
    with pytest.raises(Unavailable):
        _ = kept.made_of


def test_the_same_number_with_something_else_is_another_revision() -> None:
    """After a failover to a replica that had lost a commit, or a restore."""
    make_listed()
    assert name() == "Acme One"
    number = CatalogRevision.objects.get().revision
    AIModel.objects.update(name="Other")
    CatalogRevision.objects.update(revision=number)
    assert name() == "Other"


def test_a_copy_of_another_catalog_is_never_sent_and_the_log_says_so_once(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    make_listed("invented")
    client.get(FEED)
    publisher.clear()
    write_round_the_triggers("DELETE FROM catalog_price; DELETE FROM catalog_aimodel")
    CatalogRevision.objects.update(catalog_id=uuid4())
    for path in (FEED, "/v1/models?format=openrouter-v2"):
        answer = client.get(path)
        assert (answer.json()["data"], "Cache-Status" in answer.headers) == ([], False)
    assert caplog.text.count("The database has a different catalog") == 1


def test_an_older_copy_does_not_replace_a_newer_one() -> None:
    make_listed()
    older = publisher.current("openrouter").publication
    AIModel.objects.update(name="Two")
    newer = publisher.current("openrouter").publication
    publisher.clear()
    with pytest.raises(Overtaken):
        copies().keep(older, None)
    kept = copies().read("openrouter")
    assert kept is not None
    assert kept.body == newer.body
