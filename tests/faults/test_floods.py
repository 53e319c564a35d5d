"""Whatever floods the site, the feed goes on at its speed, and no answer of it fails or is shortened."""

import gzip
import json
import os
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import NamedTuple

import psycopg
import pytest
from django.conf import settings

from catalog.publication import etag_of
from tests.faults.floods import FLOODS, SILENT_ADDRESS, connect, flood
from tests.faults.machinery import FEED, Site, embedded_dsn, python, wait_until

pytestmark = pytest.mark.faults

MODELS = 10_000
CONNECTIONS = 40
SILENT = 2_000
POLLS = 100
SESSION = "s" * 32
SIGN_IN = f"""
from datetime import timedelta
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
user = User.objects.create_superuser("admin")
signed_in = {{
    SESSION_KEY: str(user.pk),
    BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
    HASH_SESSION_KEY: user.get_session_auth_hash(),
}}
data = SessionStore().encode(signed_in)
Session.objects.create(session_key="{SESSION}", session_data=data, expire_date=timezone.now() + timedelta(hours=1))
"""


class Poll(NamedTuple):
    """How long one answer of the feed took, in seconds, and what is wrong with it."""

    took: float
    fault: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    python("manage.py", "migrate", "-v0", **site.environment)
    fill = f"from bench.catalogs import fill; fill({MODELS})"
    python("manage.py", "shell", "--no-imports", "-c", fill, **site.environment)
    python("manage.py", "shell", "--no-imports", "-c", SIGN_IN, **site.environment)
    os.environ["SESSION"] = SESSION
    site.start()
    for worker in range(8):  # each has rendered before anything is measured
        poll(site, 1 + worker)
    yield site
    site.stop()


def poll(site: Site, number: int, pause: float = 0.02) -> list[Poll]:
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


def keeps_its_speed(quiet: list[Poll], flooded: list[Poll], what: str) -> None:
    """At most ten times the quiet time, or 100 ms."""
    print(f"{what}: {p95(quiet) * 1000:.1f} ms quiet, {p95(flooded) * 1000:.1f} ms flooded")  # noqa: T201
    assert [one.fault for one in (*quiet, *flooded) if one.fault] == []
    assert p95(flooded) <= max(10 * p95(quiet), 0.1)


def test_the_feed_is_whole(site: Site) -> None:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", FEED)
    assert len(json.loads(connection.getresponse().read())["data"]) == MODELS
    connection.close()


@pytest.mark.parametrize("name", [name for name in FLOODS if name != "silent connections"])
def test_a_flood_does_not_slow_the_feed(site: Site, name: str) -> None:
    quiet = poll(site, POLLS)
    with flood(name, site.port, CONNECTIONS) as answers:
        time.sleep(1)
        flooded = poll(site, POLLS)
    print(dict(answers))  # noqa: T201
    keeps_its_speed(quiet, flooded, name)
    assert sum(answers.values()) > 0
    if name == "admin lists of staff":
        assert answers["200"] > 0  # they are signed in


def test_a_lock_that_is_held_does_not_slow_the_feed(site: Site) -> None:
    quiet = poll(site, POLLS)
    with psycopg.connect(embedded_dsn(site.data_dir)) as other:
        other.execute("LOCK TABLE catalog_aimodel IN ACCESS EXCLUSIVE MODE")
        with flood("admin lists of staff", site.port, CONNECTIONS) as answers:
            time.sleep(1)
            locked = poll(site, POLLS)
        other.rollback()
    print(dict(answers))  # noqa: T201
    keeps_its_speed(quiet, locked, "a lock")
    assert answers["503"] > 0


def test_silent_connections_do_not_stop_the_site(site: Site) -> None:
    """All come from one address, which has soon no more of them than its share. So it is also where a worker may have few files open."""
    quiet = poll(site, POLLS)
    with ExitStack() as silent:
        connections = [silent.enter_context(connect(site.port, address=SILENT_ADDRESS)) for _ in range(SILENT)]
        keeps_its_speed(quiet, poll(site, POLLS), "silent connections")
        for connection in connections:
            connection.setblocking(False)
        share = len(site.workers()) * settings.MAX_CONNECTIONS_PER_ADDRESS
        wait_until(lambda: sum(map(is_open, connections)) <= share, "what is over the share is closed", seconds=5)
        wait_until(lambda: not any(map(is_open, connections)), "silent connections are closed")


def test_silent_connections_that_come_again_when_they_are_closed_do_not_stop_the_site(site: Site) -> None:
    quiet = poll(site, POLLS)
    with flood("silent connections", site.port, SILENT) as answers:
        time.sleep(1)
        flooded = poll(site, POLLS)
    print(dict(answers))  # noqa: T201
    keeps_its_speed(quiet, flooded, "silent connections that come again")
    assert answers["closed"] > SILENT


def test_silent_connections_do_not_stop_a_server_that_may_hold_fewer(site: Site) -> None:
    """Its workers may have no more clients than the system's usual 1,024 open files allow: all places are taken for a moment."""
    small = Site(site.data_dir, MAX_CONNECTIONS="800")
    small.start()
    try:
        quiet = poll(small, POLLS)
        with ExitStack() as silent:
            for _ in range(SILENT):
                silent.enter_context(connect(small.port, address=SILENT_ADDRESS))
            keeps_its_speed(quiet, poll(small, POLLS), "silent connections, with 800 places a worker")
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
