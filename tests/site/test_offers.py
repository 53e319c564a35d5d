"""What the site says of a model's offers."""

import pytest
from django.test import Client

from tests.factories import BASE, make_model, make_price

pytestmark = pytest.mark.django_db


def test_a_models_page_shows_what_each_offer_states_for_itself(client: Client) -> None:
    model = make_model(capacity_tpm=5)
    for kind, usd in BASE.items():
        make_price(model, kind, usd, service_tier="flex")
    page = client.get("/models/acme/one").content.decode()
    assert "1,000 tokens" not in page
    model.offers.create(variant="flex", context_length=1000, is_ready=False, without=["capacity_tpm"])
    page = client.get("/models/acme/one").content.decode()
    flex = page.partition(">Flex</h3>")[2].partition("<table")[0]
    for said in ("Context length", "1,000 tokens", "Not available now", "Capacity", "—"):
        assert said in flex
    assert "1,000 tokens" not in page.partition(">Flex</h3>")[0]
