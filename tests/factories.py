"""Rows with defaults, so that a test names only what it is about."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from catalog.models import AIModel, Datacenter, Price

PAST = datetime(2026, 1, 1, tzinfo=UTC)
BASE = {"prompt": "0.0000001", "completion": "0.0000002"}
OFFER_ENDS = datetime(2030, 1, 1, 13, tzinfo=UTC)
OFFER_FACTS: dict[str, Any] = {
    "is_ready": False,
    "deprecation_at": OFFER_ENDS,
    "context_length": 1000,
    "max_prompt_length": 900,
    "max_output_length": 100,
    "capacity_tpm": 7,
    "discount_to_user": Decimal("0.5"),
    "supported_sampling_parameters": ["seed"],
    "supported_features": ["tools"],
}
"""A value for each fact that an offer can have of its own, except its datacenters."""


def make_datacenter(code: str = "fra1", **overrides: Any) -> Datacenter:
    """A datacenter in Germany."""
    return Datacenter.objects.create(**{"code": code, "name": "Frankfurt", "country": "DE", **overrides})


def make_price(ai_model: AIModel, kind: str, usd: str | None, **overrides: Any) -> Price:
    """A price per token that has been in force since the beginning of 2026."""
    amount = None if usd is None else Decimal(usd)
    return Price.objects.create(**{"ai_model": ai_model, "kind": kind, "usd": amount, "effective_from": PAST, **overrides})


def make_model(
    model_id: str = "acme/one", *, prices: dict[str, str] = BASE, datacenters: tuple[Datacenter, ...] = (), **overrides: Any
) -> AIModel:
    """A model with all that a listing needs; listed only if told so."""
    listed = overrides.pop("is_listed_on_openrouter", False)
    model = AIModel.objects.create(
        **{
            "model_id": model_id,
            "name": "Acme One",
            "released_at": PAST,
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "quantization": "fp8",
            "context_length": 131072,
            "max_output_length": 32768,
            **overrides,
        }
    )
    model.datacenters.set(datacenters)
    for kind, usd in prices.items():
        make_price(model, kind, usd)
    if listed:
        AIModel.objects.filter(pk=model.pk).update(is_listed_on_openrouter=True)
        model.refresh_from_db()
    return model


def make_listed(model_id: str = "acme/one", **overrides: Any) -> AIModel:
    """A model in the feed."""
    return make_model(model_id, is_listed_on_openrouter=True, **overrides)


def make_offered(model_id: str, *tiers: str, **facts: Any) -> AIModel:
    """A model in the feed that is sold in more service tiers."""
    model = make_model(model_id, **facts)
    for tier in tiers:
        for kind, usd in BASE.items():
            make_price(model, kind, usd, service_tier=tier)
    AIModel.objects.filter(pk=model.pk).update(is_listed_on_openrouter=True)
    return model


def let_deferred_rules_speak() -> None:
    """What a commit does: run the deferred triggers now. Tests run inside a transaction that never commits."""
    connection.check_constraints()
