"""What is scheduled for many times is read at once, and is what would be read at each of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.listing import Selection, listed_at, listing
from catalog.models import AIModel, ScheduledSwitch
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.review.common import LATER, asked
from tests.review.test_scheduled_listing import MOMENTS, PRICES, START, SWITCHES, schedule

pytestmark = pytest.mark.django_db


@given(
    st.lists(PRICES, max_size=6, unique_by=lambda row: (row[0], str(row[2]), row[3])),
    st.lists(SWITCHES, max_size=4, unique_by=lambda row: (row[0], row[2])),
    MOMENTS,
    st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_many_times_are_read_as_each_is(prices: list[Any], switches: list[Any], flex_from: datetime, ends: bool) -> None:
    with transaction.atomic():
        schedule(prices, switches, flex_from)
        ending = (START + timedelta(days=2)).replace(minute=0, second=0)
        place = make_datacenter()
        make_listed("acme/two", has_free_variant=True, datacenters=(place,), deprecation_at=ending if ends else None)
        make_price(AIModel.objects.get(model_id="acme/two"), "prompt", "0.3", effective_from=START, min_prompt_tokens=10)
        make_price(AIModel.objects.get(model_id="acme/two"), "prompt", None, effective_from=ending, min_prompt_tokens=10)
        ids = ["acme/two", "acme/one"]
        times = [START + timedelta(hours=6 * step) for step in range(-2, 24)] + [ending, ending - timedelta(microseconds=1)]
        found = listed_at([*((at, ids) for at in times), (times[0], ["acme/one"]), (times[0], [])])
        for at, one in zip(times, found, strict=False):
            expected = listing(Selection.LISTED, at=at, model_ids=ids)
            assert (one.entries, one.keys, one.at) == (expected.entries, expected.keys, at)
            assert (one.revision, one.provider) == (expected.revision, expected.provider)
        assert found[-2].entries == listing(Selection.LISTED, at=times[0], model_ids=["acme/one"]).entries
        assert found[-1].entries == ()
        transaction.set_rollback(True)


def queries(times: int) -> int:
    model = make_model(f"acme/with-{times}")
    for number in range(times):
        make_price(model, "prompt", f"0.000000{number % 7 + 1}", effective_from=LATER + timedelta(hours=number))
    ScheduledSwitch.objects.create(ai_model=model, switch="is_ready", value=False, effective_from=LATER)
    with CaptureQueriesContext(
        connection,
    ) as found:
        review = asked(lambda: AIModel.objects.filter(pk=model.pk).update(is_listed_on_openrouter=True))
    assert len(review.moments) == times + 1  # each is shown, and what is at once
    return len(found)


def test_a_review_asks_the_database_as_often_for_many_times_as_for_few() -> None:
    assert queries(200) <= queries(3) + 2
