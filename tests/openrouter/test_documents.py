"""A feed's document differs exactly where there is a consequence."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from catalog.formats import openrouter, openrouter_v2
from catalog.listing import Entry, EntryKey, Selection, listing
from catalog.openrouter.consequences import consequences
from tests.examples import examples
from tests.openrouter.common import AT, FLAT, V2
from tests.strategies import models, stored

PARTS = ("prices", "descriptors", "offers", "places")


@st.composite
def two_states(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A model, and the same model with some of another one's facts."""
    one, other = draw(models()), draw(models())
    taken = draw(st.sets(st.sampled_from([*one["fields"], *PARTS]), max_size=3))
    mixed = {name: other[name] if name in taken else one[name] for name in PARTS}
    fields = {name: (other if name in taken else one)["fields"][name] for name in one["fields"]}
    assume(fields["max_output_length"] <= fields["context_length"])
    assume((fields["max_prompt_length"] or 1) <= fields["context_length"])
    assume(fields["has_free_variant"] or mixed["prices"])
    one["fields"]["model_id"], fields["model_id"] = "one", "other"
    return one, {"fields": fields, **mixed}


DOCUMENTS: dict[str, Callable[[Entry], Any]] = {FLAT: openrouter.entry_document, V2: openrouter_v2.entry_document}


@pytest.mark.django_db
@settings(max_examples=examples(100, 500), deadline=None, suppress_health_check=list(HealthCheck))
@given(states=two_states())
def test_there_is_a_consequence_in_a_feed_exactly_where_its_document_differs(states: Any) -> None:
    with stored(list(states)):
        entries = listing(Selection.LISTED).entries
    sides: dict[str, dict[Any, Entry]] = {"one": {}, "other": {}}
    for one in entries:
        sides[one.model.model_id][one.service_tier, one.is_free] = one._replace(model=one.model._replace(model_id="m"))
    told = consequences(sides["one"].values(), sides["other"].values(), at=AT, price_factor=10)
    assert {one.key for one in told} <= {EntryKey("m", *key) for key in sides["one"] | sides["other"]}
    for key in sides["one"] | sides["other"]:
        old, new = sides["one"].get(key), sides["other"].get(key)
        here = [one for one in told if one.key == EntryKey("m", *key)]
        for feed, document in DOCUMENTS.items():
            written = [one and orjson.dumps(document(one)) for one in (old, new)]
            assert (written[0] != written[1]) == any(feed in one.feeds for one in here), feed
