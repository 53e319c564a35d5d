"""``/api/v1/models/{id}/prices``, as bytes: what the public could see of each line, and nothing of the rest."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog import public_history
from catalog.models import AIModel, Price
from tests import clock
from tests.factories import PAST, make_model, make_price

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
FAR = datetime.fromisoformat("2099-01-01T00:00:00Z")


def rows(client: Client, model_id: str = "acme/one", kind: str = "prompt") -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/models/{model_id}/prices")
    assert answer.status_code == 200, answer.content
    return [row for row in answer.json()["data"] if row["kind"] == kind]


def text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def between(earlier: datetime, moment: str, later: datetime) -> bool:
    return earlier <= datetime.fromisoformat(moment) <= later


def test_the_whole_document(client: Client) -> None:
    model = make_model(prices={"prompt": "0.00000000000000000000009"})
    make_price(model, "prompt", "0.0000003", effective_from=PAST + timedelta(days=1))
    make_price(model, "prompt", None, effective_from=FAR)
    make_price(model, "prompt", "0.5", min_prompt_tokens=200_000, service_tier="flex", effective_from=FAR)
    make_price(model, "input_cache_write", "2", cache_ttl_seconds=3600, utc_start=2200, utc_end=600, utc_days=["monday"])
    answer = client.get("/api/v1/models/acme/one/prices")
    assert answer.content == (
        b'{"data":[{"kind":"prompt","unit":"token","service_tier":"default","usd":"0.00000000000000000000009",'
        b'"effective_from":"2026-01-01T00:00:00Z","effective_until":"2026-01-02T00:00:00Z","is_scheduled":false},'
        b'{"kind":"prompt","unit":"token","service_tier":"default","usd":"0.0000003",'
        b'"effective_from":"2026-01-02T00:00:00Z","effective_until":"2099-01-01T00:00:00Z","is_scheduled":false},'
        b'{"kind":"input_cache_write","unit":"token","service_tier":"default","utc_start":2200,"utc_end":600,'
        b'"utc_days":["monday"],"cache_ttl_seconds":3600,"usd":"2","effective_from":"2026-01-01T00:00:00Z",'
        b'"effective_until":null,"is_scheduled":false},'
        b'{"kind":"prompt","unit":"token","service_tier":"flex","min_prompt_tokens":200000,"usd":"0.5",'
        b'"effective_from":"2099-01-01T00:00:00Z","effective_until":null,"is_scheduled":true}]}'
    )
    again = client.get("/api/v1/models/acme/one/prices", headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_nothing_is_said_of_the_time_before_the_model_was_public(client: Client) -> None:
    model = make_model(is_public=False, prices={"prompt": "1"})
    make_price(model, "prompt", "2", effective_from=PAST + timedelta(days=1))
    assert client.get("/api/v1/models/acme/one/prices").status_code == 404
    before = clock.now()
    AIModel.objects.update(is_public=True)
    (row,) = rows(client)
    assert row["usd"] == "2"
    assert between(before, row["effective_from"], clock.now())


def test_a_price_that_was_scheduled_in_secret_is_no_news_of_then(client: Client) -> None:
    model = make_model(is_public=False, prices={"prompt": "1"})
    make_price(model, "prompt", "3", effective_from=FAR)
    AIModel.objects.update(is_public=True)
    assert [(row["usd"], row["is_scheduled"]) for row in rows(client)] == [("1", False), ("3", True)]


def test_what_happened_while_the_model_was_withdrawn_stays_secret(client: Client) -> None:
    model = make_model(prices={"prompt": "1"})
    AIModel.objects.update(is_public=False)
    withdrawn = clock.now()
    make_price(model, "prompt", "7", effective_from=clock.now())
    make_price(model, "prompt", "8", effective_from=clock.now())
    (row,) = rows(client)  # it may be mentioned
    assert datetime.fromisoformat(row["effective_until"]) < withdrawn
    back = clock.now()
    AIModel.objects.update(is_public=True)
    first, second = rows(client)
    assert (first, second["usd"]) == (row, "8")
    assert between(back, second["effective_from"], clock.now())


def test_a_withdrawn_model_that_may_not_be_mentioned_is_404_and_so_is_a_deleted_one(client: Client) -> None:
    make_model()
    make_model("acme/two", is_mentioned_after_removal=False)
    assert rows(client, "acme/two")
    AIModel.objects.update(is_public=False)
    assert client.get("/api/v1/models/acme/two/prices").status_code == 404
    assert rows(client, "acme/one")
    AIModel.objects.all().delete()
    assert rows(client, "acme/one")
    answer = client.get("/api/v1/models/acme/two/prices")
    assert (answer.status_code, answer.content) == (
        404,
        b"""{"error":{"code":404,"message":"There is no model 'acme/two'."}}""",
    )


def test_a_price_that_is_changed_in_its_place_was_the_old_one_until_then(client: Client) -> None:
    model = make_model(prices={"prompt": "1"})
    before = clock.now()
    Price.objects.filter(ai_model=model).update(usd=2)
    old, new = rows(client)
    assert (old["usd"], new["usd"], old["effective_until"]) == ("1", "2", new["effective_from"])
    assert between(before, new["effective_from"], clock.now())
    Price.objects.filter(ai_model=model).delete()
    assert rows(client)[1]["effective_until"] is not None


def test_a_scheduled_price_that_was_cancelled_never_was(client: Client) -> None:
    model = make_model(prices={"prompt": "1"})
    make_price(model, "prompt", "9", effective_from=FAR).delete()
    assert [row["usd"] for row in rows(client)] == ["1"]


def test_ids_with_slashes_colons_and_other_letters_and_aliases(client: Client) -> None:
    make_model("acme/llama/3.1:fast", aliases=["llama-latest"])
    assert rows(client, "acme/llama/3.1:fast") == rows(client, "llama-latest")
    assert client.get("/api/v1/models/acme/안녕/prices").status_code == 404
    assert client.get("/api/v1/models/%00/prices").status_code == 404


def test_it_asks_the_database_once_and_then_nothing_until_something_moves(client: Client) -> None:
    model = make_model()
    client.get("/api/v1/models/acme/one/prices")  # the list
    public_history.clear_cache()
    with CaptureQueriesContext(connection) as first:
        rows(client)
    # what is recorded, which models were public when, and the prices
    assert len(first) == 3, first.captured_queries
    with CaptureQueriesContext(connection) as second:
        rows(client)
    assert not second
    make_price(model, "prompt", "5", effective_from=clock.now())
    assert rows(client)[-1]["usd"] == "5"
