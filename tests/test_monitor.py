"""What OpenRouter's monitor does with the real feeds, against what was promised to staff."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.test import Client

from catalog.listing import Selection, listing
from catalog.models import AIModel
from catalog.openrouter.consequences import RULES, Consequence, consequences
from tests.conftest import SHARED
from tests.factories import (
    PAST,
    let_deferred_rules_speak,
    make_datacenter,
    make_listed,
    make_price,
)
from tests.monitor import Did, Key, Monitor, document_validator
from tests.test_consequences import EVENING, LONG, LONGER, MORNING, NIGHT

pytestmark = pytest.mark.django_db

FEEDS = ("openrouter", "openrouter-v2")
SCHEMA = SHARED / "spec/provider-monitor-schema-v2.openapi.json"
FIELD_OF = {
    "deprecation_date": "deprecation_at",
    "created": "released_at",
    "slug": "openrouter_slug",
    "features": "supported_features",
    "sampling": "supported_sampling_parameters",
    "capacity": "capacity_tpm",
}
"""What the wire calls otherwise than the catalog."""
MARCH = datetime(2027, 3, 1, 13, tzinfo=UTC)

Change = Callable[[AIModel], Any]
Prices = tuple[tuple[str, str, dict[str, Any]], ...]


class Case(NamedTuple):
    """A change to a listed model with these facts and further prices."""

    change: Change
    prices: Prices = ()
    facts: dict[str, Any] = {}


def sets(**facts: Any) -> Change:
    return lambda model: AIModel.objects.filter(pk=model.pk).update(**facts)


def sells(*prices: tuple[str, str | None, dict[str, Any]]) -> Change:
    """Lines begin, change or (without an amount) end."""

    def change(model: AIModel) -> None:
        for kind, usd, conditions in prices:
            make_price(model, kind, usd, effective_from=PAST + timedelta(days=1), **conditions)

    return change


def describes(name: str, **facts: Any) -> Change:
    return lambda model: model.parameter_descriptors.update_or_create(name=name, defaults={"type": "range", **facts})


def swaps_id(model: AIModel) -> None:
    AIModel.objects.filter(pk=model.pk).update(model_id="acme/renamed")


def lists_another(**facts: Any) -> Change:
    return lambda model: make_listed(**{"model_id": "acme/two", "hugging_face_id": "acme/Two", **facts})


def moves_country(model: AIModel) -> None:
    model.datacenters.update(country="JP")


def moves_region(model: AIModel) -> None:
    model.datacenters.update(region="eu-2")


TOKEN: dict[str, Any] = {}
REQUEST, IMAGE, SEARCH = ({"unit": unit} for unit in ("request", "image", "search"))
FLEX: Any = {"service_tier": "flex"}
DEAR, DEARER = "0.0000009", "0.0000011"
EMBEDS = {"output_modalities": ["embeddings"]}

CASES = {
    "unlisted": Case(sets(is_listed_on_openrouter=False)),
    "an embedder unlisted": Case(sets(is_listed_on_openrouter=False), facts=EMBEDS),
    "another id": Case(swaps_id),
    "another id of an embedder": Case(swaps_id, facts=EMBEDS),
    "another id and another name": Case(sets(model_id="acme/renamed", name="Renamed")),
    "another model": Case(lists_another()),
    "another model, not ready": Case(lists_another(is_ready=False)),
    "another model, past its end": Case(lists_another(deprecation_at=PAST)),
    "another model for nothing": Case(lists_another(prices={"prompt": "0", "completion": "0"})),
    "another model that draws": Case(lists_another(output_modalities=["text", "image"])),
    "another model with a bare id": Case(lists_another(model_id="two", hugging_face_id="")),
    "another model of a closed author": Case(lists_another(model_id="openai/two", hugging_face_id="")),
    "another model known by its id": Case(lists_another(hugging_face_id="")),
    "a free variant": Case(sets(has_free_variant=True)),
    "no free variant": Case(sets(has_free_variant=False), facts={"has_free_variant": True}),
    "a tier": Case(sells(("prompt", DEAR, FLEX), ("completion", DEAR, FLEX))),
    "no tier": Case(
        sells(("prompt", None, FLEX), ("completion", None, FLEX)), (("prompt", DEAR, FLEX), ("completion", DEAR, FLEX))
    ),
    "not ready": Case(sets(is_ready=False)),
    "ready": Case(sets(is_ready=True), facts={"is_ready": False}),
    "deprecated": Case(sets(deprecation_at=MARCH)),
    "deprecated in the past": Case(sets(deprecation_at=PAST)),
    "not deprecated": Case(sets(deprecation_at=None), facts={"deprecation_at": MARCH}),
    "quantization": Case(sets(quantization="fp4")),
    "context": Case(sets(context_length=262144)),
    "longest output": Case(sets(max_output_length=5)),
    "longest prompt": Case(sets(max_prompt_length=5)),
    "no longest prompt": Case(sets(max_prompt_length=None), facts={"max_prompt_length": 5}),
    "discount": Case(sets(discount_to_user=Decimal("0.1"))),
    "no discount": Case(sets(discount_to_user=None), facts={"discount_to_user": Decimal("0.1")}),
    "capacity": Case(sets(capacity_tpm=5)),
    "no capacity": Case(sets(capacity_tpm=None), facts={"capacity_tpm": 5}),
    "name": Case(sets(name="Two")),
    "created": Case(sets(released_at=MARCH)),
    "tokenizer": Case(sets(tokenizer="GPT")),
    "slug": Case(sets(openrouter_slug="acme/two")),
    "description": Case(sets(description="Two.")),
    "Hugging Face id": Case(sets(hugging_face_id="acme/Two")),
    "input modalities": Case(sets(input_modalities=["text", "image"])),
    "output modalities": Case(sets(output_modalities=["text", "image"])),
    "embeddings, on top, keep their tiers": Case(sets(output_modalities=["text", "embeddings"]), (("prompt", DEAR, LONG),)),
    "a long context of one that embeds no more": Case(
        lambda model: [change(model) for change in (sets(output_modalities=["text"]), sells(("prompt", DEAR, LONG)))],
        facts={**EMBEDS, "supported_sampling_parameters": []},
    ),
    "text input goes": Case(
        sets(input_modalities=["audio"]),
        (("prompt", DEAR, LONG),),
        {"input_modalities": ["text", "audio"], "capacity_tpm": 5},
    ),
    "datacenters": Case(moves_country),
    "a datacenter's region": Case(moves_region),
    "features": Case(sets(supported_features=["tools", "json_mode"])),
    "sampling parameters": Case(sets(supported_sampling_parameters=["temperature", "seed"])),
    "sampling parameters of an embedder": Case(sets(supported_sampling_parameters=["seed"]), facts=EMBEDS),
    "bounds": Case(describes("temperature", maximum=2), facts={"supported_sampling_parameters": ["temperature"]}),
    "bounds of what is not supported": Case(describes("temperature", maximum=2)),
    "an own parameter": Case(describes("voice")),
    "an own parameter of an embedder": Case(describes("dimensions"), facts=EMBEDS),
    "a feature's description": Case(describes("tools"), facts={"supported_features": ["tools"]}),
    "a parameter passed through": Case(describes("filter", is_passthrough=True)),
    "what no feed carries": Case(
        sets(aliases=["uno"], category="image", instruct_type="chatml", notes="!", is_public=False)
    ),
    "a price": Case(sells(("prompt", DEAR, TOKEN))),
    "both prices, very far": Case(sells(("prompt", "0.5", TOKEN), ("completion", "0", TOKEN))),
    "cache reads": Case(sells(("input_cache_read", DEAR, TOKEN))),
    "no cache reads": Case(sells(("input_cache_read", None, TOKEN)), (("input_cache_read", DEAR, TOKEN),)),
    "cache reads with a tier": Case(sells(("input_cache_read", DEAR, TOKEN), ("input_cache_read", DEARER, LONG))),
    "cache writes": Case(sells(("input_cache_write", DEAR, TOKEN))),
    "cache writes by life": Case(sells(("input_cache_write", DEAR, {"cache_ttl_seconds": 300}))),
    "requests": Case(sells(("request", DEAR, REQUEST))),
    "requests dearer": Case(sells(("request", DEARER, REQUEST)), (("request", DEAR, REQUEST),)),
    "requests for nothing": Case(sells(("request", "0", REQUEST))),
    "requests for nothing cost": Case(sells(("request", DEAR, REQUEST)), (("request", "0", REQUEST),)),
    "no requests": Case(sells(("request", None, REQUEST)), (("request", DEAR, REQUEST),)),
    "a request's tier": Case(sells(("request", DEARER, {**REQUEST, **LONG})), (("request", DEAR, REQUEST),)),
    "reasoning": Case(sells(("internal_reasoning", DEAR, TOKEN))),
    "web search": Case(sells(("web_search", DEAR, SEARCH))),
    "no web search": Case(sells(("web_search", None, SEARCH)), (("web_search", DEAR, SEARCH),)),
    "pictures": Case(sells(("image", DEAR, IMAGE)), facts={"input_modalities": ["text", "image"]}),
    "pictures without the modality": Case(sells(("image", DEAR, IMAGE))),
    "pictures dearer": Case(
        sells(("image", DEARER, IMAGE)), (("image", DEAR, IMAGE),), {"input_modalities": ["text", "image"]}
    ),
    "pictures by the token": Case(sells(("image", DEAR, TOKEN)), facts={"input_modalities": ["text", "image"]}),
    "sound that no feed shows": Case(sells(("audio", DEAR, TOKEN))),
    "sound": Case(sells(("audio", DEAR, TOKEN)), facts={"input_modalities": ["text", "audio"]}),
    "cached sound": Case(sells(("input_audio_cache", DEAR, TOKEN)), facts={"input_modalities": ["text", "audio"]}),
    "a long context": Case(sells(("prompt", DEAR, LONG))),
    "a longer context": Case(sells(("prompt", DEARER, LONGER)), (("prompt", DEAR, LONG),)),
    "a long context dearer": Case(sells(("prompt", DEARER, LONG)), (("prompt", DEAR, LONG),)),
    "no long context": Case(sells(("prompt", None, LONG)), (("prompt", DEAR, LONG),)),
    "a third long context": Case(
        sells(("prompt", DEARER, {"min_prompt_tokens": 5})), (("prompt", DEAR, LONG), ("prompt", DEAR, LONGER))
    ),
    "two of three long contexts": Case(
        sells(("prompt", None, {"min_prompt_tokens": 5})),
        (("prompt", DEAR, {"min_prompt_tokens": 5}), ("prompt", DEAR, LONG), ("prompt", DEAR, LONGER)),
    ),
    "a long context of an embedder": Case(sells(("prompt", DEAR, LONG)), facts=EMBEDS),
    "a long context of audio": Case(sells(("prompt", DEAR, LONG)), facts={"input_modalities": ["audio"]}),
    "a long context without a base": Case(sells(("input_cache_read", DEAR, LONG))),
    "a window": Case(sells(("prompt", DEAR, MORNING))),
    "a window dearer": Case(sells(("prompt", DEARER, MORNING)), (("prompt", DEAR, MORNING),)),
    "a window of cache reads": Case(sells(("input_cache_read", DEARER, MORNING)), (("input_cache_read", DEAR, TOKEN),)),
    "no window": Case(sells(("prompt", None, MORNING)), (("prompt", DEAR, MORNING),)),
    "a second window": Case(sells(("prompt", DEAR, EVENING)), (("prompt", DEAR, MORNING),)),
    "a second window at another price": Case(sells(("prompt", DEARER, EVENING)), (("prompt", DEAR, MORNING),)),
    "a second window on other days": Case(
        sells(("prompt", DEAR, {**EVENING, "utc_days": ["monday"]})), (("prompt", DEAR, MORNING),)
    ),
    "a third window": Case(sells(("prompt", DEAR, NIGHT)), (("prompt", DEAR, MORNING), ("prompt", DEAR, EVENING))),
    "windows become one set": Case(
        sells(("prompt", DEAR, EVENING)), (("prompt", DEAR, MORNING), ("prompt", DEARER, EVENING))
    ),
    "days alone": Case(sells(("prompt", DEAR, {"utc_days": ["monday"]}))),
    "a mix": Case(sells(("completion", DEAR, MORNING)), (("prompt", DEAR, LONG),)),
    "a mix ends": Case(sells(("completion", None, MORNING)), (("completion", DEAR, MORNING), ("prompt", DEAR, LONG))),
    "a tier's price": Case(sells(("prompt", DEARER, FLEX)), (("prompt", DEAR, FLEX), ("completion", DEAR, FLEX))),
    "many at once": Case(
        lambda model: [
            change(model)
            for change in (
                sets(name="Two", is_ready=False, context_length=65536),
                sells(("prompt", DEAR, TOKEN)),
                moves_country,
            )
        ]
    ),
}


@pytest.fixture
def monitors(client: Client) -> dict[str, Monitor]:
    """One for each feed, as if that feed was the one that OpenRouter fetches."""
    validator = document_validator(SCHEMA.read_text()) if SCHEMA.exists() else None

    def fetching(feed: str) -> Callable[[], tuple[int, bytes]]:
        def fetch() -> tuple[int, bytes]:
            answer = client.get(f"/v1/models?format={feed}")
            return answer.status_code, answer.content

        return fetch

    return {feed: Monitor(fetching(feed), validator) for feed in FEEDS}


def arrange(case: Case) -> AIModel:
    model = make_listed(
        **{
            "hugging_face_id": "acme/One",
            "datacenters": (make_datacenter(region="eu-1"),),
            "supported_sampling_parameters": ["temperature"],
            **case.facts,
        }
    )
    for kind, usd, conditions in case.prices:
        make_price(model, kind, usd, **conditions)
    return model


def promise(one: Consequence) -> Did:
    """A consequence in the monitor's words."""
    about = "entry" if one.field == "model_id" else one.field
    amounts = (one.old, one.new) if one.field == "prices" else ()
    return Did(one.key, about, one.effect.value, *amounts)


