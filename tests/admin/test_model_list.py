"""The list of models in the admin: columns, search, filters."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Datacenter
from tests.admin.common import LIST
from tests.factories import make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db


def test_the_list_shows_prices_per_million_and_what_is_live(publisher_client: Client) -> None:
    make_listed("live")
    model = make_model("draft", prices={})
    make_price(model, "prompt", "0.000009", min_prompt_tokens=5)
    page = publisher_client.get(LIST)
    rows = {row.model_id: row for row in page.context["cl"].result_list}
    assert rows["live"].prompt_usd == Decimal("0.0000001")
    assert rows["draft"].prompt_usd is None
    assert "0.1" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "two"}, {"b"}),
        ({"is_listed_on_openrouter__exact": "1"}, {"a"}),
        ({"is_ready__exact": "0"}, {"b"}),
        ({"author": "acme"}, {"a"}),
        ({"modality": "input:image"}, {"b"}),
        ({"modality": ["input:image", "output:text"]}, {"a", "b"}),
        ({"quantization__exact": "int4"}, {"b"}),
        ({"deprecation": "soon"}, {"b"}),
        ({"deprecation": "none"}, {"a"}),
        ({"datacenters__id__exact": "place"}, {"a"}),
    ],
)
def test_the_list_is_searched_and_filtered(publisher_client: Client, query: dict[str, Any], found: set[str]) -> None:
    place = make_datacenter()
    make_listed("a", author="acme", datacenters=(place,))
    soon = (timezone.now() + timedelta(days=9)).replace(minute=0, second=0, microsecond=0)
    make_model("b", name="Two", is_ready=False, input_modalities=["image"], quantization="int4", deprecation_at=soon)
    query = {name: place.pk if value == "place" else value for name, value in query.items()}
    page = publisher_client.get(LIST, query)
    assert page.status_code == 200
    assert {row.model_id for row in page.context["cl"].result_list} == found


@pytest.mark.parametrize(
    "query",
    [
        "modality=smell",
        "modality=input:%00",
        "author=%00",
        "quantization__exact=%00",
        "deprecation=never",
        "q=%00",
        "o=99",
        "datacenters__id__exact=99999999999999999999",
        "datacenters__id__exact=a",
        "is_ready__exact=a",
        "p=999999",
    ],
)
def test_a_nonsensical_filter_is_no_server_error(publisher_client: Client, query: str) -> None:
    assert publisher_client.get(f"{LIST}?{query}").status_code in {200, 302, 400}


def test_the_list_takes_as_many_queries_for_many_models_as_for_one(
    publisher_client: Client, django_assert_max_num_queries: Any
) -> None:
    def count() -> int:
        with django_assert_max_num_queries(100) as captured:
            assert publisher_client.get(LIST).status_code == 200
        return len(captured)

    make_listed("first")
    publisher_client.get(LIST)
    before = count()
    for number in range(30):
        make_listed(f"m{number}", datacenters=(Datacenter.objects.first() or make_datacenter(),))
    assert count() == before
