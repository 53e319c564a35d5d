"""The published test vectors, through the functions and through the address."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from catalog import decimals
from catalog.costs import Usage, cost
from catalog.models import AIModel
from tests.costs.common import entry, line
from tests.factories import make_model, make_price

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "cost-vectors.json").read_text())["vectors"]
each = pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])


@each
def test_the_functions_agree_with_the_published_vectors(vector: dict[str, Any]) -> None:
    prices = [line(**{**one, "utc_days": tuple(one.get("utc_days", ()))}) for one in vector["prices"]]
    usage: dict[str, Any] = {
        name: amount if name in ("requests", "cache_ttl_seconds") else Decimal(amount)
        for name, amount in vector["usage"].items()
    }
    what = entry(*prices, discount=vector.get("discount_to_user"), is_free=vector.get("is_free", False))
    found = cost(what, Usage.of(**usage), datetime.fromisoformat(vector["at"]))
    assert decimals.wire(found.usd) == vector["usd"]
    assert list(found.not_sold) == vector.get("not_sold", [])


@each
@pytest.mark.django_db
def test_the_address_agrees_with_them(client: Client, vector: dict[str, Any]) -> None:
    model = make_model(prices={}, has_free_variant=vector.get("is_free", False))
    AIModel.objects.update(discount_to_user=vector.get("discount_to_user"))
    for one in vector["prices"]:
        make_price(model, **one)
    name = "acme/one:free" if vector.get("is_free") else "acme/one"
    answer = client.get(f"/api/v1/models/{name}/cost", {"at": vector["at"], **vector["usage"]})
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["usd"] == vector["usd"]
    assert answer.json()["data"]["not_sold"] == vector.get("not_sold", [])
