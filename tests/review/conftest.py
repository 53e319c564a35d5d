"""Who reviews, and a proposal to review."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from catalog.models import Proposal
from tests.admin.common import change, form_data, staff
from tests.factories import make_listed
from tests.review.common import FEED, prices


@pytest.fixture
def publisher(client: Client) -> Client:
    return staff(client, "Publisher")


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
