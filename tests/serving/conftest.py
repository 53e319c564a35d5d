"""What is remembered between requests is forgotten after each test."""

from collections.abc import Iterator

import pytest

from catalog_site.serving import request


@pytest.fixture(autouse=True)
def _fresh_addresses() -> Iterator[None]:
    yield
    request._addresses.cache_clear()
    request.is_trusted_peer.cache_clear()
