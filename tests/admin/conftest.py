"""Who uses the admin."""

import pytest
from django.test import Client

from tests.admin.common import staff


@pytest.fixture
def publisher_client(client: Client) -> Client:
    return staff(client, "Publisher")
