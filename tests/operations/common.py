"""PostgreSQL servers and backups to try things on."""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from bench.servers import ROOT, free_port
from catalog.formats import FORMATS
from catalog.listing import listing
from catalog.operations.backups import DUMP, MANIFEST
from catalog.publication import render
from catalog_site.postgresql_programs import installed
from tests.faults.common import Cluster

CONFIGURED = ("DATABASE_URL", "DATABASE_REPLICA_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DATA_DIR", "BACKUP_DIR")
OLDEST, NEWEST = min(installed()), max(installed())


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """``manage.py …`` in a process of its own."""
    rest = {name: value for name, value in os.environ.items() if name not in CONFIGURED}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**rest, **environment}, capture_output=True, text=True, check=False)


@contextmanager
def cluster(directory: Path, major: int = NEWEST, *options: str) -> Iterator[Cluster]:
    """A PostgreSQL of that major version, empty."""
    made = Cluster(directory, free_port(), installed()[major])
    made.create()
    made.start(*options)
    try:
        yield made
    finally:
        made.stop()


def place() -> Path:
    """A directory that the server's account can enter and write to."""
    directory = Path(tempfile.mkdtemp(prefix="catalog-tests-"))
    directory.chmod(0o777)
    return directory


def lists(at: datetime | None = None) -> dict[str, bytes]:
    """The bytes of each format's list, of the database of the tests."""
    return {name: render(name, listing(format_.selection, at=at)).body for name, format_ in FORMATS.items()}


def altered(backup: Path, target: Path, **changes: Any) -> Path:
    """A backup with another manifest."""
    with zipfile.ZipFile(backup) as source, zipfile.ZipFile(target, "w") as written:
        written.writestr(DUMP, source.read(DUMP))
        written.writestr(MANIFEST, orjson.dumps(orjson.loads(source.read(MANIFEST)) | changes))
    return target
