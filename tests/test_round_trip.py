"""Any catalog that can be listed goes through its own feed and comes back as the same bytes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.importing import flat
from catalog.importing.plan import carry_out
from catalog.importing.reading import parse
from catalog.models import (
    AIModel,
    Datacenter,
    Feature,
    InputModality,
    OutputModality,
    Price,
    Quantization,
    SamplingParameter,
    Weekday,
)
from catalog.publication import render
from tests.factories import PAST

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30).filter(str.strip)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,12}", fullmatch=True)
REPOSITORIES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}/[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
TOKEN_PRICES = st.decimals(min_value=0, max_value=Decimal("0.01"), places=24)
PRICES = st.decimals(min_value=0, max_value=Decimal(10) ** 12 - 1, places=24)
HOURS = st.integers(0, 24 * 365 * 50).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
TIMES = st.builds(lambda hour, minute: hour * 100 + minute, st.integers(0, 23), st.integers(0, 59))


def words(vocabulary: Any, **bounds: Any) -> Any:
    return st.lists(st.sampled_from(vocabulary.values), **bounds)


@st.composite
def conditions(draw: Any) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"min_prompt_tokens": draw(st.integers(1, 2**31 - 1))}
    start, end = draw(st.lists(TIMES, min_size=2, max_size=2, unique=True))
    return {"utc_start": start, "utc_end": end, "utc_days": draw(words(Weekday, unique=True))}


@st.composite
def price_lists(draw: Any) -> list[dict[str, Any]]:
    tiers = ["default", *draw(st.lists(st.sampled_from(["flex", "priority", "ultrafast"]), unique=True))]
    rows = []
    for tier in tiers:
        rows += [{"kind": kind, "usd": draw(TOKEN_PRICES), "service_tier": tier} for kind in ("prompt", "completion")]
        for kind, unit, amounts in (
            ("image", "image", PRICES),
            ("request", "request", PRICES),
            ("input_cache_read", "token", TOKEN_PRICES),
        ):
            if draw(st.booleans()):
                rows.append({"kind": kind, "unit": unit, "usd": draw(amounts), "service_tier": tier})
        unique = draw(st.lists(conditions(), max_size=3, unique_by=lambda one: repr(sorted(one.items()))))
        for condition in unique:
            kinds = draw(st.lists(st.sampled_from(["prompt", "completion", "input_cache_read"]), min_size=1, unique=True))
            rows += [{"kind": kind, "usd": draw(TOKEN_PRICES), "service_tier": tier, **condition} for kind in kinds]
    return rows


@st.composite
def models(draw: Any) -> dict[str, Any]:
    context = draw(st.integers(1, 2**31 - 1))
    free = draw(st.booleans())
    return {
        "fields": {
            "model_id": draw(IDS),
            "name": draw(TEXT),
            "hugging_face_id": draw(st.just("") | REPOSITORIES),
            "openrouter_slug": draw(st.just("") | REPOSITORIES),
            "description": draw(st.just("") | TEXT),
            "released_at": draw(st.integers(0, 250_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))),
            "input_modalities": draw(words(InputModality, min_size=1)),
            "output_modalities": draw(words(OutputModality, min_size=1)),
            "context_length": context,
            "max_output_length": draw(st.integers(1, context)),
            "quantization": draw(st.sampled_from(Quantization.values)),
            "supported_sampling_parameters": draw(words(SamplingParameter)),
            "supported_features": draw(words(Feature)),
            "capacity_tpm": draw(st.none() | st.integers(1, 2**53 - 1)),
            "discount_to_user": draw(st.none() | st.decimals(-99, Decimal("0.9999999999"), places=10)),
            "has_free_variant": free,
            "is_ready": draw(st.booleans()),
            "deprecation_at": draw(st.none() | HOURS),
        },
        "prices": [] if free and draw(st.booleans()) else draw(price_lists()),
        "countries": draw(st.lists(st.sampled_from(["DE", "FI", "JP", "US", "BR"]), max_size=6)),
    }


def store(catalog: list[dict[str, Any]]) -> None:
    for number, drawn in enumerate(catalog):
        model = AIModel.objects.create(**drawn["fields"])
        for place, country in enumerate(drawn["countries"]):
            code = f"dc-{number}-{place}"
            model.datacenters.add(Datacenter.objects.create(code=code, name=code, country=country))
        Price.objects.bulk_create([Price(ai_model=model, effective_from=PAST, **row) for row in drawn["prices"]])
    AIModel.objects.update(is_listed_on_openrouter=True)


def empty() -> None:
    AIModel.objects.update(is_listed_on_openrouter=False)
    AIModel.objects.all().delete()
    Datacenter.objects.all().delete()


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(models(), max_size=4, unique_by=lambda model: model["fields"]["model_id"]))
def test_a_feed_imported_into_an_empty_catalog_is_exported_as_the_same_bytes(catalog: list[dict[str, Any]]) -> None:
    with transaction.atomic():
        store(catalog)
        exported = render("openrouter").body
        empty()
        for _ in range(2):  # the second time it meets itself
            plan = carry_out(flat.read(parse(exported)), source="test", list_on_openrouter=True)
            assert plan.problems == []
            assert plan.missing == []
            assert render("openrouter").body == exported
        assert plan.changes == []
        empty()
