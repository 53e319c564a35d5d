"""Servers to measure, each on a port of its own on loopback, and the load on them by wrk."""

import itertools
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[1]
CONNECTIONS = 32


_numbers = itertools.count(random.SystemRandom().randrange(10_000))  # pytest-randomly gives all processes one seed


def free_port() -> int:
    """A port that nobody listens on. It is below those that the system hands out (from 32768 on, or above), so it is still free when
    a server that has taken seconds to start listens on it."""
    while True:
        port = 20_000 + next(_numbers) % 10_000
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[int]:
    """A server of its own process group, until the end of the block."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise SystemExit(f"{' '.join(command)} did not start") from None
                time.sleep(0.1)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@contextmanager
def catalog(data_dir: Path, staleness: int) -> Iterator[int]:
    """Our site, as ``make run`` serves it, with one worker."""
    port = free_port()
    settings = {"DATA_DIR": str(data_dir), "PORT": str(port), "WEB_WORKERS": "1", "FEED_MAX_STALENESS": str(staleness)}
    with running([sys.executable, "manage.py", "serve"], port, **settings):
        yield port


@contextmanager
def bare(body: Path, *, drf: bool = False) -> Iterator[int]:
    """The function, or DRF's rendering, on the same server with the same settings."""
    port = free_port()
    target = (
        ["bench.bare:plain_drf", "--interface", "wsgi", "--blocking-threads", "4"]
        if drf
        else ["bench.bare:application", "--interface", "asginl"]
    )
    command = [
        str(Path(sys.executable).with_name("granian")), *target, "--http", "1", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "--no-ws",
    ]  # fmt: skip
    with running(command, port, BENCH_BODY=str(body), **({"BENCH_DRF": "1"} if drf else {})):
        yield port


def get(port: int, path: str, **headers: str) -> tuple[bytes, dict[str, str]]:
    """One answer's bytes and headers."""
    request = Request(f"http://127.0.0.1:{port}{path}", headers={k.replace("_", "-"): v for k, v in headers.items()})
    with urlopen(request, timeout=120) as answer:  # noqa: S310
        return answer.read(), {name.lower(): value for name, value in answer.headers.items()}


def requests_per_second(port: int, path: str, seconds: int, **headers: str) -> float:
    """What wrk measures, on 32 connections. Any answer that is an error ends the run."""
    sent = [part for name, value in headers.items() for part in ("-H", f"{name.replace('_', '-')}: {value}")]
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *sent, f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    if "Non-2xx" in done.stdout and "if_none_match" not in headers:
        raise SystemExit(f"{path}: {done.stdout}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found is not None, done.stdout
    return float(found[1])
