"""Many clients that each do one thing without a pause, in a process of their own: ``python -m tests.faults.floods NAME PORT
CONNECTIONS``. It goes on until its input ends, and then prints how many answers of each status there were."""

import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException

from bench.servers import ROOT

Client = Callable[[int, threading.Event, Counter[str]], None]
"""What one connection does until told to stop: to that port, counting its answers by their status."""


def connect(port: int, receive_buffer: int = 0, address: str = "127.0.0.1") -> socket.socket:
    """A plain connection, from an address of this machine."""
    plain = socket.socket()
    if receive_buffer:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    plain.settimeout(60)
    plain.bind((address, 0))
    plain.connect(("127.0.0.1", port))
    return plain


def requests(method: str, path: Callable[[], str], body: Callable[[], str] | None = None, cookie: str = "") -> Client:
    """A client that sends one request after the other."""

    def client(port: int, stopped: threading.Event, answers: Counter[str]) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={'c' * 32}"} if body else {}
        headers |= {"Cookie": cookie} if cookie else {}
        while not stopped.is_set():
            try:
                connection.request(method, path(), body and body(), headers)
                answer = connection.getresponse()
                answer.read()
                answers[str(answer.status)] += 1
            except (OSError, HTTPException) as error:
                answers[type(error).__name__] += 1
                connection.close()
        connection.close()

    return client


def staff_lists() -> Client:
    """A member of staff, by the session of ``SESSION``, whose browser searches the list of models without a pause."""

    def client(port: int, stopped: threading.Event, answers: Counter[str]) -> None:
        asked = requests("GET", lambda: f"/admin/catalog/aimodel/?q={word()}", cookie=f"sessionid={os.environ['SESSION']}")
        asked(port, stopped, answers)

    return client


def dripping(head: bytes) -> Client:
    """A client that sends what follows a byte at a time, ten a second, until it is let go; and again."""

    def client(port: int, stopped: threading.Event, answers: Counter[str]) -> None:
        while not stopped.is_set():
            with suppress(OSError), connect(port) as plain:
                plain.sendall(head)
                answers["begun"] += 1
                while not stopped.wait(0.1):
                    plain.sendall(b"a")

    return client


def half_sent(head: bytes) -> Client:
    """A client that sends a part of a request and is silent, again and again when it is let go."""

    def client(port: int, stopped: threading.Event, answers: Counter[str]) -> None:
        while not stopped.is_set():
            with suppress(OSError), connect(port) as plain:
                plain.sendall(head)
                answers["begun"] += 1
                plain.settimeout(0.2)
                while not stopped.is_set():
                    try:
                        got = plain.recv(4096)
                    except TimeoutError:
                        continue
                    answers[got[9:12].decode() or "closed"] += 1
                    if not got:
                        break

    return client


