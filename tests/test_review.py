"""A change of the live feed is reviewed before it is done, whoever makes it and by which way."""

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pghistory.models import Events
from pytest_django.fixtures import Settings

from catalog.admin import reviewing
from catalog.admin.tables import EXPORTS
from catalog.history import version
from catalog.listing import Selection, listing
from catalog.models import AIModel, Datacenter, ParameterDescriptor, Price, Proposal, ScheduledSwitch
from catalog.openrouter.consequences import Effect
from catalog.review import Agreement, NotAgreed, NotAllowed, Review, reviewed
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.test_admin import ADD, LIST, agree, change, form_data, new_model, price_row, staff

pytestmark = pytest.mark.django_db
FEED = "/v1/models?format=openrouter"
PROPOSALS = "/admin/catalog/proposal/"
LATER = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
NOT_YOURS = "only a publisher may change that"


@pytest.fixture
def publisher(client: Client) -> Client:
    return staff(client, "Publisher")


NOBODY = Agreement()


def asked(change: Any, agreement: Agreement = NOBODY, **options: Any) -> Review:
    """The review of a change that nobody has agreed to."""
    with pytest.raises(NotAgreed) as refused, reviewed(agreement, **{"may_publish": True, **options}):
        change()
    return refused.value.review


def effects(review: Review) -> list[tuple[str, str]]:
    return [(one.field, one.effect.value) for moment in review.moments for one in moment.consequences]


def prices(data: dict[str, Any], kind: str, amount: str) -> dict[str, Any]:
    """The form's data with another amount for the first line of a kind."""
    for number in range(int(data["prices-TOTAL_FORMS"])):
        key = data[f"prices-{number}-id"]
        if Price.objects.get(pk=key).kind == kind:
            return data | {f"prices-{number}-amount": amount}
    raise AssertionError(kind)


# What a review says


def test_nothing_is_kept_until_it_is_agreed_to() -> None:
    model = make_listed()
    review = asked(lambda: AIModel.objects.update(context_length=65536))
    assert listing(Selection.LISTED).entries[0].model.context_length == 131072
    assert effects(review) == [("context_length", "applied")]
    with reviewed(Agreement(review.digest), may_publish=True):
        AIModel.objects.update(context_length=65536)
    model.refresh_from_db()
    assert model.context_length == 65536


def test_what_the_feeds_do_not_show_is_kept_at_once_unless_everything_is_to_be_seen() -> None:
    make_listed()
    make_model("acme/unlisted")
    with reviewed(Agreement(), may_publish=False):
        AIModel.objects.update(notes="harmless")
    with reviewed(Agreement(), may_publish=False):
        AIModel.objects.filter(model_id="acme/unlisted").update(context_length=65536)
    review = asked(lambda: AIModel.objects.update(notes="seen"), always=True)
    assert not review.changes_feed
    assert [one.model_id for one in review.changes] == ["acme/one", "acme/unlisted"]


def test_what_was_agreed_to_is_what_is_done() -> None:
    make_listed()
    digest = asked(lambda: AIModel.objects.update(context_length=65536)).digest
    again = asked(lambda: AIModel.objects.update(context_length=65537), Agreement(digest))
    assert again.digest != digest


def test_somebody_who_may_not_publish_is_refused_exactly_what_the_feeds_show() -> None:
    make_listed()
    with pytest.raises(NotAllowed), reviewed(Agreement(), may_publish=False):
        AIModel.objects.update(description="new")
    assert AIModel.objects.get().description == ""


def test_what_comes_later_is_said_with_its_moment_and_said_once() -> None:
    model = make_listed()

    def change() -> None:
        AIModel.objects.update(context_length=65536)
        make_price(model, "prompt", "0.00000011", effective_from=LATER)

    now, later = asked(change).moments
    assert [(now.at, [one.field for one in now.consequences])] == [(None, ["context_length"])]
    assert later.at == LATER
    assert [(one.old, one.new) for one in later.consequences] == [("0.1", "0.11")]


def test_cancelling_what_was_scheduled_is_said_and_is_no_danger() -> None:
    model = make_listed()
    make_price(model, "prompt", "0.001", effective_from=LATER)
    review = asked(lambda: Price.objects.filter(effective_from=LATER).delete())
    (moment,) = review.moments
    assert (moment.at, [(one.old, one.new) for one in moment.consequences]) == (LATER, [("0.1", "1000")])
    assert [one.effect for one in moment.consequences] == ["cancelled"]
    assert review.dangers == {}


def test_another_price_for_a_moment_is_compared_with_what_is_in_force_before_it() -> None:
    model = make_listed()
    make_price(model, "prompt", "0.001", effective_from=LATER)
    review = asked(lambda: Price.objects.filter(effective_from=LATER).update(usd="0.0000002"))
    assert [(one.old, one.new, one.code) for one in review.moments[0].consequences] == [("0.1", "0.2", "price-changed")]
    assert review.dangers == {}


