"""What the first queries of a new list would wait for is worked out by the thread that made the list."""

import threading
import time

import pytest

from catalog.browsing import Index, index_of, prepare
from catalog.formats import models_api
from catalog.publication import publisher
from catalog.publication.renewal import Renewal
from tests.factories import make_model
from tests.waiting import eventually


@pytest.mark.django_db(transaction=True)
def test_the_index_of_each_new_list_is_there_before_it_is_asked_for() -> None:
    model = make_model()
    for name in ("One", "Two"):
        model.name = name
        model.save()
        served = publisher.current(models_api.FORMAT.name)
        derived = served.publication.made_of.derived
        assert eventually(lambda derived=derived: "index" in derived)  # type: ignore[misc]
        assert index_of(served.publication).items[0].entries[0].model.name == name


@pytest.mark.django_db
def test_what_is_prepared_is_what_queries_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    make_model("acme/one", aliases=["uno"])
    publication = publisher.current(models_api.FORMAT.name).publication
    prepare(publication)
    index = index_of(publication)
    fresh = Index(index.items)
    assert index._facets
    for values, found in index._facets.items():
        assert fresh.facet(values) == found
    assert index._orders
    monkeypatch.setattr("catalog.browsing.search.texts", lambda items: pytest.fail("worked out again"))
    assert index.described((("uno", "uno"),)) == 1


def test_who_waits_for_a_list_does_not_wait_for_what_is_prepared_and_a_failure_of_it_harms_nothing() -> None:
    released, failed = threading.Event(), threading.Event()

    def afterwards() -> None:
        released.wait(20)
        failed.set()
        raise ValueError

    renewal = Renewal(lambda wanted: "answer", lambda *_: True, lambda: float("inf"), afterwards)
    try:
        renewal.wait("one", time.monotonic(), has_copy=False, failed_until=None)
        assert not released.is_set()
        released.set()
        assert failed.wait(20)
        renewal.wait("one", time.monotonic(), has_copy=False, failed_until=None)
    finally:
        renewal.end()