def slow_reader(path: Callable[[], str]) -> Client:
    """A client that asks for a large list and reads a few bytes a second of it."""

    def client(port: int, stopped: threading.Event, answers: Counter[str]) -> None:
        while not stopped.is_set():
            with suppress(OSError), connect(port, receive_buffer=4096) as plain:
                plain.sendall(f"GET {path()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                answers["begun"] += 1
                while not stopped.wait(0.5) and plain.recv(16):
                    pass

    return client


def heads(header: str, filled: str, path: str = "/v1/models?format=openrouter") -> Client:
    """A client that sends the longest header that is taken, another one each time, and one that is longer still."""

    def client(port: int, stopped: threading.Event, answers: Counter[str]) -> None:
        while not stopped.is_set():
            for length in (8_000, 390_000):
                value = (word() + filled * length)[:length]
                head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n{header}: {value}\r\nConnection: close\r\n\r\n"
                with suppress(OSError), connect(port) as plain:
                    plain.sendall(head.encode())
                    answers[plain.recv(65536)[9:12].decode() or "closed"] += 1
                    while plain.recv(65536):
                        pass

    return client


def word() -> str:
    """Something nobody has asked for before."""
    return f"{random.randrange(10**9):x}"  # noqa: S311


SILENT_ADDRESS = "127.0.0.2"
"""Where silent connections come from: not from where the feed is asked."""


def silent(port: int, stopped: threading.Event, answers: Counter[str]) -> None:
    """A client that connects, is silent, and comes again when it is let go."""
    while not stopped.is_set():
        with suppress(OSError), connect(port, address=SILENT_ADDRESS) as plain:
            answers["begun"] += 1
            plain.settimeout(1)
            while not stopped.is_set():
                with suppress(TimeoutError):
                    plain.recv(1)
                    answers["closed"] += 1
                    break


FLOODS: dict[str, Client] = {
    "failed logins": requests(
        "POST", lambda: "/admin/login/", lambda: f"login=admin&password={word()}&csrfmiddlewaretoken={'c' * 32}"
    ),
    "searches": requests("GET", lambda: f"/api/v1/models?q={word()}"),
    "filtered lists": requests("GET", lambda: f"/api/v1/models?output_modalities=all&max_price={random.random() * 1e6}"),  # noqa: S311
    "single models": requests("GET", lambda: f"/v1/models/acme/model-{random.randrange(10**4):05}"),  # noqa: S311
    "404s": requests("GET", lambda: f"/nothing/{word()}"),
    "admin lists without a session": requests("GET", lambda: f"/admin/catalog/aimodel/?q={word()}"),
    "admin lists of staff": staff_lists(),
    "site pages": requests("GET", lambda: f"/?q={word()}"),
    "pages of a model": requests("GET", lambda: f"/models/acme/model-{random.randrange(10**4):05}?in={word()}"),  # noqa: S311
    "bodies that drip": dripping(b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n"),
    "heads that drip": dripping(b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "),
    "bodies half sent": half_sent(
        b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\nCookie: csrftoken="
        + b"c" * 32
        + b"\r\n\r\na=1"
    ),
    "bodies of the front page half sent": half_sent(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\na=1"),
    "bodies that wait for 100": half_sent(
        b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"
    ),
    "chunks without an end": half_sent(
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n"
    ),
    "bodies too large": half_sent(
        b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\na=1"
    ),
    "heads half sent": half_sent(b"GET /v1/models HTTP/1.1\r\nHo"),
    "slow readers": slow_reader(lambda: "/v1/models"),
    "slow readers of the feed": slow_reader(lambda: "/v1/models?format=openrouter"),
    "slow readers of filtered lists": slow_reader(lambda: f"/api/v1/models?q=a&max_price={random.random() * 1e6}"),  # noqa: S311
    "tags without an end": heads("If-None-Match", ","),
    "codings without an end": heads("Accept-Encoding", ",a"),
    "cookies without an end": heads("Cookie", "a=b;", "/admin/"),
    "heads of which the end does not come": half_sent(b"GET /v1/models HTTP/1.1\r\nX: " + b"a" * 400_000),
    "price lists": requests("GET", lambda: f"/pricing?x={word()}"),
    "price lists as text": requests("GET", lambda: f"/pricing.md?x={word()}"),
    "pages of a maker": requests("GET", lambda: f"/makers/acme?x={word()}"),
    "silent connections": silent,
    "refused lists": requests("GET", lambda: f"/v1/models?format={word()}"),
    "lists asked in odd ways": requests("GET", lambda: f"/v1/models?format=openrouter&x={word()}"),
}
"""By what they do."""


@contextmanager
def flood(name: str, port: int, connections: int) -> Iterator[Counter[str]]:
    """So many clients until the end of the block; only then it gives what they were answered."""
    command = [sys.executable, "-m", "tests.faults.floods", name, str(port), str(connections)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    answers: Counter[str] = Counter()
    try:
        yield answers
    finally:
        out, _ = process.communicate(timeout=120)
        answers.update(json.loads(out))


def main(name: str, port: int, connections: int) -> None:
    """Flood until the input ends."""
    stopped, answers = threading.Event(), Counter[str]()
    arguments = (port, stopped, answers)
    threads = [threading.Thread(target=FLOODS[name], args=arguments, daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    print("begun", flush=True)  # noqa: T201
    sys.stdin.read()
    stopped.set()
    for thread in threads:
        thread.join(60)
    print(json.dumps(answers), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
