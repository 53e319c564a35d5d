"""A database that cannot do its work now: 503 within seconds, and nothing that was typed is lost."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.signals import connection_created
from django.test import Client
from psycopg import errors
from pytest_django.fixtures import Settings

from catalog.api.database_errors import reason
from catalog.management.commands import migrate
from catalog.models import AIModel
from catalog_site.query_limits import limit
from tests.admin.common import LIST, change, form_data, staff
from tests.factories import make_listed, make_model
from tests.faults.machinery import embedded_dsn
from tests.started import site_with_sample

HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@pytest.fixture
def impatient(settings: Settings) -> Iterator[None]:
    """The limits of a serving process, for the connections of this one."""
    settings.DATABASE_LOCK_TIMEOUT = 1
    connection_created.connect(limit, dispatch_uid="test")
    connection.close()
    yield
    connection_created.disconnect(dispatch_uid="test")
    connection.close()


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Another connection holds the lock that ALTER TABLE takes."""
    other = connections.create_connection("default")
    other.inc_thread_sharing()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        other.rollback()
        other.close()


def kept(content: bytes) -> dict[str, str]:
    """What the page sends again."""
    found = {unescape(name): unescape(value) for name, value in HIDDEN.findall(content.decode())}
    del found["csrfmiddlewaretoken"]
    return found


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.usefixtures("impatient")
class TestALockedTable:
    """What a request is answered while another connection holds the lock."""

    def test_a_list_is_answered_with_503(self, client: Client) -> None:
        staff(client, "Viewer")
        with locked("catalog_aimodel"):
            page = client.get(LIST)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert "locked by another program" in page.content.decode()
        assert client.get(LIST).status_code == 200

    def test_a_form_keeps_what_was_typed(self, client: Client) -> None:
        staff(client, "Publisher")
        model = make_model()
        data = form_data(client, change(model)) | {"notes": 'typed "so"\nand <so>'}
        with locked("catalog_aimodel"):
            page = client.post(change(model), data)
        assert page.status_code == 503
        assert "Nothing has been saved" in page.content.decode()
        again = kept(page.content)
        assert client.post(change(model), again).status_code == 302
        assert AIModel.objects.get().notes.split() == ["typed", '"so"', "and", "<so>"]

    def test_a_login_is_answered_with_503_without_the_password(self, client: Client) -> None:
        with locked("auth_user"):
            page = client.post("/admin/login/", {"login": "somebody", "password": "as-secret-as-it-gets"})
        assert page.status_code == 503
        assert kept(page.content) == {"login": "somebody"}
        assert b"as-secret" not in page.content

    def test_a_session_that_cannot_be_read_is_503_too(self, client: Client) -> None:
        staff(client, "Viewer")
        client.raise_request_exception = False
        with locked("django_session"):
            assert client.get(LIST).status_code == 503

    def test_an_api_address_answers_its_envelope(self, client: Client) -> None:
        with locked("catalog_apikey"):
            answer = client.get("/api/readiness", headers={"authorization": f"Bearer {'a' * 8}.{'a' * 32}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, 503)

    def test_one_model_of_the_api_is_sent_from_the_last_copy(self, client: Client) -> None:
        make_listed()
        before = client.get("/v1/models/acme/one")
        with locked("catalog_aimodel"):
            answer = client.get("/v1/models/acme/one")
        assert (answer.status_code, answer.content) == (200, before.content)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.usefixtures("impatient")
def test_a_statement_has_an_end(settings: Settings) -> None:
    settings.DATABASE_STATEMENT_TIMEOUT = 1
    connection.close()
    with pytest.raises(Exception, match="statement timeout") as raised, connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(20)")
    assert reason(raised.value) == "The database took too long."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.DiskFull, "The disk of the database is full"),
        (errors.OutOfMemory, "short of memory or disk space"),
        (errors.TooManyConnections, "no connection left"),
        (errors.AdminShutdown, "being restarted"),
        (errors.CannotConnectNow, "being restarted"),
        (errors.IoError, "cannot read or write its disk"),
        (errors.ReadOnlySqlTransaction, "accepts no changes"),
        (errors.DeadlockDetected, "Somebody else changed"),
        (errors.IdleInTransactionSessionTimeout, "took too long"),
        (psycopg.OperationalError, "cannot be reached"),
    ],
)
def test_what_the_database_cannot_do_keeps_what_was_typed(client: Client, error: type[psycopg.Error], words: str) -> None:
    staff(client, "Publisher")
    data = form_data(client, change(make_model())) | {"notes": "typed"}

    def fail(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith('UPDATE "catalog_aimodel"'):
            with context["connection"].wrap_database_errors:
                raise error("as if")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        page = client.post(change(AIModel.objects.get()), data)
    assert page.status_code == 503
    assert words in page.content.decode()
    assert kept(page.content)["notes"] == "typed"
    said = (
        "We do not know" if error in (errors.AdminShutdown, errors.CannotConnectNow, psycopg.OperationalError) else "Nothing"
    )
    assert said in page.content.decode()
    assert not AIModel.objects.filter(notes="typed").exists()


@pytest.mark.django_db
def test_an_error_of_another_kind_is_the_servers_own() -> None:
    assert reason(RuntimeError()) is None
    with pytest.raises(Exception, match="syntax") as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELEC 1")
    assert reason(raised.value) is None


@pytest.mark.slow
def test_the_serving_processes_have_the_limits(tmp_path: Path, sample_cluster: Path) -> None:
    site = site_with_sample(sample_cluster, tmp_path, DATABASE_LOCK_TIMEOUT="1")
    site.start()
    try:
        with psycopg.connect(embedded_dsn(tmp_path)) as other:
            other.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
            web = HTTPConnection("127.0.0.1", site.port, timeout=30)
            for _ in range(4):  # of both workers, most probably
                web.request("GET", "/admin/", headers={"Cookie": f"sessionid={'a' * 32}"})
                answer = web.getresponse()
                assert (answer.status, answer.getheader("Retry-After")) == (503, "5")
                assert b"locked by another program" in answer.read()
            web.close()
            feed = site.get()
            assert feed is not None
            assert feed.status == 200
    finally:
        site.stop()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_migration_does_not_wait_for_long_and_says_who_holds_the_lock(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waited: list[int] = []
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", 1)
    monkeypatch.setattr(migrate, "ATTEMPTS", 2)
    monkeypatch.setattr("time.sleep", waited.append)
    with locked("django_migrations"), pytest.raises(CommandError, match=r"process \d+ of .* idle in transaction"):
        call_command("migrate", verbosity=0)
    assert waited == [migrate.PAUSE]
    assert "trying again" in capsys.readouterr().err
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_migration_that_deadlocks_with_the_running_site_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def deadlocks_once(*_: Any, **__: Any) -> None:
        tried.append(1)
        if len(tried) == 1:
            transaction.atomic().__enter__()  # and does not leave it, as Django's schema editor
            raise OperationalError("deadlock detected") from errors.DeadlockDetected()

    monkeypatch.setattr("django.core.management.commands.migrate.Command.handle", deadlocks_once)
    monkeypatch.setattr("time.sleep", lambda _: None)
    call_command("migrate", verbosity=0)
    assert len(tried) == 2
