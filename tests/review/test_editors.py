"""What an editor may change, now and by schedule."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from catalog.models import AIModel, Datacenter, Price, Proposal, ScheduledSwitch
from catalog.review import Agreement, NotAllowed, reviewed
from tests.admin.common import LIST, agree, change, form_data, staff
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.review.common import LATER, NOT_YOURS, address_of, bulk

pytestmark = pytest.mark.django_db


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


def test_an_editor_is_offered_to_list_models_only_where_that_can_be_proposed(client: Client, settings: Settings) -> None:
    staff(client, "Editor")
    make_model()
    assert "list_on_openrouter" not in client.get(LIST).content.decode()
    settings.EDITORS_PROPOSE = True
    page = client.get(LIST).content.decode()
    assert "list_on_openrouter" in page
    assert "take_off_openrouter" in page


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
        make_price(model, "prompt", "0.0000002", effective_from=LATER)
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
