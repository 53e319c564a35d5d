"""The cost of writing ten thousand models for other users: a rehearsal while a colleague saves, and how long the write lock is
held. The colleague and the watcher of the lock are other processes, because a thread would wait for this process's Python.
"""

import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
django.setup()

import psycopg
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from catalog.importing.applying.importer import apply_reading
from catalog.importing.registry import read_content
from catalog.models import AIModel
from catalog.review import rehearse

LIST = "/admin/catalog/aimodel/"
MODEL = "acme/model-00001"
POLL_SECONDS = 0.05
"""Seconds between two looks at the lock, and between two saves."""


@contextmanager
def in_background(work: Callable[[psycopg.Connection[Any]], float]) -> Iterator[list[float]]:
    """Let another process repeat a function until the end of the block. The list then has its results."""
    found: list[float] = []
    connection.ensure_connection()
    processes = multiprocessing.get_context("spawn")
    here, there = processes.Pipe()
    other = processes.Process(target=repeat, args=(connection.connection.info.dsn, work, there))
    other.start()
    here.recv()  # it is ready
    try:
        yield found
    finally:
        here.send("done")
        found += here.recv()
        other.join()


def repeat(dsn: str, work: Callable[[psycopg.Connection[Any]], float], asked: Any) -> None:
    """What the other process does."""
    found = []
    with psycopg.connect(dsn, autocommit=True) as own:
        asked.send("ready")
        while not asked.poll(POLL_SECONDS):
            found.append(work(own))
    asked.send(found)


def locked_seconds(looks: list[float]) -> float:
    """From the first to the last look at which the lock was held, in seconds."""
    held = [moment for moment in looks if moment]
    return held[-1] - held[0] if held else 0.0


def save_seconds(own: psycopg.Connection[Any]) -> float:
    """How long a colleague's save of one model takes, in seconds."""
    began = time.perf_counter()
    own.execute("UPDATE catalog_aimodel SET notes = %s WHERE model_id = %s", [str(began), MODEL])
    return time.perf_counter() - began


def locked_at(own: psycopg.Connection[Any]) -> float:
    """The time if somebody holds the write lock, else 0."""
    try:
        own.execute("SELECT FROM catalog_catalogrevision FOR SHARE NOWAIT")
    except psycopg.errors.LockNotAvailable:
        return time.perf_counter()
    return 0.0


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """How long it takes, and what it gives."""
    began = time.perf_counter()
    answer = work()
    return time.perf_counter() - began, answer


def main() -> None:
    """Print the figures as JSON, in seconds."""
    user = User.objects.create_superuser(f"bench-{time.time_ns()}")
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    content = Path(sys.argv[1]).read_bytes().replace(b'"name":"Acme', f'"name":"Acme {time.time_ns()}'.encode())
    reading = read_content(content)
    with in_background(save_seconds) as saves:
        rehearsal, (_, review, _) = seconds(lambda: rehearse(lambda: apply_reading(reading, source="bench")))
    assert len(review.changes) == AIModel.objects.count() == 10_000, len(review.changes)
    with tempfile.NamedTemporaryFile(suffix=".json") as changed:
        changed.write(content)
        changed.flush()
        with in_background(locked_at) as held:
            imported, _ = seconds(lambda: call_command("import_models", changed.name, stdout=StringIO()))
    locked_in_import = locked_seconds(held)
    form: dict[str, Any] = {
        "action": "change_prices_by_percent", "_selected_action": AIModel.objects.values_list("pk", flat=True)[:1],
        "select_across": "1", "_described": "1", "percent": "10", "kinds": ["prompt", "completion"],
    }  # fmt: skip
    with in_background(locked_at) as held:
        preview, page = seconds(lambda: client.post(LIST, form))
    locked_in_preview = sum(map(bool, held)) * POLL_SECONDS
    hidden = dict(re.findall(r'name="(_agreed|_compared)" value="([^"]+)"', page.content.decode()))
    with in_background(locked_at) as held:
        apply, answer = seconds(lambda: client.post(LIST, form | hidden | {"_typed": "10000 models"}))
    assert answer.status_code == 302, answer.content[:2000]
    print(
        json.dumps(
            {
                "rehearsal": rehearsal,
                "longest_save": max(saves),
                "saves": len(saves),
                "preview": preview,
                "locked_in_preview": locked_in_preview,
                "apply": apply,
                "locked": locked_seconds(held),
                "import": imported,
                "locked_in_import": locked_in_import,
            }
        )
    )


if __name__ == "__main__":
    main()
