"""A model's history, the feed as it was, and bringing it back, through HTTP."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pghistory
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.admin.chart import charts
from catalog.models import AIModel, Datacenter, Price, Proposal, ScheduledSwitch
from tests import clock
from tests.clock import MoveClock, soon
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.test_admin import agree, change, form_data, staff

pytestmark = pytest.mark.django_db(transaction=True)
FLAT = "/v1/models?format=openrouter"
V2 = "/v1/models?format=openrouter-v2"
LISTING = "/admin/catalog/aimodel/listing/"


@pytest.fixture
def publisher_client(client: Client) -> Client:
    return staff(client, "Publisher")


def page_of(model: AIModel, name: str) -> str:
    return f"/admin/catalog/aimodel/{model.pk}/{name}/"


def now() -> str:
    return clock.now().isoformat()


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def steps(client: Client, model: AIModel, **query: Any) -> list[Any]:
    answer = client.get(page_of(model, "history"), query)
    assert answer.status_code == 200
    found: list[Any] = answer.context["steps"]
    return found


def set_price(model: AIModel, usd: str | None, kind: str = "prompt") -> None:
    Price.objects.create(ai_model=model, kind=kind, usd=None if usd is None else Decimal(usd))


def test_the_history_says_when_who_from_where_and_what_became_of_it(publisher_client: Client) -> None:
    with pghistory.context(source="import", origin="feed.json"):
        model = make_model()
    data = form_data(publisher_client, change(model))
    prompt = next(key for key, value in data.items() if key.endswith("-amount") and value == "0.1")
    answer = agree(publisher_client, change(model), {**data, prompt: "0.7", "name": "Other"})
    assert answer.status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_aimodel SET context_length = 65536")
    by_hand, form, *_, made = steps(publisher_client, model)
    assert by_hand.whence == ("—", "by SQL or a program")
    assert [tuple(one) for one in by_hand.differences] == [("Context length", "131,072", "65,536")]
    assert form.whence == ("publisher", "in a form of the admin")
    assert [tuple(one) for one in form.differences] == [
        ("Name", "Acme One", "Other"),
        ("Prompt price, $ per 1M tokens", "0.1", "0.7"),
    ]
    assert made.whence == ("—", "by an import, from feed.json")
    assert [step.is_now for step in (by_hand, form, made)] == [True, False, False]


def test_what_comes_by_schedule_is_told_so_and_not_as_a_cancelled_schedule(
    publisher_client: Client, move_clock: MoveClock
) -> None:
    model = make_listed()
    moment = soon()
    make_price(model, "prompt", "0.0000007", effective_from=moment)
    move_clock(moment)
    came, scheduled, *_ = steps(publisher_client, model)
    assert came.whence.how == "by schedule"
    assert [tuple(one) for one in came.differences] == [("Prompt price, $ per 1M tokens", "0.1", "0.7")]
    assert [(one.old, one.new) for one in scheduled.differences] == [("—", "0.7")]


def test_a_long_history_comes_25_steps_a_page(publisher_client: Client) -> None:
    model = make_model()
    for number in range(30):
        AIModel.objects.filter(pk=model.pk).update(name=f"Name {number}")
    first, second = steps(publisher_client, model), steps(publisher_client, model, p="2")
    assert len(first) == 25
    assert first[0].differences[0].new == "Name 29"
    assert second[0].differences[0].new == "Name 4"
    assert b'aria-label="Page 2"' in publisher_client.get(page_of(model, "history")).content
    assert steps(publisher_client, model, p="nonsense")[0] == first[0]


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
        ("acme/gone", False, "0.1", "0.2", True),
        ("acme/one", False, "0.1", "0.2", True),
        ("acme/one", True, "0", "0", True),
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
    assert "Nothing is recorded of this moment" in unrecorded
    assert "not in the OpenRouter feed" not in unrecorded
    assert "Bring this back" not in unrecorded
    early = publisher_client.get(LISTING, {"at": "1999-12-31T23:59:59"})
    assert "Nothing is recorded of this moment: the history begins at" in early.content.decode()
    assert early.context["entries"] == []
    for moment, prices in ((ahead, ["0.9"]), (ahead + timedelta(days=2), [])):
        later = publisher_client.get(LISTING, {"at": moment.isoformat()})
        assert b"lies ahead" in later.content
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
    assert "oment" in said(answer)[0]


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
    assert [(one.old, one.new) for one in forth] == [("Acme One", "Other"), ("0.1", "0.5")]
    assert [(one.new, one.old) for one in back] == [("Acme One", "Other"), ("0.1", "0.5")]
    early = publisher_client.get(url, {"old": "2001-01-01T00:00", "new": new})
    assert b"At 2001-01-01 00:00 UTC the model was not there." in early.content
    assert b"Nothing differs" in publisher_client.get(url, {"old": new, "new": new}).content


def test_a_moment_is_brought_back_through_the_review(publisher_client: Client, client: Client) -> None:
    model = make_listed(datacenters=(make_datacenter(),))
    body, then = client.get(FLAT).content, now()
    set_price(model, "0.5")
    set_price(model, "0.6", "image_output")
    model.datacenters.clear()
    AIModel.objects.update(context_length=65536)
    ahead = timezone.now() + timedelta(days=1)
    make_price(model, "prompt", "0.9", effective_from=ahead)
    changed = client.get(FLAT).content
    url, data = page_of(model, "restore"), {"at": then}
    page = publisher_client.get(url, data)
    assert [one.new for one in page.context["differences"]] == ["131,072", "0.1", "—", "yes"]
    assert [one.old for one in page.context["kept"]] == ["900000"]
    review = publisher_client.post(url, data)
    assert review.context["review"].changes_feed
    assert client.get(FLAT).content == changed
    answer = agree(publisher_client, url, data)
    assert (answer.status_code, answer.url) == (302, page_of(model, "history"))
    assert client.get(FLAT).content == body
    assert Price.objects.filter(effective_from=ahead).exists()
    assert steps(publisher_client, model)[0].whence == ("publisher", "by restoring what was")
    again = publisher_client.post(url, data, follow=True)
    assert "It is already as it was" in said(again)[-1]


def test_a_line_whose_days_are_kept_in_another_order_ends_where_it_is_served(
    publisher_client: Client, client: Client
) -> None:
    model = make_listed()
    before, then = client.get(V2).content, now()
    make_price(model, "completion", "0.5", utc_start=800, utc_end=1700, utc_days=["tuesday", "monday"])
    assert b'"utc_days":["monday","tuesday"]' in client.get(V2).content
    assert agree(publisher_client, page_of(model, "restore"), {"at": then}).status_code == 302
    assert client.get(V2).content == before


def test_an_unlisted_model_is_brought_back_through_the_review_too(publisher_client: Client) -> None:
    model = make_model()
    then = now()
    AIModel.objects.update(name="Other")
    url, data = page_of(model, "restore"), {"at": then}
    assert "review" in publisher_client.post(url, data).context
    assert AIModel.objects.get().name == "Other"
    assert publisher_client.post(url, {**data, "_back": "1"}).headers["Location"] == page_of(model, "history")
    agree(publisher_client, url, data)
    assert AIModel.objects.get().name == "Acme One"


def test_what_needs_something_that_is_gone_stays_and_the_rest_is_brought_back(publisher_client: Client) -> None:
    place, other = make_datacenter(), make_model("acme/other")
    model = make_model(datacenters=(place,), replacement=other)
    with_both = now()
    AIModel.objects.filter(pk=model.pk).update(replacement=None, quantization="bf16")
    model.datacenters.clear()
    place.delete()
    other.delete()
    url = page_of(model, "restore")
    page = publisher_client.get(url, {"at": with_both})
    assert [one.label for one in page.context["differences"]] == ["Quantization"]
    assert [one.label for one in page.context["kept"]] == ["Replacement", "Datacenter fra1"]
    agree(publisher_client, url, {"at": with_both})
    assert AIModel.objects.get().quantization == "fp8"


def test_what_cannot_be_brought_back_is_said_and_changes_nothing(publisher_client: Client) -> None:
    model = make_model()
    AIModel.objects.update(quantization="bf16")
    url = page_of(model, "restore")
    for at, sentence in (("2001-01-01T00:00", "the model was not there"), ("2100-01-01T00:00", "lies ahead")):
        for send in (publisher_client.get, publisher_client.post):
            assert sentence in said(send(url, {"at": at}, follow=True))[0]
    assert AIModel.objects.get().quantization == "bf16"


def test_a_rule_of_the_database_refuses_a_restoration_in_words(publisher_client: Client) -> None:
    model = make_model(prices={})
    then = now()
    for kind in ("prompt", "completion"):
        make_price(model, kind, "0.1")
    AIModel.objects.filter(pk=model.pk).update(model_id="acme/new", is_listed_on_openrouter=True)
    ScheduledSwitch.objects.create(
        ai_model=model, switch="is_listed_on_openrouter", value=True, effective_from=timezone.now() + timedelta(days=1)
    )
    make_model("acme/one")
    answer = publisher_client.post(page_of(model, "restore"), {"at": then}, follow=True)
    assert said(answer) == [
        "Nothing was brought back. The same is there already, and there can be one of it only; look at what is there now."
    ]
    assert AIModel.objects.get(pk=model.pk).model_id == "acme/new"
    assert AIModel.objects.get(pk=model.pk).is_listed_on_openrouter


def test_viewers_look_and_bring_nothing_back(client: Client) -> None:
    model = make_listed()
    then = now()
    set_price(model, "0.5")
    viewer = staff(client, "Viewer")
    for url in (page_of(model, "history"), f"{page_of(model, 'seen')}", f"{page_of(model, 'compare')}", LISTING):
        answer = viewer.get(url)
        assert answer.status_code == 200
        assert b"Bring this back" not in answer.content
    for send in (viewer.get, viewer.post):
        assert send(page_of(model, "restore"), {"at": then}).status_code == 403


def test_strangers_see_none_of_the_past(client: Client) -> None:
    model = make_listed()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    for name in ("history", "seen", "compare", "restore"):
        assert client.get(page_of(model, name)).status_code == 403
    assert client.get(LISTING).status_code == 403


@pytest.mark.parametrize("may_propose", [False, True])
def test_an_editors_restoration_of_a_live_model_is_refused_or_proposed(
    client: Client, settings: Any, may_propose: bool
) -> None:
    settings.EDITORS_PROPOSE = may_propose
    model = make_listed()
    then = now()
    set_price(model, "0.5")
    body, editor = client.get(FLAT).content, staff(client, "Editor")
    url, data = page_of(model, "restore"), {"at": then}
    review = editor.post(url, data)
    assert b"only a publisher may change that" in review.content
    agreed = {**data, "_agreed": review.context["review"].digest, "_typed": review.context["review"].to_type}
    answer = editor.post(url, {**agreed, "_propose": "1"}, follow=True)
    assert client.get(FLAT).content == body
    assert Proposal.objects.count() == may_propose
    if may_propose:
        assert answer.redirect_chain[-1][0] == page_of(model, "history")
        assert len(said(answer)) == 1


def test_an_editor_brings_back_what_no_feed_shows(client: Client) -> None:
    model = make_model()
    then = now()
    AIModel.objects.update(name="Other")
    agree(staff(client, "Editor"), page_of(model, "restore"), {"at": then})
    assert AIModel.objects.get().name == "Acme One"


def test_a_model_that_is_not_there_has_no_past(publisher_client: Client) -> None:
    for name in ("history", "seen", "compare", "restore"):
        assert publisher_client.get(f"/admin/catalog/aimodel/999/{name}/").status_code == 302


def test_a_chart_has_a_series_for_each_line_and_tells_free_ended_and_ahead_apart() -> None:
    model = make_model(prices={})
    begun, now_ = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 11, tzinfo=UTC)
    for days, usd in ((0, "0.000002"), (5, "0"), (8, None), (20, "0.00000000000000000000001")):
        make_price(model, "prompt", usd, effective_from=begun + timedelta(days=days))
    make_price(model, "completion", "0.000004", effective_from=begun)
    make_price(model, "image", "0.5", unit="image", effective_from=begun)
    make_price(model, "prompt", "1", service_tier="flex", effective_from=begun)
    tokens, images, flex = charts(model.pk, now_)
    assert [chart.title for chart in (tokens, images, flex)] == [
        "Prices in $ per 1M tokens",
        "Prices in $ per image",
        "Prices in $ per 1M tokens, flex tier",
    ]
    prompt, completion = tokens.series
    assert [mark.look for mark in prompt.marks] == ["price", "free", "end", "price"]
    assert prompt.past == "M0.00 120.00H240.38M240.38 120.00V200.00H384.62"
    assert prompt.ahead.startswith("M961.54 200")
    assert completion.past == "M0.00 40.00H480.77"
    assert completion.ahead == "M480.77 40.00H1000.00"
    assert [amount for _, amount in tokens.grid] == ["5", "2.5", "0"]
    assert [(row.amount, row.is_ahead) for row in tokens.rows] == [
        ("2", False),
        ("0, free", False),
        ("ends, not sold", False),
        ("0.00000000000000001", True),
        ("4", False),
    ]


def test_a_chart_of_one_price_and_of_none_is_drawn(publisher_client: Client) -> None:
    model = make_model(prices={})
    assert b"mc-chart" not in publisher_client.get(page_of(model, "history")).content
    set_price(model, "0")
    answer = publisher_client.get(page_of(model, "history"))
    (chart,) = answer.context["charts"]
    assert chart.grid[0][1] == "1"
    assert chart.series[0].marks[0].look == "free"
    _, _, drawn = answer.content.lower().partition(b"<svg")
    assert b"nan" not in drawn.partition(b"</svg>")[0]


def test_bringing_back_a_listing_is_reviewed_with_what_is_ahead_of_it(publisher_client: Client) -> None:
    model = make_listed()
    then = now()
    AIModel.objects.update(is_listed_on_openrouter=False)
    make_price(model, "prompt", "0.09", effective_from=timezone.now() + timedelta(days=1))
    page = publisher_client.post(page_of(model, "restore"), {"at": then})
    assert "900,000 times higher" in page.content.decode()
    assert page.context["review"].to_type == "acme/one"