def test_a_slip_for_a_moment_is_stopped_although_what_was_planned_was_near_it() -> None:
    model = make_listed()
    make_price(model, "prompt", "0.001", effective_from=LATER)
    review = asked(lambda: Price.objects.filter(effective_from=LATER).update(usd="0.002"))
    assert "20,000 times higher" in review.dangers[model.model_id][0]


@pytest.mark.parametrize("lists", [True, False])
def test_a_switch_that_is_cancelled_hides_nothing(lists: bool) -> None:
    model = make_model() if lists else make_listed()
    ScheduledSwitch.objects.create(ai_model=model, switch="is_listed_on_openrouter", value=lists, effective_from=LATER)
    review = asked(lambda: ScheduledSwitch.objects.all().delete())
    (moment,) = review.moments
    assert (moment.at, {one.effect for one in moment.consequences}) == (LATER, {"cancelled"})
    assert review.dangers == {}


def test_a_first_tier_and_a_first_free_variant_were_never_in_the_feed() -> None:
    model = make_listed()

    def change() -> None:
        AIModel.objects.update(has_free_variant=True)
        make_price(model, "prompt", "0.00000005", service_tier="flex")
        make_price(model, "completion", "0.0000001", service_tier="flex")

    (moment,) = asked(change).moments
    assert {one.key.service_tier: one.code for one in moment.consequences} == {
        "flex": "entry-new-waits",
        "default": "entry-new",
    }


def test_a_tier_and_a_free_variant_that_come_back_are_known() -> None:
    model = make_listed(has_free_variant=True)
    make_price(model, "prompt", "0.00000005", service_tier="flex")
    make_price(model, "completion", "0.0000001", service_tier="flex")
    model.prices.bulk_create(Price(ai_model=model, kind=kind, service_tier="flex") for kind in ("prompt", "completion"))
    AIModel.objects.update(has_free_variant=False)

    def change() -> None:
        AIModel.objects.update(has_free_variant=True)
        make_price(model, "prompt", "0.00000005", service_tier="flex", effective_from=timezone.now())
        make_price(model, "completion", "0.0000001", service_tier="flex", effective_from=timezone.now())

    (moment,) = asked(change).moments
    assert {one.code for one in moment.consequences} == {"entry-back"}


def test_what_a_scheduled_listing_will_show_is_reviewed_too() -> None:
    model = make_model()
    ScheduledSwitch.objects.create(ai_model=model, switch="is_listed_on_openrouter", value=True, effective_from=LATER)
    (moment,) = asked(lambda: AIModel.objects.update(context_length=65536)).moments
    assert (moment.at, [one.field for one in moment.consequences]) == (LATER, ["context_length"])


def test_a_datacenter_is_reviewed_for_the_models_that_it_serves() -> None:
    make_listed(datacenters=(make_datacenter(),))
    assert effects(asked(lambda: Datacenter.objects.update(country="FR"))) == [("datacenters", "detected")]


@pytest.mark.parametrize(
    ("update", "says"),
    [
        ({"is_listed_on_openrouter": False}, "goes from the feed"),
        ({"is_ready": False}, "goes off OpenRouter"),
        ({"model_id": "acme/other"}, "acme/other"),
    ],
    ids=["unlisted", "not ready", "renamed"],
)
def test_what_takes_a_model_off_must_be_typed(update: dict[str, Any], says: str) -> None:
    make_listed()
    review = asked(lambda: AIModel.objects.update(**update))
    assert says in " ".join(review.dangers["acme/one"])
    assert review.to_type == "acme/one"
    mistyped = Agreement(review.digest, "acme/on")
    with pytest.raises(NotAgreed) as refused, reviewed(mistyped, may_publish=True):
        AIModel.objects.update(**update)
    assert refused.value.is_mistyped
    with reviewed(Agreement(review.digest, " acme/one "), may_publish=True):
        AIModel.objects.update(**update)


def test_two_models_that_exchange_their_ids_are_two_that_change() -> None:
    make_listed("a")
    make_listed("b", context_length=65536)

    def exchange() -> None:
        for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
            AIModel.objects.filter(model_id=old).update(model_id=new)

    review = asked(exchange)
    assert review.dangers == {"a": ("The id changes from a to b.",), "b": ("The id changes from b to a.",)}
    assert review.to_type == "2 models"


def test_of_several_models_their_number_is_typed() -> None:
    for name in "abc":
        make_listed(name)
    assert asked(lambda: AIModel.objects.update(is_ready=False)).to_type == "3 models"


@pytest.mark.parametrize(
    ("factor", "usd", "is_dangerous"), [(3, "0.0000003", False), (3, "0.00000031", True), (4, "0.0000004", False)]
)
def test_the_factor_that_a_price_may_move_is_a_setting(
    settings: Settings, factor: int, usd: str, is_dangerous: bool
) -> None:
    settings.PRICE_CHANGE_FACTOR = factor
    model = make_listed()
    review = asked(lambda: make_price(model, "prompt", usd, effective_from=timezone.now()))
    assert bool(review.dangers) is is_dangerous


