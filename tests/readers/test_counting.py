"""Counting readers: in memory, bounded, and added up in the database."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from catalog.models import ListProblem, Reader
from catalog.readers import ReaderStore, Tally, counting, seen_sentence, storing
from catalog.readers.counting import MOST_AGENTS, MOST_READERS, OTHERS, Key
from catalog.readers.sentences import reader_lines
from tests.factories import make_listed

BEGAN = 1_790_000_000.0
LIST_AT = datetime(2026, 9, 1, tzinfo=UTC)
OPENROUTER = Key("", "OpenRouter/1.0", "198.51.100.0", "openrouter")
transactional = pytest.mark.django_db(transaction=True)


def fetch(
    tally: Tally, key: Key = OPENROUTER, *, after: float = 0, status: int = 200, revision: int | None = 5, **more: Any
) -> None:
    facts = {"size": 100, "read_at": LIST_AT + timedelta(seconds=revision or 0), "stale": "", **more}
    tally.count(key, BEGAN + after, status, facts["size"], revision, facts["read_at"], facts["stale"])


def reader_store(failures: dict[str, tuple[str, bool]] | None = None) -> ReaderStore:
    return ReaderStore(lambda: failures or {})


def kept(*tallies: Tally) -> Reader:
    for tally in tallies:
        assert reader_store().store(tally.take())
    return Reader.objects.get()


@transactional
def test_a_readers_fetches_are_kept() -> None:
    tally = Tally()
    for number in range(11):
        fetch(tally, after=30 * number, status=304 if number % 2 else 200, revision=number)
    fetch(tally, after=400, status=503, revision=None, size=10)
    reader = kept(tally)
    assert (reader.agent, reader.network, reader.format_name) == ("OpenRouter/1.0", "198.51.100.0", "openrouter")
    assert (reader.requests, reader.failures, reader.bytes, reader.revision) == (12, 1, 1110, 10)
    assert reader.last_success_at == datetime.fromtimestamp(BEGAN + 300, UTC)
    assert (reader.last_failure_at, reader.last_failure_status) == (datetime.fromtimestamp(BEGAN + 400, UTC), 503)
    assert reader.interval == timedelta(seconds=30)


@transactional
def test_what_two_workers_have_seen_is_one_reader_whoever_writes_first() -> None:
    one, other = Tally(), Tally()
    for number in range(20):
        fetch(other if number % 2 else one, after=10 * number, revision=number)
    reader = kept(other, one)
    assert (reader.requests, reader.revision, reader.interval) == (20, 19, timedelta(seconds=10))
    assert reader.last_success_at == datetime.fromtimestamp(BEGAN + 190, UTC)


@transactional
def test_its_interval_follows_what_it_does_lately() -> None:
    at = 0.0
    for pause, number in ((60, 300), (5, 1500)):
        tally = Tally()
        for fetched in range(number):
            fetch(tally, after=(at := at + pause))
            if fetched % 50 == 49:
                kept(tally)
    reader = Reader.objects.get()
    assert reader.requests == 1800
    assert reader.interval is not None
    assert timedelta(seconds=4.5) < reader.interval < timedelta(seconds=7)


@transactional
def test_a_key_is_one_reader_wherever_it_is_used() -> None:
    tally = Tally()
    fetch(tally, Key("key abcdefgh", "", "", "app"))
    reader = kept(tally)
    assert (str(reader), reader.agent) == ("key abcdefgh", "")


@transactional
def test_a_stale_list_is_noted_with_its_cause() -> None:
    tally = Tally()
    fetch(tally, stale="rebuild-failed")
    fetch(tally, after=5)
    reader = kept(tally)
    assert (reader.stale_at, reader.stale_cause) == (datetime.fromtimestamp(BEGAN, UTC), "rebuild-failed")


def test_a_flood_of_user_agents_is_counted_as_few_readers() -> None:
    tally = Tally()
    for number in range(10_000):
        fetch(tally, Key("", f"agent {number}", "198.51.100.0", "openrouter"))
    assert len(tally.found) == MOST_AGENTS + 1
    assert tally.found[Key("", OTHERS, "198.51.100.0", "openrouter")].requests == 10_000 - MOST_AGENTS
    for number in range(10_000):
        fetch(tally, Key("", "agent", f"2001:db8:{number:x}::/64", "openrouter"))
    assert len(tally.found) <= MOST_READERS + 1
    assert sum(count.requests for count in tally.found.values()) == 20_000
    assert len(tally.agents) <= MOST_READERS


@transactional
def test_a_flood_of_readers_pushes_out_none_that_comes_regularly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "MOST_KEPT", 20)
    now = timezone.now().timestamp() - BEGAN
    regular, flood = Tally(), Tally()
    for _ in range(storing.REGULAR):
        fetch(regular, after=now - 3600)
    reader_store().store(regular.take())
    Reader.objects.create(format_name="openrouter", name="Watched", is_watched=True, first_seen_at=LIST_AT)
    for number in range(300):
        fetch(flood, Key("", "agent", f"net{number}", "openrouter"), after=now)
    reader_store().store(flood.take())
    assert Reader.objects.count() == 21
    assert Reader.objects.filter(agent=OPENROUTER.agent).exists()
    assert Reader.objects.filter(name="Watched").exists()


@transactional
def test_a_user_agent_of_any_characters_is_kept() -> None:
    tally = Tally()
    fetch(tally, Key("", "a\0\x1b\u2028é" + "b" * 5000, "\0" * 100, "openrouter"))
    reader = kept(tally)
    assert reader.agent.startswith("aéb")
    assert len(reader.agent) == counting.LONGEST_AGENT


@transactional
def test_what_cannot_be_written_is_written_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    tally, mine = Tally(), reader_store()
    fetch(tally)
    with monkeypatch.context() as patch:
        patch.setattr(storing, "UPSERT", "SELECT 1 FROM nowhere")
        assert not mine.store(tally.take())
    fetch(tally, after=10, revision=6)
    assert mine.store(tally.take())
    assert (Reader.objects.get().requests, Reader.objects.get().revision) == (2, 6)
    assert mine.store({})
    assert Reader.objects.get().requests == 2


@transactional
def test_two_processes_that_write_at_once_wait_for_neither_and_lose_nothing() -> None:
    def write(number: int) -> None:
        try:
            for _ in range(10):
                tally = Tally()
                for network in range(20) if number else reversed(range(20)):
                    fetch(tally, Key("", "agent", f"net{network}", "openrouter"))
                assert reader_store().store(tally.take())
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {reader.requests for reader in Reader.objects.all()} == {20}


@transactional
def test_lists_that_cannot_be_made_are_kept() -> None:
    assert reader_store({"openrouter": ("2 entries would be gone", True)}).store({})
    assert reader_store({"openrouter": ("3 entries would be gone", True)}).store({})
    problem = ListProblem.objects.get()
    assert (problem.format_name, problem.text, problem.is_loss) == ("openrouter", "3 entries would be gone", True)


@pytest.mark.django_db
def test_staff_are_told_whether_a_reader_has_seen_the_last_change() -> None:
    assert (reader_lines(), seen_sentence()) == ([], "")
    make_listed()
    with connection.cursor() as cursor:
        cursor.execute("SELECT revision, changed_at FROM catalog_catalogrevision")
        revision, changed_at = cursor.fetchone()
    now = timezone.now()
    facts = {"format_name": "openrouter", "first_seen_at": now, "last_success_at": now - timedelta(minutes=3, seconds=5)}
    reader = Reader.objects.create(name="OpenRouter", is_watched=True, revision=revision, **facts)
    (line,) = reader_lines()
    assert (
        line.text
        == f"OpenRouter last fetched the openrouter list 3 min ago and has seen the change of {changed_at:%H:%M} UTC."
    )
    assert not line.is_bad
    reader.revision, reader.quiet_after = revision - 1, 2
    reader.save()
    (line,) = reader_lines()
    assert (
        line.text
        == f"OpenRouter last fetched the openrouter list 3 min ago and has not fetched since the change of {changed_at:%H:%M} UTC."
    )
    assert line.is_bad
    assert seen_sentence() == "OpenRouter has not fetched the feed since: it last fetched the openrouter list 3 min ago."


@pytest.mark.django_db
def test_where_none_is_watched_the_most_frequent_reader_of_a_feed_is_named() -> None:
    now = timezone.now()
    for agent, requests, name in (("often", 90, "openrouter"), ("seldom", 3, "openrouter"), ("site", 500, "catalog")):
        Reader.objects.create(
            agent=agent, network="n", requests=requests, format_name=name, first_seen_at=now, last_success_at=now
        )
    assert [str(line.reader) for line in reader_lines()] == ["often from n"]


@pytest.mark.django_db
def test_the_database_keeps_the_limit_a_time() -> None:
    with pytest.raises(DatabaseError):
        Reader.objects.create(format_name="openrouter", first_seen_at=LIST_AT, quiet_after=0)
