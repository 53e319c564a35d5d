"""What goes on being sent where the database fails or falls silent."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from django.db import OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from catalog.models import AIModel
from catalog.publication import publisher, source
from catalog.publication.probe import NoAnswer, Probe
from tests.factories import make_listed
from tests.publication.common import FEED, Outage, name
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_a_database_the_last_good_copy_goes_on_marked_and_ends_when_it_is_back(
    client: Client, outage: Outage
) -> None:
    make_listed()
    good = client.get(FEED)
    assert "Age" not in good.headers
    outage.is_on = True
    for _ in range(3):
        answer = client.get(FEED)
        assert (answer.status_code, answer.content) == (200, good.content)
        assert int(answer.headers["Age"]) >= 0
        assert "detail=database-unreachable" in answer.headers["Cache-Status"]
        assert client.get(FEED, headers={"if-none-match": good.headers["ETag"]}).status_code == 304
    outage.is_on = False
    AIModel.objects.update(name="Back")
    assert eventually(lambda: "Age" not in client.get(FEED).headers)
    assert b"Back" in client.get(FEED).content


def test_while_it_is_away_few_ask_and_nobody_waits(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    make_listed()
    publisher.current("openrouter")
    monkeypatch.setattr(source, "RETRY", 60)
    outage.is_on = True
    before = outage.questions
    for _ in range(200):
        assert publisher.current("openrouter").stale is not None
    assert outage.questions == before + 2  # by the request, and by the thread that makes a new connection


class Hang:
    """A database that is there and says nothing while ``is_on``."""

    def __init__(self, ask: Callable[[Probe, float], Any]) -> None:
        self.is_on = False
        self.ask = ask
        self.waited: list[threading.Thread] = []  # who waited for an answer in vain

    def asked(self, probe: Probe, patience: float) -> Any:
        if self.is_on:
            self.waited.append(threading.current_thread())
            time.sleep(patience)
            raise NoAnswer("The database has not answered.")
        return self.ask(probe, 60)  # however busy the machine is


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hang]:
    state = Hang(Probe.ask)
    monkeypatch.setattr(Probe, "ask", lambda probe, patience: state.asked(probe, patience))
    monkeypatch.setattr(source, "QUERY_TIMEOUT", 0.5)
    monkeypatch.setattr(source, "RETRY", 0.05)
    yield state
    state.is_on = False


def critical(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"]


def test_after_the_first_silent_answer_nobody_waits_until_the_database_is_back(
    hang: Hang, caplog: pytest.LogCaptureFixture
) -> None:
    make_listed()
    publisher.current("openrouter")
    hang.is_on = True
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(publisher.current("openrouter"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(set(threads) & set(hang.waited)) == 1
    assert [answer.stale.cause for answer in answers] == ["database-unreachable"] * 8
    for _ in range(2):
        rounds = len(hang.waited)
        for _ in range(100):
            publisher.current("openrouter")
        assert len(hang.waited) < rounds + 50  # each question takes half a second: they did not wait for one each
        assert eventually(lambda: len(hang.waited) > rounds + 1)  # noqa: B023  # it is asked again, in vain
    assert threading.current_thread() not in hang.waited
    assert len(critical(caplog)) == 1
    AIModel.objects.update(name="Back")
    hang.is_on = False
    assert eventually(lambda: "The database answers again." in caplog.text)  # though nobody asks for a list
    assert name() == "Back"


def test_a_connection_that_falls_silent_is_replaced_by_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(source, "QUERY_TIMEOUT", 2.0)
    make_listed()
    publisher.current("openrouter")
    probe = publisher.source.probe
    assert probe is not None
    backend = psutil.Process(probe._libpq.backend_pid)
    backend.suspend()
    try:
        stale = publisher.current("openrouter").stale
        assert stale is not None
        assert critical(caplog) == [
            "The database cannot be reached; sending the last good copies: The database has not answered for 2 s."
        ]
        assert eventually(lambda: publisher.current("openrouter").stale is None)
        assert name() == "Acme One"
    finally:
        backend.resume()


def test_a_database_that_takes_no_connection_is_known_to_fail_after_one_patience(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_listed()
    publisher.current("openrouter")
    let_go, gave_up = threading.Event(), threading.Event()

    def connect(probe: Probe, alias: str) -> None:
        if not let_go.wait(30):
            gave_up.set()
        raise OperationalError("no connection")

    def closed(probe: Probe, patience: float) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(Probe, "__init__", connect)
    monkeypatch.setattr(Probe, "ask", closed)
    monkeypatch.setattr(source, "REQUEST_TIMEOUT", 0.5)
    monkeypatch.setattr(source, "QUERY_TIMEOUT", 0.2)
    try:
        for _ in range(100):  # if each waited for its patience, they would outlast the connection
            publisher.current("openrouter")
        assert len(critical(caplog)) == 1
        assert not gave_up.is_set()
    finally:
        let_go.set()


def test_a_database_that_only_reads_is_enough(client: Client) -> None:
    make_listed()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {connection.settings_dict['NAME']} SET default_transaction_read_only = on")
    try:
        publisher.clear()
        answer = client.get(FEED)
        assert answer.status_code == 200
        assert "Age" not in answer.headers
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {connection.settings_dict['NAME']} RESET default_transaction_read_only")


def test_a_replica_that_dies_is_logged_and_counted_once_and_is_read_again_by_itself(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ask, is_dead = Probe.ask, threading.Event()

    def asked(probe: Probe, patience: float) -> Any:
        if probe.alias == "replica" and is_dead.is_set():
            raise OperationalError("server closed the connection unexpectedly")
        return ask(probe, patience)

    def failures() -> float:
        lines = client.get("/metrics").content.decode().splitlines()
        return sum(float(line.split()[1]) for line in lines if line.startswith("catalog_replica_failures_total "))

    monkeypatch.setattr(Probe, "ask", asked)
    monkeypatch.setattr(source, "REPLICA_RETRY", 0.3)
    monkeypatch.setitem(connections.settings, "replica", {**connection.settings_dict})
    # Without it Django's tests refuse a database that they did not make.
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", lambda database: database.connection or database.connect())
    make_listed()
    assert name() == "Acme One"
    assert publisher.source.probe is not None
    assert publisher.source.probe.alias == "replica"
    before = failures()
    is_dead.set()
    AIModel.objects.update(name="Two")
    assert name() == "Two"
    assert eventually(lambda: failures() > before + 1)  # it is asked again, in vain
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said == ["The replica cannot be read; using the primary instead: server closed the connection unexpectedly"]
    is_dead.clear()
    assert eventually(lambda: "Reading from the replica again." in caplog.text)
    assert publisher.source.probe.alias == "replica"
    assert name() == "Two"
    assert critical(caplog) == []
