"""Offers in a model's form: what it saves, shows and refuses, and whose facts a review names."""

from typing import Any

import pytest
from django.test import Client

from catalog.admin.models.offers import NO_DIFFERENCE
from catalog.history import version
from catalog.listing import Selection, listing
from catalog.models import AIModel
from tests.admin.common import agree, change, errors, form_data, staff
from tests.factories import BASE, make_datacenter, make_listed, make_price

pytestmark = pytest.mark.django_db


def make_offered() -> AIModel:
    """A listed model that is sold in the flex tier too."""
    model = make_listed(capacity_tpm=9)
    for kind, usd in BASE.items():
        make_price(model, kind, usd, service_tier="flex")
    return model


def with_offer(data: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """The form's data with one more offer."""
    number = int(data["offers-TOTAL_FORMS"])
    named = {f"offers-{number}-{name}": value for name, value in facts.items()}
    return data | {"offers-TOTAL_FORMS": str(number + 1)} | named


FACTS: dict[str, Any] = {
    "variant": "flex",
    "is_ready": "False",
    "deprecation_at": "2030-01-01 13:00",
    "context_length": "1000",
    "discount_to_user": "0.25",
    "supported_features": ["tools"],
    "without": ["capacity_tpm"],
}


def test_an_offer_is_reviewed_saved_and_shown_again_unchanged(publisher_client: Client) -> None:
    model, place = make_offered(), make_datacenter("nrt1", country="JP")
    data = with_offer(form_data(publisher_client, change(model)), datacenters=[place.pk], **FACTS)
    review = publisher_client.post(change(model), data).content.decode()
    assert "acme/one, flex tier is hidden on OpenRouter" in review
    assert "acme/one is hidden on OpenRouter" not in review
    assert not model.offers.exists()
    answer = agree(publisher_client, change(model), data)
    assert answer.status_code == 302, errors(answer)
    default, flex = listing(Selection.LISTED).entries
    assert (default.model.is_ready, default.model.context_length, default.model.capacity_tpm) == (True, 131_072, 9)
    assert (flex.model.is_ready, flex.model.context_length, flex.model.capacity_tpm) == (False, 1000, None)
    assert [place.country for place in flex.model.datacenters] == ["JP"]
    before = version(model)
    assert agree(publisher_client, change(model), form_data(publisher_client, change(model))).status_code == 302
    assert version(model) == before
    history = publisher_client.get(f"/admin/catalog/aimodel/{model.pk}/history/").content.decode()
    assert "Flex: without" in history


def test_what_an_offer_cannot_say_is_a_sentence_in_its_form(publisher_client: Client) -> None:
    model = make_offered()
    data = form_data(publisher_client, change(model))
    cases: list[tuple[dict[str, Any], str]] = [
        ({"variant": "flex"}, NO_DIFFERENCE),
        (
            {"variant": "flex", "context_length": "10", "max_output_length": "11"},
            "The output cannot be longer than the context.",
        ),
        ({"variant": "free", "capacity_tpm": "1", "without": ["capacity_tpm"]}, "not both"),
        ({"variant": "flex", "deprecation_at": "2030-01-01 13:30"}, "whole hour"),
    ]
    for facts, said in cases:
        answer = publisher_client.post(change(model), with_offer(data, **facts))
        assert answer.status_code == 200
        assert said in answer.content.decode()
        assert not model.offers.exists()


def test_whoever_may_change_the_model_may_change_its_offers_and_nobody_else(client: Client) -> None:
    model = make_offered()
    AIModel.objects.filter(pk=model.pk).update(is_listed_on_openrouter=False)
    editor = staff(client, "Editor")
    data = with_offer(form_data(editor, change(model)), variant="flex", capacity_tpm="5")
    assert agree(editor, change(model), data).status_code == 302
    assert model.offers.get().capacity_tpm == 5
    viewer = staff(Client(), "Viewer")
    assert viewer.post(change(model), {**data, "offers-0-capacity_tpm": "6"}).status_code == 403
    assert "offers-0-capacity_tpm" not in viewer.get(change(model)).content.decode()
