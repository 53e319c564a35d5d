"""The queue of uploads in tests: worked on by threads of the test's process, or by a runner as the site starts it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections

from catalog.models import Upload, UploadState
from catalog.uploads import processing, queue

_turn = threading.Lock()


def work_off() -> None:
    """Work on what waits, in this thread, one after the other."""
    while (
        pk := Upload.objects.filter(state=UploadState.WAITING).order_by("pk").values_list("pk", flat=True).first()
    ) is not None:
        processing.process(pk)


def _in_a_thread() -> None:
    with _turn:
        try:
            work_off()
        finally:
            connections.close_all()


@pytest.fixture
def runner_in_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where the site would start a runner, a thread works on the queue. For tests that commit."""
    monkeypatch.setattr(queue, "start_runner", lambda: threading.Thread(target=_in_a_thread, name="uploads").start())
    yield
    wait_for_runners()


@pytest.fixture
def runner_inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the site would start a runner, the queue is worked on at once. For tests in a transaction."""
    monkeypatch.setattr(queue, "start_runner", work_off)


def wait_for_runners() -> None:
    """Wait for the threads that work on the queue."""
    for thread in threading.enumerate():
        if thread.name == "uploads":
            thread.join(60)


@contextmanager
def running(body: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of its own on the test's database; killed at the end."""
    database = connection.settings_dict
    script = (
        "import gc; gc.disable(); import django; django.setup(); gc.enable();"  # as manage.py does
        "from django.db import connection;"
        f"connection.settings_dict['NAME'] = {database['NAME']!r};" + body
    )
    own = {"DJANGO_SETTINGS_MODULE": "catalog_site.settings", "DATA_DIR": str(database.get("DATA_DIR", ""))}
    process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, **own, **environment})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run_queue(**environment: str) -> None:
    """A runner as the site starts it, until nothing waits."""
    with running("from catalog.uploads import runner; runner.run(linger=0.5)", **environment) as process:
        assert process.wait(600) == 0
