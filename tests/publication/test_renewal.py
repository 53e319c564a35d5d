"""The thread that renews lists: who waits for it, for how long, and what happens where it fails, hangs or has to ask again."""

import threading
import time
from collections.abc import Iterator

import pytest

from catalog.publication import renewal as module
from catalog.publication import source
from catalog.publication.renewal import Renewal
from tests.waiting import eventually


class Work:
    """A database and its lists, as a thread sees them."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []
        self.renewed: list[str] = []
        self.failure: Exception | None = None
        self.again = 0
        self.hold = threading.Event()
        self.hold.set()
        self.renewal = Renewal(self.ask, self.renew, lambda: float("inf"))

    def ask(self, wanted: set[str]) -> str:
        hold = self.hold  # the one of now, though the test may replace it as soon as it sees that this is asked
        self.asked.append(wanted)
        hold.wait(60)
        if self.failure:
            raise self.failure
        return "answer"

    def renew(self, format_name: str, answer: str, began: float) -> bool:
        assert answer == "answer"
        self.renewed.append(format_name)
        self.again -= 1
        return self.again < 0

    def wait(self, format_name: str = "one", *, has_copy: bool = True, failed_until: float | None = None) -> None:
        self.renewal.wait(format_name, time.monotonic(), has_copy=has_copy, failed_until=failed_until)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    for name in ("RETRY", "REQUEST_TIMEOUT", "QUERY_TIMEOUT"):
        monkeypatch.setattr(source, name, 60.0)
    work = Work()
    yield work
    work.hold.set()
    work.renewal.end()


def test_a_request_waits_until_its_format_is_renewed(work: Work) -> None:
    work.wait("one")
    work.wait("two", has_copy=False)
    assert work.renewed == ["one", "two"]


def test_a_format_that_is_not_done_is_part_of_the_next_round(work: Work) -> None:
    work.again = 2
    work.wait()
    assert work.asked == [{"one"}] * 3


def test_a_database_that_fails_is_asked_by_nobody_who_has_a_copy(work: Work, caplog: pytest.LogCaptureFixture) -> None:
    work.failure = OSError("gone")
    for _ in range(5):
        work.wait()
    assert work.renewal.has_failed
    assert work.asked == [{"one"}]
    work.renewal.end()  # it logs after it has let go who waits
    assert [record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"] == [
        "The database cannot be reached; sending the last good copies: gone"
    ]


def test_it_is_asked_again_though_nobody_wants_anything(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "RETRY", 0.01)
    work.failure = OSError("gone")
    work.wait()
    work.failure = None
    assert eventually(lambda: not work.renewal.has_failed)
    assert work.renewed == []
    assert set() in work.asked


def test_a_list_that_failed_just_now_is_not_tried_by_everybody(work: Work) -> None:
    work.wait(failed_until=time.monotonic() + 60)
    assert work.asked == []
    work.wait(failed_until=time.monotonic() - 1)
    assert work.renewed == ["one"]


def test_a_database_that_says_nothing_is_known_to_fail_after_one_patience(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.hold.clear()
    with monkeypatch.context() as patch:
        patch.setattr(source, "REQUEST_TIMEOUT", 0.0)
        work.wait()
    assert eventually(lambda: bool(work.asked))
    assert not work.renewal.has_failed
    monkeypatch.setattr(source, "QUERY_TIMEOUT", 0.0)
    work.renewal.wait("one", time.monotonic() - source.REQUEST_TIMEOUT, has_copy=True, failed_until=None)
    assert work.renewal.has_failed
    assert work.renewed == []


def test_a_round_that_never_ends_is_given_up_with_its_thread(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "REQUEST_TIMEOUT", 0.05)
    work.hold.clear()
    work.wait()
    assert eventually(lambda: bool(work.asked))
    (stuck,) = [thread for thread in threading.enumerate() if thread is work.renewal._thread]
    monkeypatch.setattr(module, "ABANDONED", 0.0)
    monkeypatch.setattr(source, "REQUEST_TIMEOUT", 60.0)
    held, work.hold = work.hold, threading.Event()
    work.hold.set()
    work.wait()
    assert work.renewed == ["one"]
    held.set()
    stuck.join(60)
    assert not stuck.is_alive()
