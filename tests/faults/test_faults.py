"""Under load, in turn: what can go wrong on a machine. No answer fails, none is shorter, and all recovers without a hand.

``make faults`` runs these; they take minutes, and some need to be root.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import psutil
import psycopg
import pytest

from bench.servers import free_port
from catalog.publication.source import REQUEST_TIMEOUT
from tests.faults.common import Cluster, UnderLoad, fill, fresh, prepare, site_on_a_small_disk
from tests.faults.machinery import FEED, Site, embedded_dsn, fault, wait_until

pytestmark = pytest.mark.faults

BOUND = 1.0
"""FEED_MAX_STALENESS of the site, in seconds."""


def test_a_minute_of_load_with_an_edit_every_second(site: Site) -> None:
    wrk = shutil.which("wrk")
    if wrk is None:
        pytest.skip("the load of this test is wrk's, which is not on this machine: apt-get install wrk")
    with UnderLoad(site, pause=1) as load:
        done = subprocess.run(
            [wrk, "-t1", "-c32", "-d60s", f"http://127.0.0.1:{site.port}{FEED}"], capture_output=True, text=True, check=True
        )
        load.recovers()
    assert "Non-2xx" not in done.stdout
    assert "Socket errors" not in done.stdout
    assert (load.readers.stale, load.readers.lost) == (0, 0)
    assert len(load.editor.committed) > 40
    late = [
        (name, newest)
        for asked_at, name in load.readers.seen
        for newest in [max((edit for at, edit in load.editor.committed if at <= asked_at - BOUND), default=b"")]
        if name < newest
    ]
    assert late == []


def test_kill_of_postgresql(site: Site) -> None:
    with UnderLoad(site) as load:
        for _ in range(2):
            postmaster = int((site.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
            os.kill(postmaster, signal.SIGKILL)
            time.sleep(4)
            load.recovers()


def test_postgresql_stands_still(site: Site) -> None:
    postmaster = int((site.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    with UnderLoad(site) as load:
        stopped = suspended(postmaster)
        time.sleep(8)
        answers = load.readers.answers
        load.readers.slowest_since_asked = 0.0
        time.sleep(6)
        assert load.readers.answers > answers + 1000
        assert load.readers.slowest_since_asked < 1  # after the first patience nobody waits any more
        assert load.readers.stale > 0
        asked = len(workers_with_readers(site))  # the kernel spreads connections: in one of 128 runs a worker has none
        log = (site.data_dir / "site.log").read_text()
        assert log.count("The database cannot be reached; sending the last good copies") == asked
        resume(stopped)
        load.recovers()
        wait_until(
            lambda: (site.data_dir / "site.log").read_text().count("The database answers again.") == asked,
            "each worker that was asked has said that it answers again",
        )
    assert load.readers.slowest < REQUEST_TIMEOUT + 1


def workers_with_readers(site: Site) -> list[psutil.Process]:
    """The workers that a client is connected to."""
    return [
        worker
        for worker in site.workers()
        if any(one.laddr.port == site.port and one.status == psutil.CONN_ESTABLISHED for one in worker.net_connections())
    ]


def test_no_worker_goes_behind_the_other_whenever_the_database_stops(site: Site) -> None:
    """Also where a worker has not been asked for minutes, and where it has just been started."""
    postmaster = int((site.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    dsn = embedded_dsn(site.data_dir)
    newest = b"edit-00000"
    for number in range(1, 9):
        with psycopg.connect(dsn, autocommit=True) as database:
            database.execute("UPDATE catalog_aimodel SET name = %s", [f"edit-{number:05}"])
        wait_until(partial(has_sent_more_than, site, newest), "one worker has sent the edit", pause=0.0)
        if number % 2:
            time.sleep(number / 20)
        if number % 4 == 0:
            site.workers()[number // 4 % 2].kill()
        stopped = suspended(postmaster)
        try:
            newest = f"edit-{number:05}".encode()
            answers = [answer for answer in (site.get() for _ in range(12)) if answer is not None]
            assert len(answers) > 8
            assert {(fault(answer), answer.name) for answer in answers} == {("", newest)}
        finally:
            resume(stopped)
        wait_until(lambda: fresh(site), "the database answers")


def suspended(postmaster: int) -> list[psutil.Process]:
    """PostgreSQL's processes, which stand still from now on; the first one first, so that no other comes after the others are listed."""
    first = psutil.Process(postmaster)
    first.suspend()
    stopped = [first]
    for process in first.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.suspend()
            stopped.append(process)
    return stopped


def resume(stopped: list[psutil.Process]) -> None:
    """Let them go on."""
    for process in stopped:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def has_sent_more_than(site: Site, name: bytes) -> bool:
    answer = site.get()
    return answer is not None and not fault(answer) and answer.name > name


def test_kill_of_a_worker(site: Site) -> None:
    with UnderLoad(site) as load:
        for _ in range(3):
            site.kill_worker()
            load.recovers()


def test_kill_of_the_whole_server_and_a_start_without_a_database(site: Site) -> None:
    wait_until(lambda: list((site.data_dir / "copies").glob("openrouter.copy")), "a copy is kept")
    with UnderLoad(site) as load:
        time.sleep(1)
        site.kill()
        site.start()
        load.recovers()
    before = site.get()
    assert before is not None
    site.kill()
    unreachable = Cluster(site.data_dir, free_port())
    nowhere = Site(site.data_dir, **unreachable.environment)
    nowhere.start()
    try:
        answer = nowhere.get()
        assert answer is not None
        assert answer.is_stale
        assert (fault(answer), answer.body) == ("", before.body)
    finally:
        nowhere.stop()


def test_no_connection_is_left(site: Site) -> None:
    dsn = embedded_dsn(site.data_dir)
    with UnderLoad(site) as load, ExitStack() as taken:
        control = taken.enter_context(psycopg.connect(dsn, autocommit=True))

        def take() -> None:
            while True:
                try:
                    taken.callback(psycopg.connect(dsn).close)
                except psycopg.OperationalError:
                    return

        take()
        mine = "application_name = '' AND pid <> pg_backend_pid() AND query LIKE '%catalog_catalogrevision%'"
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline:  # whatever they let go, we take
            control.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}")
            take()
            time.sleep(0.1)
        assert load.readers.stale > 0
        taken.close()
        load.recovers()


def test_the_disk_is_full(tmp_path: Path) -> None:
    with site_on_a_small_disk(tmp_path) as (site, disk):
        prepare(site)
        with UnderLoad(site) as load:
            full = fill(disk)
            time.sleep(8)
            assert not load.readers.faults
            full.unlink()
            load.recovers()


def test_a_migration_holds_a_lock(site: Site) -> None:
    with UnderLoad(site, pause=0.2) as load, psycopg.connect(embedded_dsn(site.data_dir)) as migration:
        migration.execute("LOCK TABLE catalog_aimodel IN ACCESS EXCLUSIVE MODE")
        with psycopg.connect(embedded_dsn(site.data_dir)) as other:
            other.execute("UPDATE catalog_catalogrevision SET revision = revision + 1, changed_at = clock_timestamp()")
        time.sleep(8)
        assert load.readers.stale > 0
        assert not load.readers.faults
        migration.rollback()
        load.recovers()
