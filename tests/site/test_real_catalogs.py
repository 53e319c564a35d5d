"""The list over a real catalog of hundreds of models: exact in every language, and light."""

import csv
import re
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.core.management import call_command
from django.test import Client

from catalog.publication import publisher
from catalog.site.browse import SIZES
from catalog.site.languages import LANGUAGES
from catalog.site.paging import SIZE
from tests.site.common import PREFIXES

# Committed: a list that has not changed is made once then, as on a started site, and not for each request.
pytestmark = pytest.mark.django_db(transaction=True)
STATIC = Path(__file__).parents[2] / "catalog" / "static" / "catalog"


@pytest.fixture
def _real(shared: Path) -> None:
    call_command("import_models", str(shared / "data" / "openrouter_api_v1_models_2026-06-30.json"), verbosity=0)


@pytest.mark.slow
@pytest.mark.usefixtures("_real")
def test_every_price_of_a_real_catalog_is_on_its_page_in_every_language(client: Client) -> None:
    items = publisher.current("openrouter-api").publication.made_of.items
    assert len(items) > 300
    pricing = {item["id"]: item["pricing"] for item in client.get("/api/v1/models?output_modalities=all").json()["data"]}
    for language in LANGUAGES:
        pages = (f"{PREFIXES[language]}/?limit=1000&offset={offset}" for offset in range(0, len(items), SIZES[-1]))
        html = "".join(client.get(page).content.decode() for page in pages)
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


@pytest.mark.slow
@pytest.mark.usefixtures("_real")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_a_real_price_list_is_on_the_page_to_the_last_digit(client: Client, language: str) -> None:
    table = csv.DictReader(StringIO(client.get("/pricing.csv").content.decode("utf-8-sig")))
    sent = sorted(row["usd"] for row in table if row["is_free"] == "false")
    begins = range(0, client.get("/api/v1/models/count?output_modalities=all").json()["data"]["count"], SIZE)
    pages = [client.get(f"{PREFIXES[language]}/pricing{f'?offset={begin}' if begin else ''}") for begin in begins]
    assert sorted(re.findall(r'<data value="([^"]+)">', "".join(page.content.decode() for page in pages))) == sent


def independent(pricing: dict[str, Any], prompt: int, cached: int, completion: int) -> Fraction | None:
    """What a request costs by the prices of the Models API, which are net of the discount; None where it has prices by the hour."""
    prices = {key: Fraction(value) for key, value in pricing.items() if isinstance(value, str)}
    for override in pricing.get("overrides", []):
        if "utc_start" in override or "utc_days" in override:
            return None
        if prompt > override["min_prompt_tokens"]:
            prices |= {key: Fraction(value) for key, value in override.items() if isinstance(value, str)}
    if prices["prompt"] < 0 or prices["completion"] < 0:
        return None
    read = prices.get("input_cache_read", prices["prompt"])
    return (
        (prompt - cached) * prices["prompt"]
        + cached * read
        + completion * prices["completion"]
        + prices.get("request", Fraction())
    )


@pytest.mark.slow
@pytest.mark.usefixtures("_real")
def test_the_calculator_agrees_with_an_independent_computation_over_a_real_catalog(client: Client) -> None:
    models = client.get("/api/v1/models?output_modalities=all").json()["data"]
    models = [model for model in models if not model["id"].endswith(":free")]
    checked = 0
    for prompt, cached, completion in ((5_000, 4_000, 800), (300_000, 0, 20_000)):
        for begin in range(0, len(models), 6):
            some = models[begin : begin + 6]
            query = f"requests=1000&prompt_tokens={prompt}&cached_tokens={cached}&completion_tokens={completion}"
            html = client.get(f"/compare?models={','.join(model['id'] for model in some)}&{query}").content.decode()
            table = html.partition('<table class="cost">')[2]
            rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", table, re.DOTALL)
            assert len(rows) == len(some)
            for model, row in zip(some, rows, strict=True):
                expected = independent(model["pricing"], prompt, cached, completion)
                shown = [Fraction(value) for value in re.findall(r'<data value="([^"]+)">', row)]
                if expected is not None and "Not included" not in row:
                    assert shown == [expected, expected * 1000], model["id"]
                    checked += 1
    assert checked > 500
