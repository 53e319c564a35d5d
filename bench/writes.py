"""What writing ten thousand models costs the others: a rehearsal beside a colleague's saves, and how long the write lock is held."""

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
django.setup()

import psycopg
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from catalog.importing.applying.carry_out import carry_out
from catalog.importing.registry import read_content
from catalog.models import AIModel
from catalog.review import rehearse

LIST = "/admin/catalog/aimodel/"
MODEL = "acme/model-00001"
BETWEEN = 0.05
"""Seconds between two looks at the lock, and between two saves."""


@contextmanager
def beside(work: Callable[[psycopg.Connection[Any]], float]) -> Iterator[list[float]]:
    """Do something again and again on a connection of its own, and keep what it gives."""
    found: list[float] = []
    is_done = threading.Event()

    def run() -> None:
        with psycopg.connect(dsn, autocommit=True) as own:
            while not is_done.wait(BETWEEN):
                found.append(work(own))

    connection.ensure_connection()
    dsn = connection.connection.info.dsn
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        is_done.set()
        thread.join()


def a_save(own: psycopg.Connection[Any]) -> float:
    """How long a colleague's save of one model takes, in seconds."""
    began = time.perf_counter()
    own.execute("UPDATE catalog_aimodel SET notes = %s WHERE model_id = %s", [str(began), MODEL])
    return time.perf_counter() - began


def a_look(own: psycopg.Connection[Any]) -> float:
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
    content = Path(sys.argv[1]).read_bytes().replace(b'"name":"Acme', b'"name":"Other')
    reading = read_content(content)
    with beside(a_save) as saves:
        rehearsal, (_, review, _) = seconds(lambda: rehearse(lambda: carry_out(reading, source="bench")))
    assert len(review.changes) == AIModel.objects.count() == 10_000, len(review.changes)
    form: dict[str, Any] = {
        "action": "change_prices_by_percent", "_selected_action": AIModel.objects.values_list("pk", flat=True)[:1],
        "select_across": "1", "_described": "1", "percent": "10", "kinds": ["prompt", "completion"],
    }  # fmt: skip
    with beside(a_look) as held:
        preview, page = seconds(lambda: client.post(LIST, form))
    locked_in_preview = sum(map(bool, held)) * BETWEEN
    hidden = dict(re.findall(r'name="(_agreed|_compared)" value="([^"]+)"', page.content.decode()))
    with beside(a_look) as held:
        apply, answer = seconds(lambda: client.post(LIST, form | hidden | {"_typed": "10000 models"}))
    assert answer.status_code == 302, answer.content[:2000]
    found = [moment for moment in held if moment]
    print(
        json.dumps(
            {
                "rehearsal": rehearsal,
                "longest_save": max(saves),
                "saves": len(saves),
                "preview": preview,
                "locked_in_preview": locked_in_preview,
                "apply": apply,
                "locked": found[-1] - found[0] if found else 0.0,
            }
        )
    )


main()
