"""Somebody who may not publish proposes; a publisher decides."""

import json
from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pghistory.models import Events
from pytest_django.fixtures import Settings

from catalog.models import AIModel, Datacenter, Price, Proposal, ScheduledSwitch
from tests.admin.common import LIST, agree, change, form_data, staff
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.review.common import FEED, LATER, NOT_YOURS, PROPOSALS, address_of, asked, prices, proposed

pytestmark = pytest.mark.django_db


def proposed_of(model_ids: Iterable[str]) -> Proposal:
    """A proposal of another context length of some models."""
    return proposed(asked(lambda: AIModel.objects.filter(model_id__in=model_ids).update(context_length=65536)))


def test_a_proposal_is_made_in_the_form_and_accepted_through_the_review(client: Client, settings: Settings) -> None:
    settings.EDITORS_PROPOSE = True
    staff(client, "Editor")
    model = make_listed()
    data = prices(form_data(client, change(model)), "prompt", "0.11")
    page = client.post(change(model), data)
    assert page.context["may_propose"]
    answer = client.post(
        change(model), data | {"_agreed": page.context["review"].digest, "_propose": "1", "_reason": "cheaper power"}
    )
    assert answer.status_code == 302
    assert client.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.0000001"
    proposal = Proposal.objects.get()
    assert client.post(address_of(proposal), {"_accept": "1"}).status_code == 403
    staff(client, "Publisher")
    assert "cheaper power" in client.get(address_of(proposal)).content.decode()
    answer = agree(client, address_of(proposal), {"_accept": "1", "_answer": "well done"})
    assert answer.status_code == 302
    proposal.refresh_from_db()
    assert (proposal.status, proposal.answer, str(proposal.decided_by)) == ("accepted", "well done", "publisher")
    assert client.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.00000011"
    event = Events.objects.tracks(Price.objects.latest("pk")).get()
    assert event.pgh_context["source"] == "proposal"
    assert event.pgh_context["origin"].startswith("editor, ")
    again = client.post(address_of(proposal), {"_accept": "1"}, follow=True)
    assert "already been decided" in again.content.decode()


def test_a_proposal_is_not_declined_without_a_word(client: Client, proposal: Proposal) -> None:
    staff(client, "Publisher")
    page = client.post(address_of(proposal), {"_decline": "1", "_answer": "  "}, follow=True)
    assert "Nothing was changed. Enter a comment that says why you decline" in page.content.decode()
    assert Proposal.objects.get().status == "open"


def test_a_models_page_leads_to_what_is_proposed_for_it(client: Client, proposal: Proposal) -> None:
    link = f'href="{address_of(proposal)}"'
    assert link in client.get(change(AIModel.objects.get())).content.decode()
    assert link not in client.get(change(make_model("acme/other"))).content.decode()
    client.post(address_of(proposal), {"_withdraw": "1"})
    assert link not in client.get(change(AIModel.objects.get(model_id="acme/one"))).content.decode()


def test_pressing_propose_twice_proposes_once(client: Client, settings: Settings) -> None:
    settings.EDITORS_PROPOSE = True
    staff(client, "Editor")
    model = make_listed()
    data = form_data(client, change(model)) | {"context_length": "65536"}
    digest = client.post(change(model), data).context["review"].digest
    for _ in range(2):
        client.post(change(model), data | {"_agreed": digest, "_propose": "1"})
    assert Proposal.objects.count() == 1


def test_a_proposal_to_cancel_what_has_come_is_refused(client: Client) -> None:
    model = make_listed()
    switch = ScheduledSwitch.objects.create(ai_model=model, switch="is_ready", value=False, effective_from=LATER)
    proposal = proposed(asked(lambda: ScheduledSwitch.objects.all().delete()))
    past = timezone.now() - timedelta(minutes=1)
    ScheduledSwitch.objects.filter(pk=switch.pk).update(effective_from=past)
    proposal.changes = json.loads(json.dumps(proposal.changes).replace(LATER.isoformat(), past.isoformat()))
    proposal.save()
    staff(client, "Publisher")
    page = client.post(address_of(proposal), {"_accept": "1"}, follow=True)
    assert "which is in the past." in page.content.decode()
    assert Proposal.objects.get().status == "open"


def test_a_proposal_is_declined_with_a_word_or_withdrawn_by_its_own(client: Client, proposal: Proposal) -> None:
    staff(client, "Publisher")
    client.post(address_of(proposal), {"_decline": "1", "_answer": "not now"})
    proposal.refresh_from_db()
    assert (proposal.status, proposal.answer) == ("declined", "not now")
    Proposal.objects.update(status="open", decided_by=None, decided_at=None)
    client.force_login(User.objects.get(username="editor"))
    client.post(address_of(proposal), {"_withdraw": "1"})
    proposal.refresh_from_db()
    assert proposal.status == "withdrawn"
    assert client.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.0000001"


def test_a_proposal_says_what_has_changed_since(client: Client, proposal: Proposal) -> None:
    make_price(AIModel.objects.get(), "prompt", "0.00000012", effective_from=timezone.now())
    staff(client, "Publisher")
    (moved,) = client.get(address_of(proposal)).context["changes"][0]["moved"]
    assert (moved.old, moved.new) == ("0.10", "0.12")


