"""Which database answers for the lists."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from catalog.publication.probe import NoAnswer, Probe, RevisionAnswer, State
from catalog.publication.source import Known, Source

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


class Answers:
    """What each database says: a revision, or what it raises."""

    def __init__(self) -> None:
        self.by_alias: dict[str, int | Exception] = {"default": 7, "replica": 7}
        self.questions: list[str] = []

    def ask(self, probe: Probe, patience: float) -> RevisionAnswer:
        self.questions.append(probe.alias)
        answer = self.by_alias[probe.alias]
        if isinstance(answer, Exception):
            raise answer
        return RevisionAnswer(State(answer, None), 0.0)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    answers = Answers()
    monkeypatch.setattr(Probe, "ask", lambda probe, patience: answers.ask(probe, patience))
    monkeypatch.setitem(connections.settings, "replica", {**connection.settings_dict})
    # Without it Django's tests refuse a database that they did not make.
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", lambda database: database.connection or database.connect())
    return answers


@pytest.fixture
def moved() -> list[Known]:
    return []


@pytest.fixture
def source(moved: list[Known]) -> Iterator[Source]:
    source = Source(moved.append, lambda: None)
    yield source
    source.close()
    connections.close_all()  # connecting has opened this thread's own too, to ask for the types


def test_the_replica_is_asked_first(source: Source, answers: Answers) -> None:
    assert source.ask() == "replica"
    assert answers.questions == ["replica"]


@pytest.mark.parametrize(
    "fault",
    [
        lambda source, answers: answers.by_alias.update(replica=OperationalError("gone")),
        lambda source, answers: answers.by_alias.update(replica=6),
    ],
    ids=["gone", "behind what this process sent"],
)
def test_a_replica_that_fails_or_lags_is_left_for_a_while(
    source: Source, answers: Answers, fault: Callable[[Source, Answers], Any]
) -> None:
    source.ask()
    fault(source, answers)
    assert source.ask() == "default"
    answers.questions.clear()
    answers.by_alias["replica"] = 7
    assert source.ask() == "default"
    assert answers.questions == ["default"]
    assert source.retry_at < float("inf")


def test_a_replica_is_behind_where_another_process_has_sent_more(source: Source, answers: Answers) -> None:
    source.require(8)
    answers.by_alias["default"] = 8
    assert source.ask() == "default"


def test_the_primary_is_right_though_it_says_less_than_before(source: Source, answers: Answers) -> None:
    answers.by_alias |= {"replica": OperationalError("gone"), "default": 9}
    source.ask()
    answers.by_alias["default"] = 3
    assert source.ask() == "default"
    assert source.known is not None
    assert source.known.state.revision == 3


def test_where_nobody_answers_the_last_error_is_raised(source: Source, answers: Answers) -> None:
    answers.by_alias |= {"replica": OperationalError("no replica"), "default": OperationalError("no primary")}
    with pytest.raises(OperationalError, match="no primary"):
        source.ask()


def test_a_confirmation_asks_once_for_all_that_arrived_before(source: Source, answers: Answers) -> None:
    assert not source.is_confirmed(0.0)  # there is no connection yet: the thread makes it
    source.ask()
    assert source.known is not None
    answers.questions.clear()
    assert source.is_confirmed(source.known.asked_at)
    assert answers.questions == []
    assert source.is_confirmed(time.monotonic())
    assert answers.questions == ["replica"]


def test_a_primary_that_says_nothing_is_told_and_a_replica_is_not(source: Source, answers: Answers) -> None:
    source.ask()
    answers.by_alias["replica"] = NoAnswer("nothing")
    assert not source.is_confirmed(time.monotonic())
    source.ask()
    answers.by_alias["default"] = NoAnswer("nothing")
    with pytest.raises(NoAnswer):
        source.is_confirmed(time.monotonic())
    assert source.probe is None


def test_what_was_known_is_given_on_when_the_catalog_moves(source: Source, answers: Answers, moved: list[Known]) -> None:
    source.ask()
    source.ask()
    assert moved == []
    answers.by_alias["replica"] = 8
    source.ask()
    assert [known.state.revision for known in moved] == [7]