def test_a_review_of_many_models_costs_as_many_queries_as_of_one() -> None:
    for number in range(30):
        make_listed(f"a/{number}")
    with CaptureQueriesContext(connection) as of_one:
        assert len(asked(lambda: AIModel.objects.filter(model_id="a/1").update(context_length=65536)).changes) == 1
    with CaptureQueriesContext(connection) as of_many:
        assert len(asked(lambda: AIModel.objects.update(context_length=65536)).changes) == 30
    assert len(of_many) == len(of_one)


# The form


def test_saving_a_listed_model_shows_the_review_first(publisher: Client) -> None:
    model = make_listed()
    data = prices(form_data(publisher, change(model)), "prompt", "0.11")
    page = publisher.post(change(model), data)
    said = page.content.decode()
    assert "The price is applied on the next poll." in said
    assert "changed successfully" not in said
    assert publisher.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.0000001"
    assert ("prices-0-amount", data["prices-0-amount"]) in page.context["posted"]
    answer = publisher.post(change(model), data | {"_agreed": page.context["review"].digest}, follow=True)
    assert "changed successfully" in answer.content.decode()
    assert publisher.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.00000011"


def test_harmless_edits_are_not_slowed_down(publisher: Client) -> None:
    model = make_listed()
    assert publisher.post(change(model), form_data(publisher, change(model)) | {"notes": "hi"}).status_code == 302


def test_a_slip_by_a_million_is_stopped(publisher: Client) -> None:
    model = make_listed()
    data = prices(form_data(publisher, change(model)), "prompt", "100000")
    page = publisher.post(change(model), data)
    assert "Divided by 1,000,000 it would be $0.1 per 1M tokens." in page.content.decode()
    again = publisher.post(change(model), data | {"_agreed": page.context["review"].digest, "_typed": "yes"})
    assert "has to be typed just so" in again.content.decode()
    assert publisher.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.0000001"


def test_back_from_the_review_is_the_form_as_it_was_typed(publisher: Client) -> None:
    model = make_listed()
    data = form_data(publisher, change(model)) | {"name": "Typed", "_back": "1"}
    page = publisher.post(change(model), data)
    assert page.context["adminform"].form["name"].value() == "Typed"
    assert "Nothing has been saved yet" in page.content.decode()
    assert page.context["errors"] == []
    model.refresh_from_db()
    assert model.name == "Acme One"


def test_whatever_openrouter_does_has_a_heading_on_the_page() -> None:
    assert set(reviewing.EFFECTS) == set(Effect)


def test_a_first_listing_says_how_openrouter_stages_it(publisher: Client) -> None:
    data = new_model(publisher, is_listed_on_openrouter="on", is_ready="on")
    price_row(data, kind="prompt", amount="0.09")
    price_row(data, kind="completion", amount="0.13")
    page = publisher.post(ADD, data)
    assert effects(page.context["review"]) == [("entry", Effect.STAGED.value)]
    assert not AIModel.objects.exists()
    assert agree(publisher, ADD, data).status_code == 302


def test_deleting_what_a_schedule_will_list_is_reviewed(publisher: Client) -> None:
    model = make_model()
    ScheduledSwitch.objects.create(ai_model=model, switch="is_listed_on_openrouter", value=True, effective_from=LATER)
    address = f"{LIST}{model.pk}/delete/"
    page = publisher.post(address, {"post": "yes"})
    assert page.context["review"].moments[0].at == LATER
    assert AIModel.objects.exists()
    review = page.context["review"]
    publisher.post(address, {"post": "yes", "_agreed": review.digest, "_typed": review.to_type})
    assert not AIModel.objects.exists()


def test_the_history_says_that_it_was_a_form(publisher: Client) -> None:
    model = make_model()
    agree(publisher, change(model), form_data(publisher, change(model)) | {"name": "Other"})
    event = Events.objects.tracks(model).order_by("pgh_created_at", "pgh_id").last()
    assert event.pgh_context["source"] == "form"
    assert event.pgh_context["user"] == User.objects.get().pk


# Two people at once


def test_saving_over_somebodys_newer_change_shows_both_and_loses_neither(publisher: Client) -> None:
    model = make_listed()
    mine = prices(form_data(publisher, change(model)), "prompt", "0.11") | {"name": "Mine"}
    mine["_version"] = version(model)
    AIModel.objects.filter(pk=model.pk).update(name="Theirs", context_length=65536)
    make_price(model, "completion", "0.00000021", effective_from=timezone.now())
    page = publisher.post(change(model), mine)
    assert [one.label for one in page.context["theirs"]] == ["Name", "Context length", "Completion price, $ per 1M tokens"]
    assert [(one.label, one.new) for one in page.context["yours"]] == [
        ("Name", "Mine"),
        ("Prompt price, $ per 1M tokens", "0.11"),
    ]
    assert page.context["both"] == ["Name"]
    model.refresh_from_db()
    assert model.name == "Theirs"
    assert Price.objects.count() == 3
    merged = mine | {"_merge": page.context["current"]}
    review = publisher.post(change(model), merged)
    assert effects(review.context["review"]) == [("prices", "applied"), ("name", "ignored")]
    assert agree(publisher, change(model), merged).status_code == 302
    (entry,) = publisher.get(FEED).json()["data"]
    assert (entry["name"], entry["context_length"]) == ("Mine", 65536)
    assert (entry["pricing"]["prompt"], entry["pricing"]["completion"]) == ("0.00000011", "0.00000021")


