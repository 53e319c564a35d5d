"""How fast the feed is answered, and whether it stays so."""

import gzip
import statistics
import time
from http.client import HTTPConnection
from typing import NamedTuple

from catalog.publication import etag_of
from tests.faults.machinery import FEED, Site

POLLS = 100


class Poll(NamedTuple):
    """How long one answer of the feed took, in seconds, and what is wrong with it."""

    took: float
    fault: str


def poll(site: Site, number: int = POLLS, pause: float = 0.02) -> list[Poll]:
    """The feed so many times, each on a connection of its own, as pollers come."""
    polls = []
    for _ in range(number):
        connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
        began = time.monotonic()
        connection.request("GET", FEED, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        took = time.monotonic() - began
        connection.close()
        fault = "" if answer.status == 200 else f"status {answer.status}"
        if not fault and answer.headers["ETag"] != f'{etag_of(gzip.decompress(body))[:-1]}-gzip"':
            fault = "its bytes are not those of its ETag"
        polls.append(Poll(took, fault))
        time.sleep(pause)
    return polls


def p95(polls: list[Poll]) -> float:
    """Seconds."""
    return statistics.quantiles([one.took for one in polls], n=20)[-1]


def keeps_its_speed(quiet: list[Poll], loaded: list[Poll], what: str) -> None:
    """At most ten times the quiet time, or 100 ms."""
    print(f"{what}: {p95(quiet) * 1000:.1f} ms quiet, {p95(loaded) * 1000:.1f} ms loaded")  # noqa: T201
    assert [one.fault for one in (*quiet, *loaded) if one.fault] == []
    assert p95(loaded) <= max(10 * p95(quiet), 0.1)


def warm_up(site: Site) -> None:
    """Let each worker make the list before anything is measured."""
    for worker in range(8):
        poll(site, 1 + worker)
