"""Whatever a source says: nothing is sold for nothing or for a fraction without a question, and no entry changes another."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import AIModel
from tests.importing.outcome import sold, take

pytestmark = pytest.mark.django_db

AMOUNTS = st.sampled_from(["0.000001", "0.0000025", "0.00004", "0.0007"])
UNKNOWN = st.dictionaries(
    st.sampled_from(["per_page", "session_price", "minute_cost"]), st.sampled_from(["0", "0.5", None]), max_size=2
)
FILLERS = st.dictionaries(
    st.sampled_from(["image", "request", "web_search", "input_cache_read", "input_cache_write", "internal_reasoning"]),
    st.just("0"),
    max_size=4,
)
UNITS = st.sampled_from([(None, 1), ("per_token", 1), ("per_1k_tokens", 1000), ("per_1m_tokens", 1_000_000)])
OWN = st.fixed_dictionaries(
    {},
    optional={
        "is_ready": st.booleans(),
        "deprecation_date": st.just("2027-01-01"),
        "discount_to_user": st.sampled_from([0.5, -0.5]),
        "capacity_tpm": st.integers(1, 3),
        "context_length": st.sampled_from([4096, 8192]),
    },
)
FACTS = ("is_ready", "deprecation_at", "discount_to_user", "capacity_tpm", "context_length")


def facts() -> tuple[Any, ...]:
    model = AIModel.objects.get()
    return tuple(getattr(model, name) for name in FACTS)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(prompt=AMOUNTS, completion=AMOUNTS, unknown=UNKNOWN, fillers=FILLERS, unit=UNITS)
def test_what_is_public_costs_what_is_stated(
    prompt: str, completion: str, unknown: Any, fillers: Any, unit: tuple[Any, int]
) -> None:
    AIModel.objects.all().delete()
    word, tokens = unit
    stated = {"prompt": Decimal(prompt), "completion": Decimal(completion)}
    pricing = {key: str(usd * tokens) for key, usd in stated.items()} | ({"unit": word} if word else {}) | unknown | fillers
    document = {"data": [{"id": "acme/m", "name": "M", "context_length": 4096, "pricing": pricing}]}
    plan = take(document)
    assert plan.problems == []
    model = AIModel.objects.get()
    is_asked = bool(plan.warnings)
    assert is_asked is any(value not in (None, "0") for value in unknown.values())
    assert model.is_public is not is_asked
    prices = sold()
    assert "0" not in prices.values()
    for kind, usd in stated.items():
        assert Decimal(prices[f"{kind} token"]) == usd
    assert take(document).changes == []


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(default=OWN, other=OWN, tier=st.sampled_from(["flex", "priority", "free"]))
def test_no_entry_changes_another(default: Any, other: Any, tier: str) -> None:
    AIModel.objects.all().delete()
    base = {"id": "acme/m", "name": "M", "context_length": 8192, "pricing": {"prompt": "0.000002", "completion": "0.000004"}}
    first = {**base, **default}
    second: dict[str, Any] = {**base, "pricing": {"prompt": "0", "completion": "0"}, "is_free": True, **other}
    if tier != "free":
        second = {**base, "pricing": {"prompt": "0.000001", "completion": "0.000002"}, "service_tier": tier, **other}
    assert take({"data": [first]}).problems == []
    alone, prices = facts(), sold()
    plan = take({"data": [second, first]})
    assert plan.problems == []
    assert facts() == alone
    assert {line: usd for line, usd in sold().items() if tier not in line} == prices
    take({"data": [second]})
    assert facts() == alone
