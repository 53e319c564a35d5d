"""Catalogs on disk to measure, each in its own data directory with an embedded database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import servers


def manage(data_dir: Path, *arguments: str, **environment: str) -> str:
    """A management command on the catalog that is measured."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=servers.ROOT, env={**os.environ, "DATA_DIR": str(data_dir), **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


def fill(data_dir: Path, models: int) -> None:
    """A migrated catalog with so many models."""
    manage(data_dir, "manage.py", "migrate", "-v0")
    manage(data_dir, "manage.py", "shell", "--no-imports", "-c", f"from bench.catalogs import fill; fill({models})")


@contextmanager
def database(data_dir: Path) -> Iterator[None]:
    """Keeps the embedded server up between commands."""
    keeper = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c",
         "from django.db import connection as c; c.ensure_connection(); input()"],
        cwd=servers.ROOT, env={**os.environ, "DATA_DIR": str(data_dir)}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        keeper.communicate(b"\n")
