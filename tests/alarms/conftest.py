"""The receiver of webhooks, for each test that takes it."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.alarms.common import Receiver


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    receiver = Receiver()
    yield receiver
    receiver.http.shutdown()
    receiver.http.server_close()
