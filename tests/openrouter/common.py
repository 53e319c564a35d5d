"""Entries to compare, and what is found between two of them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from catalog.listing import Entry, Location, ModelFacts, Parameter, PriceLine, Status
from catalog.openrouter.consequences import Consequence, consequences

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
FLAT, V2 = "openrouter", "openrouter-v2"

FACTS = ModelFacts(
    model_id="acme/one",
    name="One",
    aliases=(),
    author="acme",
    hugging_face_id="acme/One",
    openrouter_slug="acme/one",
    description="A model.",
    category="text",
    released_at=datetime(2026, 1, 1, tzinfo=UTC),
    knowledge_cutoff=None,
    input_modalities=("text", "image"),
    output_modalities=("text",),
    context_length=131072,
    max_prompt_length=100_000,
    max_output_length=32768,
    quantization="fp8",
    tokenizer="GPT",
    instruct_type="",
    supported_sampling_parameters=("temperature", "top_p"),
    supported_features=("tools",),
    is_moderated=False,
    capacity_tpm=1000,
    discount_to_user=Decimal("0.1"),
    has_free_variant=False,
    is_ready=True,
    deprecation_at=None,
    replacement=None,
    datacenters=(Location("fra1", "Frankfurt", "DE", "eu-1"),),
    parameters=(),
    status=Status.AVAILABLE,
)
MARCH = datetime(2027, 3, 1, 13, tzinfo=UTC)

LONG: dict[str, Any] = {"min_prompt_tokens": 128_000}
LONGER: dict[str, Any] = {"min_prompt_tokens": 256_000}
MORNING: dict[str, Any] = {"utc_start": 800, "utc_end": 1200}
EVENING: dict[str, Any] = {"utc_start": 1800, "utc_end": 2200}
NIGHT: dict[str, Any] = {"utc_start": 2200, "utc_end": 600}


def line(kind: str, usd: str, unit: str = "token", **conditions: Any) -> PriceLine:
    unset = dict.fromkeys(("min_prompt_tokens", "utc_start", "utc_end", "cache_ttl_seconds"))
    rest: dict[str, Any] = {"service_tier": "default", "utc_days": (), **unset, **conditions}
    return PriceLine(kind=kind, unit=unit, usd=Decimal(usd), **rest)


BASES = (line("prompt", "0.0000002"), line("completion", "0.0000004"))


def entry(*more: PriceLine, tier: str = "default", free: bool = False, bases: Any = BASES, **facts: Any) -> Entry:
    return Entry(FACTS._replace(**facts), tier, free, () if free else (*bases, *more))


def found(old: Entry | None, new: Entry | None, price_factor: int = 10) -> list[Consequence]:
    return consequences([old] if old else [], [new] if new else [], at=AT, price_factor=price_factor)


def parameter(name: str, **facts: Any) -> Parameter:
    unset: dict[str, Any] = {"type": "range", "minimum": None, "maximum": None, "default": None, "values": (), "unit": ""}
    return Parameter(name=name, **{**unset, "is_passthrough": False, **facts})
