"""The past in the admin: a model's history, the feed at a moment, and the difference of two moments."""

from datetime import timedelta
from typing import Any

import orjson
import pghistory
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.models import AIModel, Datacenter, ScheduledSwitch
from tests.admin.common import agree, change, form_data
from tests.admin.past import FLAT, LISTING, V2, now, page_of, said, set_price, steps
from tests.clock import MoveClock, soon
from tests.factories import make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_history_says_when_who_from_where_and_what_became_of_it(publisher_client: Client) -> None:
    with pghistory.context(source="import", origin="feed.json"):
        model = make_model()
    data = form_data(publisher_client, change(model))
    prompt = next(key for key, value in data.items() if key.endswith("-amount") and value == "0.10")
    answer = agree(publisher_client, change(model), {**data, prompt: "0.7", "name": "Other"})
    assert answer.status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_aimodel SET context_length = 65536")
    by_hand, form, *_, made = steps(publisher_client, model)
    assert by_hand.changed_by[:2] == ("—", "SQL or a program")
    assert [tuple(one) for one in by_hand.differences] == [("Context length", "131,072", "65,536")]
    assert form.changed_by[:2] == ("publisher", "edit form")
    assert [tuple(one) for one in form.differences] == [
        ("Name", "Acme One", "Other"),
        ("Prompt price, $ per 1M tokens", "0.10", "0.70"),
    ]
    assert made.changed_by[:2] == ("—", "command import_models, from feed.json")
    assert [step.is_now for step in (by_hand, form, made)] == [True, False, False]


def test_what_comes_by_schedule_is_told_so_and_not_as_a_cancelled_schedule(
    publisher_client: Client, move_clock: MoveClock
) -> None:
    model = make_listed()
    moment = soon()
    make_price(model, "prompt", "0.0000007", effective_from=moment)
    move_clock(moment)
    came, scheduled, *_ = steps(publisher_client, model)
    assert came.changed_by.how == "schedule"
    assert [tuple(one) for one in came.differences] == [("Prompt price, $ per 1M tokens", "0.10", "0.70")]
    assert [(one.old, one.new) for one in scheduled.differences] == [("—", "0.70")]


def test_a_long_history_comes_25_steps_a_page(publisher_client: Client) -> None:
    model = make_model()
    for number in range(30):
        AIModel.objects.filter(pk=model.pk).update(name=f"Name {number}")
    first, second = steps(publisher_client, model), steps(publisher_client, model, page="2")
    assert len(first) == 25
    assert first[0].differences[0].new == "Name 29"
    assert second[0].differences[0].new == "Name 4"
    assert b'aria-label="Page 2"' in publisher_client.get(page_of(model, "history")).content
    assert steps(publisher_client, model, page="nonsense")[0] == first[0]


def test_pages_of_the_past_take_as_many_queries_for_a_long_one_as_for_a_short_one(
    publisher_client: Client, django_assert_max_num_queries: Any
) -> None:
    model = make_listed()
    then = now()
    urls = [
        page_of(model, "history"),
        f"{page_of(model, 'seen')}?at={then.replace('+', '%2B')}",
        f"{page_of(model, 'restore')}?at={then.replace('+', '%2B')}",
        f"{LISTING}?at={then.replace('+', '%2B')}",
    ]

    def count() -> list[int]:
        found = []
        for url in urls:
            with django_assert_max_num_queries(100) as captured:
                assert publisher_client.get(url).status_code == 200
            found.append(len(captured))
        return found

    set_price(model, "0.5")
    count()
    before = count()
    for number in range(30):
        set_price(model, f"0.{number + 1}")
        AIModel.objects.filter(pk=model.pk).update(name=f"Name {number}")
        make_listed(f"other/{number}")
    assert count() == before


def test_what_openrouter_saw_of_a_model_is_what_the_feeds_held(publisher_client: Client, client: Client) -> None:
    model = make_listed(datacenters=(make_datacenter(),))
    set_price(model, "0.0000003", "input_cache_read")
    flat, v2 = (client.get(url).json()["data"] for url in (FLAT, V2))
    then = now()
    AIModel.objects.filter(pk=model.pk).update(model_id="acme/renamed", is_listed_on_openrouter=False)
    Datacenter.objects.update(country="FR")
    answer = publisher_client.get(page_of(model, "seen"), {"at": then})
    assert [orjson.loads(f"[{text}]") for _, text in answer.context["documents"]] == [flat, v2]
    later = publisher_client.get(page_of(model, "seen"), {"at": now()})
    assert later.context["documents"] == []
    assert b"was not in the OpenRouter feed" in later.content


