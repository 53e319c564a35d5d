"""``/api/v1/models?at=…``: the public catalog of another moment."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import AIModel, Price
from catalog.public_history.cache import PublicationCache
from catalog.publication import Unavailable, publisher
from tests import clock
from tests.factories import make_datacenter, make_model, make_price

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
LIST = "/api/v1/models"


def at(client: Client, moment: object, **query: str) -> bytes:
    answer = client.get(LIST, {"at": str(moment).replace(" ", "T"), **query})
    assert answer.status_code == 200, answer.content
    return answer.content


def test_the_list_of_a_moment_is_byte_for_byte_what_was_sent_then(client: Client) -> None:
    place = make_datacenter()
    one = make_model(datacenters=(place,), has_free_variant=True, description="Before.")
    make_model("acme/two")
    sent, paged = client.get(LIST).content, client.get(LIST, {"q": "two", "limit": "1"}).content
    then = clock.now()
    make_price(one, "prompt", "0.7", effective_from=then)
    AIModel.objects.filter(pk=one.pk).update(description="After.", has_free_variant=False, model_id="acme/renamed")
    place.delete()
    AIModel.objects.filter(model_id="acme/two").delete()
    make_model("acme/three")
    assert client.get(LIST).content != sent
    assert at(client, then) == sent
    assert at(client, then, q="two", limit="1") == paged
    assert client.get(f"{LIST}/count", {"at": then.isoformat()}).json() == {"data": {"count": 3}}


def test_before_the_first_record_there_was_nothing(client: Client) -> None:
    make_model()
    assert client.get(LIST, {"at": "1999-01-01"}).json()["data"] == []


def test_what_was_not_public_then_or_may_not_be_mentioned_now_is_not_there(client: Client) -> None:
    make_model("acme/secret", is_public=False)
    make_model("acme/hushed", is_mentioned_after_removal=False, replacement=AIModel.objects.get())
    make_model("acme/kept")
    then = clock.now()
    AIModel.objects.filter(model_id="acme/secret").update(is_public=True)
    AIModel.objects.exclude(model_id="acme/secret").update(is_public=False)
    answer = at(client, then)
    assert b"acme/kept" in answer
    assert b"acme/secret" not in answer
    assert b"acme/hushed" not in answer


def test_a_moment_ahead_is_the_list_as_it_is_scheduled(client: Client) -> None:
    model = make_model(prices={"prompt": "0.1", "completion": "0.1"})
    coming = timezone.now() + timedelta(days=30)
    make_price(model, "prompt", "0.2", effective_from=coming)
    assert b'"prompt":"0.2"' in at(client, coming + timedelta(seconds=1))
    assert b'"prompt":"0.1"' in at(client, coming - timedelta(seconds=1))
    assert b'"prompt":"0.1"' in client.get(LIST).content
    assert Price.objects.count() == 3


@pytest.mark.parametrize(
    "moment", ["", "now", "2026-08-01T00:00:00", "2026-02-30", "10000-01-01", "2026-08-01T00:00:00+99:00"]
)
def test_what_is_no_moment_is_a_400(client: Client, moment: str) -> None:
    answer = client.get(f"{LIST}?limit=1&at={moment}")
    assert answer.status_code == (400 if moment else 200)
    assert not moment or answer.json()["error"]["message"].startswith("at: ")


def test_a_moment_is_read_once(client: Client) -> None:
    make_model()
    then = clock.now()
    make_model("acme/two")
    first = at(client, then)
    with CaptureQueriesContext(connection) as queries:
        assert at(client, then) == first
    assert not queries


def test_one_at_a_time_and_whoever_waits_too_long_is_told_to_come_again(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model()
    served = publisher.current("openrouter-api")
    kept = PublicationCache[int](most=2)
    monkeypatch.setattr("catalog.public_history.cache.TIMEOUT", 0.01)

    def slow() -> int:
        with pytest.raises(Unavailable, match="Try again"):
            kept.get(served, "other", lambda: 2)
        return 1

    assert kept.get(served, "one", slow)[0] == 1
    assert [kept.get(served, key, lambda key=key: key)[0] for key in (2, 3, 4)] == [2, 3, 4]  # type: ignore[misc]
    assert len(kept._entries) == 2
