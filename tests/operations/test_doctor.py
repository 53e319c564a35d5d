"""What doctor says of a site that is well, and of one that is not."""

import json
import shutil
import socket
import ssl
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from catalog import sample
from catalog.models import CatalogRevision, ListProblem, Reader
from catalog.operations.backups import name_at
from catalog.operations.doctor import database
from catalog.operations.doctor.certificates import certificates
from catalog.operations.doctor.check_result import CheckResult, Outcome
from catalog.operations.doctor.examination import ASKS_DATABASE, ASKS_NOBODY, examine
from catalog.publication import publisher
from tests.operations.common import run

pytestmark = pytest.mark.django_db(transaction=True)


def found(check: str) -> list[CheckResult]:
    return [result for result in examine([]) if result.check == check]


def test_of_a_site_that_is_well_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    sample.load()
    publisher.current("openrouter")
    call_command("doctor", json=True, tls=[])
    said = {result["check"]: result["level"] for result in json.loads(capsys.readouterr().out)}
    assert set(said) == {*ASKS_DATABASE, *ASKS_NOBODY}
    assert set(said.values()) == {"ok"}


def test_a_damaged_copy_and_a_missing_one_are_said(settings: Settings) -> None:
    (missing,) = found("copies")
    assert (missing.level, missing.says) == (Outcome.WARNING, "There is no copy of the OpenRouter feed.")
    publisher.current("openrouter")
    path = settings.DATA_DIR / "copies" / "openrouter.copy"
    path.write_bytes(path.read_bytes() + b" ")
    (damaged,) = found("copies")
    assert damaged.level is Outcome.WRONG
    assert "its bytes are not those of its entity tag" in damaged.says


def test_a_backup_that_is_too_old_or_not_there_is_wrong(settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_DIR = tmp_path
    assert found("backups")[0].says == f"There is no backup in {tmp_path}."
    (tmp_path / name_at(datetime.now(UTC) - timedelta(days=3))).touch()
    assert found("backups")[0].says == "The newest backup is 3 days old."
    (tmp_path / name_at(datetime.now(UTC))).touch()
    assert found("backups")[0].level is Outcome.OK


def test_a_watched_reader_that_is_quiet_is_wrong_and_an_unwatched_feed_is_said() -> None:
    then = datetime.now(UTC) - timedelta(hours=3)
    reader = Reader.objects.create(agent="x", format_name="openrouter", first_seen_at=then, last_success_at=then)
    (unwatched,) = found("readers")
    assert (unwatched.level, "is watched" in unwatched.says) == (Outcome.WARNING, True)
    Reader.objects.filter(pk=reader.pk).update(is_watched=True, name="OpenRouter")
    (quiet,) = found("readers")
    assert (quiet.level, quiet.says) == (Outcome.WRONG, "OpenRouter last fetched the openrouter list 3 h ago.")
    Reader.objects.filter(pk=reader.pk).update(last_success_at=datetime.now(UTC))
    assert found("readers")[0].level is Outcome.OK


def test_a_list_that_cannot_be_made_is_named_with_the_reason() -> None:
    text, now = "It would lose 1 entries without a recorded change: acme/one.", datetime.now(UTC)
    ListProblem.objects.create(format_name="openrouter", is_loss=True, text=text, seen_at=now)
    ListProblem.objects.create(format_name="wandb", is_loss=False, text="old", seen_at=now - timedelta(hours=1))
    (result,) = found("listing")
    assert (result.level, text in result.says, "accept_losses" in result.remedy) == (Outcome.WRONG, True, True)


def test_a_disk_that_is_almost_full_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage("/"))
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(100 << 30, 99 << 30, 100 << 20))
    assert found("disk")[0].level is Outcome.WRONG


def test_a_transaction_that_is_open_for_long_and_who_waits_for_it_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OPEN_SECONDS", 0)
    monkeypatch.setattr(database, "WAITING_SECONDS", 0)
    place = {"host": connection.settings_dict["HOST"], "user": "postgres", "dbname": connection.settings_dict["NAME"]}
    with psycopg.connect(**place, application_name="forgotten") as holder, psycopg.connect(**place) as waiting:
        holder.execute("LOCK TABLE catalog_aimodel IN EXCLUSIVE MODE")
        pid = holder.info.backend_pid
        waiter = threading.Thread(target=lambda: waiting.execute("LOCK TABLE catalog_aimodel IN EXCLUSIVE MODE"))
        waiter.start()
        with connection.cursor() as cursor:
            waits = False
            while not waits:
                cursor.execute(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = %s)", [waiting.info.backend_pid]
                )
                (waits,) = cursor.fetchone()
        said = found("locks")
        holder.rollback()
        waiter.join(30)
    (open_,) = (result for result in said if result.level is Outcome.WARNING)
    (stuck,) = (result for result in said if result.level is Outcome.WRONG)
    assert f"Process {pid} of postgres (forgotten, idle in transaction) has a transaction open" in open_.says
    assert f"for a lock of process {pid}" in stuck.says
    assert stuck.remedy == f"SELECT pg_terminate_backend({pid});"


