"""What staff do to a running site without meaning harm: slow hubs, many uploads, a form saved on a full disk."""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path

import psycopg
import pytest

from catalog.uploads.queue import MOST_UNDER_WAY
from tests.faults.common import fill, site_on_a_small_disk
from tests.faults.machinery import Site, embedded_dsn, wait_until
from tests.faults.measuring import keeps_its_speed, poll, warm_up
from tests.faults.staff import CSRF, ask_database, forget_uploads, prepare, send, upload
from tests.hugging_face.hub import Hub, running_hub

pytestmark = pytest.mark.faults

MODELS = 10_000
HUGGING_FACE = "/admin/catalog/aimodel/from-hugging-face/"


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with running_hub() as hub:
        yield hub


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, hub: Hub) -> Iterator[Site]:
    settings = {"HUGGING_FACE_URL": hub.url, "ALLOW_PRIVATE_ADDRESSES": "true"}
    site = Site(tmp_path_factory.mktemp("site"), **settings)
    prepare(site, MODELS)
    site.start()
    warm_up(site)
    yield site
    site.stop()


@contextmanager
def at_once(number: int, work: Callable[[], tuple[int, str]]) -> Iterator[Counter[int]]:
    """So many at the same time, while the block runs. Afterwards, how often which status was answered."""
    statuses: Counter[int] = Counter()
    with ThreadPoolExecutor(number) as pool:
        jobs = [pool.submit(work) for _ in range(number)]
        yield statuses
        statuses.update(job.result()[0] for job in jobs)


def test_eight_readings_of_a_slow_hub_do_not_slow_the_feed(site: Site, hub: Hub) -> None:
    asked = threading.Event()

    def never(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        hub.is_over.wait(60)

    hub.answers["/api/models/acme/slow"] = never
    form = f"csrfmiddlewaretoken={CSRF}&repository=acme/slow".encode()
    quiet = poll(site)
    with at_once(8, lambda: send(site, HUGGING_FACE, form)) as statuses:
        assert asked.wait(60)
        flooded = poll(site)
    print(dict(statuses))  # noqa: T201
    keeps_its_speed(quiet, flooded, "eight readings of a slow hub")
    assert statuses == {302: MOST_UNDER_WAY, 200: 8 - MOST_UNDER_WAY}  # the others are told to wait
    hub.is_over.set()
    forget_uploads(site)


def test_110_uploads_of_one_editor_do_not_slow_the_feed_or_take_the_connections(site: Site) -> None:
    quiet = poll(site)
    with at_once(110, lambda: upload(site, "prices.csv", b"model_id,name\nacme/model-00001,Other\n")) as statuses:
        flooded = poll(site)
        connections = ask_database(site, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
    print(dict(statuses), f"{connections} connections")  # noqa: T201
    keeps_its_speed(quiet, flooded, "110 uploads")
    assert connections < 40
    assert set(statuses) <= {200, 302, 429, 503}  # taken, told to wait, or refused
    assert statuses[302] >= 1
    forget_uploads(site)


def test_a_save_on_a_full_disk_keeps_what_was_typed_and_says_so(tmp_path: Path) -> None:
    codes = count()
    with site_on_a_small_disk(tmp_path) as (site, disk):

        def save() -> tuple[int, str]:
            form = f"csrfmiddlewaretoken={CSRF}&code=full-{next(codes)}&name=Typed&country=DE&_save=1"
            return send(site, "/admin/catalog/datacenter/add/", form.encode())

        prepare(site, 40)
        site.start()
        # The catalog was filled by keys of its own, which the first ones may meet.
        wait_until(lambda: save()[0] == 302, "it can be saved", pause=0.0)
        full, answers = fill(disk), []
        with suppress(psycopg.Error), psycopg.connect(embedded_dsn(disk), autocommit=True) as database:
            while True:  # what the tables and the log have left
                database.execute("UPDATE catalog_aimodel SET name = name || 'x'")

        def fails() -> bool:
            answers.append(save())
            return answers[-1][0] != 302

        wait_until(fails, "nothing more can be saved", pause=0.0)
        status, text = answers[-1]
        assert status == 503, re.findall(r"(?s)role=.alert.*?</p>|errorlist.*?</ul>", text)
        assert 'name="name" value="Typed"' in text
        assert any(why in text for why in ("disk", "is being restarted", "cannot be reached"))
        feed = site.get()
        assert feed is not None
        assert (feed.status, len(json.loads(feed.body)["data"])) == (200, 40)
        full.unlink()
        wait_until(lambda: save()[0] == 302, "it can be saved again")