def test_a_conflict_on_a_model_that_another_one_replaces_is_merged_too(publisher: Client) -> None:
    model = make_model(replacement=make_model("acme/next"))
    mine = form_data(publisher, change(model)) | {"notes": "mine", "_version": version(model)}
    AIModel.objects.filter(pk=model.pk).update(name="Theirs")
    page = publisher.post(change(model), mine)
    assert [(one.label, one.new) for one in page.context["yours"]] == [("Notes", "mine")]
    assert agree(publisher, change(model), mine | {"_merge": page.context["current"]}).status_code == 302
    model.refresh_from_db()
    assert (model.name, model.notes, model.replacement) == ("Theirs", "mine", AIModel.objects.get(model_id="acme/next"))


def test_a_third_who_saves_meanwhile_is_shown_again(publisher: Client) -> None:
    model = make_listed()
    mine = form_data(publisher, change(model)) | {"name": "Mine", "_version": version(model)}
    AIModel.objects.update(context_length=65536)
    page = publisher.post(change(model), mine)
    AIModel.objects.update(max_output_length=4096)
    again = publisher.post(change(model), mine | {"_merge": page.context["current"]})
    assert [one.label for one in again.context["theirs"]] == ["Context length", "Max output length"]


def test_a_datacenter_that_somebody_has_saved_is_not_overwritten_unseen(publisher: Client) -> None:
    place = make_datacenter()
    address = f"/admin/catalog/datacenter/{place.pk}/change/"
    mine = {"code": "fra1", "name": "Mine", "country": "DE", "_version": version(place)}
    Datacenter.objects.update(name="Theirs")
    page = publisher.post(address, mine)
    assert "Somebody has saved this since you opened it" in page.content.decode()
    assert Datacenter.objects.get().name == "Theirs"
    assert publisher.post(address, mine | {"_version": page.context["version"]}).status_code == 302
    assert Datacenter.objects.get().name == "Mine"


def test_a_version_that_was_never_shown_is_a_clear_message(publisher: Client) -> None:
    model = make_model()
    answer = publisher.post(change(model), form_data(publisher, change(model)) | {"_version": "x.y"})
    assert (answer.status_code, answer.content) == (400, b"The form names no version that was ever shown.")


# Who may


def test_an_editor_changes_everything_but_what_the_live_feed_shows(client: Client) -> None:
    staff(client, "Editor")
    listed, other = make_listed(), make_model("acme/other")
    assert client.post(change(other), form_data(client, change(other)) | {"context_length": "65536"}).status_code == 302
    assert client.post(change(listed), form_data(client, change(listed)) | {"notes": "hi"}).status_code == 302
    page = client.post(change(listed), form_data(client, change(listed)) | {"context_length": "65536"})
    assert NOT_YOURS in page.content.decode()
    forged = form_data(client, change(listed)) | {
        "context_length": "65536",
        "_agreed": page.context["review"].digest,
        "_typed": "acme/one",
        "_propose": "1",
    }
    client.post(change(listed), forged)
    listed.refresh_from_db()
    assert listed.context_length == 131072
    assert not Proposal.objects.exists()


def test_an_editor_may_not_move_a_datacenter_that_the_feed_shows(client: Client) -> None:
    staff(client, "Editor")
    place = make_datacenter()
    make_listed(datacenters=(place,))
    address = f"/admin/catalog/datacenter/{place.pk}/change/"
    moved = {"code": "fra1", "name": "Frankfurt", "country": "FR"}
    review = client.post(address, moved).context["review"]
    answer = client.post(address, moved | {"_agreed": review.digest, "_typed": review.to_type})
    assert NOT_YOURS in answer.content.decode()
    assert Datacenter.objects.get().country.code == "DE"


@pytest.fixture
def proposal(client: Client, settings: Settings) -> Proposal:
    """An Editor's change of a listed model's price, proposed through the form."""
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
    return Proposal.objects.get()


def proposed(review: Review) -> Proposal:
    """The changes of a review as somebody's proposal."""
    somebody, _ = User.objects.get_or_create(username="somebody")
    return Proposal.objects.create(proposed_by=somebody, changes=[one._asdict() for one in review.changes])


