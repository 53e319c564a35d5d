"""The one read: which prices are in force, which entries there are, in which order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bench.catalogs import fill
from catalog.listing import Entry, Selection, listing
from catalog.models import AIModel, Price
from tests.factories import PAST, make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db


def entries(at: datetime | None = None) -> tuple[Entry, ...]:
    return listing(Selection.LISTED, at=at).entries


def prices(entry: Entry) -> dict[str, str]:
    return {line.kind: format(line.usd, "f") for line in entry.prices}


def test_only_listed_models_are_read_for_the_feed_and_only_public_ones_for_the_rest() -> None:
    make_listed("listed", is_public=False)
    make_model("public")
    make_model("draft", is_public=False)
    assert [entry.model.model_id for entry in entries()] == ["listed"]
    assert [entry.model.model_id for entry in listing(Selection.PUBLIC).entries] == ["public"]
    assert len(listing(Selection.EVERY).entries) == 3


def test_models_come_in_byte_order_of_their_ids() -> None:
    for model_id in ("acme/one", "Beta/x", "acme/One", "acme-2/z"):
        make_listed(model_id)
    assert [entry.model.model_id for entry in entries()] == ["Beta/x", "acme-2/z", "acme/One", "acme/one"]


def test_the_newest_price_that_has_begun_is_in_force() -> None:
    model = make_listed()
    make_price(model, "prompt", "0.3", effective_from=PAST + timedelta(days=1))
    make_price(model, "prompt", "0.2", effective_from=PAST + timedelta(days=2))
    make_price(model, "prompt", "0.9", effective_from=timezone.now() + timedelta(days=2))
    assert prices(entries()[0])["prompt"] == "0.2"
    assert prices(entries(PAST + timedelta(days=1))[0])["prompt"] == "0.3"


def test_a_price_begins_at_its_moment_and_the_listing_says_when() -> None:
    model = make_listed()
    moment = timezone.now() + timedelta(days=1)
    make_price(model, "prompt", "7", effective_from=moment)
    now = listing(Selection.LISTED)
    assert now.valid_until == moment
    assert prices(entries(moment)[0])["prompt"] == "7"
    assert prices(entries(moment - timedelta(microseconds=1))[0])["prompt"] == "0.0000001"
    assert listing(Selection.LISTED, at=moment).valid_until is None


def test_an_ended_line_is_gone_and_may_begin_again() -> None:
    model = make_listed(prices={"prompt": "1", "completion": "1", "input_cache_read": "0.5"})
    make_price(model, "input_cache_read", None, effective_from=PAST + timedelta(days=1))
    assert "input_cache_read" not in prices(entries()[0])
    make_price(model, "input_cache_read", "0.4", effective_from=PAST + timedelta(days=2))
    assert prices(entries()[0])["input_cache_read"] == "0.4"


def test_conditions_are_lines_of_their_own() -> None:
    model = make_listed()
    make_price(model, "prompt", "0.5", min_prompt_tokens=1000)
    make_price(model, "prompt", "0.6", utc_start=800, utc_end=1700, utc_days=["sunday", "monday"])
    lines = [line for line in entries()[0].prices if line.kind == "prompt"]
    assert len(lines) == 3
    assert [line.utc_days for line in lines if line.utc_days] == [("monday", "sunday")]


def test_entries_are_the_tiers_that_have_prices_and_the_free_variant() -> None:
    model = make_listed(has_free_variant=True)
    for tier in ("ultrafast", "flex"):
        make_price(model, "prompt", "1", service_tier=tier)
        make_price(model, "completion", "1", service_tier=tier)
    found = [(entry.service_tier, entry.is_free) for entry in entries()]
    assert found == [("default", False), ("flex", False), ("ultrafast", False), ("default", True)]
    assert all(line.service_tier == "flex" for line in entries()[1].prices)
    assert entries()[3].prices == ()


def test_vocabularies_come_in_their_own_order_each_word_once() -> None:
    make_listed(input_modalities=["video", "text", "video", "image"], supported_sampling_parameters=["seed", "top_p"])
    model = entries()[0].model
    assert model.input_modalities == ("text", "image", "video")
    assert model.supported_sampling_parameters == ("top_p", "seed")


def test_a_model_may_be_seen_alone() -> None:
    make_listed("a")
    make_listed("b")
    assert [entry.model.model_id for entry in listing(Selection.LISTED, model_ids=["b"]).entries] == ["b"]


def test_the_number_of_queries_does_not_grow(django_assert_num_queries: Any) -> None:
    place = make_datacenter()
    for count in (1, 20):
        for number in range(count):
            make_listed(f"{count}/{number}", datacenters=(place,))
        # the revision, the provider and its countries, datacenters, parameters, switches, models, prices, the next
        # moment
        with django_assert_num_queries(10):
            assert listing(Selection.LISTED).entries


def test_the_revision_moves_with_every_statement_that_could_matter() -> None:
    def number() -> int:
        return listing(Selection.LISTED).revision

    place, model = make_datacenter(), make_model()
    for write in (
        lambda: make_price(model, "request", "1", unit="request"),
        lambda: model.datacenters.add(place),
        lambda: model.datacenters.clear(),
        lambda: model.parameter_descriptors.create(name="temperature", type="range"),
        lambda: AIModel.objects.filter(pk=model.pk).update(name="Two"),
        lambda: model.prices.all().delete(),
        place.delete,
        model.delete,
    ):
        before = number()
        write()
        assert number() > before


def test_what_is_read_at_a_moment_in_the_past_is_what_was_in_force_then() -> None:
    model = make_listed()
    make_price(model, "prompt", "5", effective_from=datetime(2026, 6, 1, tzinfo=UTC))
    assert prices(entries(datetime(2026, 5, 31, tzinfo=UTC))[0])["prompt"] == "0.0000001"


def test_a_few_listed_models_among_many_are_found_by_index() -> None:
    fill(3000)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE catalog_aimodel SET is_listed_on_openrouter = model_id LIKE '%%00'")
        cursor.execute("ANALYZE")
    listed = AIModel.objects.listed()
    assert listed.count() == 30
    assert "model_listed" in listed.explain()
    prices = Price.objects.in_force(timezone.now()).filter(ai_model__in=listed).explain()
    assert "Seq Scan on catalog_price" not in prices
    assert "catalog_price_ai_model_id" in prices
