"""A hub."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.hugging_face.hub import Hub, running_hub


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with running_hub() as hub:
        settings.HUGGING_FACE_URL = hub.url
        settings.ALLOW_PRIVATE_ADDRESSES = True
        yield hub
