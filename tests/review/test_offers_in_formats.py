"""What a review says of an offer's change is what each format then serves: fact by fact, and of no other offer."""

from typing import Any

import orjson
import pytest

from catalog.formats import FORMATS
from catalog.models import AIModel, Variant
from catalog.review import Document
from catalog.review.documents import FEEDS
from tests.factories import make_datacenter, make_offered
from tests.formats.test_offers import HAS, NOTHING, shown, stated
from tests.review.common import asked

pytestmark = pytest.mark.django_db

LISTS = {feed.FORMAT.name for feed in FEEDS}


def sides(document: Document) -> list[dict[str, Any]]:
    """The entry's JSON before and after, as the review shows it."""
    return [orjson.loads("\n".join(line for sign, line in document.lines if sign != other)) for other in "+-"]


@pytest.mark.parametrize("variant", [Variant.FLEX, Variant.BATCH, Variant.FREE])
def test_a_review_says_each_fact_that_a_feed_then_shows_and_shows_it_as_it_is_served(variant: Variant) -> None:
    model = make_offered("acme/one", "flex", "batch", has_free_variant=True, datacenters=(make_datacenter(),))
    told = set()
    for fact, own in stated(model, variant):
        has = {fact: HAS[fact]} if "without" in own else {}
        AIModel.objects.filter(pk=model.pk).update(**dict.fromkeys(HAS, None) | NOTHING | has)
        before = shown()
        review = asked(lambda own=own: model.offers.create(variant=variant, **own), always=True)  # type: ignore[misc]
        offer = model.offers.create(variant=variant, **own)
        after = shown()
        changed = {name for name in FORMATS if after[name] != before[name]}

        (change,) = review.changes
        assert [one.path for one in change.differences] == [("offer", variant, *own)]
        consequences = [one for moment in review.moments for one in moment.consequences]
        assert (fact in {one.field for one in consequences}) is bool(changed & LISTS), fact
        assert review.changes_feed is bool(changed & LISTS), fact
        assert {(one.key.service_tier, one.key.is_free) for one in consequences} <= {
            ("default", True) if variant is Variant.FREE else (variant.value, False)
        }
        for document in review.documents:
            name = document.format_name
            assert sides(document) == [
                served for side in (before, after) for (*_, which), served in side[name].items() if which == variant
            ], (name, fact)
            told.add((name, fact))
        assert {one.format_name for one in review.documents} >= changed & LISTS
        offer.delete()
    assert bool(told) is (variant is not Variant.BATCH)
