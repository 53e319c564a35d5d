"""Any catalog that can be listed goes through its own feeds and comes back as the same bytes."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.formats import FORMATS
from catalog.importing.applying.importer import apply_reading
from catalog.importing.plan import Plan
from catalog.importing.registry import READERS, reader_for
from catalog.importing.source import parse
from catalog.listing import EntryKey, Selection, listing
from catalog.models import OFFER_FIELDS
from catalog.publication import render
from tests.examples import examples
from tests.strategies import OFFER, TOKEN_PRICES, catalogs, empty, store

EXAMPLES = settings(max_examples=examples(25, 100), deadline=None, suppress_health_check=list(HealthCheck))
Catalog = list[dict[str, Any]]


def take_in(body: bytes) -> Plan:
    document = parse(body)
    plan = apply_reading(reader_for(document).read(document), source="test", list_on_openrouter=True)
    assert plan.problems == []
    return plan


def unasked(catalog: Catalog) -> Catalog:
    """The catalog without what an import of new models takes for a filler, or asks about: a price of 0, a markup of more than 100 %."""
    for model in catalog:
        for facts in (model["fields"], *model["offers"].values()):
            if facts.get("discount_to_user") is not None:
                facts["discount_to_user"] = max(facts["discount_to_user"], Decimal(-1))
        for row in model["prices"]:
            row["usd"] = row["usd"] or Decimal("0.000000001")
    return catalog


@pytest.mark.django_db
@EXAMPLES
@given(catalogs().map(unasked))
def test_the_flat_feed_imported_into_an_empty_catalog_is_exported_as_the_same_bytes(catalog: Catalog) -> None:
    with transaction.atomic():
        store(catalog)
        exported = render("openrouter").body
        empty()
        for _ in range(2):  # the second time it meets itself
            plan = take_in(exported)
            assert plan.missing == []
            assert render("openrouter").body == exported
        assert plan.changes == []
        empty()


@pytest.mark.django_db
@EXAMPLES
@given(catalogs(in_both_feeds=True).map(unasked))
def test_flat_to_v2_and_back_gives_the_first_bytes_again(catalog: Catalog) -> None:
    with transaction.atomic():
        store(catalog)
        flat = render("openrouter").body
        empty()
        take_in(flat)
        v2 = render("openrouter-v2").body
        empty()
        assert take_in(v2).missing == []
        assert render("openrouter").body == flat
        assert render("openrouter-v2").body == v2
        empty()


@pytest.mark.django_db
@EXAMPLES
@given(catalogs())
def test_v2_read_into_the_catalog_that_wrote_it_changes_nothing_it_cannot_express(catalog: Catalog) -> None:
    with transaction.atomic():
        store(catalog)
        flat, v2 = render("openrouter").body, render("openrouter-v2").body
        take_in(v2)
        assert render("openrouter-v2").body == v2
        take_in(v2)
        assert render("openrouter-v2").body == v2
        assert len(parse(render("openrouter").body)["data"]) == len(parse(flat)["data"])
        empty()


def own_facts() -> dict[EntryKey, tuple[Any, ...]]:
    """What holds of each offer of the catalog."""
    return {
        entry.key: tuple(getattr(entry.model, name) for name in OFFER_FIELDS) for entry in listing(Selection.EVERY).entries
    }


@pytest.mark.django_db
@settings(EXAMPLES, max_examples=examples(8, 60))
@given(catalogs().filter(bool).map(unasked), st.data())
def test_a_format_that_is_exported_and_read_again_changes_no_offer_and_the_second_time_nothing(
    catalog: Catalog, data: Any
) -> None:
    with transaction.atomic():
        for model in catalog:
            if model["prices"]:  # a tier of which OpenRouter knows nothing
                sold = [{"kind": kind, "usd": data.draw(TOKEN_PRICES)} for kind in ("prompt", "completion")]
                model["prices"] += [{**row, "service_tier": "batch"} for row in sold]
                model["offers"]["batch"] = data.draw(OFFER)
        store(catalog)
        before = own_facts()
        for name in sorted(FORMATS.keys() & READERS.keys()):
            document = parse(render(name).body)
            for _ in range(2):
                plan = apply_reading(reader_for(document, name).read(document), source="test")
                assert (plan.problems, plan.created) == ([], []), name
                assert own_facts() == before, name
            assert plan.changes == [], name
        empty()
