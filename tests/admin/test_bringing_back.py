"""A moment of a model's past is brought back in the admin, through the review."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import AIModel, Price, Proposal, ScheduledSwitch
from tests.admin.common import agree, staff
from tests.admin.past import FLAT, LISTING, V2, now, page_of, said, set_price, steps
from tests.factories import make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert [one.new for one in page.context["differences"]] == ["131,072", "0.10", "—", "yes"]
    assert [one.old for one in page.context["kept"]] == ["900000.00"]
    review = publisher_client.post(url, data)
    assert review.context["review"].changes_feed
    assert client.get(FLAT).content == changed
    answer = agree(publisher_client, url, data)
    assert (answer.status_code, answer.url) == (302, page_of(model, "history"))
    assert client.get(FLAT).content == body
    assert Price.objects.filter(effective_from=ahead).exists()
    assert steps(publisher_client, model)[0].changed_by[:2] == ("publisher", "restored version")
    again = publisher_client.post(url, data, follow=True)
    assert "The model is already as it was" in said(again)[-1]


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
    for at, sentence in (("2001-01-01T00:00", "the model did not exist"), ("2100-01-01T00:00", "is in the future")):
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
        "Nothing was restored. This already exists, and there can be only one. Check the current version."
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
        assert b"Restore this version" not in answer.content
    for send in (viewer.get, viewer.post):
        assert send(page_of(model, "restore"), {"at": then}).status_code == 403


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


def test_bringing_back_a_listing_is_reviewed_with_what_is_ahead_of_it(publisher_client: Client) -> None:
    model = make_listed()
    then = now()
    AIModel.objects.update(is_listed_on_openrouter=False)
    make_price(model, "prompt", "0.09", effective_from=timezone.now() + timedelta(days=1))
    page = publisher_client.post(page_of(model, "restore"), {"at": then})
    assert "900,000 times what it was" in page.content.decode()
    assert page.context["review"].to_type == "acme/one"