def proposed_of(model_ids: Iterable[str]) -> Proposal:
    """A proposal of another context length of some models."""
    return proposed(asked(lambda: AIModel.objects.filter(model_id__in=model_ids).update(context_length=65536)))


def address_of(proposal: Proposal) -> str:
    return f"{PROPOSALS}{proposal.pk}/change/"


def test_a_proposal_is_accepted_through_the_review(client: Client, proposal: Proposal) -> None:
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
    assert "decided already" in again.content.decode()


def test_a_proposal_is_not_declined_without_a_word(client: Client, proposal: Proposal) -> None:
    staff(client, "Publisher")
    page = client.post(address_of(proposal), {"_decline": "1", "_answer": "  "}, follow=True)
    assert "Nothing was changed. Say in a word why it is declined" in page.content.decode()
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
    assert "for which it was scheduled, is past." in page.content.decode()
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
    assert (moved.old, moved.new) == ("0.1", "0.12")


def test_a_proposal_for_what_is_gone_is_a_clear_message(client: Client, proposal: Proposal) -> None:
    AIModel.objects.update(is_listed_on_openrouter=False)
    AIModel.objects.all().delete()
    staff(client, "Publisher")
    page = client.post(address_of(proposal), {"_accept": "1"}, follow=True)
    assert "acme/one is not there any more." in page.content.decode()
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


def test_a_popup_on_an_older_model_is_told_so_too(publisher: Client) -> None:
    model = make_model()
    mine = form_data(publisher, change(model)) | {"notes": "mine", "_version": version(model), "_popup": "1"}
    AIModel.objects.update(name="Theirs")
    assert [one.new for one in publisher.post(change(model), mine).context["yours"]] == ["mine"]


def test_a_model_that_comes_back_is_said_to_stay_hidden(publisher: Client) -> None:
    model = make_listed()
    AIModel.objects.update(is_listed_on_openrouter=False)
    page = publisher.post(change(model), form_data(publisher, change(model)) | {"is_listed_on_openrouter": "on"})
    assert "does not show again by itself; ask OpenRouter" in page.content.decode()


def test_a_free_variant_of_a_model_that_is_listed_is_new_and_does_not_come_back() -> None:
    make_listed()
    review = asked(lambda: AIModel.objects.update(has_free_variant=True))
    assert effects(review) == [("entry", Effect.STAGED.value)]


# Many at once


def bulk(client: Client, action: str, *models: AIModel, **said: Any) -> Any:
    data = {"action": action, "_selected_action": [model.pk for model in models], "_described": "1", **said}
    return agree(client, LIST, data)


def test_an_action_asks_then_shows_and_then_does(publisher: Client) -> None:
    one, two = make_listed("one"), make_listed("two")
    chosen = {"action": "change_prices_by_percent", "_selected_action": [one.pk, two.pk]}
    form = publisher.post(LIST, chosen)
    assert (form.context["keys"], form.context["ids"]) == ([one.pk, two.pk], ["one", "two"])
    said = chosen | {"_described": "1", "percent": "10", "kinds": ["prompt"]}
    page = publisher.post(LIST, said)
    assert len(page.context["review"].changes) == 2
    assert Price.objects.count() == 4
    assert agree(publisher, LIST, said).status_code == 302
    entries = publisher.get(FEED).json()["data"]
    assert [(entry["pricing"]["prompt"], entry["pricing"]["completion"]) for entry in entries] == [
        ("0.00000011", "0.0000002")
    ] * 2


def test_prices_move_exactly_or_are_rounded_as_asked(publisher: Client) -> None:
    model = make_model(prices={"prompt": "0.000000000000000000000001"})
    said = {"percent": "-12.5", "kinds": ["prompt"]}
    page = bulk(publisher, "change_prices_by_percent", model, **said)
    assert "acme/one: Prompt price, $ per 1M tokens would have more than 24 decimals" in page.content.decode()
    make_price(model, "completion", "0.00000123")
    bulk(publisher, "change_prices_by_percent", model, percent="-12.5", kinds=["completion"], places="2")
    assert Price.objects.latest("pk").usd == Decimal("0.00000108")  # 1.07625 a million


def test_prices_are_set_to_an_amount_where_there_is_one(publisher: Client) -> None:
    one, two = make_model("one"), make_model("two", prices={})
    make_price(one, "prompt", "0.5", min_prompt_tokens=1000)
    said = {"kind": "prompt", "unit": "token", "tier": "default", "amount": "0.3"}
    bulk(publisher, "change_prices_to_an_amount", one, two, **said)
    (made,) = Price.objects.filter(effective_from__gt=timezone.now() - timedelta(minutes=5))
    assert (made.ai_model, made.usd, made.min_prompt_tokens) == (one, Decimal("0.0000003"), None)


