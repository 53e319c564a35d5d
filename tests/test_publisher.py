"""What is published: how fresh it is, and what goes on being sent where the database fails."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psutil
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.models import AIModel, CatalogRevision, Price
from catalog.publication import Unavailable, publisher, rebuilding, source
from catalog.publication.last_good_copies import LastGoodCopies, NoBytes, Overtaken
from catalog.publication.probe import Probe, Silent
from tests.factories import make_listed, make_price

pytestmark = pytest.mark.django_db(transaction=True)

FEED = "/v1/models?format=openrouter"


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the database was read for a list."""
    reads: list[Any] = []
    read: Any = vars(rebuilding)["listing"]

    def counted(*args: Any, **kwargs: Any) -> Any:
        reads.append(args)
        return read(*args, **kwargs)

    monkeypatch.setattr(rebuilding, "listing", counted)
    return lambda: len(reads)


class Outage:
    """A database that does not answer the publisher while ``is_on``."""

    def __init__(self) -> None:
        self.is_on = False
        self.questions = 0


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    state = Outage()

    def asked(probe: Probe, patience: float) -> Any:
        state.questions += 1
        if state.is_on:
            raise OperationalError("server closed the connection unexpectedly")
        return probe_ask(probe, patience)

    probe_ask = Probe.ask
    monkeypatch.setattr(Probe, "ask", asked)
    monkeypatch.setattr(source, "RETRY", 0.05)
    yield state
    state.is_on = False


def copies() -> LastGoodCopies:
    return LastGoodCopies(settings.DATA_DIR / "copies")


def name() -> str:
    served = publisher.current("openrouter")
    assert served.stale is None
    return served.publication.made_of.listing.entries[0].model.name


def test_a_list_is_read_once_while_nothing_moves_and_shared_by_formats_of_one_selection(count: Callable[[], int]) -> None:
    make_listed()
    first = publisher.current("openrouter").publication
    assert publisher.current("openrouter").publication is first
    publisher.current("openrouter-v2")
    assert count() == 1
    AIModel.objects.update(name="Two")
    assert publisher.current("openrouter").publication is not first
    assert count() == 2


