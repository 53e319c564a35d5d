"""The queue and its limits: with the runner that the site starts, in processes of its own."""

import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from catalog.importing.drafts import MOST_REMARKS
from catalog.models import AIModel, Upload, UploadState
from catalog.uploads import outcome, queue, runner
from tests.admin.common import staff
from tests.factories import make_model
from tests.test_concurrency import in_thread, somebody_writes
from tests.uploading import run_queue, running
from tests.uploads.common import NEW, UPLOAD, page
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SMALL = {"IMPORT_MEMORY": "192", "IMPORT_SECONDS": "100"}


@pytest.fixture(autouse=True)
def _runner_when_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "start_runner", lambda: None)


@pytest.fixture
def publisher(client: Client) -> Client:
    return staff(client, "Publisher")


def put(content: bytes, name: str = "models.json", **facts: Any) -> Upload:
    return queue.add_file([content], uploaded_by=User.objects.get(), name=name, **facts)


def said(upload: Upload) -> str:
    upload.refresh_from_db()
    assert upload.state == UploadState.REFUSED
    return " ".join(remark.sentence for one in upload.pages.all() for remark in outcome.remarks_of(one.content)["problems"])


def test_the_runner_works_off_what_waits_in_its_order(publisher: Client) -> None:
    uploads = [put(NEW.encode(), "models.csv"), put(b"{", "broken.json"), put(NEW.encode(), "again.csv")]
    run_queue()
    for upload, state in zip(uploads, (UploadState.PREVIEW, UploadState.REFUSED, UploadState.PREVIEW), strict=True):
        upload.refresh_from_db()
        assert upload.state == state
    assert not AIModel.objects.exists()


def deep(levels: int) -> bytes:
    return b'{"data":[{"id":"acme/one","name":' + b"[" * levels + b"]" * levels + b"}]}"


TOO_LARGE = [
    (b'{"data":[' + b"[]," * 2_000_000 + b"[]]}", "more than 1,000,000 lists and objects"),
    (b'{"data":[' + b"1," * 6_000_000 + b"1]}", "or 5,000,000 values"),
    (b'{"data":[{"id":"' + b"," * 6_000_000 + b'"}]}', "or 5,000,000 values"),
    (deep(60), "nested more than 50 levels deep"),
    (deep(100_000), "nested too deeply"),
    (b'{"data":[{"id":"a","context_length":1.' + b"0" * 5_000_000 + b"}]}", "a number has more than 1000 digits"),
    (b'{"data":[' + b'{"id":"a","is_free":1},' * 60_000 + b'{"id":"a"}]}', "more than 50,000 entries"),
    (b"model_id,name\n" + (b"," * 190 + b"\n") * 20_000, "more than 3,000,000 cells"),
]


def test_what_would_fill_the_memory_is_refused_before_anything_is_made_of_it(
    publisher: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST_UNDER_WAY", len(TOO_LARGE))
    uploads = [put(content, "models.csv" if content.startswith(b"model_id") else "models.json") for content, _ in TOO_LARGE]
    run_queue(**SMALL)  # each has a process of its own
    for upload, (_, sentence) in zip(uploads, TOO_LARGE, strict=True):
        assert sentence in said(upload)


def test_of_many_mistakes_a_hundred_are_named_and_all_are_counted(publisher: Client) -> None:
    upload = put(b'{"data":[' + b"[]," * 40_000 + b"[]]}")
    run_queue()
    upload.refresh_from_db()
    assert upload.count("problems") == 40_001
    assert sum(len(one.content["problems"]) for one in upload.pages.all()) == MOST_REMARKS
    assert "the file has 40,001 problems" in page(publisher, upload)


def test_what_takes_more_memory_than_it_may_is_stopped_and_says_so(publisher: Client) -> None:
    large = b'{"data":[' + b",".join(b'{"id":"acme/%d","x":{}}' % number for number in range(450_000)) + b"]}"
    upload, after = put(large), put(NEW.encode(), "models.csv")
    run_queue(**SMALL | {"IMPORT_MEMORY": "128"})
    assert said(upload) == "It needs more than 128 MiB of memory (IMPORT_MEMORY). Split the file."
    assert upload.content is None
    after.refresh_from_db()
    assert after.state == UploadState.PREVIEW
    assert "It needs more than 128 MiB" in page(publisher, upload)


def agreed_to(publisher: Client) -> Upload:
    """An upload whose preview is agreed to: applying it waits for who else writes, as its preview does not."""
    upload = put(NEW.encode(), "models.csv")
    run_queue()
    upload.refresh_from_db()
    assert upload.state == UploadState.PREVIEW
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.WAITING, agreed=upload.outcome["digest"])
    return upload


def test_what_takes_longer_than_it_may_is_stopped_and_says_so(publisher: Client) -> None:
    make_model()  # the writers' lock is a row that the first write makes
    upload = agreed_to(publisher)
    with somebody_writes():
        run_queue(IMPORT_SECONDS="5")
    assert said(upload).startswith("It took longer than 5 seconds (IMPORT_SECONDS).")
    assert AIModel.objects.count() == 1