def test_prices_and_switches_are_scheduled_for_many(publisher: Client) -> None:
    one, two = make_listed("one"), make_listed("two")
    moment = LATER.strftime("%Y-%m-%dT%H:%M:%S")
    for _ in range(2):  # saying it again for the same moment changes nothing
        bulk(publisher, "change_prices_by_percent", one, two, percent="10", kinds=["prompt"], moment=moment)
        bulk(publisher, "set_not_ready", one, two, moment=moment)
    assert [row.usd for row in Price.objects.filter(effective_from=LATER)] == [Decimal("0.00000011")] * 2
    assert ScheduledSwitch.objects.filter(value=False, effective_from=LATER).count() == 2
    page = bulk(publisher, "set_ready", one, moment="2020-01-01T00:00")
    assert "This is past" in page.content.decode()


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("take_off_openrouter", "is_listed_on_openrouter", False),
        ("set_not_ready", "is_ready", False),
    ],
)
def test_many_are_switched_once_their_number_is_typed(publisher: Client, action: str, field: str, value: bool) -> None:
    one, two = make_listed("one"), make_listed("two")
    chosen = {"action": action, "_selected_action": [one.pk, two.pk], "_described": "1"}
    page = publisher.post(LIST, chosen)
    assert page.context["review"].to_type == "2 models"
    publisher.post(LIST, chosen | {"_agreed": page.context["review"].digest})
    assert not AIModel.objects.filter(**{field: value}).exists()
    publisher.post(LIST, chosen | {"_agreed": page.context["review"].digest, "_typed": "2 models"})
    assert AIModel.objects.filter(**{field: value}).count() == 2


def test_an_incomplete_model_among_many_refuses_all(publisher: Client) -> None:
    good, bad = make_model("good"), make_model("bad", quantization=None)
    page = publisher.post(LIST, {"action": "list_on_openrouter", "_selected_action": [good.pk, bad.pk], "_described": "1"})
    refused = "Nothing was changed. bad cannot be listed on OpenRouter: It needs its quantization."
    assert page.context["form"].non_field_errors() == [refused]
    assert not page.context["messages"]
    assert not AIModel.objects.listed().exists()


def test_a_bulk_action_says_how_many_it_changed(publisher: Client) -> None:
    one, two, place = make_model("one"), make_model("two"), make_datacenter()
    place.models.add(one)

    def said(*models: AIModel) -> list[str]:
        bulk(publisher, "add_datacenter", *models, datacenter=str(place.pk))
        return [str(message) for message in publisher.get(LIST).context["messages"]]

    assert said(one, two) == ["Add a datacenter: 1 model changed."]
    assert said(one, two) == ["Add a datacenter: nothing to change; they are so already."]


def test_all_that_a_filter_finds_is_sent_as_that_however_many_they_are(publisher: Client) -> None:
    make_model("one", author="acme"), make_model("two", author="acme")
    other = make_model("three", author="other")
    filtered = f"{LIST}?author=acme"
    chosen = {"action": "set_not_ready", "select_across": "1", "_selected_action": [AIModel.objects.get(model_id="one").pk]}
    form = publisher.post(filtered, chosen)
    assert form.content.decode().count('name="_selected_action"') == 1
    page = publisher.post(filtered, chosen | {"_described": "1"})
    publisher.post(filtered, chosen | {"_described": "1", "_agreed": page.context["review"].digest})
    assert list(AIModel.objects.filter(is_ready=True)) == [other]


@pytest.mark.parametrize(
    ("action", "said", "missing"),
    [
        ("change_prices_by_percent", {"percent": "10", "kinds": ["prompt"]}, "add_price"),
        ("change_prices_by_percent", {"percent": "10", "kinds": ["prompt"], "moment": "2999-01-01T00:00"}, "add_price"),
        ("set_not_ready", {"moment": "2999-01-01T00:00"}, "add_scheduledswitch"),
        ("set_not_ready", {}, "change_aimodel"),
        ("clone", {"model_id": "acme/new", "name": "New"}, "add_parameterdescriptor"),
    ],
)
def test_what_a_bulk_action_writes_takes_the_permission_for_it(
    client: Client, action: str, said: dict[str, Any], missing: str
) -> None:
    user = User.objects.create_user("half", is_staff=True)
    given = Permission.objects.filter(content_type__app_label="catalog").exclude(codename=missing)
    user.user_permissions.set(given)
    client.force_login(user)
    model = make_model()
    ParameterDescriptor.objects.create(ai_model=model, name="top_k", type="integer")
    before = Events.objects.count()
    assert bulk(client, action, model, **said).status_code in (302 if missing == "change_aimodel" else 403, 403)
    assert Events.objects.count() == before
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="catalog"))
    bulk(client, action, model, **said)
    assert Events.objects.count() > before