def report(one: Did) -> Did:
    return one._replace(about=FIELD_OF.get(one.about, one.about))


def carry_out(case: Case, monitors: dict[str, Monitor]) -> tuple[list[Consequence], dict[str, list[Did]]]:
    """Poll, change, poll again: what was promised, and what each monitor did."""
    model = arrange(case)
    for monitor in monitors.values():
        monitor.poll()
        monitor.launch()
    before = listing(Selection.LISTED)
    case.change(model)
    let_deferred_rules_speak()
    after = listing(Selection.LISTED)
    promised = consequences(before.entries, after.entries, at=after.at, price_factor=10)
    did = {feed: monitor.poll() for feed, monitor in monitors.items()}
    assert not any(monitor.dropped for monitor in monitors.values())
    return promised, did


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_monitor_does_what_was_promised_and_nothing_else(case: Case, monitors: dict[str, Monitor]) -> None:
    promised, did = carry_out(case, monitors)
    for feed, monitor in monitors.items():
        told = [one for one in promised if feed in one.feeds]
        assert Counter(map(report, did[feed])) == Counter(map(promise, told)), feed
        assert hidden(monitor) == {one.key for one in told if one.effect == "hidden" or one.code == "entry-new-waits"}, feed
        assert not monitor.endpoints.keys() & {one.key for one in told if one.code == "entry-new-skipped"}, feed
        # Another monitor, that knows nothing of before, bills the same, but for what people review.
        fresh = Monitor(monitor.fetch)
        fresh.poll()
        for key in fresh.endpoints.keys() & monitor.endpoints.keys():
            here = [one for one in told if one.key == key]
            is_reviewed = any(one.field == "prices" and one.effect == "reviewed" for one in here)
            if not any(one.field == "output_modalities" for one in here):  # with those, it may bill by other rules
                assert (monitor.endpoints[key].billed != fresh.endpoints[key].billed) == is_reviewed, feed