def test_a_proposal_for_what_is_gone_is_a_clear_message(client: Client, proposal: Proposal) -> None:
    AIModel.objects.update(is_listed_on_openrouter=False)
    AIModel.objects.all().delete()
    staff(client, "Publisher")
    page = client.post(address_of(proposal), {"_accept": "1"}, follow=True)
    assert "acme/one no longer exists." in page.content.decode()
    proposal.refresh_from_db()
    assert proposal.status == "open"


def test_viewers_read_proposals_and_decide_none(client: Client, proposal: Proposal) -> None:
    staff(client, "Viewer")
    assert client.get(address_of(proposal)).status_code == 200
    for button in ("_accept", "_decline", "_withdraw"):
        assert client.post(address_of(proposal), {button: "1"}).status_code == 403
    assert client.get("/admin/catalog/proposal/add/").status_code == 403
    assert client.post(f"/admin/catalog/proposal/{proposal.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("more", ["x", ""])
def test_an_action_said_twice_is_reviewed_as_one_said_once(client: Client, more: str) -> None:
    staff(client, "Editor")
    gone, kept = make_datacenter("par1", country="FR"), make_datacenter()
    make_listed(datacenters=(gone, kept))
    forged = {"action": ["delete_selected", more], "index": "0", "_selected_action": [gone.pk], "post": "yes"}
    page = client.post("/admin/catalog/datacenter/", forged)
    assert NOT_YOURS in page.content.decode()
    assert Datacenter.objects.count() == 2


def test_what_a_proposal_cannot_hold_is_not_proposed(client: Client, settings: Settings) -> None:
    settings.EDITORS_PROPOSE = True
    staff(client, "Editor")
    place = make_datacenter()
    make_listed(datacenters=(place,))
    address = f"/admin/catalog/datacenter/{place.pk}/change/"
    moved = {"code": "fra1", "name": "Frankfurt", "country": "FR"}
    page = client.post(address, moved)
    assert not page.context["may_propose"]
    client.post(address, moved | {"_propose": "1", "_agreed": page.context["review"].digest})
    assert not Proposal.objects.exists()


def test_a_deletion_is_not_proposed(client: Client, settings: Settings) -> None:
    settings.EDITORS_PROPOSE = True
    staff(client, "Editor")
    model = make_model()
    ScheduledSwitch.objects.create(ai_model=model, switch="is_listed_on_openrouter", value=True, effective_from=LATER)
    address = f"{LIST}{model.pk}/delete/"
    page = client.post(address, {"post": "yes"})
    assert NOT_YOURS in page.content.decode()
    assert not page.context["may_propose"]
    client.post(address, {"post": "yes", "_propose": "1", "_agreed": page.context["review"].digest})
    assert not Proposal.objects.exists()
    assert AIModel.objects.exists()


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_proposal_of_many_models_and_many_proposals_cost_as_many_queries_as_few(publisher: Client) -> None:
    names = [f"acme/{number}" for number in range(10)]

    def of_new(model_ids: list[str]) -> Proposal:
        return proposed(asked(lambda: [make_listed(model_id) for model_id in model_ids]))

    publisher.get(PROPOSALS)  # the first page of a session asks more
    of_two, of_ten = (queries(publisher, address_of(of_new(some))) for some in (names[:2], names))
    assert of_ten == of_two
    two_proposals = queries(publisher, PROPOSALS)
    for name in names:
        make_listed(name)
    of_two, of_ten = (queries(publisher, address_of(proposed_of(some))) for some in (names[:2], names))
    assert of_ten == of_two
    assert queries(publisher, PROPOSALS) == two_proposals


def test_a_proposal_is_called_by_three_models_and_the_list_reads_no_more_of_it(publisher: Client) -> None:
    for name in "abcde":
        make_listed(name)
    for names, title in (("ab", "a, b"), ("abc", "a, b, c"), ("abcde", "a, b, c and 2 more")):
        proposal = proposed_of(names)
        assert str(proposal) == title
        assert publisher.get(address_of(proposal)).context["title"] == f"Proposal: {title}"
        page = publisher.get(PROPOSALS)
        (row, *_) = page.context["cl"].result_list
        assert row.get_deferred_fields() == {"changes"}
        assert f">{title}</a>" in page.content.decode()


def test_a_model_is_proposed_together_with_the_one_that_replaces_it(publisher: Client) -> None:
    def made() -> None:
        make_listed("acme/a", replacement=make_listed("acme/b"))

    proposal = proposed(asked(made))
    assert agree(publisher, address_of(proposal), {"_accept": "1"}).status_code == 302
    proposal.refresh_from_db()
    assert proposal.status == "accepted"
    replaced = AIModel.objects.listed().values_list("model_id", "replacement__model_id")
    assert set(replaced) == {("acme/a", "acme/b"), ("acme/b", None)}


def test_a_proposal_follows_its_model_and_not_its_id(client: Client, proposal: Proposal) -> None:
    AIModel.objects.update(model_id="acme/old")
    make_listed("acme/one")
    staff(client, "Publisher")
    assert agree(client, address_of(proposal), {"_accept": "1", "_answer": "a\0b"}).status_code == 302
    proposal.refresh_from_db()
    assert proposal.answer == "ab"
    prices = {entry["id"]: entry["pricing"]["prompt"] for entry in client.get(FEED).json()["data"]}
    assert prices == {"acme/old": "0.00000011", "acme/one": "0.0000001"}
