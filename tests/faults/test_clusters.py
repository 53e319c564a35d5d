"""Databases of their own: a clock that jumps, a primary and its replica."""

import time
from pathlib import Path

import pytest

from bench.servers import free_port
from tests.faults.common import FILL, Cluster, UnderLoad, as_server, fresh, pg, prepare
from tests.faults.machinery import Readers, Site, python, wait_until

pytestmark = pytest.mark.faults


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