def test_a_killed_child_is_told_and_the_next_upload_goes_on(publisher: Client) -> None:
    upload, after = put(NEW.encode(), "models.csv"), put(b"{", "broken.json")
    code = "import os; from catalog.uploads import processing, runner; go_on = processing.process;"
    die = f"processing.process = lambda pk: os.kill(os.getpid(), 9) if pk == {upload.pk} else go_on(pk);"
    with running(f"{code} {die} runner.run(linger=0.5)") as process:
        assert process.wait(60) == 0
    upload.refresh_from_db()
    after.refresh_from_db()
    assert (upload.state, after.state) == (UploadState.FAILED, UploadState.REFUSED)
    assert "The work was interrupted" in page(publisher, upload)
    assert upload.content is not None  # it can be tried again


def connections_in_use() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        (count,) = cursor.fetchone()
    return int(count)


def test_one_runner_works_for_everybody_and_what_is_at_work_outlives_it(publisher: Client) -> None:
    make_model()
    upload = agreed_to(publisher)
    before = connections_in_use()
    with somebody_writes():
        with running("from catalog.uploads import runner; runner.run(linger=30)") as first:
            assert eventually(lambda: Upload.objects.get().state == UploadState.WORKING)
            with running("from catalog.uploads import runner; runner.run(linger=30)") as second:
                assert second.wait(60) == 0
            assert first.poll() is None
        # Killed, it leaves its child, and while this works nobody takes it for interrupted.
        assert "Applying models.csv" in page(publisher, upload)
    assert eventually(lambda: Upload.objects.get().state == UploadState.APPLIED)
    assert eventually(lambda: connections_in_use() <= before)


def at_once(count: int, work: Callable[[], Any]) -> None:
    started = [in_thread(work) for _ in range(count)]
    for thread, _ in started:
        thread.join(60)
    assert [error for _, raised in started for error in raised] == []


def test_one_person_has_few_uploads_under_way_however_many_come_at_once(publisher: Client) -> None:
    cookies = publisher.cookies

    def upload() -> None:
        client = Client(headers={"host": "localhost"})
        client.cookies = cookies
        assert client.post(UPLOAD, {"file": SimpleUploadedFile("models.csv", NEW.encode())}).status_code in (200, 302)

    at_once(10, upload)
    assert Upload.objects.count() == queue.MOST_UNDER_WAY
    answer = publisher.post(UPLOAD, {"file": SimpleUploadedFile("models.csv", NEW.encode())})
    assert f"You have {queue.MOST_UNDER_WAY} uploads waiting or running." in answer.content.decode()
    # Somebody else is not held up, and what waits can be dropped.
    editor = staff(Client(headers={"host": "localhost"}), "Editor")
    assert editor.post(UPLOAD, {"file": SimpleUploadedFile("models.csv", NEW.encode())}).status_code == 302
    first = Upload.objects.order_by("pk").first()
    assert first is not None
    assert publisher.post(f"{UPLOAD}{first.pk}/", {"_drop": "1"}).status_code == 302
    assert publisher.post(UPLOAD, {"file": SimpleUploadedFile("models.csv", NEW.encode())}).status_code == 302


def test_what_waits_holds_no_connection_and_no_thread(publisher: Client) -> None:
    connections, threads = connections_in_use(), threading.active_count()
    for number in range(queue.MOST_UNDER_WAY):
        put(NEW.encode(), f"{number}.csv")
    assert connections_in_use() <= connections  # those of an earlier test may end
    assert threading.active_count() <= threads


def test_the_files_that_one_person_keeps_are_bounded(publisher: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_BYTES", 3000)
    put(bytes(range(256)) * 4 + b"x" * 100)
    answer = publisher.post(UPLOAD, {"file": SimpleUploadedFile("m.json", Path(__file__).read_bytes() * 3)})
    assert "The files of your uploads would take more than" in answer.content.decode()
    assert Upload.objects.count() == 1


def test_uploads_beyond_the_number_that_is_kept_are_removed(publisher: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_KEPT", 2)
    for _ in range(4):
        put(NEW.encode())
        Upload.objects.update(state=UploadState.PREVIEW)
    assert Upload.objects.count() == 3


def test_a_server_that_logs_statements_does_not_log_files(publisher: Client) -> None:
    """What PostgreSQL logs of a statement that fails is its text, so the file must not be in it."""
    secret = bytes(range(256))
    packed = zlib.compress(secret, level=1)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE seen (query text)")
        cursor.execute(
            "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN INSERT INTO seen VALUES (current_query()); RETURN NEW; END $$"
        )
        cursor.execute("CREATE TRIGGER see BEFORE INSERT OR UPDATE ON catalog_upload FOR EACH ROW EXECUTE FUNCTION see()")
        try:
            upload = put(secret)
            cursor.execute("SELECT query FROM seen")
            texts = [query for (query,) in cursor.fetchall()]
        finally:
            cursor.execute("DROP TRIGGER see ON catalog_upload; DROP FUNCTION see; DROP TABLE seen")
    assert bytes(Upload.objects.get(pk=upload.pk).content or b"") == packed
    assert len(texts) == 2
    assert not [text for text in texts if packed[8:40].hex() in text]


def test_a_child_that_ends_well_is_not_noted(publisher: Client) -> None:
    upload = put(NEW.encode())
    runner.note_end(upload.pk, 0)
    upload.refresh_from_db()
    assert upload.state == UploadState.WAITING
