"""OpenRouter's monitor does what the consequences promise: both feeds, before and after each change."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from catalog.listing import Selection, listing
from catalog.models import AIModel
from catalog.openrouter.consequences import RULES, Consequence, consequences
from tests.conftest import SHARED
from tests.factories import (
    let_deferred_rules_speak,
    make_datacenter,
    make_listed,
    make_price,
)
from tests.openrouter.monitor import Did, Key, Monitor
from tests.openrouter.monitor_cases import CASES, Case, describes, sets, swaps_id
from tests.openrouter.reading import document_validator

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


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_monitor_does_what_was_promised_and_nothing_else(case: Case, monitors: dict[str, Monitor]) -> None:
    promised, did = carry_out(case, monitors)
    for feed, monitor in monitors.items():
        told = [one for one in promised if feed in one.feeds]
        assert Counter(map(report, did[feed])) == Counter(map(promise, told)), feed
        assert hidden(monitor) == {one.key for one in told if one.effect == "hidden" or one.code == "entry-new-waits"}, feed
        assert not monitor.endpoints.keys() & {one.key for one in told if one.code == "entry-new-skipped"}, feed
        # Another monitor, that knows nothing of before, bills the same, but for what people review.
        fresh = monitor.newcomer()
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
