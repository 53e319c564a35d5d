"""A change for each rule of what OpenRouter does, with the consequences that it has."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from catalog.listing import Entry, Location
from tests.openrouter.common import BASES, EVENING, FACTS, FLAT, LONG, MARCH, MORNING, NIGHT, V2, entry, line, parameter

BOTH = (FLAT, V2)

PAST = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Case(NamedTuple):
    """A change, and the rules that answer it, each with the feeds that it concerns."""

    old: Entry | None
    new: Entry | None
    expected: dict[tuple[str, str], tuple[str, ...]]


def fact(code: str, feeds: tuple[str, ...] = BOTH, /, old: Any = (), **new: Any) -> Case:
    """One field takes another value."""
    (field,) = new
    return Case(entry(**dict(old)), entry(**new), {(field, code): feeds})


def price(code: str, feeds: tuple[str, ...], old: Any, new: Any, **facts: Any) -> Case:
    """The price list gets and loses lines."""
    return Case(entry(*old, **facts), entry(*new, **facts), {("prices", code): feeds})


OWN = (parameter("filter", is_passthrough=True),)
CASES = {
    # C.2: an endpoint whose entry is missing is hidden on that run; video, TTS, transcription, embeddings are not.
    "an entry goes": Case(entry(), None, {("entry", "entry-removed"): BOTH}),
    "a free variant goes": Case(entry(free=True), None, {("entry", "entry-removed"): BOTH}),
    "a tier goes": Case(entry(tier="flex"), None, {("entry", "entry-removed"): BOTH}),
    "an embedder goes": Case(entry(output_modalities=("embeddings",)), None, {("entry", "entry-removed-not-hidden"): BOTH}),
    "a speaking chat model goes": Case(
        entry(output_modalities=("text", "speech")), None, {("entry", "entry-removed"): BOTH}
    ),
    # B.1: id is the match key.
    "an id changes": Case(
        entry(), entry(model_id="acme/two"), {("model_id", "id-changed"): BOTH, ("entry", "entry-new"): BOTH}
    ),
    "an embedder's id changes": Case(
        entry(output_modalities=("embeddings",)),
        entry(output_modalities=("embeddings",), model_id="acme/two"),
        {("model_id", "id-changed-not-hidden"): BOTH, ("entry", "entry-new-waits"): BOTH},
    ),
    "another model comes for one": Case(
        entry(),
        entry(model_id="acme/two", context_length=5),
        {("entry", "entry-removed"): BOTH, ("entry", "entry-new"): BOTH},
    ),
    # C.3 and C.4: staging of what is new.
    "a sound new entry": Case(None, entry(), {("entry", "entry-new"): BOTH}),
    "a new free variant": Case(None, entry(free=True), {("entry", "entry-new"): BOTH}),
    "new, past its deprecation": Case(None, entry(deprecation_at=PAST), {("entry", "entry-new-skipped"): BOTH}),
    "new, not ready": Case(None, entry(is_ready=False), {("entry", "entry-new-waits"): BOTH}),
    "new, of a tier": Case(None, entry(tier="flex"), {("entry", "entry-new-waits"): BOTH}),
    "new, at no price": Case(None, entry(bases=()), {("entry", "entry-new-waits"): BOTH}),
    "new, at price zero": Case(
        None, entry(bases=(line("prompt", "0"), line("completion", "0"))), {("entry", "entry-new-waits"): BOTH}
    ),
    "new, with pictures": Case(None, entry(output_modalities=("text", "image")), {("entry", "entry-new-waits"): BOTH}),
    "new, with a bare id": Case(None, entry(hugging_face_id="", model_id="one"), {("entry", "entry-new-waits"): BOTH}),
    "new, of a closed author": Case(
        None, entry(hugging_face_id="", model_id="openai/one"), {("entry", "entry-new-waits"): BOTH}
    ),
    "is_ready off": fact("not-ready", is_ready=False),
    "is_ready on": fact("ready-again", old={"is_ready": False}, is_ready=True),
    # C.6
    "a deprecation": fact("deprecation-announced", deprecation_at=MARCH),
    "a deprecation that is past": fact("deprecation-past", deprecation_at=PAST),
    "a deprecation taken back": fact("deprecation-removed", old={"deprecation_at": MARCH}, deprecation_at=None),
    # B.1 to B.3: the column "ingest".
    "quantization": fact("fact-applied", quantization="fp4"),
    "no quantization": fact("fact-removed", quantization=None),
    "context": fact("fact-applied", context_length=262144),
    "longest prompt": fact("fact-applied", (V2,), max_prompt_length=90_000),
    "no longest prompt": fact("fact-removed", (V2,), max_prompt_length=None),
    "longest output": fact("fact-applied", max_output_length=16384),
    "discount": fact("fact-applied", discount_to_user=Decimal("-0.1")),
    "no discount": fact("fact-removed", discount_to_user=None),
    "capacity": fact("capacity-applied", capacity_tpm=2000),
    "no capacity": fact("capacity-removed", capacity_tpm=None),
    "input modalities": fact("modalities-detected", input_modalities=("text",)),
    "output modalities": fact("modalities-detected", output_modalities=("text", "image")),
    "datacenters": fact("fact-detected", datacenters=(Location("tyo", "Tokyo", "JP", ""),)),
    "a datacenter's region": fact("fact-detected", (V2,), datacenters=(Location("fra1", "Frankfurt", "DE", "eu-2"),)),
    "Hugging Face id": fact("hugging-face-id-detected", hugging_face_id="acme/Two"),
    "description": fact("read-at-staging", description="Another."),
    "name": fact("fact-ignored", name="Two"),
    "created": fact("fact-ignored", released_at=datetime(2026, 1, 2, tzinfo=UTC)),
    "tokenizer": fact("fact-ignored", (V2,), tokenizer="Qwen"),
    "slug": fact("fact-ignored", openrouter_slug="acme/two"),
    "features": fact("features-ignored", supported_features=("tools", "reasoning")),
    "sampling parameters": fact("fact-applied", supported_sampling_parameters=("temperature",)),
    "sampling parameters without text": Case(
        entry(output_modalities=("image",)),
        entry(output_modalities=("image",), supported_sampling_parameters=("temperature",)),
        {("supported_sampling_parameters", "parameters-not-read"): BOTH},
    ),
    # B.3, B.4
    "a sampling parameter's bounds": fact(
        "parameter-reviewed", (V2,), parameters=(parameter("temperature", maximum=Decimal(2)),)
    ),
    "an own parameter": fact("parameter-reviewed", (V2,), parameters=(parameter("voice"),)),
    "a feature's description": fact("feature-description-ignored", (V2,), parameters=(parameter("tools"),)),
    "a parameter without text": Case(
        entry(output_modalities=("image",)),
        entry(output_modalities=("image",), parameters=(parameter("steps"),)),
        {("parameters", "parameters-not-read"): (V2,)},
    ),
    "a parameter passed through": fact("passthrough-reviewed", (V2,), parameters=OWN),
    "the last parameter passed through goes": fact("passthrough-left", (V2,), old={"parameters": OWN}, parameters=()),
    # B.5: what is billed, and what is automatic.
    "a price changes": Case(
        entry(), entry(bases=(line("prompt", "0.0000003"), BASES[1])), {("prices", "price-changed"): BOTH}
    ),
    "a first price": Case(entry(bases=()), entry(bases=BASES[:1]), {("prices", "first-price"): BOTH}),
    "a first price beside what is not billed": Case(
        entry(line("web_search", "1", "search"), bases=()),
        entry(line("web_search", "1", "search"), bases=BASES[:1]),
        {("prices", "first-price"): BOTH},
    ),
    "cache reads": price("cache-price-added-or-removed", BOTH, [], [line("input_cache_read", "0.0000001")]),
    "no cache reads": price("cache-price-added-or-removed", BOTH, [line("input_cache_read", "0.0000001")], []),
    "cache writes": price("price-line-reviewed", (V2,), [], [line("input_cache_write", "0.0000001")]),
    "a price per request": price("price-line-reviewed", BOTH, [], [line("request", "0.1", "request")]),
    "no price per request": price("price-line-reviewed", BOTH, [line("request", "0.1", "request")], []),
    "a free request, said": price("price-line-reviewed", (V2,), [], [line("request", "0", "request")]),
    "reasoning": price("price-line-reviewed", (V2,), [], [line("internal_reasoning", "0.1")]),
    "a free variant's price": Case(
        Entry(FACTS, "default", True, ()),
        Entry(FACTS, "default", True, BASES[:1]),
        {("prices", "free-price-reviewed"): (V2,)},
    ),
    "web search": price("price-not-billed", (V2,), [], [line("web_search", "0.1", "search")]),
    "cache writes by life": price("price-not-billed", (V2,), [], [line("input_cache_write", "0.1", cache_ttl_seconds=300)]),
    "cache reads by life": price("price-not-billed", (V2,), [], [line("input_cache_read", "0.1", cache_ttl_seconds=300)]),
    "a price per picture": Case(
        entry(line("image", "0.1", "image")),
        entry(line("image", "0.2", "image")),
        {("prices", "price-not-billed"): (V2,), ("prices", "price-changed"): (FLAT,)},
    ),
    "a price that neither feed has": Case(entry(), entry(line("audio", "0.1")), {}),
    "a longer context": price("conditional-price-changed", BOTH, [], [line("prompt", "0.1", **LONG)]),
    "a longer context dearer": price(
        "conditional-price-changed", BOTH, [line("prompt", "0.1", **LONG)], [line("prompt", "0.2", **LONG)]
    ),
    "a window": price("price-line-reviewed", BOTH, [], [line("prompt", "0.1", **MORNING)]),
    "a window dearer": price(
        "conditional-price-changed", BOTH, [line("prompt", "0.1", **MORNING)], [line("prompt", "0.2", **MORNING)]
    ),
    "a window for cache reads": price(
        "cache-price-added-or-removed",
        BOTH,
        [line("input_cache_read", "0.1")],
        [line("input_cache_read", "0.1"), line("input_cache_read", "0.2", **MORNING)],
    ),
    "days alone": price("billed-at-base-price", BOTH, [], [line("prompt", "0.1", utc_days=("monday",))]),
    "three tiers": price(
        "billed-at-base-price", BOTH, [], [line("prompt", "0.1", min_prompt_tokens=number) for number in (1, 2, 3)]
    ),
    "three windows": price(
        "billed-at-base-price", BOTH, [], [line("prompt", "0.1", **window) for window in (MORNING, EVENING, NIGHT)]
    ),
    "two windows, two prices": price(
        "billed-at-base-price", BOTH, [], [line("prompt", "0.1", **MORNING), line("prompt", "0.2", **EVENING)]
    ),
    "a mix that spoils what was billed": price(
        "billed-at-base-price",
        BOTH,
        [line("prompt", "0.1", **LONG)],
        [line("prompt", "0.1", **LONG), line("completion", "0.1", **MORNING)],
    ),
    "a mix that ends": Case(
        entry(line("prompt", "0.1", **LONG), line("completion", "0.1", **MORNING)),
        entry(line("prompt", "0.1", **LONG)),
        {("prices", "condition-billed-again"): BOTH, ("prices", "billed-at-base-price"): BOTH},
    ),
    "a tier on another kind": price(
        "billed-at-base-price",
        BOTH,
        [line("request", "0.1", "request")],
        [line("request", "0.1", "request"), line("request", "0.2", "request", **LONG)],
    ),
    "a tier of an embedder": price(
        "billed-at-base-price", BOTH, [], [line("prompt", "0.1", **LONG)], output_modalities=("embeddings",)
    ),
    "a tier at audio": Case(
        entry(input_modalities=("audio",)),
        entry(line("prompt", "0.1", **LONG), input_modalities=("audio",)),
        {("prices", "billed-at-base-price"): (V2,), ("prices", "conditional-price-changed"): (FLAT,)},
    ),
    "text input goes": Case(
        entry(input_modalities=("text", "audio"), bases=BASES[:1]),
        entry(input_modalities=("audio",), bases=BASES[:1]),
        {
            ("input_modalities", "modalities-detected"): BOTH,
            ("context_length", "fact-removed"): (V2,),
            ("max_prompt_length", "fact-removed"): (V2,),
            ("capacity_tpm", "capacity-removed"): (V2,),
            ("prices", "price-line-reviewed"): (V2,),
        },
    ),
    # What neither feed carries.
    "private facts": Case(
        entry(), entry(aliases=("uno",), author="x", category="image", instruct_type="chatml", is_moderated=True), {}
    ),
    "a fraction of a second": Case(entry(), entry(released_at=datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC)), {}),
}
