"""``/health/live`` and ``/health/ready``: which process gets requests."""

import asyncio
import json
import threading
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytest_django.fixtures import Settings

from bench.servers import ROOT, free_port
from catalog import health
from catalog.health import HEALTHY, Checked, Database, Migrations
from catalog.publication import publisher
from catalog_site import VERSION
from catalog_site.serving import health as probes
from catalog_site.serving.application import Application
from tests.asgi import Sent, answered
from tests.factories import make_listed
from tests.faults.machinery import Site, python, wait_until
from tests.started import site_with_sample

LIVE, READY = "/health/live", "/health/ready"
UNREACHABLE = Checked(Database.UNREACHABLE, Migrations.UNKNOWN)
UNMIGRATED = Checked(Database.OK, Migrations.MISSING)


def asked(site: Site, path: str = READY, host: str = "127.0.0.1") -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory, sample_cluster: Path) -> Path:
    """An embedded database with the sample in it, and copies."""
    return site_with_sample(sample_cluster, tmp_path_factory.mktemp("site")).data_dir


@pytest.fixture
def started() -> Iterator[Any]:
    """Starts sites, and ends them."""
    sites: list[Site] = []

    def start(data_dir: Path, **environment: str) -> Site:
        sites.append(site := Site(data_dir, **environment))
        site.start()
        return site

    yield start
    for site in sites:
        site.stop()


def test_the_version_is_the_projects() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_a_started_site_is_ready_under_any_name_and_stays_so_while_its_database_hangs(data_dir: Path, started: Any) -> None:
    site = started(data_dir)
    assert asked(site, LIVE) == (200, {"status": "live"})
    for _ in range(8):  # on both workers
        status, said = asked(site, host="10.0.0.7:8000")
        assert (status, said["status"], said["version"]) == (200, "ready", VERSION)
        assert (said["database"], said["migrations"], said["lists"]["openrouter"]) == ("ok", "applied", "list")
    postmaster = int((data_dir / "postgres" / "postmaster.pid").read_text().split("\n")[0])
    processes = [psutil.Process(postmaster), *psutil.Process(postmaster).children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        wait_until(lambda: asked(site)[1]["database"] == "silent", "it is seen")
        status, said = asked(site)
        assert (status, said["status"], said["migrations"]) == (200, "degraded", "unknown")
        assert asked(site, LIVE)[0] == 200
        answer = site.get()
        assert answer is not None
        assert answer.status == 200
    finally:
        for process in processes:
            process.resume()
    wait_until(lambda: asked(site)[1]["status"] == "ready", "the database answers again")


def test_a_site_that_starts_without_its_database_is_ready_if_it_has_a_copy(
    data_dir: Path, started: Any, tmp_path: Path
) -> None:
    site = started(data_dir)
    site.get()
    site.stop()
    nowhere = {
        "DATABASE_URL": f"postgres://nobody@127.0.0.1:{free_port()}/none",
        "SECRET_KEY": "k" * 20 + "0123456789" * 4,
        "ALLOWED_HOSTS": "127.0.0.1",
        "BEHIND_TLS": "true",
    }
    with_copies = started(data_dir, **nowhere)
    status, said = asked(with_copies)
    assert (status, said["status"], said["database"], said["lists"]["openrouter"]) == (
        200,
        "degraded",
        "unreachable",
        "copy",
    )
    status, said = asked(started(tmp_path, **nowhere))
    assert (status, said["status"], set(said["lists"].values())) == (503, "not ready", {"none"})


@pytest.mark.slow
def test_a_site_whose_migrations_are_not_applied_is_not_ready(tmp_path: Path, started: Any) -> None:
    python("manage.py", "migrate", "-v0", "contenttypes", DATA_DIR=str(tmp_path))
    site = started(tmp_path)
    status, said = asked(site)
    assert (status, said["status"], said["database"], said["migrations"]) == (503, "not ready", "ok", "not applied")
    assert asked(site, LIVE)[0] == 200
    python("manage.py", "migrate", "-v0", **site.environment)
    wait_until(lambda: asked(site)[0] == 200, "it is ready without a restart")


@pytest.mark.django_db(transaction=True)
def test_lists_can_be_made_where_all_is_well() -> None:
    make_listed()
    assert health.check() == HEALTHY


@pytest.mark.parametrize("checked", [UNREACHABLE, health.NO_ANSWER, UNMIGRATED])
def test_a_process_without_a_list_is_not_ready(checked: Checked) -> None:
    assert not health.health(checked, was_ready=True).is_ready


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("checked", "was_ready", "is_ready"),
    [
        (HEALTHY, False, True),
        (UNREACHABLE, False, True),
        (health.NO_ANSWER, True, True),
        (UNMIGRATED, False, False),
        (UNMIGRATED, True, True),  # an older backup was restored: no other process would do better
    ],
)
def test_a_process_that_can_send_a_list_is_ready_unless_it_starts_too_early(
    checked: Checked, was_ready: bool, is_ready: bool
) -> None:
    make_listed()
    publisher.current("openrouter")
    found = health.health(checked, was_ready=was_ready)
    assert found.is_ready is is_ready
    assert found.document["status"] == ("not ready" if not is_ready else "ready" if checked == HEALTHY else "degraded")
    assert found.document["lists"]["openrouter"] == ("list" if checked.database is health.Database.OK else "copy")


@pytest.mark.django_db(transaction=True)
def test_a_list_that_cannot_be_made_is_said() -> None:
    make_listed()
    publisher.current("openrouter")
    publisher.store.slots["openrouter"].failure = "A row cannot be rendered."
    found = health.health(HEALTHY, was_ready=True)
    assert (found.is_ready, found.document["status"], found.document["lists"]["openrouter"]) == (True, "degraded", "copy")


def test_a_flood_of_other_requests_holds_up_no_probe(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAX_REQUESTS, settings.MAX_REQUESTS_PER_ADDRESS, settings.REQUESTS_PER_MINUTE = 1, 1, 1
    gate, threads = threading.Event(), []

    def check() -> Checked:
        threads.append(threading.current_thread().name)
        return UNREACHABLE

    def slow(environ: Any, start_response: Any) -> Any:
        assert gate.wait(30)
        start_response("200 OK", [])
        return [b""]

    monkeypatch.setattr(probes, "check", check)
    application = Application(slow)

    async def main() -> list[Sent]:
        flood = [asyncio.create_task(answered(application, "GET", f"/v1/models/{n}")) for n in range(20)]
        await asyncio.sleep(0)
        sent = [await answered(application, "GET", path, {"host": "nobody"}) for path in (LIVE, READY) * 20]
        head = await answered(application, "HEAD", LIVE)
        gate.set()
        await asyncio.gather(*flood)
        return [*sent, head]

    *sent, head = asyncio.run(main())
    assert [one.status for one in sent] == [200, 503] * 20
    assert (head.status, head.body) == (200, b"")
    assert threads == ["health_0"]  # and asked once, however many ask
    assert sent[1].headers["cache-control"] == "no-store"


def test_a_database_that_says_nothing_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(probes, "check", lambda: gate.wait(30) and HEALTHY)
    monkeypatch.setattr(probes, "TIMEOUT", 0.05)
    asking = probes.Probes()

    async def main() -> list[Checked]:
        first = await asyncio.gather(*(asking.current() for _ in range(50)))
        gate.set()
        monkeypatch.setattr(probes, "TIMEOUT", 30)
        while asking.checking is not None:
            await asyncio.sleep(0.001)
        return [*set(first), await asking.current()]

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, main()).result(30) == [health.NO_ANSWER, HEALTHY]
