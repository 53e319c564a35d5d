"""Addresses and moments for tests of the pages of the past."""

from decimal import Decimal
from typing import Any

from django.test import Client

from catalog.models import AIModel, Price
from tests import clock

FLAT = "/v1/models?format=openrouter"
V2 = "/v1/models?format=openrouter-v2"
LISTING = "/admin/catalog/aimodel/listing/"


def page_of(model: AIModel, name: str) -> str:
    return f"/admin/catalog/aimodel/{model.pk}/{name}/"


def now() -> str:
    return clock.now().isoformat()


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def steps(client: Client, model: AIModel, **query: Any) -> list[Any]:
    answer = client.get(page_of(model, "history"), query)
    assert answer.status_code == 200
    found: list[Any] = answer.context["steps"]
    return found


def set_price(model: AIModel, usd: str | None, kind: str = "prompt") -> None:
    Price.objects.create(ai_model=model, kind=kind, usd=None if usd is None else Decimal(usd))
