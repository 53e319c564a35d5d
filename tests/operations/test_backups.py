"""A backup is one file, proved by restoring it; what is restored serves the same bytes."""

import zipfile
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from catalog import sample
from catalog.formats import FORMATS
from catalog.operations import backups, manifest, restoring
from catalog.operations.backups import Refused, Unreadable
from catalog_site.postgresql_programs import NoPrograms, installed, programs
from tests.faults.machinery import Site
from tests.operations.common import NEWEST, OLDEST, altered, cluster, lists, place, run

NOW = datetime(2026, 11, 26, 18, tzinfo=UTC)


@pytest.fixture
def backup(transactional_db: None, tmp_path: Path) -> Path:
    """Of the sample catalog."""
    sample.load()
    path = tmp_path / "catalog.zip"
    backups.make(path)
    return path


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_backup_restored_on_another_server_of_another_version_serves_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.load()
    take = manifest.taken

    def taken_late() -> object:
        """Somebody writes between the dump and the facts: both must be of one state all the same."""
        with psycopg.connect(
            host=connection.settings_dict["HOST"], user="postgres", dbname=connection.settings_dict["NAME"]
        ) as other:
            other.execute("UPDATE catalog_aimodel SET description = description || ' And more.'")
        return take()

    before = lists()
    monkeypatch.setattr(backups, "taken", taken_late)
    path = tmp_path / "catalog.zip"
    backups.make(path)
    assert lists() != before
    assert path.stat().st_mode & 0o077 == 0
    with cluster(place() / "cluster", OLDEST) as server:
        done = run("restore", str(path), DATA_DIR=str(tmp_path / "site"), **server.environment)
        assert done.returncode == 0, done.stderr
        assert f"All {len(before)} lists are the same, byte for byte." in done.stdout
        site = Site(tmp_path / "site", **server.environment)
        site.start()
        try:
            for name in ("openrouter", "openrouter-v2", "catalog"):
                asked = HTTPConnection("127.0.0.1", site.port, timeout=30)
                asked.request("GET", FORMATS[name].path + ("" if name == "catalog" else f"?format={name}"))
                assert asked.getresponse().read() == before[name], name
                asked.close()
        finally:
            site.stop()


@pytest.mark.slow
def test_a_backup_is_proved_in_a_postgresql_of_its_own_and_a_difference_is_found(backup: Path, tmp_path: Path) -> None:
    backups.prove(backup)
    with backups.opened(backup) as (facts, _):
        rows, feeds = dict(facts.rows), dict(facts.feeds)
    for changes, said in (
        ({"rows": rows | {"catalog_price": 1}}, "Different rows: catalog_price"),
        ({"feeds": feeds | {"openrouter": "0" * 64}}, "Different list: openrouter"),
    ):
        with pytest.raises(Refused, match=f"differs from the backup; do not use it. {said}"):
            backups.prove(altered(backup, tmp_path / f"{len(str(changes))}.zip", **changes))


def test_restore_refuses_a_newer_backup_a_database_in_use_and_one_with_models(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"has version 99.0.0, which is newer than this one"):
        restoring.restore(altered(backup, tmp_path / "version.zip", version="99.0.0"))
    with pytest.raises(Refused, match=r"has the migrations catalog.9999_later"):
        restoring.restore(altered(backup, tmp_path / "migration.zip", migrations={"catalog": ["9999_later"]}))
    with pytest.raises(Refused, match="The database already has a catalog of 20 models"):
        restoring.restore(backup)
    in_use = psycopg.connect(
        host=connection.settings_dict["HOST"],
        user="postgres",
        dbname=connection.settings_dict["NAME"],
        application_name="site",
    )
    with in_use, pytest.raises(Refused, match=r"The database is in use: process \d+ of postgres \(site\)"):
        restoring.restore(backup)


@pytest.mark.parametrize("damage", ["cut", "changed", "no zip", "another zip", "missing"])
def test_what_is_no_backup_is_named_and_ends_with_2(backup: Path, tmp_path: Path, damage: str) -> None:
    path, content = tmp_path / "damaged.zip", backup.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "changed":
            path.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
        case "no zip":
            path.write_text("{}")
        case "another zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("notes.txt", "none")
    with pytest.raises(CommandError, match=r"damaged.zip (is not a backup|cannot be read)") as refused:
        call_command("restore", str(path))
    assert refused.value.returncode == 2
    with pytest.raises(Unreadable), backups.opened(path):
        pass


def test_a_backup_that_fails_leaves_nothing_and_one_that_is_there_is_kept(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match=r"catalog.zip already exists. Backups are never overwritten"):
        backups.make(backup)
    with pytest.raises(Refused, match="cannot be written: No such file"):
        backups.make(tmp_path / "none" / "catalog.zip")
    monkeypatch.setattr(backups, "WITHOUT_ROWS", ("", "--no-such-option"))
    monkeypatch.setattr(backups, "_conninfo", lambda: "dbname=not_there")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Refused, match="pg_dump failed: "):
        backups.make(tmp_path / "another.zip")
    assert sorted(tmp_path.iterdir()) == before


def test_sessions_and_the_password_of_the_database_are_not_in_a_backup(backup: Path) -> None:
    with backups.opened(backup) as (facts, archive):
        assert "django_session" not in facts.rows
        assert facts.rows["catalog_aimodel"] == 20
        assert {info.filename for info in archive.infolist()} == {"database.dump", "manifest.json"}


@pytest.mark.django_db(transaction=True)
def test_scheduled_backups_go_into_their_directory_and_old_ones_go_when_the_new_one_is_there(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="Name a FILE, or set BACKUP_DIR"):
        call_command("backup")
    settings.BACKUP_DIR = tmp_path
    ancient, other = tmp_path / backups.name_at(NOW - timedelta(days=4000)), tmp_path / "mine.zip"
    ancient.touch()
    other.touch()
    call_command("backup", no_proof=True, keep_days=1, keep_months=0)
    assert f"Removed {ancient.name}." in capsys.readouterr().out
    assert not ancient.exists()
    assert other.exists()
    ((made, path),) = backups.scheduled(tmp_path).items()
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=5)
    assert zipfile.is_zipfile(path)


def test_daily_backups_are_kept_for_days_and_one_of_each_month_for_months() -> None:
    moments = [NOW - timedelta(days=days) for days in range(100)]
    kept = sorted(set(moments) - set(backups.expired(moments, NOW, days=7, months=3)))
    assert kept == [
        datetime(2026, 9, 1, 18, tzinfo=UTC),
        datetime(2026, 10, 1, 18, tzinfo=UTC),
        datetime(2026, 11, 1, 18, tzinfo=UTC),
        *(NOW - timedelta(days=days) for days in reversed(range(8))),
    ]
    assert backups.expired([NOW - timedelta(days=900)], NOW, days=7, months=0) == []  # the only one there is


def test_the_newest_programs_are_used_and_too_old_ones_are_said() -> None:
    assert programs(OLDEST) == programs(NEWEST) == installed()[NEWEST]
    with pytest.raises(NoPrograms, match="Install the package postgresql-client-99"):
        programs(99)


def test_a_backup_gets_its_name_when_it_is_whole(backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "other.zip"
    unfinished: list[Path] = []

    def interrupted(file: int) -> None:
        unfinished.extend(tmp_path.glob(".other.zip.*"))
        assert not target.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        backups.make(target)
    assert len(unfinished) == 1
    assert not target.exists()
    assert not unfinished[0].exists()