def hidden(monitor: Monitor) -> set[Key]:
    return {key for key, endpoint in monitor.endpoints.items() if endpoint.is_hidden}


def test_outputs_that_nobody_applied_do_not_change_what_is_billed(monitors: dict[str, Monitor]) -> None:
    case = CASES["embeddings, on top, keep their tiers"]
    model = arrange(case)
    for monitor in monitors.values():
        monitor.poll()
    billed = {feed: dict(monitor.endpoints[model.model_id, "default", False].billed) for feed, monitor in monitors.items()}
    case.change(model)
    for feed, monitor in monitors.items():
        assert [one.effect for one in monitor.poll()] == ["detected"]
        assert monitor.endpoints[model.model_id, "default", False].billed == billed[feed]
        assert [one.about for one in monitor.queue] == ["output_modalities"]


@pytest.mark.slow
def test_the_changes_meet_every_rule_that_a_feed_of_ours_can_meet() -> None:
    # A listed model always has prices, its free variant never, and its quantization is needed.
    unreachable = {"first-price", "free-price-reviewed"}
    met = set()
    for case in CASES.values():
        with transaction.atomic():
            model = arrange(case)
            before = listing(Selection.LISTED)
            case.change(model)
            after = listing(Selection.LISTED)
            transaction.set_rollback(True)
        met |= {one.code for one in consequences(before.entries, after.entries, at=after.at, price_factor=10)}
    assert met | unreachable | {"passthrough-left", "entry-back"} == {rule.code for rule in RULES}


