"""What docs/recovery.md says, done: a minute before a mistake, an older PostgreSQL, and from the embedded database to another."""

from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from bench.servers import free_port
from catalog import sample
from catalog.operations import backups
from catalog_site.embedded import upgrading
from catalog_site.postgresql_programs import installed
from tests.faults.common import Cluster, as_server
from tests.faults.machinery import wait_until
from tests.operations.common import NEWEST, cluster, place, run

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FEED = ("export_models", "--format=openrouter")


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    sample.load()
    path = tmp_path / "catalog.zip"
    backups.make(path)
    return path


def feed(**environment: str) -> str:
    done = run(*FEED, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_recovery_to_the_moment_before_a_bad_bulk_change(backup: Path, tmp_path: Path) -> None:
    directory, here = place(), {"DATA_DIR": str(tmp_path / "site")}
    archive, base = directory / "archive", directory / "base"
    archive.mkdir()
    archive.chmod(0o777)
    archiving = ["archive_mode=on", f"archive_command=test ! -f {archive}/%f && cp %p {archive}/%f", "wal_level=replica"]
    with cluster(directory / "cluster", NEWEST, *(part for setting in archiving for part in ("-c", setting))) as server:
        assert run("restore", str(backup), **server.environment, **here).returncode == 0
        copy: list[str | Path] = [
            server.programs / "pg_basebackup",
            "-d",
            server.url,
            "-D",
            base,
            "-c",
            "fast",
            "-X",
            "none",
        ]
        assert as_server(copy).wait(120) == 0
        with psycopg.connect(server.url, autocommit=True) as database:
            database.execute("UPDATE catalog_aimodel SET description = 'A good change.'")
            (moment,) = database.execute("SELECT clock_timestamp()").fetchone() or (None,)
            assert isinstance(moment, datetime)
            right = feed(**server.environment, **here)
            database.execute("SELECT pg_sleep(0.01)")
            database.execute("UPDATE catalog_aimodel SET is_listed_on_openrouter = false")  # the bad bulk change
            assert feed(**server.environment, **here) != right
            (segment,) = database.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone() or ("",)
        wait_until(lambda: (archive / segment).exists(), "the last segment is archived")
    recovered = cluster_at(base)
    (base / "recovery.signal").touch()
    recovered.start(
        *("-c", f"restore_command=cp {archive}/%f %p"),
        *("-c", f"recovery_target_time={moment.isoformat()}"),
        *("-c", "recovery_target_action=promote"),
    )
    try:
        wait_until(lambda: not in_recovery(recovered.url), "the recovered server takes writes")
        assert feed(**recovered.environment, **here) == right
    finally:
        recovered.stop()


def cluster_at(directory: Path) -> Cluster:
    return Cluster(directory, free_port(), installed()[NEWEST])


def in_recovery(url: str) -> bool:
    with psycopg.connect(url) as database:
        return bool((database.execute("SELECT pg_is_in_recovery()").fetchone() or (True,))[0])


@pytest.mark.parametrize("major", [major for major in sorted(installed()) if major < NEWEST])
def test_an_embedded_database_of_an_earlier_postgresql_keeps_its_data(backup: Path, tmp_path: Path, major: int) -> None:
    if not (installed()[major] / "initdb").exists():
        pytest.skip(f"the server of PostgreSQL {major} is not on this machine")
    data_dir = place()
    with cluster(data_dir / "postgres", major) as server:
        done = run("restore", str(backup), DATA_DIR=str(tmp_path / "site"), **server.environment)
        assert done.returncode == 0, done.stderr
        before = feed(DATA_DIR=str(tmp_path / "site"), **server.environment)
    assert upgrading.version(data_dir / "postgres") == major
    assert feed(DATA_DIR=str(data_dir)) == before
    assert upgrading.version(data_dir / "postgres") == NEWEST
    assert upgrading.version(data_dir / f"postgres.{major}") == major
    assert f"upgrading the database from PostgreSQL {major} to {NEWEST}" in (data_dir / "postgres.keeper").read_text()


def test_an_upgrade_that_was_cut_off_between_its_last_steps_is_finished(tmp_path: Path) -> None:
    old, new = tmp_path / "postgres", tmp_path / "postgres.upgraded"
    for directory, version in ((old, "16"), (new, "18")):
        directory.mkdir()
        (directory / "PG_VERSION").write_text(f"{version}\n")
    upgrading.finish(tmp_path)
    assert (upgrading.version(old), upgrading.version(tmp_path / "postgres.16")) == (18, 16)
    old.rename(new)  # as if the power had gone before the last step
    upgrading.finish(tmp_path)
    assert (upgrading.version(old), new.exists()) == (18, False)


def test_a_version_whose_programs_are_not_there_is_said_and_the_data_stays(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(
        upgrading.CannotUpgrade, match=r"has the format of PostgreSQL 9, .* install the server of PostgreSQL 9"
    ):
        upgrading.programs_for(tmp_path / "postgres", 18)
    (tmp_path / "postgres" / "PG_VERSION").write_text("99\n")
    with pytest.raises(upgrading.CannotUpgrade, match="Use a newer version of the catalog"):
        upgrading.programs_for(tmp_path / "postgres", 18)


def test_one_command_moves_the_embedded_database_to_a_server(backup: Path, tmp_path: Path) -> None:
    embedded = {"DATA_DIR": str(place())}
    assert run("restore", str(backup), **embedded).returncode == 0
    with cluster(place() / "cluster") as server:
        done = run("move_database", server.url, **embedded)
        assert done.returncode == 0, done.stderr
        assert "lists are the same, byte for byte" in done.stdout
        assert "DATABASE_URL   the address that you have just given" in done.stdout
        assert feed(DATA_DIR=str(tmp_path / "site"), **server.environment) == feed(**embedded)
        again = run("move_database", server.url, **embedded)
        assert again.returncode == 1
        assert "Nothing was moved. The database already has a catalog of 20 models." in again.stderr
        assert "DATABASE_URL is set" in run("move_database", server.url, DATA_DIR=str(tmp_path), **server.environment).stderr
