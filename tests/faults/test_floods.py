"""Whatever floods the site, the feed goes on at its speed, and no answer of it fails or is shortened."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import psycopg
import pytest
from django.conf import settings

from tests.faults.floods import FLOODS, SILENT_ADDRESS, connect, flood
from tests.faults.machinery import FEED, Site, embedded_dsn, wait_until
from tests.faults.measuring import keeps_its_speed, poll, warm_up
from tests.faults.staff import SESSION, prepare

pytestmark = pytest.mark.faults

MODELS = 10_000
CONNECTIONS = 40
SILENT = 2_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    prepare(site, MODELS)
    os.environ["SESSION"] = SESSION
    site.start()
    warm_up(site)
    yield site
    site.stop()


def test_the_feed_is_whole(site: Site) -> None:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", FEED)
    assert len(json.loads(connection.getresponse().read())["data"]) == MODELS
    connection.close()


@pytest.mark.parametrize("name", [name for name in FLOODS if name != "silent connections"])
def test_a_flood_does_not_slow_the_feed(site: Site, name: str) -> None:
    quiet = poll(site)
    with flood(name, site.port, CONNECTIONS) as answers:
        time.sleep(1)
        flooded = poll(site)
    print(dict(answers))  # noqa: T201
    keeps_its_speed(quiet, flooded, name)
    assert sum(answers.values()) > 0
    if name == "admin lists of staff":
        assert answers["200"] > 0  # they are signed in


@pytest.mark.parametrize(
    "name", ["slow readers of the feed", "slow readers of filtered lists", "heads of which the end does not come"]
)
def test_who_reads_or_writes_slowly_takes_little_memory(site: Site, name: str) -> None:
    """From one address, which has its share."""

    def used() -> int:
        return sum(worker.memory_info().rss for worker in site.workers())

    before, most = used(), 0
    with flood(name, site.port, 300) as answers:
        for _ in range(20):
            time.sleep(1)
            most = max(most, used())
    print(dict(answers), f"{(most - before) >> 20} MiB more")  # noqa: T201
    assert most - before < 512 * 1024 * 1024


def test_a_lock_that_is_held_does_not_slow_the_feed(site: Site) -> None:
    quiet = poll(site)
    with psycopg.connect(embedded_dsn(site.data_dir)) as other:
        other.execute("LOCK TABLE catalog_aimodel IN ACCESS EXCLUSIVE MODE")
        with flood("admin lists of staff", site.port, CONNECTIONS) as answers:
            time.sleep(1)
            locked = poll(site)
        other.rollback()
    print(dict(answers))  # noqa: T201
    keeps_its_speed(quiet, locked, "a lock")
    assert answers["503"] > 0


def test_silent_connections_do_not_stop_the_site(site: Site) -> None:
    """All come from one address, which has soon no more of them than its share. So it is also where a worker may have few files open."""
    quiet = poll(site)
    with ExitStack() as silent:
        connections = [silent.enter_context(connect(site.port, address=SILENT_ADDRESS)) for _ in range(SILENT)]
        keeps_its_speed(quiet, poll(site), "silent connections")
        for connection in connections:
            connection.setblocking(False)
        share = len(site.workers()) * settings.MAX_CONNECTIONS_PER_ADDRESS
        wait_until(lambda: sum(map(is_open, connections)) <= share, "what is over the share is closed", seconds=5)
        wait_until(lambda: not any(map(is_open, connections)), "silent connections are closed")


def test_silent_connections_that_come_again_when_they_are_closed_do_not_stop_the_site(site: Site) -> None:
    quiet = poll(site)
    with flood("silent connections", site.port, SILENT) as answers:
        time.sleep(1)
        flooded = poll(site)
    print(dict(answers))  # noqa: T201
    keeps_its_speed(quiet, flooded, "silent connections that come again")
    assert answers["closed"] > SILENT


def test_silent_connections_do_not_stop_a_server_that_may_hold_fewer(site: Site) -> None:
    """Its workers may have no more clients than the system's usual 1,024 open files allow: all places are taken for a moment."""
    small = Site(site.data_dir, MAX_CONNECTIONS="800")
    small.start()
    try:
        quiet = poll(small)
        with ExitStack() as silent:
            for _ in range(SILENT):
                silent.enter_context(connect(small.port, address=SILENT_ADDRESS))
            keeps_its_speed(quiet, poll(small), "silent connections, with 800 places a worker")
    finally:
        small.stop()


def is_open(connection: socket.socket) -> bool:
    """Whether the server has not closed it."""
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