def test_prices_are_exported_to_who_may_see_them(client: Client) -> None:
    user = User.objects.create_user("half", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_aimodel", "change_aimodel"]))
    client.force_login(user)
    model = make_model()
    assert client.get(f"{LIST}tables/models.csv").status_code == 200
    assert client.get(f"{LIST}tables/prices.csv").status_code == 403
    answer = client.post(LIST, {"action": "export_prices_csv", "_selected_action": [model.pk]})
    assert "text/csv" not in answer.headers["Content-Type"]


def test_cancelling_a_price_takes_the_permission_to_delete_one(client: Client) -> None:
    user = User.objects.create_user("half", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_aimodel", "change_aimodel", "view_price"]))
    client.force_login(user)
    price = make_price(make_model(), "prompt", "0.5", effective_from=LATER)
    assert client.post(f"{LIST}timeline/", {"cancel": f"price:{price.pk}:{LATER.isoformat()}"}).status_code == 403
    assert Price.objects.filter(pk=price.pk).exists()


def test_datacenters_and_deprecations_for_many(publisher: Client) -> None:
    one, two, place = make_model("one"), make_model("two"), make_datacenter()
    bulk(publisher, "add_datacenter", one, two, datacenter=str(place.pk))
    assert place.models.count() == 2
    bulk(publisher, "remove_datacenter", one, datacenter=str(place.pk))
    assert [model.model_id for model in place.models.all()] == ["two"]
    hour = LATER.replace(minute=0, second=0)
    bulk(publisher, "deprecate", one, deprecation=hour.strftime("%Y-%m-%dT%H:%M"), replacement="two")
    one.refresh_from_db()
    assert (one.deprecation_at, one.replacement) == (hour, two)
    for said in ({"deprecation": "2030-01-01T10:30"}, {"deprecation": "2030-01-01T10:00", "replacement": "none"}):
        assert bulk(publisher, "deprecate", two, **said).status_code == 200
    bulk(publisher, "take_back_deprecation", one)
    one.refresh_from_db()
    assert (one.deprecation_at, one.replacement) == (None, None)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "9999-12-31T00:00:00-23:00", "0001-01-01T00:00:00+23:00"])
@pytest.mark.parametrize(("action", "field"), [("set_not_ready", "moment"), ("deprecate", "deprecation")])
def test_an_action_is_not_for_a_moment_that_no_year_has(publisher: Client, action: str, field: str, moment: str) -> None:
    page = bulk(publisher, action, make_model("one"), **{field: moment})
    assert "must lie between 1970 and 9999" in page.content.decode()


def test_a_clone_has_the_same_facts_and_is_not_listed(publisher: Client) -> None:
    model = make_listed("acme/one", datacenters=(make_datacenter(),), aliases=["uno"], discount_to_user=Decimal("0.1"))
    make_price(model, "completion", "0.5", utc_start=800, utc_end=1700, utc_days=["monday"])
    make_price(model, "prompt", "0.7", effective_from=LATER)
    answer = bulk(publisher, "clone", model, model_id="acme/two:x", name="Acme Two")
    clone = AIModel.objects.get(model_id="acme/two:x")
    assert answer.url == change(clone)
    assert (clone.is_listed_on_openrouter, clone.aliases, clone.discount_to_user) == (False, [], Decimal("0.1"))
    assert clone.prices.count() == 4
    assert [place.code for place in clone.datacenters.all()] == ["fra1"]
    assert "already" in bulk(publisher, "clone", model, model_id="acme/one", name="x").content.decode()
    assert "Choose one" in bulk(publisher, "clone", model, clone, model_id="acme/3", name="x").content.decode()


@pytest.mark.parametrize(
    ("model_id", "sentence"),
    [("acme two", "starts with a letter or digit"), ("acme/one", "already")],
    ids=["badly written", "taken"],
)
def test_what_is_wrong_with_a_clones_id_is_said_at_its_field(publisher: Client, model_id: str, sentence: str) -> None:
    page = bulk(publisher, "clone", make_model("acme/one"), model_id=model_id, name="Acme Two")
    assert list(page.context["form"].errors) == ["model_id"]
    assert sentence in page.context["form"].errors["model_id"][0]
    assert AIModel.objects.count() == 1


