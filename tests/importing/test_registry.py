"""Each document is read by the reader of its format."""

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.importing.registry import READERS, reader_for
from catalog.importing.source import SourceError, parse
from catalog.publication import render
from tests.importing.common import take

pytestmark = pytest.mark.django_db


def test_every_reader_is_recognised_by_its_own_format() -> None:
    call_command("load_sample", verbosity=0)
    written = {
        "openrouter": "openrouter",
        "openrouter-v2": "openrouter-v2",
        "openrouter-api": "openrouter-api",
        "litellm": "litellm",
        "models-dev": "models-dev",
    }
    for name, reader in written.items():
        assert reader_for(parse(render(name).body)).name == reader
    others = {
        "price-history",
        "litellm-info",
        "genai-prices",
        "llm-prices",
        "new-api",
    }  # read, and not written by the catalog
    assert set(READERS) == {*written, *others}
    with pytest.raises(SourceError, match=f"known: {', '.join(READERS)}"):
        reader_for({"nothing": 1})


@pytest.mark.parametrize("name", ["openrouter", "openrouter-v2", "openrouter-api", "litellm"])
def test_the_catalogs_own_list_read_back_changes_nothing(name: str) -> None:
    call_command("load_sample", verbosity=0)
    bodies = {name: render(name).body for name in ("openrouter", "openrouter-v2", "catalog")}
    plan = take(render(name).body)
    assert plan.problems == []
    assert plan.changes == []
    assert plan.created == []
    assert {name: render(name).body for name in bodies} == bodies


def test_a_list_that_is_not_read_is_not_taken_for_another(client: Client) -> None:
    call_command("load_sample", verbosity=0)
    with pytest.raises(SourceError, match=r"not in a known format|not read"):
        reader_for(parse(client.get("/v1/models").content))
