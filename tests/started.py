"""The database of a started site: made once in a run of the tests, and copied for each."""

import fcntl
import socket
import subprocess
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests import pristine
from tests.faults.machinery import Site, python, wait_until

MODEL = "qwen3-5-9b"
"""A model of the sample."""
MAKE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("load_sample", verbosity=0)
"""


@pytest.fixture(scope="session")
def sample_cluster(run_directory: Path) -> Path:
    """A stopped embedded server with the sample catalog in its database."""
    made = run_directory / "sample"
    with (run_directory / "sample.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            data_dir = run_directory / "sample.new"
            data_dir.mkdir()
            cluster = data_dir / "postgres"
            python("manage.py", "shell", "--no-imports", "-c", MAKE, DATA_DIR=str(data_dir))
            wait_until(lambda: not (cluster / "postmaster.pid").exists(), "the server has ended with its last user")
            with (cluster / "postgresql.auto.conf").open("a") as settings:
                settings.writelines(f"{name} = off\n" for name in pristine.DURABILITY)
            cluster.rename(made)
    return made


def site_with_sample(sample_cluster: Path, data_dir: Path, **environment: str) -> Site:
    """A site with the sample catalog, not started yet."""
    subprocess.run(["cp", "-a", str(sample_cluster), str(data_dir / "postgres")], check=True)
    return Site(data_dir, **environment)


def got(site: Site, path: str, **headers: str) -> tuple[int, str]:
    """The status and the body of an answer."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def until_closed(connection: socket.socket) -> bytes:
    """What comes before the server closes the connection."""
    received = b""
    with suppress(ConnectionError):  # it is reset where the server has not read all that was sent
        while part := connection.recv(65536):
            received += part
    return received
