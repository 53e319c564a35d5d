"""Who reviews, and a proposal to review."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.models import Proposal
from catalog.review import keep_proposal
from tests.admin.common import staff
from tests.factories import make_listed, make_price
from tests.review.common import asked


@pytest.fixture
def publisher(client: Client) -> Client:
    return staff(client, "Publisher")


@pytest.fixture
def proposal(client: Client, settings: Settings) -> Proposal:
    """What an Editor, who is logged in, has proposed: another price of a listed model."""
    settings.EDITORS_PROPOSE = True
    staff(client, "Editor")
    model = make_listed()
    review = asked(lambda: make_price(model, "prompt", "0.00000011", effective_from=timezone.now()))
    return keep_proposal(review.changes, proposed_by=User.objects.get(username="editor"), reason="cheaper power")