def test_the_whole_feed_as_it_was_is_downloaded_byte_for_byte(publisher_client: Client, client: Client) -> None:
    model = make_listed(has_free_variant=True)
    make_listed("acme/gone")
    bodies = {name: client.get(f"/v1/models?format={name}").content for name in ("openrouter", "openrouter-v2")}
    then = now()
    AIModel.objects.update(is_listed_on_openrouter=False)
    AIModel.objects.get(model_id="acme/gone").delete()
    set_price(model, "0.5")
    for name, body in bodies.items():
        answer = publisher_client.get(LISTING, {"at": then, "format": name})
        assert answer.content == body
        assert answer.headers["Content-Type"] == "application/json"
        assert f'filename="{name}-' in answer.headers["Content-Disposition"]
    shown = publisher_client.get(LISTING, {"at": then}).context["entries"]
    assert [(one.model_id, one.is_free, one.prompt, one.completion, one.is_ready) for one in shown] == [
        ("acme/gone", False, "0.10", "0.20", True),
        ("acme/one", False, "0.10", "0.20", True),
        ("acme/one", True, "0.00", "0.00", True),
    ]
    assert client.get(FLAT).json()["data"] == []


def test_a_moment_before_the_history_is_empty_and_one_ahead_is_as_scheduled(publisher_client: Client) -> None:
    model = make_listed()
    ahead = timezone.now() + timedelta(days=2)
    make_price(model, "prompt", "0.0000009", effective_from=ahead - timedelta(days=1))
    ScheduledSwitch.objects.create(
        ai_model=model, switch="is_listed_on_openrouter", value=False, effective_from=ahead + timedelta(days=1)
    )
    unrecorded = publisher_client.get(page_of(model, "seen"), {"at": "1999-12-31T23:59:59"}).content.decode()
    assert "There is no record of this time" in unrecorded
    assert "not in the OpenRouter feed" not in unrecorded
    assert "Restore this version" not in unrecorded
    early = publisher_client.get(LISTING, {"at": "1999-12-31T23:59:59"})
    assert "There is no record of this time: the history begins at" in early.content.decode()
    assert early.context["entries"] == []
    for moment, prices in ((ahead, ["0.90"]), (ahead + timedelta(days=2), [])):
        later = publisher_client.get(LISTING, {"at": moment.isoformat()})
        assert b"is in the future" in later.content
        assert [one.prompt for one in later.context["entries"]] == prices
    seen = publisher_client.get(page_of(model, "seen"), {"at": ahead.isoformat()})
    assert '"prompt": "0.0000009"' in seen.context["documents"][0][1]


@pytest.mark.parametrize(
    "at",
    [
        "",
        "last Tuesday",
        "2026-13-01T00:00",
        "1960-01-01T00:00",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00+14:00",
    ],
)
def test_garbage_for_a_moment_is_told_to_be_that(publisher_client: Client, at: str) -> None:
    model = make_listed()
    for url, names in (
        (LISTING, ["at"]),
        (page_of(model, "seen"), ["at"]),
        (page_of(model, "compare"), ["old", "new"]),
    ):
        answer = publisher_client.get(url, dict.fromkeys(names, at))
        assert answer.status_code == 200
        assert b'role="alert"' in answer.content
    answer = publisher_client.get(page_of(model, "restore"), {"at": at}, follow=True)
    assert answer.redirect_chain == [(page_of(model, "history"), 302)]
    assert "date" in said(answer)[0]


def test_an_unknown_feed_is_told_to_be_one(publisher_client: Client) -> None:
    answer = publisher_client.get(LISTING, {"at": now(), "format": "xml"})
    assert said(answer) == ["There is no feed 'xml'; choose openrouter or openrouter-v2."]


def test_any_two_moments_are_compared_in_either_order(publisher_client: Client) -> None:
    model = make_listed()
    old = now()
    set_price(model, "0.0000005")
    AIModel.objects.update(name="Other")
    new = now()
    url = page_of(model, "compare")
    forth = publisher_client.get(url, {"old": old, "new": new}).context["differences"]
    back = publisher_client.get(url, {"old": new, "new": old}).context["differences"]
    assert [(one.old, one.new) for one in forth] == [("Acme One", "Other"), ("0.10", "0.50")]
    assert [(one.new, one.old) for one in back] == [("Acme One", "Other"), ("0.10", "0.50")]
    early = publisher_client.get(url, {"old": "2001-01-01T00:00", "new": new})
    assert b"At 2001-01-01 00:00 UTC the model did not exist." in early.content
    assert b"There is no difference" in publisher_client.get(url, {"old": new, "new": new}).content


def test_strangers_see_none_of_the_past(client: Client) -> None:
    model = make_listed()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    for name in ("history", "seen", "compare", "restore"):
        assert client.get(page_of(model, name)).status_code == 403
    assert client.get(LISTING).status_code == 403


def test_a_model_that_is_not_there_has_no_past(publisher_client: Client) -> None:
    for name in ("history", "seen", "compare", "restore"):
        assert publisher_client.get(f"/admin/catalog/aimodel/999/{name}/").status_code == 302
