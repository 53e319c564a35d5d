"""A site as it runs, somebody who edits it, and many who read it and look at every answer."""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg
import pytest

from bench.servers import ROOT, free_port
from catalog.publication import etag_of
from catalog_site.embedded.access import SUPERUSER
from catalog_site.embedded.server import ready_socket

MODELS = 40
FEED = "/v1/models?format=openrouter"
CLOSED = (RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)
"""How a client learns that the server had closed the connection: when it sends a request, or waits for the first byte of the answer."""
NAME = re.compile(rb'"name":"([^"]*)"')


PREVIOUS = "d40e98b"
"""The last commit of the release before this one."""


def of_last_release(*command: str) -> bytes:
    """What a command of git says of the last release's commit. Skips the test where the checkout does not have it: a copy without the
    history, such as a shallow clone or an archive, has only this release."""
    done = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("the last release is not in this checkout's history")
    return done.stdout


def python(*arguments: str, **environment: str) -> None:
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


class Site:
    """``manage.py serve`` in a process group of its own. What ``environment`` holds is for it alone."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.environment = {
            "DATA_DIR": str(data_dir), "PORT": str(self.port), "WEB_WORKERS": "2", "FEED_MAX_STALENESS": "1",
            "REQUIRE_SECOND_FACTOR": "nobody", **environment,
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None
        self.root = ROOT
        """Where the code is."""

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.data_dir / "site.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=self.root,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(lambda: self.get() is not None, "the site answers")

    def stop(self) -> None:
        """End it, and all that it started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(60)  # its workers may take 25 seconds to end

    def kill(self) -> None:
        """As the machine's memory killer does: the server and its workers, at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def kill_worker(self) -> None:
        """Kill one of two workers. Returns when it has ended, so that it takes no more connections, and another one has been started."""
        killed = self.workers()[0]
        killed.kill()
        killed.wait(60)
        wait_until(lambda: len(self.workers()) == 2, "another worker has come")

    def workers(self) -> list[psutil.Process]:
        """The processes that answer."""
        assert self.process is not None
        found = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it ends while it is asked; a zombie has no command line
                if child.status() != psutil.STATUS_ZOMBIE and not any("keeper" in part for part in child.cmdline()):
                    found.append(child)
        return found

    def get(self) -> "Answer | None":
        """One answer, None where nobody listens."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            return ask(connection)
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


class Answer(NamedTuple):
    """One answer, when it was asked for (monotonic), and how long it took."""

    asked_at: float
    took: float
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def is_stale(self) -> bool:
        """Whether it says that it is a last good copy."""
        return "cache-status" in self.headers

    @property
    def name(self) -> bytes:
        """What all models are called: the edit that it shows."""
        (name,) = set(NAME.findall(self.body))
        return name


class NotAnswered(HTTPException):
    """The server closed the connection and sent nothing of the answer."""


def ask(connection: HTTPConnection) -> Answer:
    """Fetch the feed. Raises ``NotAnswered``, and any other ``OSError`` or ``HTTPException``."""
    asked_at = time.monotonic()
    try:
        connection.request("GET", FEED)
        answer = connection.getresponse()
    except CLOSED as error:
        raise NotAnswered from error
    body = answer.read()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(asked_at, time.monotonic() - asked_at, answer.status, body, headers)


def fault(answer: Answer) -> str:
    """What is wrong with an answer: failed, torn, shorter, or of two revisions."""
    if answer.status != 200:
        return f"status {answer.status}: {answer.body[:200]!r}"
    if answer.headers["etag"] != etag_of(answer.body):
        return "its bytes are not those of its ETag"
    if len(json.loads(answer.body)["data"]) != MODELS:
        return f"{len(json.loads(answer.body)['data'])} entries"
    if len(set(NAME.findall(answer.body))) != 1:
        return "it is of more than one revision"
    return ""


class Readers:
    """Threads that fetch the feed without a pause, each on a connection of its own."""

    def __init__(self, port: int, number: int = 8) -> None:
        self.port = port
        self.connect: Callable[[], HTTPConnection] = lambda: HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.answers = 0
        self.stale = 0
        self.lost = 0
        self.sends_again = False
        """Whether it sends a request once more, on a new connection, if the server closed one that it had used before and sent nothing of
        the answer (RFC 9110, 9.2.2; RFC 9112, 9.3.1)."""
        self.sent_again = 0
        self.slowest = 0.0
        self.slowest_since_asked = 0.0
        self.faults: list[str] = []
        self.seen: list[tuple[float, bytes]] = []
        self.seen_by_connection: list[list[bytes]] = []
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.read, daemon=True) for _ in range(number)]

    def __enter__(self) -> "Readers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(60)

    def read(self) -> None:
        """One of them. A connection that is lost is made again: what was in flight when a process was killed."""
        connection = self.connect()
        seen: list[bytes] = []
        self.seen_by_connection.append(seen)
        while not self.stopped.is_set():
            try:
                answer = ask(connection)
            except (OSError, HTTPException) as error:
                connection.close()
                may_send_again = self.sends_again and bool(seen) and isinstance(error, NotAnswered)
                seen = []
                self.seen_by_connection.append(seen)
                if may_send_again:
                    self.sent_again += 1
                    continue
                self.lost += 1
                time.sleep(0.05)
                continue
            self.answers += 1
            self.stale += answer.is_stale
            self.slowest = max(self.slowest, answer.took)
            self.slowest_since_asked = max(self.slowest_since_asked, answer.took)
            if wrong := fault(answer):
                self.faults.append(wrong)
            else:
                self.seen.append((answer.asked_at, answer.name))
                seen.append(answer.name)
        connection.close()


class Editor:
    """Renames all models in one statement, again and again; a database that fails is tried again."""

    def __init__(self, dsn: str, pause: float) -> None:
        self.dsn = dsn
        self.pause = pause
        self.committed: list[tuple[float, bytes]] = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.edit, daemon=True)

    def __enter__(self) -> "Editor":
        self.thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stopped.set()
        self.thread.join(60)

    def edit(self) -> None:
        """At work."""
        number = 0
        while not self.stopped.wait(self.pause):
            number += 1
            try:
                with psycopg.connect(self.dsn, connect_timeout=2, options="-c statement_timeout=5s") as database:
                    database.execute("UPDATE catalog_aimodel SET name = %s", [f"edit-{number:05}"])
            except psycopg.Error:
                continue
            self.committed.append((time.monotonic(), f"edit-{number:05}".encode()))


def wait_until(condition: Any, what: str, seconds: float = 60, pause: float = 0.1) -> None:
    """Ask until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(pause)


def embedded_dsn(data_dir: Path) -> str:
    """How to connect to the embedded server."""
    wait_until(lambda: ready_socket(data_dir), "the embedded server is up")
    return f"host={ready_socket(data_dir)} user={SUPERUSER} dbname=postgres"
