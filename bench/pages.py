"""Measures the pages of the site and the filtered lists, at 300 and at 10,000 models."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench import servers
from bench.data_directories import manage
from bench.lists import FEED, against_the_same_bytes
from bench.table import Row

MODEL_PAGE = "/models/acme/model-00001"
EDIT = "from catalog.models import AIModel; AIModel.objects.filter(model_id='acme/model-00001').update(notes='{}')"
COUNT_QUERIES = """
import time
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
client = Client(headers={"host": "localhost"})
client.get("/")
for path in ("/?q=model", "/models/acme/model-00002", "/pricing", "/api/v1/models?limit=5"):
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    print(len(queries), end=" ")
"""


def pages(small: Path, sample: Path, seconds: int, rounds: int, work: Path) -> Iterator[Row]:
    """The sample's list, which is small; and pages of the site."""
    with servers.catalog(sample, 1) as port:
        yield against_the_same_bytes(port, FEED, "openrouter of the sample catalog, 200", 0.5, seconds, rounds, work)
    with servers.catalog(small, 1) as port:
        yield against_the_same_bytes(port, "/", "the site's first page, 300 models", 0.3, seconds, rounds, work)
        gzip = {"accept_encoding": "gzip"}
        yield against_the_same_bytes(port, "/", "the same, gzip", 0.3, seconds, rounds, work, **gzip)
        yield against_the_same_bytes(port, MODEL_PAGE, "a model's page, 300 models", 0.3, seconds, rounds, work)


def site(large: Path) -> Iterator[Row]:
    """What the site does anew at 10,000 models: a question that nobody asked before, and the changes after an edit."""
    with servers.catalog(large, 1) as port:
        servers.get(port, "/")
        took = [timed(port, f"/?q=model-{number:04}&supported_parameters=tools&sort=newest") for number in range(20)]
        first, median = took[0], statistics.median(took)
        met = "met" if first <= 0.05 else "MISSED"
        yield Row(
            "a filtered page of 10,000 models, the first request", f"{first * 1000:.0f} ms", "", f"at most 50 ms: {met}"
        )
        met = "met" if median <= 0.05 else "MISSED"
        yield Row("the same, for another query", f"{median * 1000:.0f} ms", "20 queries", f"at most 50 ms: {met}")
        timed(port, "/changes")
        after = []
        for number in range(3):
            manage(large, "manage.py", "shell", "--no-imports", "-c", EDIT.format(number))
            after.append(timed(port, "/changes"))
        yield Row("/changes of 10,000 models, first after an edit", f"{statistics.median(after) * 1000:.0f} ms", "3 edits")


def timed(port: int, path: str) -> float:
    """Seconds until the whole answer is there."""
    began = time.perf_counter()
    servers.get(port, path)
    return time.perf_counter() - began


def queries(small: Path, large: Path) -> Row:
    """The number of queries of pages that nobody asked for before, with few models and with many."""
    few, many = (
        manage(data_dir, "manage.py", "shell", "--no-imports", "-c", COUNT_QUERIES).split() for data_dir in (small, large)
    )
    what = "queries of a filtered page, a model's page, the price list, the Models API"
    figure = f"{', '.join(few)} at 300 models; {', '.join(many)} at 10,000"
    return Row(what, figure, "", f"the same number: {'met' if few == many else 'MISSED'}")


def filtered(data_dir: Path, seconds: int) -> Iterator[Row]:
    """A question to the Models API that nobody asked before, which is answered in memory; and the whole list."""
    with servers.catalog(data_dir, 1) as port:
        servers.get(port, "/api/v1/models?limit=1")
        waits = []
        for number in range(20):
            began = time.perf_counter()
            servers.get(port, f"/api/v1/models?q=model-{number:04}&supported_parameters=tools&sort=newest&limit=10")
            waits.append(time.perf_counter() - began)
        yield Row(
            "a filtered list of 10,000 models, asked for the first time", f"{statistics.median(waits) * 1000:.0f} ms", ""
        )
        again = servers.requests_per_second(port, "/api/v1/models?q=model-0001&limit=10", seconds)
        yield Row("the same again, while nothing changes", f"{again:,.0f} requests/s", "")
