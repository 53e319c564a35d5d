"""An upload at work: how far it is, interrupted, tried again."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from catalog.models import AIModel, Price, Upload, UploadState
from catalog.uploads import queue
from tests.factories import make_model
from tests.test_concurrency import somebody_writes
from tests.uploading import running
from tests.uploads.common import NEW, UPLOAD, finished, page, price_table, send
from tests.waiting import eventually

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("runner_in_threads"),
]


def progress(client: Client, upload: Upload) -> Any:
    return client.get(f"{UPLOAD}{upload.pk}/progress/").json()


def test_how_far_it_is_can_be_seen_while_it_works_and_two_take_turns(publisher: Client) -> None:
    make_model()
    first, second = send(publisher, NEW, name="first.csv"), send(publisher, price_table("0.2"), name="second.csv")
    with somebody_writes():
        for upload in (first, second):
            word = {"_confirm": "1", "_agreed": upload.outcome["digest"]}
            assert publisher.post(f"{UPLOAD}{upload.pk}/", word).status_code == 302
            # Pressed twice, it is done once.
            assert publisher.post(f"{UPLOAD}{upload.pk}/", word).status_code == 302
        assert eventually(lambda: progress(publisher, first)["phase"] == "Waiting for another writer")
        assert progress(publisher, second) == {"is_at_work": True, "phase": "Waiting for its turn", "done": 0, "total": 0}
        shown = page(publisher, first)
        assert "Applying first.csv" in shown
        assert "upload.js" in shown
        assert 'http-equiv="refresh"' in shown
        # What is at work is neither dropped nor begun again.
        publisher.post(f"{UPLOAD}{first.pk}/", {"_drop": "1"})
        publisher.post(f"{UPLOAD}{first.pk}/", {"_again": "1"})
        assert not AIModel.objects.filter(model_id="acme/new").exists()
    assert finished(first).state == UploadState.APPLIED
    assert finished(second).state == UploadState.APPLIED
    assert AIModel.objects.count() == 3
    assert Price.objects.filter(kind="prompt").count() == 2


def test_a_killed_process_leaves_nothing_and_it_can_be_tried_again(
    publisher: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model()
    upload = send(publisher, NEW)
    with somebody_writes(), monkeypatch.context() as nobody_else:
        nobody_else.setattr(queue, "start_runner", lambda: None)
        Upload.objects.filter(pk=upload.pk).update(state=UploadState.WAITING, agreed=upload.outcome["digest"])
        with running(f"from catalog.uploads import processing; processing.process({upload.pk})"):
            assert eventually(lambda: progress(publisher, upload)["phase"] == "Waiting for another writer")
            assert progress(publisher, upload)["is_at_work"]
        # The database finds out by itself, though what it was asked still waits.
        assert eventually(lambda: not progress(publisher, upload)["is_at_work"])
    assert AIModel.objects.count() == 1
    shown = page(publisher, upload)
    assert "The work was interrupted" in shown
    assert "Try again" in shown
    assert publisher.post(f"{UPLOAD}{upload.pk}/", {"_again": "1"}).status_code == 302
    assert finished(upload).state == UploadState.APPLIED  # the word was given before
    assert AIModel.objects.count() == 3
    assert "Done: 2 new" in page(publisher, upload)


def test_a_lost_connection_leaves_nothing_and_it_can_be_tried_again(
    publisher: Client, caplog: pytest.LogCaptureFixture
) -> None:
    make_model()
    upload = send(publisher, NEW)
    with somebody_writes():
        publisher.post(f"{UPLOAD}{upload.pk}/", {"_confirm": "1", "_agreed": upload.outcome["digest"]})
        assert eventually(lambda: progress(publisher, upload)["phase"] == "Waiting for another writer")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s",
                [queue.LOCK, upload.pk],
            )
    assert finished(upload).state == UploadState.FAILED
    assert "has failed; nothing was applied" in caplog.text
    assert AIModel.objects.count() == 1
    assert "Try again" in page(publisher, upload)
    publisher.post(f"{UPLOAD}{upload.pk}/", {"_again": "1"})
    assert finished(upload).state == UploadState.APPLIED
