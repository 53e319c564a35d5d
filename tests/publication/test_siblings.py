"""Two processes of one host: whatever one of them has sent, the other does not go behind."""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connections
from pytest_django.fixtures import Settings

from catalog.models import AIModel, CatalogRevision
from catalog.publication import Served, Unavailable, list_store, rebuilding
from catalog.publication.last_good_copies import NoBytes, Overtaken
from catalog.publication.probe import Probe
from catalog.publication.publishing import Publisher
from tests.clock import MoveClock, soon
from tests.factories import make_listed, make_price
from tests.publication.common import write_round_the_triggers

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

FORMAT = "openrouter"


@pytest.fixture
def pair() -> Iterator[tuple[Publisher, Publisher]]:
    """Two publishers on one directory, each of which has sent the list of one model."""
    make_listed(name="Old")
    both = Publisher(), Publisher()
    for publisher in both:
        publisher.current(FORMAT)
    yield both
    for publisher in both:
        publisher.clear()


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Lets the database fall silent, for all."""
    ask, is_silent = Probe.ask, threading.Event()

    def asked(probe: Probe, patience: float) -> Any:
        if is_silent.is_set():
            raise OperationalError("server closed the connection unexpectedly")
        return ask(probe, patience)

    monkeypatch.setattr(Probe, "ask", asked)
    yield is_silent.set
    is_silent.clear()


def shown(served: Served) -> bytes:
    (name,) = [name for name in (b"Newest", b"New", b"Old") if name in served.publication.body][:1]
    return name


def rename(name: str) -> None:
    AIModel.objects.update(name=name)


def test_within_the_staleness_none_sends_what_is_older_than_what_another_has_sent(
    pair: tuple[Publisher, Publisher], settings: Settings
) -> None:
    one, other = pair
    rename("New")
    assert shown(one.current(FORMAT)) == b"New"
    settings.FEED_MAX_STALENESS = 3600
    assert other.current_if_known(FORMAT) is None
    assert shown(other.current(FORMAT)) == b"New"
    assert other.current_if_known(FORMAT) is not None
    assert one.current_if_known(FORMAT) is not None


def test_while_the_database_is_silent_the_newer_list_is_sent_by_all(
    pair: tuple[Publisher, Publisher], silence: Callable[[], None]
) -> None:
    one, other = pair
    rename("New")
    sent = one.current(FORMAT).publication
    silence()
    for publisher in (other, one, other):
        served = publisher.current(FORMAT)
        assert served.stale is not None
        assert (served.publication.body, served.publication.etag) == (sent.body, sent.etag)
    with pytest.raises(Unavailable):
        _ = other.current(FORMAT).publication.made_of  # its own items are older
    assert one.current(FORMAT).publication.made_of


def test_a_process_that_started_without_a_database_does_not_keep_to_the_copy_of_then(
    pair: tuple[Publisher, Publisher], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = pair
    late = Publisher()
    ask: Any = late.source.ask

    def asked() -> Any:
        raise OperationalError("no connection")

    monkeypatch.setattr(late.source, "ask", asked)
    try:
        assert shown(late.current(FORMAT)) == b"Old"
        rename("New")
        one.current(FORMAT)
        assert shown(late.current(FORMAT)) == b"New"
        monkeypatch.setattr(late.source, "ask", ask)
    finally:
        late.clear()


def test_a_scheduled_moment_that_one_has_sent_is_past_for_the_other(
    move_clock: MoveClock, pair: tuple[Publisher, Publisher], silence: Callable[[], None]
) -> None:
    """The revision is the same; only the moment differs."""
    one, other = pair
    moment = soon()
    make_price(AIModel.objects.get(), "prompt", "0.0000077", effective_from=moment)
    for publisher in pair:
        assert b"0.0000077" not in publisher.current(FORMAT).publication.body
    move_clock(moment)
    assert b"0.0000077" in one.current(FORMAT).publication.body
    silence()
    assert b"0.0000077" in other.current(FORMAT).publication.body


def test_one_that_was_overtaken_while_it_rendered_asks_again(
    pair: tuple[Publisher, Publisher], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    render: Any = vars(rebuilding)["render"]
    sent: list[bytes] = []
    rename("New")

    def overtake() -> None:
        rename("Newest")
        connections.close_all()
        sent.append(shown(one.current(FORMAT)))

    def slow(format_name: str, content: Any) -> Any:
        monkeypatch.setattr(rebuilding, "render", render)
        sibling = threading.Thread(target=overtake)
        sibling.start()
        sibling.join(30)
        return render(format_name, content)

    monkeypatch.setattr(rebuilding, "render", slow)
    assert shown(other.current(FORMAT)) == b"Newest"
    assert sent == [b"Newest"]


def test_the_database_is_right_though_it_was_restored(pair: tuple[Publisher, Publisher]) -> None:
    one, other = pair
    before = CatalogRevision.objects.get().revision
    rename("New")
    for publisher in pair:
        publisher.current(FORMAT)
    rename("Old")
    CatalogRevision.objects.update(revision=before - 1)
    for publisher in (one, other, one):
        served = publisher.current(FORMAT)
        assert (shown(served), served.stale, served.publication.revision) == (b"Old", None, before - 1)


def test_nothing_is_written_twice_for_one_list(pair: tuple[Publisher, Publisher]) -> None:
    one, other = pair
    rename("New")
    one.current(FORMAT)
    mark = one.store.copies.mark(FORMAT)
    other.current(FORMAT)
    assert one.store.copies.mark(FORMAT) == mark


def remove(publisher: Publisher) -> None:
    publisher.store.copies.path(FORMAT).unlink()


def tear(publisher: Publisher) -> None:
    path = publisher.store.copies.path(FORMAT)
    path.write_bytes(path.read_bytes()[:-5])


def garble(publisher: Publisher) -> None:
    publisher.store.copies.path(FORMAT).write_bytes(b"\0" * 100)


def make_foreign(publisher: Publisher) -> None:
    path = publisher.store.copies.path(FORMAT)
    own = str(publisher.current(FORMAT).publication.catalog_id).encode()
    path.write_bytes(path.read_bytes().replace(own, str(uuid4()).encode()).replace(b'"data":', b'"bad":'))


def make_older(publisher: Publisher) -> None:
    path = publisher.store.copies.path(FORMAT)
    older = path.read_bytes()
    rename("New")
    publisher.current(FORMAT)
    path.write_bytes(older)


def make_a_directory_of_it(publisher: Publisher) -> None:
    remove(publisher)
    publisher.store.copies.path(FORMAT).mkdir()


DAMAGES = [remove, tear, garble, make_foreign, make_older, make_a_directory_of_it]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("is_silent", [False, True])
def test_a_file_that_no_process_wrote_changes_nothing(
    pair: tuple[Publisher, Publisher],
    silence: Callable[[], None],
    damage: Callable[[Publisher], None],
    is_silent: bool,
) -> None:
    one, _ = pair
    damage(one)
    served = one.current(FORMAT) if not is_silent else None
    if is_silent:
        expected = one.store.slots[FORMAT].publication
        silence()
        served = one.current(FORMAT)
        assert served.publication is expected
    assert served is not None
    assert (served.stale is None) is not is_silent


@pytest.mark.parametrize("damage", DAMAGES[:-1])
def test_the_next_process_makes_a_damaged_copy_whole(
    pair: tuple[Publisher, Publisher], damage: Callable[[Publisher], None]
) -> None:
    one, _ = pair
    damage(one)
    one.clear()
    served = one.current(FORMAT)
    kept = one.store.copies.read(FORMAT)
    assert served.stale is None
    assert kept is not None
    assert kept.body == served.publication.body


def test_a_newer_list_for_which_the_disk_had_no_room_is_not_followed_by_an_older_one(
    pair: tuple[Publisher, Publisher], silence: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    rename("New")
    with monkeypatch.context() as patched:
        patched.setattr("catalog.publication.last_good_copies.os.fsync", full)
        assert shown(one.current(FORMAT)) == b"New"
    with pytest.raises(NoBytes):
        one.store.copies.read(FORMAT)
    silence()
    assert shown(one.current(FORMAT)) == b"New"
    with pytest.raises(Unavailable):
        other.current(FORMAT)


def test_an_older_copy_makes_room_for_a_newer_one(
    pair: tuple[Publisher, Publisher], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = pair
    path = one.store.copies.path(FORMAT)

    def full(*args: Any) -> None:
        if path.exists():
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("catalog.publication.last_good_copies.os.fsync", full)
    rename("New")
    one.current(FORMAT)
    kept = one.store.copies.read(FORMAT)
    assert kept is not None
    assert b"New" in kept.body


@pytest.mark.parametrize("error", [30, 5], ids=["read only", "broken"])
def test_a_disk_that_cannot_be_written_stops_nothing(
    pair: tuple[Publisher, Publisher], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: int
) -> None:
    def fail(*args: Any) -> None:
        raise OSError(error, "The disk cannot be written")

    monkeypatch.setattr("catalog.publication.last_good_copies.os.fsync", fail)
    rename("New")
    for publisher in pair:
        served = publisher.current(FORMAT)
        assert (shown(served), served.stale) == (b"New", None)
    assert "The disk cannot be written" in caplog.text


def test_a_disk_that_hangs_holds_up_nobody_for_long(
    pair: tuple[Publisher, Publisher], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = pair
    let_go = threading.Event()
    monkeypatch.setattr(list_store, "LONGEST_WRITE", 0.1)
    monkeypatch.setattr("catalog.publication.last_good_copies.os.fsync", lambda _: let_go.wait(20))
    try:
        for name in ("New", "Newest"):
            rename(name)
            served = one.current(FORMAT)
            assert (shown(served), served.stale) == (name.encode(), None)
        assert "The disk does not answer" in caplog.text
    finally:
        let_go.set()
    assert one.store._writing is not None
    one.store._writing.result(10)
    assert shown(one.current(FORMAT)) == b"Newest"
    kept = one.store.copies.read(FORMAT)  # what was written late has been replaced
    assert kept is not None
    assert b"Newest" in kept.body


def test_entries_that_only_another_process_has_sent_are_guarded_too(
    pair: tuple[Publisher, Publisher], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    make_listed("acme/new", name="New")
    sent = one.current(FORMAT).publication
    write_round_the_triggers("DELETE FROM catalog_price; DELETE FROM catalog_aimodel WHERE model_id = 'acme/new'")
    CatalogRevision.objects.update(revision=sent.revision + 1)
    served = other.current(FORMAT)
    assert served.stale is not None
    assert served.publication.body == sent.body


def test_what_is_older_is_not_written_over_what_is_newer(pair: tuple[Publisher, Publisher]) -> None:
    one, other = pair
    older = other.current(FORMAT).publication
    rename("New")
    one.current(FORMAT)
    with pytest.raises(Overtaken):
        other.store.copies.keep(older, other.store.slots[FORMAT].seen)
