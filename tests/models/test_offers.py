"""The rules of offers hold in the database, whoever writes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from catalog.models import Datacenter, Offer
from tests.factories import make_datacenter, make_model
from tests.models.common import assert_refused_by_the_database

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"variant": "default"}, "offer_variant_is_known"),
        ({"context_length": 0}, "offer_lengths_are_positive"),
        ({"max_output_length": 0}, "offer_lengths_are_positive"),
        ({"context_length": 10, "max_output_length": 11}, "offer_output_fits_context"),
        ({"context_length": 10, "max_prompt_length": 11}, "offer_prompt_fits_context"),
        ({"capacity_tpm": 0}, "offer_capacity_is_positive_and_exact"),
        ({"capacity_tpm": 2**53}, "offer_capacity_is_positive_and_exact"),
        ({"discount_to_user": Decimal(1)}, "offer_discount_is_below_one"),
        ({"discount_to_user": Decimal("0.12345678901")}, "offer_discount_has_ten_decimals_at_most"),
        ({"deprecation_at": datetime(1969, 1, 1, tzinfo=UTC)}, "offer_deprecation_is_a_plausible_moment"),
        ({"deprecation_at": datetime(2027, 1, 1, 1, 30, tzinfo=UTC)}, "offer_deprecation_is_a_whole_hour"),
        ({"supported_sampling_parameters": ["tools"]}, "offer_sampling_parameters_are_known"),
        ({"supported_features": ["seed"]}, "offer_features_are_known"),
        ({"without": ["context_length"]}, "offer_lacks_are_known"),
        ({"without": ["capacity_tpm"], "capacity_tpm": 1}, "offer_capacity_tpm_is_set_or_lacking"),
        ({"without": ["supported_features"], "supported_features": ["tools"]}, "offer_supported_features_is_set_or_lacking"),
    ],
)
def test_a_rule_of_offers_holds_in_the_database_and_in_forms(values: Any, rule: str) -> None:
    offer = Offer(**{"ai_model": make_model(), "variant": "flex", **values})
    assert_refused_by_the_database(lambda: Offer.objects.bulk_create([offer]), rule)
    with pytest.raises(ValidationError):
        offer.full_clean()


def test_an_offer_is_described_once() -> None:
    model = make_model()
    model.offers.create(variant="flex", capacity_tpm=1)
    assert_refused_by_the_database(lambda: model.offers.create(variant="flex"), "offer_one_per_variant")


@pytest.mark.parametrize("places", [[2**40], [None]])
def test_an_offer_is_served_from_datacenters_that_there_are(places: list[Any]) -> None:
    offer = Offer(ai_model=make_model(), variant="free", datacenters=places)
    assert_refused_by_the_database(lambda: Offer.objects.bulk_create([offer]), "offer_datacenters_are_known")


def test_a_datacenter_that_an_offer_names_is_not_deleted() -> None:
    place, other = make_datacenter(), make_datacenter("nrt1", country="JP")
    offer = make_model().offers.create(variant="flex", datacenters=[place.pk])
    assert_refused_by_the_database(place.delete, "datacenter_of_an_offer_is_not_deleted")
    Offer.objects.filter(pk=offer.pk).update(datacenters=[other.pk])
    place.delete()
    assert Datacenter.objects.get() == other