def test_an_action_is_not_for_a_viewer_even_one_who_has_seen_the_review(client: Client) -> None:
    model = make_listed()
    chosen = {"action": "set_not_ready", "_selected_action": [model.pk], "_described": "1"}
    review = staff(client, "Publisher").post(LIST, chosen).context["review"]
    staff(client, "Viewer")
    offered = client.get(LIST).context["action_form"].fields["action"].choices
    assert {name for name, _ in offered} == {"", *EXPORTS}
    answer = client.post(LIST, chosen | {"_agreed": review.digest, "_typed": review.to_type}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["No action selected."]
    model.refresh_from_db()
    assert model.is_ready


def test_an_action_on_the_live_feed_is_not_for_an_editor(client: Client) -> None:
    model = make_listed()
    staff(client, "Editor")
    chosen = {"action": "set_not_ready", "_selected_action": [model.pk], "_described": "1"}
    page = client.post(LIST, chosen)
    assert NOT_YOURS in page.content.decode()
    again = client.post(LIST, chosen | {"_agreed": page.context["review"].digest, "_typed": "acme/one"})
    assert NOT_YOURS in again.content.decode()
    model.refresh_from_db()
    assert model.is_ready


# What decides a feed later


def scheduled(model: AIModel, **row: Any) -> Callable[[], Any]:
    return lambda: ScheduledSwitch.objects.create(ai_model=model, effective_from=LATER, **row)


LISTED = "is_listed_on_openrouter"


@pytest.mark.parametrize(
    "row",
    [
        {"switch": LISTED, "value": True},
        {"switch": "is_ready", "value": True},
        {"kind": "prompt", "usd": "0.0000001"},
        {"kind": "input_cache_read", "usd": None},
    ],
    ids=["listed again", "ready again", "the same price", "the end of what is not sold"],
)
def test_who_may_not_publish_schedules_nothing_for_a_listed_model_even_if_it_makes_no_difference_yet(
    row: dict[str, Any],
) -> None:
    model = make_listed()

    def change() -> None:
        if "switch" in row:
            scheduled(model, **row)()
        else:
            make_price(model, row["kind"], row["usd"], effective_from=LATER)

    with pytest.raises(NotAllowed) as refused, reviewed(Agreement(), may_publish=False):
        change()
    assert refused.value.review.moments == ()
    with reviewed(Agreement(), may_publish=True):
        change()
    with pytest.raises(NotAllowed), reviewed(Agreement(), may_publish=False):
        Price.objects.filter(effective_from=LATER).delete()
        ScheduledSwitch.objects.all().delete()


@pytest.mark.parametrize("value", [True, False])
def test_who_may_not_publish_schedules_no_listing_of_any_model(value: bool) -> None:
    model = make_model()
    with pytest.raises(NotAllowed), reviewed(Agreement(), may_publish=False):
        scheduled(model, switch=LISTED, value=value)()
    with reviewed(Agreement(), may_publish=False):
        scheduled(model, switch="is_ready", value=False)()
        make_price(model, "prompt", "0.5", effective_from=LATER)
        AIModel.objects.create(model_id="acme/new", name="New")


def test_an_editor_stores_no_listing_ahead_by_the_form_an_action_or_a_cancellation(
    client: Client, settings: Settings
) -> None:
    settings.EDITORS_PROPOSE = True
    staff(client, "Editor")
    model, moment = make_listed(), LATER.strftime("%Y-%m-%dT%H:%M")
    data = form_data(client, change(model))
    data |= {"scheduled_switches-TOTAL_FORMS": "1"}
    data |= {"scheduled_switches-0-action": f"{LISTED}:1", "scheduled_switches-0-effective_from": moment}
    page = client.post(change(model), data)
    assert NOT_YOURS in page.content.decode()
    assert page.context["may_propose"]
    assert NOT_YOURS in bulk(client, "list_on_openrouter", model, moment=moment).content.decode()
    assert not ScheduledSwitch.objects.exists()
    switch = scheduled(model, switch=LISTED, value=True)()
    cancelled = client.post(f"{LIST}timeline/", {"cancel": f"switch:{switch.pk}:{LATER.isoformat()}"})
    assert cancelled.status_code in (200, 403)
    assert ScheduledSwitch.objects.exists()
    client.post(change(model), data | {"_propose": "1", "_agreed": page.context["review"].digest})
    ScheduledSwitch.objects.all().delete()
    staff(client, "Publisher")
    assert agree(client, address_of(Proposal.objects.get()), {"_accept": "1"}).status_code == 302
    assert ScheduledSwitch.objects.get().value


# What is given away, and what becomes dearer for many


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda: AIModel.objects.update(has_free_variant=True), "A free variant of acme/one is offered"),
        (lambda: make_price(AIModel.objects.get(), "input_cache_read", "0", effective_from=timezone.now()), "new and 0"),
        (
            lambda: [
                make_price(AIModel.objects.get(), kind, "0", effective_from=timezone.now(), service_tier="flex")
                for kind in ("prompt", "completion")
            ],
            "flex tier is offered with a prompt and a completion price of 0",
        ),
    ],
    ids=["free variant", "free line", "free tier"],
)
def test_giving_a_model_away_must_be_typed(change: Callable[[], Any], says: str) -> None:
    make_listed()
    review = asked(change)
    assert says in " ".join(review.dangers["acme/one"])
    assert review.to_type == "acme/one"


def test_making_many_models_dearer_in_one_step_must_be_typed(settings: Settings) -> None:
    settings.PRICE_RISES_CONFIRMED = 3
    models = [make_listed(name) for name in "abc"]

    def rise(some: list[AIModel], usd: str) -> Review:
        return asked(lambda: [make_price(one, "prompt", usd, effective_from=timezone.now()) for one in some])

    review = rise(models, "0.00000011")
    assert review.to_type == "3 models"
    assert review.dangers["a"] == ("Prices rise for 3 models in one step.",)
    assert rise(models[:2], "0.00000011").dangers == {}
    assert rise(models, "0.00000009").dangers == {}
