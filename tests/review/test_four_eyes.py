"""With ``FOUR_EYES`` nobody changes alone what the feeds show; and those who are concerned are told of proposals."""

import json
from datetime import UTC, datetime
from typing import Any

import pghistory
import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.alarms.occurrences import occurrences
from catalog.history import Wanted, find, summarized
from catalog.models import AIModel, AlarmKind, Proposal
from tests.admin.common import LIST, agree, change, form_data, staff
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.review.common import FEED, PROPOSALS, address_of, bulk, prices
from tests.uploads.common import UPLOAD, page, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _four_eyes(settings: Settings) -> None:
    settings.FOUR_EYES = True


def propose(client: Client, url: str, data: dict[str, Any]) -> Proposal:
    page = client.post(url, data)
    assert page.context["may_propose"]
    assert not page.context["is_allowed"]
    client.post(url, data | {"_agreed": page.context["review"].digest, "_propose": "1"})
    return Proposal.objects.get()


@pytest.mark.parametrize("is_superuser", [False, True])
def test_a_publisher_proposes_and_another_accepts(client: Client, is_superuser: bool) -> None:
    staff(client, "Publisher")
    User.objects.update(is_superuser=is_superuser)
    model, before = make_listed(), client.get(FEED).content
    data = prices(form_data(client, change(model)), "prompt", "0.11")
    proposal = propose(client, change(model), data)
    agree(client, address_of(proposal), {"_accept": "1"})
    assert client.get(FEED).content == before
    other_publisher(client)
    assert agree(client, address_of(proposal), {"_accept": "1"}).status_code == 302
    assert client.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.00000011"


def test_a_bulk_action_is_proposed_and_what_no_feed_shows_is_saved(client: Client) -> None:
    staff(client, "Publisher")
    model = make_listed()
    page = bulk(client, "set_not_ready", model)
    assert "another publisher has to accept that" in page.content.decode()
    assert AIModel.objects.get().is_ready
    draft = make_model("acme/draft")
    assert agree(client, change(draft), form_data(client, change(draft)) | {"notes": "mine"}).status_code == 302
    assert AIModel.objects.get(pk=draft.pk).notes == "mine"


def other_publisher(client: Client) -> None:
    other = User.objects.create_user("other", is_staff=True)
    other.groups.add(Group.objects.get(name="Publisher"))
    client.force_login(other)


def test_undoing_is_proposed_and_another_accepts(client: Client) -> None:
    staff(client, "Publisher")
    model, before = make_listed(), client.get(FEED).content
    with pghistory.context(source="bulk"):
        make_price(model, "prompt", "0.00000011", effective_from=timezone.now())
    (made,) = summarized(find(Wanted(way="bulk"))[:1])
    url = f"{LIST}activity/{made.key}/"
    proposal = propose(client, url, {})
    assert client.get(FEED).content != before
    other_publisher(client)
    assert agree(client, address_of(proposal), {"_accept": "1"}).status_code == 302
    assert client.get(FEED).content == before
    assert client.get(url).context["to_undo"] == 0


def test_why_an_added_model_in_the_feeds_is_not_taken_back_by_a_proposal_is_said(client: Client) -> None:
    staff(client, "Publisher")
    with pghistory.context(source="form"):
        make_listed()
    (made,) = summarized(find(Wanted(way="form"))[:1])
    page = client.post(f"{LIST}activity/{made.key}/", {}).content.decode()
    assert "another publisher has to accept that" in page
    assert "Propose to take them off OpenRouter, and delete them afterwards" in page
    assert AIModel.objects.exists()


def test_an_upload_is_proposed_and_one_with_a_new_datacenter_says_why_it_cannot_be(
    client: Client, runner_inline: None
) -> None:
    staff(client, "Publisher")
    make_listed()
    before = client.get(FEED).content
    upload = send(client, "model_id,context_length\nacme/one,65536\n")
    assert "You can propose it." in page(client, upload)
    client.post(f"{UPLOAD}{upload.pk}/", {"_propose": "1"})
    assert client.get(FEED).content == before
    with_place = {**client.get(FEED).json()["data"][0], "datacenters": [{"country_code": "FI"}]}
    other = send(client, json.dumps({"data": [with_place]}), "feed.json")
    assert "Save the changes of datacenters or the provider separately first" in page(client, other)
    other_publisher(client)
    assert agree(client, address_of(Proposal.objects.get()), {"_accept": "1"}).status_code == 302
    assert client.get(FEED).json()["data"][0]["context_length"] == 65536


def test_a_datacenter_which_no_proposal_can_hold_is_changed_alone(client: Client) -> None:
    staff(client, "Publisher")
    place = make_datacenter()
    make_listed(datacenters=(place,))
    url = f"/admin/catalog/datacenter/{place.pk}/change/"
    assert agree(client, url, form_data(client, url) | {"country": "FI"}).status_code == 302
    place.refresh_from_db()
    assert place.country == "FI"


def test_publishers_are_told_of_a_proposal_and_its_proposer_of_the_decision(
    client: Client, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    staff(client, "Editor")
    User.objects.update(email="editor@example.com")
    model = make_listed()
    proposal = propose(client, change(model), form_data(client, change(model)) | {"context_length": "65536"})
    (alarm,) = [one for one in occurrences(datetime.now(UTC)) if one.kind == AlarmKind.PROPOSAL]
    assert "editor proposes" in alarm.text
    staff(client, "Publisher")
    assert "Open proposals" in [tile.label for tile in client.get("/admin/").context["tiles"]]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address_of(proposal), {"_decline": "1", "_answer": "too short"})
    (sent,) = mail.outbox
    assert sent.to == ["editor@example.com"]
    assert "too short" in sent.body
    client.force_login(User.objects.get(username="editor"))
    assert "publisher has declined" in " ".join(client.get("/admin/").content.decode().split())
    assert not [one for one in occurrences(datetime.now(UTC)) if one.kind == AlarmKind.PROPOSAL]


@pytest.mark.parametrize("are_on", [True, False])
def test_proposals_are_shown_only_where_they_are_on(client: Client, settings: Settings, are_on: bool) -> None:
    settings.FOUR_EYES = are_on
    staff(client, "Publisher")
    page = client.get("/admin/")
    assert ("Open proposals" in [tile.label for tile in page.context["tiles"]]) is are_on
    assert (PROPOSALS in page.content.decode()) is are_on


def test_making_a_model_public_is_reviewed(client: Client) -> None:
    staff(client, "Editor")
    model = make_model(is_public=False)
    data = form_data(client, change(model)) | {"is_public": "on"}
    page = client.post(change(model), data)
    assert page.context["review"].made_public == (model.model_id,)
    assert not AIModel.objects.get().is_public
    assert agree(client, change(model), data).status_code == 302
    assert AIModel.objects.get().is_public
    assert client.get(LIST).status_code == 200
