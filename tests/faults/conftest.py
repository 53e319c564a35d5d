"""A started site."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.common import prepare
from tests.faults.machinery import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    prepare(site)
    yield site
    site.stop()