def test_a_migration_that_is_not_applied_is_wrong_and_one_of_later_is_said() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(name) FROM django_migrations WHERE app = 'catalog'")
        (last,) = cursor.fetchone()
        cursor.execute("UPDATE django_migrations SET name = '9999_later' WHERE name = %s", [last])
        try:
            missing, newer = found("migrations")
        finally:
            cursor.execute("UPDATE django_migrations SET name = %s WHERE name = '9999_later'", [last])
    assert (missing.level, newer.level) == (Outcome.WRONG, Outcome.WARNING)
    assert f"catalog.{last}" in missing.says
    assert "catalog.9999_later" in newer.says


def test_a_rule_and_a_trigger_that_the_database_has_lost_are_named() -> None:
    assert [result.level for result in found("protections")] == [Outcome.OK]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_datacenter DROP CONSTRAINT datacenter_country_is_iso_3166")
        cursor.execute("ALTER TABLE catalog_price DISABLE TRIGGER USER")
        rules, triggers = found("protections")
        transaction.set_rollback(True)
    assert (rules.level, triggers.level) == (Outcome.WRONG, Outcome.WRONG)
    assert "rows may be wrong: catalog_datacenter.datacenter_country_is_iso_3166." in rules.says
    assert "catalog_price." in triggers.says


def test_copies_of_another_catalog_are_named() -> None:
    publisher.current("openrouter")
    CatalogRevision.objects.update(catalog_id=uuid4())
    (other,) = (result for result in found("listing") if result.level is Outcome.WRONG)
    assert other.says == "The database has a different catalog from the one whose lists were sent before: openrouter."


def test_a_site_without_tls_has_one_warning_of_it(settings: Settings) -> None:
    settings.EMBEDDED_DATABASE = settings.BEHIND_TLS = settings.SESSION_COOKIE_SECURE = False
    about = [result.says for result in found("settings") if result.says.startswith(("security.W", "BEHIND_TLS"))]
    assert about == ["BEHIND_TLS is false, so passwords and cookies travel unencrypted."]


@pytest.mark.slow
def test_a_setting_that_is_wrong_is_one_line() -> None:
    done = run("doctor", DATABASE_URL="mysql://site@127.0.0.1/catalog")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The settings are wrong: DATABASE_URL must be a postgres:// or postgresql:// URL.\n"


@pytest.mark.slow
def test_without_a_database_it_says_so_and_what_does_not_need_one(tmp_path: Path) -> None:
    secrets = {
        "SECRET_KEY": "hush-hush-no" * 6,
        "DATABASE_URL": "postgres://site:hush-hush@127.0.0.1:9/catalog",
        "METRICS_TOKEN": "hush-hush-token",
    }
    bundle = tmp_path / "bundle.zip"
    done = run(
        "doctor", "--json", f"--bundle={bundle}",
        **secrets, ALLOWED_HOSTS="api.example.com", DATA_DIR=str(tmp_path / "site"),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    said = {result["check"]: result for result in json.loads(done.stdout)}
    assert said["database"]["level"] == "wrong"
    assert said["database"]["says"].startswith("The database cannot be reached: ")
    assert said["clock"]["says"] == "Not known: the database cannot be reached."
    assert said["disk"]["level"] in ("ok", "warning")
    with zipfile.ZipFile(bundle) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        shown = json.loads(archive.read("settings.json"))
    assert b"hush-hush" not in everything + done.stdout.encode()
    assert shown["database default"]["HOST"] == "127.0.0.1"
    assert shown["BEHIND_TLS"] is True


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """A TLS server whose certificate ends in as many days as the parameter says."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate of this test")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(request.param), "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-out", str(certificate), "-keyout", str(key)],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            plain, _ = listener.accept()
            with plain, context.wrap_socket(plain, server_side=True) as secure:
                secure.recv(1)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"localhost:{listener.getsockname()[1]}"
        thread.join(10)


@pytest.mark.parametrize(
    ("tls", "level"),
    [(90, Outcome.OK), (10, Outcome.WARNING), (2, Outcome.WRONG)],
    indirect=["tls"],
    ids=["long", "soon", "now"],
)
def test_a_certificate_that_ends_soon_is_said(tls: str, level: Outcome) -> None:
    (result,) = certificates([tls])
    assert (result.level, tls in result.says) == (level, True)
