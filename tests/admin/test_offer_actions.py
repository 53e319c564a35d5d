"""One offer of many models is changed, or ends, by one action, with one review, and is undone as one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client

from catalog.listing import Selection, listing
from catalog.models import Offer, Price
from tests.admin.common import LIST
from tests.admin.past import FLAT, V2
from tests.admin.test_undoing import latest, undo
from tests.factories import BASE, make_listed, make_offered, make_price
from tests.review.common import LATER, bulk

pytestmark = pytest.mark.django_db(transaction=True)
END = datetime(2030, 1, 1, 13, tzinfo=UTC)


def test_an_offer_of_many_models_is_deprecated_and_undone_as_one(publisher_client: Client, client: Client) -> None:
    models = [make_offered("acme/one", "flex"), make_offered("acme/two", "flex", "priority"), make_listed("acme/other")]
    models[1].offers.create(variant="flex", context_length=1000, without=["discount_to_user"])
    before = [client.get(address).content for address in (FLAT, V2)]
    said = {"offer": "flex", "is_ready": "False", "deprecation_at": "2030-01-01 13:00", "discount_to_user": "10%"}
    chosen = {"action": "change_offer", "_selected_action": [model.pk for model in models], "_described": "1"}
    page = publisher_client.post(LIST, chosen | said)
    assert page.context["lacking"] == [("1 of 3 models does not have this offer: flex", ["acme/other"])]
    review = page.context["review"]
    assert {change.model_id for change in review.changes} == {"acme/one", "acme/two"}
    assert {one.key.service_tier for moment in review.moments for one in moment.consequences} == {"flex"}
    assert not Offer.objects.filter(is_ready=False).exists()
    bulk(publisher_client, "change_offer", *models, **said)
    assert set(Offer.objects.values_list("ai_model__model_id", "variant", "deprecation_at", "discount_to_user")) == {
        ("acme/one", "flex", END, Decimal("0.1")),
        ("acme/two", "flex", END, Decimal("0.1")),
    }
    assert models[1].offers.get().context_length == 1000
    undo(publisher_client, latest("bulk"))
    assert [client.get(address).content for address in (FLAT, V2)] == before
    bulk(publisher_client, "change_offer", *models, offer="flex", as_the_model=["context_length", "discount_to_user"])
    assert not Offer.objects.exists()  # it stated nothing else


def test_an_offer_of_many_models_ends_now_or_later_with_what_is_scheduled(publisher_client: Client, client: Client) -> None:
    models = [make_offered(name, "flex", has_free_variant=True) for name in ("acme/one", "acme/two")]
    make_price(models[0], "prompt", "0.5", service_tier="flex", effective_from=LATER)
    make_price(models[1], "input_cache_read", "0.00000001", service_tier="flex", effective_from=LATER)  # begins with the end
    with transaction.atomic():
        for kind in BASE:
            make_price(models[0], kind, None, service_tier="flex", effective_from=LATER + timedelta(days=1))
    before = [client.get(address).content for address in (FLAT, V2)]
    moment = LATER.strftime("%Y-%m-%d %H:%M:%S")

    def entries(at: datetime | None = None) -> set[str]:
        return {"free" if one.is_free else one.service_tier for one in listing(Selection.LISTED, at=at).entries}

    bulk(publisher_client, "end_offer", *models, offer="flex", moment=moment)
    assert entries() == {"default", "flex", "free"}
    assert entries(LATER) == {"default", "free"}
    assert not Price.objects.filter(effective_from__gt=LATER).exists()
    bulk(publisher_client, "end_offer", *models, offer="free")
    assert entries() == {"default", "flex"}
    page = bulk(publisher_client, "end_offer", *models, offer="free", moment=moment).content.decode()
    assert "None of the selected models has this offer: Free variant." in page
    undo(publisher_client, latest("bulk"))
    page = bulk(publisher_client, "end_offer", *models, offer="free", moment=moment).content.decode()
    assert "The end of a free variant cannot be scheduled. Leave the time empty." in page
    assert [client.get(address).content for address in (FLAT, V2)] == before


def test_an_action_on_an_offer_says_what_is_missing(publisher_client: Client) -> None:
    model = make_offered("acme/one", "flex")
    for said, sentence in (
        ({"offer": "flex"}, "Choose what to change."),
        ({"offer": "flex", "is_ready": "True", "as_the_model": ["is_ready"]}, "Enter a value or choose"),
        ({"offer": "flex", "deprecation_at": "2030-01-01 13:30"}, "must be on a whole hour"),
        ({"offer": "flex", "discount_to_user": "2"}, "A discount must be greater than -100 and less than 1."),
        ({"offer": "batch", "is_ready": "False"}, "None of the selected models has this offer: Batch."),
    ):
        page = bulk(publisher_client, "change_offer", model, **said)
        assert (page.status_code, sentence in page.content.decode()) == (200, True), said
    assert not Offer.objects.exists()