def test_many_at_once_are_answered_by_one_rebuild(count: Callable[[], int]) -> None:
    make_listed()
    found = []
    threads = [threading.Thread(target=lambda: found.append(publisher.current("openrouter").publication)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({id(publication) for publication in found}) == 1
    assert (len(found), count()) == (20, 1)


def test_a_change_is_seen_at_once_without_staleness_and_at_its_bound_with_it(settings: Settings, outage: Outage) -> None:
    make_listed()
    assert name() == "Acme One"
    AIModel.objects.update(name="Two")
    assert name() == "Two"
    settings.FEED_MAX_STALENESS = 3600
    asked = outage.questions
    AIModel.objects.update(name="Three")
    assert name() == "Two"
    assert outage.questions == asked  # within the bound nobody asks
    settings.FEED_MAX_STALENESS = 0
    assert name() == "Three"


def test_what_is_known_without_waiting_is_given_without_a_question(settings: Settings, outage: Outage) -> None:
    make_listed()
    assert publisher.current_if_known("openrouter") is None
    current = publisher.current("openrouter")
    assert publisher.current_if_known("openrouter") is None  # each request has to ask
    settings.FEED_MAX_STALENESS = 3600
    asked = outage.questions
    assert publisher.current_if_known("openrouter") == current
    assert publisher.current_if_known("catalog") is None
    with transaction.atomic():
        assert publisher.current_if_known("openrouter") is None
    assert outage.questions == asked


def test_a_scheduled_moment_ends_a_list_whatever_the_staleness(settings: Settings) -> None:
    settings.FEED_MAX_STALENESS = 3600
    model = make_listed()
    make_price(model, "prompt", "0.0000077", effective_from=timezone.now() + timedelta(seconds=1))
    assert b"0.0000077" not in publisher.current("openrouter").publication.body
    time.sleep(1.2)
    assert b"0.0000077" in publisher.current("openrouter").publication.body


def test_inside_a_transaction_its_own_view_is_seen_and_nobody_elses_list_is_touched() -> None:
    make_listed()
    before = publisher.current("openrouter").publication
    with transaction.atomic():
        AIModel.objects.update(name="Never")
        assert b"Never" in publisher.current("openrouter").publication.body
        transaction.set_rollback(True)
    assert publisher.current("openrouter").publication is before


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
    time.sleep(0.1)
    answer = client.get(FEED)
    assert b"Back" in answer.content
    assert "Age" not in answer.headers


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

    def asked(self, probe: Probe, patience: float) -> Any:
        if self.is_on:
            time.sleep(patience)
            raise Silent("The database has not answered.")
        return self.ask(probe, patience)


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hang]:
    state = Hang(Probe.ask)
    monkeypatch.setattr(Probe, "ask", lambda probe, patience: state.asked(probe, patience))
    monkeypatch.setattr(source, "SILENCE", 0.5)
    monkeypatch.setattr(source, "RETRY", 0.05)
    yield state
    state.is_on = False


def took(work: Callable[[], Any]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


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
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert time.monotonic() - began < 1.5
    assert [answer.stale.cause for answer in answers] == ["database-unreachable"] * 8
    assert took(lambda: [publisher.current("openrouter") for _ in range(100)]) < 0.4
    time.sleep(1.2)  # it is asked again, in vain
    assert took(lambda: [publisher.current("openrouter") for _ in range(100)]) < 0.4
    assert len(critical(caplog)) == 1
    AIModel.objects.update(name="Back")
    hang.is_on = False
    time.sleep(1.5)
    assert "The database answers again." in caplog.text  # though nobody asked for a list
    assert name() == "Back"


def test_a_connection_that_falls_silent_is_replaced_by_itself(caplog: pytest.LogCaptureFixture) -> None:
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
            "The database cannot be asked; the last good copies go on: The database has not answered for 2 s."
        ]
        time.sleep(source.RETRY + 1)
        assert name() == "Acme One"
    finally:
        backend.resume()


def test_a_database_that_takes_no_connection_is_known_to_fail_after_one_patience(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_listed()
    publisher.current("openrouter")
    let_go = threading.Event()

    def connect(probe: Probe, alias: str) -> None:
        let_go.wait(20)
        raise OperationalError("no connection")

    def closed(probe: Probe, patience: float) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(Probe, "__init__", connect)
    monkeypatch.setattr(Probe, "ask", closed)
    monkeypatch.setattr(source, "PATIENCE", 0.5)
    monkeypatch.setattr(source, "SILENCE", 0.2)
    try:
        assert took(lambda: publisher.current("openrouter")) < 1
        assert took(lambda: [publisher.current("openrouter") for _ in range(100)]) < 0.4
        assert len(critical(caplog)) == 1
        assert not let_go.is_set()
    finally:
        let_go.set()


def test_a_process_that_starts_without_a_database_sends_the_copy_on_disk(client: Client, outage: Outage) -> None:
    make_listed("acme/one")
    whole = (FEED, "/v1/models", "/api/v1/models?output_modalities=all")
    good = {path: client.get(path).content for path in whole}
    publisher.clear()
    outage.is_on = True
    for path in whole:
        answer = client.get(path)
        assert (answer.status_code, answer.content) == (200, good[path])
        assert "Age" in answer.headers
    for path in ("/v1/models/acme/one", "/api/v1/models", "/api/v1/models?output_modalities=all&q=one", "/api/v1/providers"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, 503)
        assert int(answer.headers["Retry-After"]) > 0
    outage.is_on = False
    time.sleep(0.1)
    assert client.get("/v1/models/acme/one").status_code == 200


def test_without_any_copy_it_is_503_with_a_time_to_come_back(client: Client, outage: Outage) -> None:
    outage.is_on = True
    answer = client.get(FEED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, 503)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("damage", [lambda whole: whole[:-5], lambda whole: b"", lambda whole: b"{}\n" + whole])
def test_a_torn_copy_is_never_sent(client: Client, outage: Outage, damage: Callable[[bytes], bytes]) -> None:
    make_listed()
    client.get(FEED)
    publisher.clear()
    (path,) = copies().directory.glob("*.copy")
    path.write_bytes(damage(path.read_bytes()))
    outage.is_on = True
    assert client.get(FEED).status_code == 503


def test_a_disk_that_is_full_stops_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("catalog.publication.last_good_copies.os.fsync", full)
    make_listed()
    assert publisher.current("openrouter").stale is None
    assert "No space left on device" in caplog.text
    assert sorted(path.name for path in copies().directory.iterdir()) == ["lock", "openrouter.copy"]
    with pytest.raises(NoBytes):
        copies().read("openrouter")


def test_a_row_that_cannot_be_rendered_keeps_the_last_good_copy(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_listed("fine")
    good = client.get(FEED)
    render: Any = vars(rebuilding)["render"]

    def broken(name: str, content: Any) -> Any:
        if any(entry.model.name == "Broken" for entry in content.entries):
            raise AssertionError("broken row")
        return render(name, content)

    monkeypatch.setattr(rebuilding, "render", broken)
    make_listed("broken", name="Broken")
    answer = client.get(FEED)
    assert answer.content == good.content
    assert "detail=rebuild-failed" in answer.headers["Cache-Status"]
    assert "broken row" in caplog.text


def write_round_the_triggers(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = origin")


LOSSES = {
    "deleted": "DELETE FROM catalog_price; DELETE FROM catalog_aimodel",
    "unlisted": "UPDATE catalog_aimodel SET is_listed_on_openrouter = false",
    "renamed": "UPDATE catalog_aimodel SET model_id = 'acme/other' WHERE model_id = 'acme/one'",
    "its tier lost": "DELETE FROM catalog_price WHERE service_tier = 'flex'",
    "its free variant lost": "UPDATE catalog_aimodel SET has_free_variant = false",
}


@pytest.mark.parametrize("sql", LOSSES.values(), ids=LOSSES.keys())
@pytest.mark.parametrize("is_restarted", [False, True])
def test_entries_that_no_recorded_change_explains_do_not_go(
    client: Client, caplog: pytest.LogCaptureFixture, sql: str, is_restarted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "RETRY", 0.05)
    model = make_listed("acme/one", has_free_variant=True)
    with transaction.atomic():
        make_price(model, "prompt", "0.00000005", service_tier="flex")
        make_price(model, "completion", "0.00000006", service_tier="flex")
    good = client.get(FEED)
    write_round_the_triggers(sql)
    if is_restarted:
        publisher.clear()
    else:
        make_listed("acme/zwei")  # moves the revision
    answer = client.get(FEED)
    assert answer.content == good.content
    assert "detail=rebuild-failed" in answer.headers["Cache-Status"]
    assert "no recorded change explains: acme/one" in caplog.text
    call_command("accept_losses", verbosity=0)
    time.sleep(0.1)
    answer = client.get(FEED)
    assert "Cache-Status" not in answer.headers
    assert answer.content != good.content


CHANGES: dict[str, Callable[[AIModel], Any]] = {
    "unlisted": lambda model: AIModel.objects.update(is_listed_on_openrouter=False),
    "unlisted and deleted": lambda model: (AIModel.objects.update(is_listed_on_openrouter=False), model.delete()),
    "renamed": lambda model: AIModel.objects.update(model_id="acme/other"),
    "no longer free": lambda model: AIModel.objects.update(has_free_variant=False),
    "its tier ended": lambda model: Price.objects.bulk_create(
        [Price(ai_model=model, kind=kind, usd=None, service_tier="flex") for kind in ("prompt", "completion")]
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_entries_go_by_a_recorded_change(client: Client, change: Callable[[AIModel], Any]) -> None:
    model = make_listed("acme/one", has_free_variant=True)
    with transaction.atomic():
        make_price(model, "prompt", "0.00000005", service_tier="flex")
        make_price(model, "completion", "0.00000006", service_tier="flex")
    before = len(client.get(FEED).json()["data"])
    change(model)
    answer = client.get(FEED)
    assert "Cache-Status" not in answer.headers
    ids = [entry["id"] for entry in answer.json()["data"]]
    assert len(ids) < before or ids == ["acme/other"] * before


def test_a_copy_says_what_it_is_a_copy_of() -> None:
    make_listed("acme/one")
    made = publisher.current("openrouter").publication
    publisher.clear()
    kept = copies().read("openrouter")
    assert kept is not None
    assert (kept.body, kept.etag, kept.revision, kept.since) == (made.body, made.etag, made.revision, made.since)
    assert kept.entries == made.entries
    with pytest.raises(Unavailable):
        _ = kept.made_of


def test_the_same_number_with_something_else_is_another_revision() -> None:
    """After a failover to a replica that had lost a commit, or a restore."""
    make_listed()
    assert name() == "Acme One"
    number = CatalogRevision.objects.get().revision
    AIModel.objects.update(name="Other")
    CatalogRevision.objects.update(revision=number)
    assert name() == "Other"


def test_a_copy_of_another_catalog_is_never_sent(client: Client) -> None:
    make_listed("invented")
    client.get(FEED)
    publisher.clear()
    write_round_the_triggers("DELETE FROM catalog_price; DELETE FROM catalog_aimodel")
    CatalogRevision.objects.update(catalog_id=uuid4())
    answer = client.get(FEED)
    assert (answer.content, "Cache-Status" in answer.headers) == (b'{"data":[]}', False)


def test_losses_are_accepted_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "RETRY", 0.05)
    for number in range(3):
        make_listed(f"m{number}")
    client.get(FEED)
    call_command("accept_losses", verbosity=0)  # though there are none
    good = client.get(FEED)
    write_round_the_triggers("UPDATE catalog_aimodel SET is_listed_on_openrouter = false WHERE model_id = 'm1'")
    make_listed("m4")
    answer = client.get(FEED)
    assert answer.content == good.content
    assert "detail=rebuild-failed" in answer.headers["Cache-Status"]


def test_an_older_copy_does_not_replace_a_newer_one() -> None:
    make_listed()
    older = publisher.current("openrouter").publication
    AIModel.objects.update(name="Two")
    newer = publisher.current("openrouter").publication
    publisher.clear()
    with pytest.raises(Overtaken):
        copies().keep(older, None)
    kept = copies().read("openrouter")
    assert kept is not None
    assert kept.body == newer.body


def test_a_failed_rebuild_leaves_the_next_one_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    make_listed()
    render: Any = vars(rebuilding)["render"]
    seen: list[str] = []

    def look(name: str, content: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout') || current_setting('default_transaction_read_only')")
            seen.append(cursor.fetchone()[0])
        if len(seen) == 1:
            raise AssertionError("broken row")
        return render(name, content)

    monkeypatch.setattr(rebuilding, "render", look)
    monkeypatch.setattr(source, "RETRY", 0.0)
    with pytest.raises(Unavailable):
        publisher.current("openrouter")
    publisher.current("openrouter")
    assert seen == ["3son", "3son"]


def test_a_304_of_a_copy_says_that_it_is_one(client: Client, outage: Outage) -> None:
    make_listed()
    etag = client.get(FEED).headers["ETag"]
    outage.is_on = True
    answer = client.get(FEED, headers={"if-none-match": etag})
    assert answer.status_code == 304
    assert "detail=database-unreachable" in answer.headers["Cache-Status"]


def test_the_age_counts_from_when_it_was_last_checked(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    make_listed()
    publisher.current("openrouter")
    time.sleep(1.2)
    publisher.current("openrouter")  # by the probe alone
    outage.is_on = True
    stale = publisher.current("openrouter").stale
    assert stale is not None
    assert stale.age == 0


@pytest.mark.parametrize("moment", ["a change", "a scheduled price"])
def test_the_age_of_a_list_that_cannot_be_rebuilt_counts_from_when_it_was_last_right(
    monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    model = make_listed()
    if moment == "a scheduled price":
        make_price(model, "prompt", "0.0000077", effective_from=timezone.now() + timedelta(seconds=2))
    publisher.current("openrouter")
    for _ in range(15):
        time.sleep(0.1)
        assert publisher.current("openrouter").stale is None  # by the probe alone
    if moment == "a change":
        AIModel.objects.update(name="Two")
    else:
        time.sleep(0.8)

    def broken(*args: Any) -> Any:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(rebuilding, "listing", broken)
    stale = publisher.current("openrouter").stale
    assert stale is not None
    assert (stale.cause, stale.age) == ("rebuild-failed", 0)


def test_the_age_of_a_format_that_a_change_outdated_unseen_counts_from_its_own_last_check(
    outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_listed()
    publisher.current("openrouter")
    publisher.current("catalog")
    time.sleep(1.2)
    AIModel.objects.update(name="Two")
    publisher.current("openrouter")
    outage.is_on = True
    ages = {}
    for format_name in ("openrouter", "catalog"):
        stale = publisher.current(format_name).stale
        assert stale is not None
        ages[format_name] = stale.age
    assert ages == {"openrouter": 0, "catalog": 1}


def test_after_a_restart_nobody_waits_longer_than_with_a_list(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    make_listed()
    publisher.current("openrouter")
    publisher.clear()
    monkeypatch.setattr(source, "PATIENCE", 0.3)
    monkeypatch.setattr(Probe, "ask", lambda probe, patience: time.sleep(5))
    began = time.monotonic()
    assert publisher.current("openrouter").stale is not None
    assert time.monotonic() - began < 4  # the database's answer takes longer


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_web_hosts_clock_that_is_an_hour_off_changes_no_list(
    client: Client, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    model = make_listed()
    make_price(model, "prompt", "0.0000077", effective_from=timezone.now() + timedelta(minutes=30))
    good = client.get(FEED)

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Shifted":
            return cls.fromtimestamp(time.time() + hours * 3600, tz)

    monkeypatch.setattr("catalog.sending.datetime", Shifted)
    publisher.clear()
    answer = client.get(FEED)
    assert (answer.status_code, answer.content) == (200, good.content)
    assert "Age" not in answer.headers


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
    time.sleep(1)  # it is asked again, in vain
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said == [
        "The replica cannot be read; the primary is asked in its place: server closed the connection unexpectedly"
    ]
    assert failures() > before
    is_dead.clear()
    time.sleep(0.6)
    assert "The replica is read again." in caplog.text
    assert publisher.source.probe.alias == "replica"
    assert name() == "Two"
    assert critical(caplog) == []
