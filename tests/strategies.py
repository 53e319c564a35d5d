"""Random catalogs: any that the database lets be listed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
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


def words(vocabulary: Any, **bounds: Any) -> Any:
    return st.lists(st.sampled_from(vocabulary.values), **bounds)


@st.composite
def conditions(draw: Any) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"min_prompt_tokens": draw(st.integers(1, 2**31 - 1))}
    if draw(st.booleans()):
        return {"utc_days": draw(words(Weekday, min_size=1, unique=True))}
    start, end = draw(st.lists(TIMES, min_size=2, max_size=2, unique=True))
    return {"utc_start": start, "utc_end": end, "utc_days": draw(words(Weekday, unique=True))}


@st.composite
def flat_prices(draw: Any, with_image: bool = True) -> list[dict[str, Any]]:
    """Price lists of what the flat listing has keys for. Conditions have a base, as every format can express."""
    tiers = ["default", *draw(st.lists(st.sampled_from(["flex", "priority", "ultrafast"]), unique=True))]
    rows = []
    for tier in tiers:
        sold = ["prompt", "completion"]
        rows += [{"kind": kind, "usd": draw(TOKEN_PRICES), "service_tier": tier} for kind in sold]
        for kind, unit, amounts in (
            ("image", "image", PRICES),
            ("request", "request", PRICES),
            ("input_cache_read", "token", TOKEN_PRICES),
        ):
            if draw(st.booleans()) and (with_image or kind != "image"):
                rows.append({"kind": kind, "unit": unit, "usd": draw(amounts), "service_tier": tier})
                if kind == "input_cache_read":
                    sold.append(kind)
        unique = draw(st.lists(conditions(), max_size=3, unique_by=_line))
        for condition in unique:
            kinds = draw(st.lists(st.sampled_from(sold), min_size=1, unique=True))
            rows += [{"kind": kind, "usd": draw(TOKEN_PRICES), "service_tier": tier, **condition} for kind in kinds]
    return rows


@st.composite
def any_prices(draw: Any) -> list[dict[str, Any]]:
    """Those, and lines of every kind, unit and condition, with or without a base."""
    rows: list[dict[str, Any]] = draw(flat_prices())
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(PriceKind.values))
        row = {"kind": kind, "unit": draw(st.sampled_from(KINDS[PriceKind(kind)].units)), "usd": draw(TOKEN_PRICES)}
        row |= draw(st.just({}) | conditions())
        if kind in ("input_cache_read", "input_cache_write"):
            row["cache_ttl_seconds"] = draw(st.none() | st.sampled_from([300, 3600]))
        rows.append(row)
    seen = set()
    return [row for row in rows if (line := _line(row)) not in seen and not seen.add(line)]  # type: ignore[func-returns-value]


def _line(row: dict[str, Any]) -> str:
    unset: dict[str, Any] = {"unit": "token", "service_tier": "default", "utc_days": []}
    row = {**row, "utc_days": sorted(row.get("utc_days", []))}  # in whatever order they are written, they are the same days
    unset |= dict.fromkeys(("min_prompt_tokens", "utc_start", "utc_end", "cache_ttl_seconds"))
    return repr(sorted((key, str(value)) for key, value in {**unset, **row, "usd": None}.items()))


@st.composite
def descriptors(draw: Any) -> dict[str, Any]:
    type_ = draw(st.sampled_from(["range", "integer", "boolean", "enum", "array", "object", "unknown"]))
    row = {"type": type_, "is_passthrough": draw(st.booleans())}
    if type_ in ("range", "integer"):
        bounds = sorted(draw(st.lists(BOUNDS, min_size=2, max_size=2)))
        if type_ == "integer":
            bounds = [bound.to_integral_value() for bound in bounds]
        row |= {"minimum": bounds[0], "maximum": draw(st.none() | st.just(bounds[1]))}
        row["unit"] = draw(st.sampled_from(["", *LimitUnit.values]))
    if type_ == "enum":
        row["values"] = draw(st.lists(PLAIN.filter(lambda value: not isinstance(value, bool)), min_size=1, max_size=3))
    row["default"] = draw(st.none() | PLAIN | st.lists(PLAIN, max_size=2))
    return row


@st.composite
def offers(draw: Any) -> dict[str, Any]:
    """What an offer states for itself; nothing of it may be longer than a context that fits every model."""
    context = draw(st.none() | st.integers(1, 2**31 - 1))
    row = {
        "is_ready": draw(st.none() | st.booleans()),
        "deprecation_at": draw(st.none() | HOURS),
        "context_length": context,
        "max_output_length": draw(st.none() | st.integers(1, context or 2**31 - 1)),
        "capacity_tpm": draw(st.none() | st.integers(1, 2**53 - 1)),
        "discount_to_user": draw(st.none() | st.decimals(-99, Decimal("0.9999999999"), places=10)),
        "supported_sampling_parameters": draw(words(SamplingParameter)),
        "supported_features": draw(words(Feature)),
    }
    free_to_lack = [lack for lack in Lack.values if row.get(lack) in (None, [])]
    return row | {"without": draw(st.lists(st.sampled_from(free_to_lack), unique=True)) if free_to_lack else []}


NAMES = st.sampled_from([*SamplingParameter.values, "tools", "reasoning", "reasoning_effort", "voice", "x-own", "steps"])


@st.composite
def models(draw: Any, *, in_both_feeds: bool = False) -> dict[str, Any]:
    """A model that can be listed. ``in_both_feeds``: with what the flat listing and V2 can both express, alone."""
    context = draw(st.integers(1, 2**31 - 1))
    free = draw(st.booleans())
    inputs, outputs = draw(words(InputModality, min_size=1)), draw(words(OutputModality, min_size=1))
    if in_both_feeds:
        inputs, outputs = [*inputs, "text"], [*outputs, "text"]
    prices = flat_prices(with_image="image" in inputs) if in_both_feeds else flat_prices() | any_prices()
    return {
        "fields": {
            "model_id": draw(IDS),
            "name": draw(TEXT),
            "hugging_face_id": draw(st.just("") | REPOSITORIES),
            "openrouter_slug": draw(st.just("") | REPOSITORIES),
            "description": draw(st.just("") | TEXT),
            "released_at": draw(st.integers(0, 250_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))),
            "input_modalities": inputs,
            "output_modalities": outputs,
            "context_length": context,
            "max_prompt_length": None if in_both_feeds else draw(st.none() | st.integers(1, context)),
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
        "prices": [] if free and draw(st.booleans()) else draw(prices),
        "descriptors": {} if in_both_feeds else draw(st.dictionaries(NAMES, descriptors(), max_size=4)),
        "offers": draw(st.dictionaries(st.sampled_from(["flex", "priority", "ultrafast", "free"]), offers(), max_size=3)),
        "places": draw(
            st.lists(
                st.tuples(st.sampled_from(["DE", "FI", "JP", "US", "BR"]), st.sampled_from(["", "eu-1", "x 2"])), max_size=6
            )
        ),
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