def test_the_last_parameter_passed_through_is_left(monitors: dict[str, Monitor]) -> None:
    case = Case(lambda model: model.parameter_descriptors.all().delete())
    model = arrange(case)
    describes("filter", is_passthrough=True)(model)
    before = listing(Selection.LISTED)
    monitor = monitors["openrouter-v2"]
    monitor.poll()
    case.change(model)
    after = listing(Selection.LISTED)
    (one,) = consequences(before.entries, after.entries, at=after.at, price_factor=10)
    assert (one.code, one.feeds) == ("passthrough-left", ("openrouter-v2",))
    assert monitor.poll() == [promise(one)]


# The monitor itself


def test_what_comes_back_stays_hidden(monitors: dict[str, Monitor]) -> None:
    model = arrange(Case(swaps_id))
    for monitor in monitors.values():
        monitor.poll()
        sets(is_listed_on_openrouter=False)(model)
        monitor.poll()
        before = listing(Selection.LISTED)
        sets(is_listed_on_openrouter=True)(model)
        after = listing(Selection.LISTED)
        told = consequences(before.entries, after.entries, at=after.at, price_factor=10, known=after.keys)
        assert [(one.code, one.effect) for one in told] == [("entry-back", "stays_hidden")]
        assert monitor.poll() == []
        assert monitor.endpoints[model.model_id, "default", False].is_hidden


