"""Random catalogs: any that the database lets be listed.

Every strategy is made once: to make and check one takes Hypothesis longer than to draw from it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import transaction
from hypothesis import strategies as st

from catalog.importing.values import is_model_id
from catalog.models import (
    KINDS,
    AIModel,
    Datacenter,
    Feature,
    InputModality,
    Lack,
    LimitUnit,
    Offer,
    OutputModality,
    ParameterDescriptor,
    Price,
    PriceKind,
    Quantization,
    ReasoningEffort,
    SamplingParameter,
    Weekday,
)
from tests.factories import PAST

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30).filter(str.strip)
IDS = st.from_regex(r"[A-Za-z0-9@~模][A-Za-z0-9._:/@+-]{0,12}", fullmatch=True).filter(is_model_id)
REPOSITORIES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}/[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
TOKEN_PRICES = st.just(Decimal(0)) | st.decimals(
    Decimal("0.000000001"), Decimal("0.001"), places=24
)  # none that is asked about
PRICES = st.decimals(min_value=0, max_value=Decimal(10) ** 12 - 1, places=24)
HOURS = st.integers(0, 24 * 365 * 50).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
TIMES = st.builds(lambda hour, minute: hour * 100 + minute, st.integers(0, 23), st.integers(0, 59))
PLAIN = st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT | st.sampled_from([0.5, 1e-7, 12.25])
BOUNDS = st.decimals(-(10**9), 10**9, places=10)


BOOLEANS = st.booleans()
LENGTHS = st.integers(1, 2**31 - 1)
TEXT_OR_NONE = st.just("") | TEXT
REPOSITORY_OR_NONE = st.just("") | REPOSITORIES
CAPACITIES = st.none() | st.integers(1, 2**53 - 1)
DISCOUNTS = st.none() | st.decimals(-99, Decimal("0.9999999999"), places=10)
ENDS = st.none() | HOURS


@cache
def words(vocabulary: Any, **bounds: Any) -> Any:
    return st.lists(st.sampled_from(vocabulary.values), **bounds)


TWO_TIMES = st.lists(TIMES, min_size=2, max_size=2, unique=True)


@st.composite
def conditions(draw: Any) -> dict[str, Any]:
    if draw(BOOLEANS):
        return {"min_prompt_tokens": draw(LENGTHS)}
    if draw(BOOLEANS):
        return {"utc_days": draw(words(Weekday, min_size=1, unique=True))}
    start, end = draw(TWO_TIMES)
    return {"utc_start": start, "utc_end": end, "utc_days": draw(words(Weekday, unique=True))}


CONDITIONS = conditions()
SOME_CONDITIONS = st.lists(CONDITIONS, max_size=3, unique_by=lambda row: _line(row))
CONDITION_OR_NONE: st.SearchStrategy[dict[str, Any]] = st.just({}) | CONDITIONS
TIERS = st.lists(st.sampled_from(["flex", "priority", "ultrafast"]), unique=True)
SOLD = st.lists(st.sampled_from(["prompt", "completion", "input_cache_read"]), min_size=1, unique=True)
SOLD_UNCACHED = st.lists(st.sampled_from(["prompt", "completion"]), min_size=1, unique=True)


@st.composite
def flat_prices(draw: Any, with_image: bool = True) -> list[dict[str, Any]]:
    """Price lists of what the flat listing has keys for. Conditions have a base, as every format can express."""
    rows = []
    for tier in ("default", *draw(TIERS)):
        sold = SOLD_UNCACHED
        rows += [{"kind": kind, "usd": draw(TOKEN_PRICES), "service_tier": tier} for kind in ("prompt", "completion")]
        for kind, unit, amounts in (
            ("image", "image", PRICES),
            ("request", "request", PRICES),
            ("input_cache_read", "token", TOKEN_PRICES),
        ):
            if draw(BOOLEANS) and (with_image or kind != "image"):
                rows.append({"kind": kind, "unit": unit, "usd": draw(amounts), "service_tier": tier})
                if kind == "input_cache_read":
                    sold = SOLD
        for condition in draw(SOME_CONDITIONS):
            rows += [{"kind": kind, "usd": draw(TOKEN_PRICES), "service_tier": tier, **condition} for kind in draw(sold)]
    return rows


FLAT_PRICES = {with_image: flat_prices(with_image) for with_image in (True, False)}
KINDS_OF_PRICES = st.sampled_from(PriceKind.values)
UNITS = {kind.value: st.sampled_from(KINDS[kind].units) for kind in PriceKind}
LINES = st.integers(0, 8)
CACHED_FOR = st.none() | st.sampled_from([300, 3600])


@st.composite
def any_prices(draw: Any) -> list[dict[str, Any]]:
    """Those, and lines of every kind, unit and condition, with or without a base."""
    rows: list[dict[str, Any]] = draw(FLAT_PRICES[True])
    for _ in range(draw(LINES)):
        kind = draw(KINDS_OF_PRICES)
        row = {"kind": kind, "unit": draw(UNITS[kind]), "usd": draw(TOKEN_PRICES)}
        row |= draw(CONDITION_OR_NONE)
        if kind in ("input_cache_read", "input_cache_write"):
            row["cache_ttl_seconds"] = draw(CACHED_FOR)
        rows.append(row)
    seen = set()
    return [row for row in rows if (line := _line(row)) not in seen and not seen.add(line)]  # type: ignore[func-returns-value]


def _line(row: dict[str, Any]) -> str:
    unset: dict[str, Any] = {"unit": "token", "service_tier": "default", "utc_days": []}
    row = {**row, "utc_days": sorted(row.get("utc_days", []))}  # in whatever order they are written, they are the same days
    unset |= dict.fromkeys(("min_prompt_tokens", "utc_start", "utc_end", "cache_ttl_seconds"))
    return repr(sorted((key, str(value)) for key, value in {**unset, **row, "usd": None}.items()))


TYPES = st.sampled_from(["range", "integer", "boolean", "enum", "array", "object", "unknown"])
TWO_BOUNDS = st.lists(BOUNDS, min_size=2, max_size=2)
LIMIT_UNITS = st.sampled_from(["", *LimitUnit.values])
ENUM_VALUES = st.lists(PLAIN.filter(lambda value: not isinstance(value, bool)), min_size=1, max_size=3)
DEFAULTS = st.none() | PLAIN | st.lists(PLAIN, max_size=2)


@st.composite
def descriptors(draw: Any) -> dict[str, Any]:
    type_ = draw(TYPES)
    row = {"type": type_, "is_passthrough": draw(BOOLEANS)}
    if type_ in ("range", "integer"):
        bounds = sorted(draw(TWO_BOUNDS))
        if type_ == "integer":
            bounds = [bound.to_integral_value() for bound in bounds]
        row |= {"minimum": bounds[0], "maximum": bounds[1] if draw(BOOLEANS) else None}
        row["unit"] = draw(LIMIT_UNITS)
    if type_ == "enum":
        row["values"] = draw(ENUM_VALUES)
    row["default"] = draw(DEFAULTS)
    return row


EFFORT_OR_NONE = st.sampled_from(["", *ReasoningEffort.values])
READINESS = st.none() | BOOLEANS
LENGTH_OR_NONE = st.none() | LENGTHS


@st.composite
def offers(draw: Any) -> dict[str, Any]:
    """What an offer states for itself; nothing of it may be longer than a context that fits every model."""
    context = draw(LENGTH_OR_NONE)
    row = {
        "is_ready": draw(READINESS),
        "deprecation_at": draw(ENDS),
        "context_length": context,
        "max_output_length": draw(st.integers(1, context or 2**31 - 1)) if draw(BOOLEANS) else None,
        "capacity_tpm": draw(CAPACITIES),
        "discount_to_user": draw(DISCOUNTS),
        "supported_sampling_parameters": draw(words(SamplingParameter)),
        "supported_features": draw(words(Feature)),
    }
    return row | {"without": [lack for lack in draw(words(Lack, unique=True)) if row.get(lack) in (None, [])]}


NAMES = st.sampled_from([*SamplingParameter.values, "tools", "reasoning", "reasoning_effort", "voice", "x-own", "steps"])


RELEASES = st.integers(0, 250_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
QUANTIZATIONS = st.sampled_from(Quantization.values)
ANY_OR_FLAT_PRICES = FLAT_PRICES[True] | any_prices()
DESCRIPTORS = st.dictionaries(NAMES, descriptors(), max_size=4)
OFFER = offers()
OFFERS = st.dictionaries(st.sampled_from(["flex", "priority", "ultrafast", "free"]), OFFER, max_size=3)
PLACES = st.lists(
    st.tuples(st.sampled_from(["DE", "FI", "JP", "US", "BR"]), st.sampled_from(["", "eu-1", "x 2"])), max_size=6
)


@cache
@st.composite
def models(draw: Any, *, in_both_feeds: bool = False) -> dict[str, Any]:
    """A model that can be listed. ``in_both_feeds``: with what the flat listing and V2 can both express, alone."""
    context = draw(LENGTHS)
    free = draw(BOOLEANS)
    inputs, outputs = draw(words(InputModality, min_size=1)), draw(words(OutputModality, min_size=1))
    if in_both_feeds:
        inputs, outputs = [*inputs, "text"], [*outputs, "text"]
    prices = FLAT_PRICES["image" in inputs] if in_both_feeds else ANY_OR_FLAT_PRICES
    return {
        "fields": {
            "model_id": draw(IDS),
            "name": draw(TEXT),
            "hugging_face_id": draw(REPOSITORY_OR_NONE),
            "openrouter_slug": draw(REPOSITORY_OR_NONE),
            "description": draw(TEXT_OR_NONE),
            "released_at": draw(RELEASES),
            "input_modalities": inputs,
            "output_modalities": outputs,
            "context_length": context,
            "max_prompt_length": None if in_both_feeds or draw(BOOLEANS) else draw(st.integers(1, context)),
            "max_output_length": draw(st.integers(1, context)),
            "quantization": draw(QUANTIZATIONS),
            "supported_sampling_parameters": draw(words(SamplingParameter)),
            "supported_features": draw(words(Feature)),
            "reasoning_efforts": draw(words(ReasoningEffort)),
            "reasoning_default_effort": draw(EFFORT_OR_NONE),
            "capacity_tpm": draw(CAPACITIES),
            "discount_to_user": draw(DISCOUNTS),
            "has_free_variant": free,
            "is_ready": draw(BOOLEANS),
            "deprecation_at": draw(ENDS),
        },
        "prices": [] if free and draw(BOOLEANS) else draw(prices),
        "descriptors": {} if in_both_feeds else draw(DESCRIPTORS),
        "offers": draw(OFFERS),
        "places": draw(PLACES),
    }


def catalogs(**kwargs: Any) -> Any:
    """Some models with ids of their own."""
    return st.lists(models(**kwargs), max_size=4, unique_by=lambda model: model["fields"]["model_id"].removesuffix(":free"))


def store(catalog: list[dict[str, Any]]) -> None:
    """Write it in one statement a table, and list it."""
    stored = list(zip(AIModel.objects.bulk_create([AIModel(**drawn["fields"]) for drawn in catalog]), catalog, strict=True))
    places = [(model, place) for model, drawn in stored for place in drawn["places"]]
    datacenters = Datacenter.objects.bulk_create(
        [
            Datacenter(code=f"dc-{number}", name=f"dc-{number}", country=country, region=region)
            for number, (_, (country, region)) in enumerate(places)
        ]
    )
    placed = AIModel.datacenters.through
    placed.objects.bulk_create(
        [placed(aimodel=model, datacenter=datacenter) for (model, _), datacenter in zip(places, datacenters, strict=True)]
    )
    Price.objects.bulk_create(
        [Price(ai_model=model, **{"effective_from": PAST, **row}) for model, drawn in stored for row in drawn["prices"]]
    )
    ParameterDescriptor.objects.bulk_create(
        [
            ParameterDescriptor(ai_model=model, name=name, **row)
            for model, drawn in stored
            for name, row in drawn["descriptors"].items()
        ]
    )
    Offer.objects.bulk_create(
        [
            Offer(ai_model=model, variant=variant, **row)
            for model, drawn in stored
            for variant, row in drawn["offers"].items()
        ]
    )
    AIModel.objects.update(is_listed_on_openrouter=True)


@contextmanager
def stored(catalog: list[dict[str, Any]]) -> Iterator[None]:
    """Store it until the block ends."""
    with transaction.atomic():
        store(catalog)
        yield
        transaction.set_rollback(True)


def empty() -> None:
    AIModel.objects.update(is_listed_on_openrouter=False)
    AIModel.objects.all().delete()
    Datacenter.objects.all().delete()
