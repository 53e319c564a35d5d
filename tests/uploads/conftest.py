"""Who uploads."""

import pytest
from django.test import Client

from tests.admin.common import staff


@pytest.fixture
def publisher(client: Client) -> Client:
    return staff(client, "Publisher")