def test_what_is_ready_again_is_not_shown_by_the_monitor_itself(monitors: dict[str, Monitor]) -> None:
    model = arrange(Case(swaps_id))
    for monitor in monitors.values():
        monitor.poll()
        assert not monitor.endpoints[model.model_id, "default", False].is_hidden
        sets(is_ready=False)(model)
        monitor.poll()
        sets(is_ready=True)(model)
        assert [one.effect for one in monitor.poll()] == ["applied"]
        assert monitor.endpoints[model.model_id, "default", False].is_hidden


def test_an_error_removes_nothing(monitors: dict[str, Monitor]) -> None:
    arrange(Case(swaps_id))
    monitor = monitors["openrouter"]
    monitor.poll()
    fetch, monitor.fetch = monitor.fetch, lambda: (503, b"")
    assert monitor.poll() == []
    assert monitor.failures == 1
    assert not any(endpoint.is_hidden for endpoint in monitor.endpoints.values())
    monitor.fetch = fetch
    assert monitor.poll() == []


def test_a_document_with_a_key_too_many_is_dropped_and_its_endpoint_hidden(
    shared: Path, monitors: dict[str, Monitor]
) -> None:
    arrange(Case(swaps_id))
    monitor = monitors["openrouter-v2"]
    monitor.poll()
    _, body = monitor.fetch()
    feed = json.loads(body)
    feed["data"][0]["owned_by"] = "acme"
    monitor.fetch = lambda: (200, json.dumps(feed).encode())
    assert [(one.about, one.effect) for one in monitor.poll()] == [("entry", "hidden")]
    assert monitor.dropped == ["acme/one"]


def test_each_entry_is_read_by_its_own_schema_version(monitors: dict[str, Monitor]) -> None:
    arrange(Case(swaps_id))
    flat, v2 = (json.loads(monitor.fetch()[1])["data"][0] for monitor in monitors.values())
    mixed = Monitor(lambda: (200, json.dumps({"data": [flat | {"id": "a"}, v2 | {"id": "b"}]}).encode()))
    mixed.poll()
    assert [endpoint.offer.is_v2 for endpoint in mixed.endpoints.values()] == [False, True]
    first, second = mixed.endpoints.values()
    assert first.billed == second.billed
