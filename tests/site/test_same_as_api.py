"""The list of models and ``/api/v1/models`` give the same models, in the same order, for the same query."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import browsing
from catalog.browsing import FILTERS, SORTS
from catalog.publication import publisher
from tests.examples import examples

# Committed: a list that has not changed is made once then, as on a started site, and not for each request.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROW = re.compile(r'<code dir="ltr">([^<]+)</code></th>')


@st.composite
def queries(draw: st.DrawFn) -> dict[str, str]:
    """Some parameters, with values that models of the catalog have, or any others that can be read."""
    index = browsing.index_of(publisher.current("openrouter-api").publication)
    values: dict[str, Any] = {}
    for parameter in draw(st.lists(st.sampled_from(FILTERS), max_size=4, unique_by=lambda one: one.name)):
        schema = parameter.schema
        if parameter.facet is not None:
            known = sorted(browsing.answer(index, {}, datetime.now(UTC)).counts(parameter))
            some = st.lists(st.sampled_from(known), min_size=1, max_size=2, unique=True)
            values[parameter.name] = draw(some)[0] if schema["type"] == "string" else ",".join(draw(some))
        elif schema["type"] == "integer":
            values[parameter.name] = draw(st.sampled_from(["1", "100", "400", "32768", "131072"]))
        elif schema["type"] == "number":
            values[parameter.name] = draw(st.sampled_from(["0", "0.05", "0.1", "0.27", "0.5", "1e9"]))
        else:
            values[parameter.name] = draw(
                st.sampled_from(["qwen 9b", "INSTRUCT", "meta llama", "vision", "nothing of the kind"])
            )
    if draw(st.booleans()):
        values["sort"] = draw(st.sampled_from(sorted(SORTS)))
    if draw(st.booleans()):
        values |= {"offset": draw(st.sampled_from(["0", "3"])), "limit": draw(st.sampled_from(["1", "7"]))}
    return values


def test_filters_order_and_pages_are_the_apis(client: Client) -> None:
    call_command("load_sample")

    @settings(max_examples=examples(60, 2000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(queries())
    def compare(query: dict[str, str]) -> None:
        site = client.get(f"/?{urlencode(query)}")
        api = client.get(f"/api/v1/models?{urlencode({'output_modalities': 'all', 'limit': '100', **query})}")
        assert (site.status_code, api.status_code) == (200, 200), query
        assert ROW.findall(site.content.decode()) == [item["id"] for item in api.json()["data"]], query

    compare()
