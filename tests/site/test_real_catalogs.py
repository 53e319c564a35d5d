"""The list over a real catalog of hundreds of models: exact in every language, and light."""

import re
from decimal import Decimal
from pathlib import Path

import brotli
import pytest
from django.core.management import call_command
from django.test import Client

from catalog.publication import publisher
from catalog.site.languages import LANGUAGES
from tests.site.common import PREFIXES

pytestmark = pytest.mark.django_db
STATIC = Path(__file__).parents[2] / "catalog" / "static" / "catalog"


@pytest.fixture
def _real(shared: Path) -> None:
    call_command("import_models", str(shared / "data" / "openrouter_api_v1_models_2026-06-30.json"), verbosity=0)


@pytest.mark.usefixtures("_real")
def test_every_price_of_a_real_catalog_is_on_its_page_in_every_language(client: Client) -> None:
    items = publisher.current("openrouter-api").publication.made_of.items
    assert len(items) > 300
    pricing = {item["id"]: item["pricing"] for item in client.get("/api/v1/models?output_modalities=all").json()["data"]}
    for language in LANGUAGES:
        html = client.get(f"{PREFIXES[language]}/?limit=1000").content.decode()
        rows = re.findall(r'<code dir="ltr">([^<]+)</code></th>(.*?)</tr>', html, re.DOTALL)
        assert [model_id for model_id, _ in rows] == [item.key for item in items]
        for model_id, cells in rows:
            for key, column in (("prompt", "input"), ("completion", "output")):
                (cell,) = re.findall(rf'<td class="number {column}"[^>]*>(.*?)</td>', cells, re.DOTALL)
                value = pricing[model_id][key]
                if Decimal(value) >= 0 and "<small>" not in cell:
                    assert f'<data value="{value}">' in cell, (language, model_id, key)


@pytest.mark.usefixtures("_real")
def test_the_first_page_of_300_models_weighs_at_most_100_kilobytes(client: Client) -> None:
    page = client.get("/?limit=300", headers={"accept-encoding": "br"})
    assert page.headers["Content-Encoding"] == "br"
    sheets = sum(len(brotli.compress((STATIC / name).read_bytes())) for name in ("site.css", "site.js"))
    assert len(page.content) + sheets + (STATIC / "icon.svg").stat().st_size <= 100_000
