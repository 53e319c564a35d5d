"""Backups: a zip file with PostgreSQL's own dump and a manifest, written completely or not at all, and tested by restoring it."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from catalog.listing.snapshots import snapshot
from catalog.operations.manifest import WITHOUT_ROWS, Manifest, server_major, taken
from catalog_site.embedded.server import keeper_file
from catalog_site.files import replacing, sync_directory
from catalog_site.postgresql_programs import NoPrograms, programs

DUMP, MANIFEST = "database.dump", "manifest.json"
CHUNK = 1 << 20
NAME = re.compile(r"catalog-(\d{8}T\d{6}Z)\.zip")
MOMENT = "%Y%m%dT%H%M%SZ"
"""The time format of scheduled backups' names, in UTC."""
CONFIGURED = re.compile(r"(DATABASE(_REPLICA)?_URL|DATA_DIR|DJANGO_SETTINGS_MODULE)(_FILE)?")


class Refused(Exception):
    """The operation was refused; the message says why."""


class Unreadable(Refused):
    """The file is not a backup, or is damaged."""


def make(path: Path) -> Manifest:
    """Write a backup of the database. Raises ``Refused``; then there is no file."""
    if path.exists():
        raise Refused(f"{path} already exists. Backups are never overwritten.")
    try:
        with replacing(path, prefix=".") as file:
            manifest = _write(file)
        sync_directory(path.parent)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from error
    return manifest


def _write(file: IO[bytes]) -> Manifest:
    """The dump and the facts, of one state of the database."""
    with snapshot(), connection.cursor() as cursor, zipfile.ZipFile(file, "w") as archive:
        cursor.execute("SELECT pg_export_snapshot()")
        (exported,) = cursor.fetchone()
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={exported}", "--lock-wait-timeout=60s"]
        options += [f"--exclude-table-data={table}" for table in WITHOUT_ROWS]
        digest, size = hashlib.sha256(), 0
        with (
            archive.open(DUMP, "w", force_zip64=True) as entry,
            _started("pg_dump", *options, stdout=subprocess.PIPE) as dump,
        ):
            assert dump.stdout is not None
            while chunk := dump.stdout.read(CHUNK):
                entry.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        manifest = replace(taken(), dump_bytes=size, dump_sha256=digest.hexdigest())
        archive.writestr(MANIFEST, manifest.write())
        return manifest


@contextmanager
def _started(
    program: str, *options: str, connected: bool = True, **streams: int | IO[bytes]
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one of PostgreSQL's programs, on the configured database unless it needs none. Raises ``Refused`` with its message if it
    fails."""
    with tempfile.TemporaryFile() as errors:
        try:
            command = [
                str(programs(server_major()) / program),
                *options,
                *([f"--dbname={_conninfo()}"] if connected else []),
            ]
        except NoPrograms as error:
            raise Refused(str(error)) from None
        password = str(connection.get_connection_params().get("password") or "")
        environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
        process = subprocess.Popen(command, stderr=errors, env=environment, **streams)  # type: ignore[call-overload]
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(BrokenPipeError):
                        stream.close()
            status = process.wait()
        if status != 0:
            errors.seek(0)
            raise Refused(f"{program} failed: {errors.read().decode(errors='replace').strip()}")


def _conninfo() -> str:
    """How to connect, for libpq, without the password."""
    known = {option.keyword.decode() for option in Conninfo.get_defaults()} - {"password", "client_encoding"}
    params = connection.get_connection_params()
    return make_conninfo("", **{name: value for name, value in params.items() if name in known and value not in (None, "")})


@contextmanager
def opened(path: Path) -> Iterator[tuple[Manifest, zipfile.ZipFile]]:
    """A backup whose bytes are unchanged. Raises ``Unreadable``."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = Manifest.read(archive.read(MANIFEST))
            digest = hashlib.sha256()
            with archive.open(DUMP) as dump:
                while chunk := dump.read(CHUNK):
                    digest.update(chunk)
            if digest.hexdigest() != manifest.dump_sha256:
                raise ValueError("its dump is not the one that was written")
            yield manifest, archive
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise Unreadable(f"{path} is not a backup, or is damaged: {error}.") from error


def load(archive: zipfile.ZipFile, first: str) -> None:
    """Run the SQL ``first`` and then the dump's in the configured database, in one transaction. Raises ``Refused``."""
    with (
        _started("psql", "--no-psqlrc", "--quiet", "--file=-", "--single-transaction", "--set=ON_ERROR_STOP=1",
                 stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as psql,
        tempfile.TemporaryFile() as dump,
    ):  # fmt: skip
        assert psql.stdin is not None
        try:
            psql.stdin.write(first.encode())
            with archive.open(DUMP) as entry:
                shutil.copyfileobj(entry, dump, CHUNK)
            dump.seek(0)
            options = ["--file=-", "--no-owner", "--no-privileges"]
            with _started("pg_restore", *options, connected=False, stdin=dump, stdout=subprocess.PIPE) as sql:
                assert sql.stdout is not None
                for line in sql.stdout:
                    if line.startswith((b"COPY ", b"CREATE ")):
                        psql.stdin.write(line)
                        break
                    if line != b"SET transaction_timeout = 0;\n":  # unknown to servers before version 17
                        psql.stdin.write(line)
                shutil.copyfileobj(sql.stdout, psql.stdin, CHUNK)
            psql.stdin.flush()
        except BrokenPipeError:
            pass  # psql has ended, and says why


def prove(path: Path) -> None:
    """Restore a backup into a separate PostgreSQL, in a directory for temporary files, and compare the result. Raises ``Refused``
    if it differs."""
    scratch = Path(tempfile.mkdtemp(prefix="model-catalog-proof-"))
    environment = {name: value for name, value in os.environ.items() if not CONFIGURED.fullmatch(name)}
    try:
        done = subprocess.run(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "restore", str(path.resolve())],
            env={**environment, "DATA_DIR": str(scratch)},
            capture_output=True,
            text=True,
            check=False,
        )
        with keeper_file(scratch).open("ab") as keeper:
            fcntl.flock(keeper, fcntl.LOCK_EX)  # the server has stopped
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if done.returncode != 0:
        raise Refused(f"The backup could not be restored: {done.stderr.strip()}")


def name_at(moment: datetime) -> str:
    """The file name of a scheduled backup."""
    return f"catalog-{moment.astimezone(UTC).strftime(MOMENT)}.zip"


def scheduled(directory: Path) -> dict[datetime, Path]:
    """The scheduled backups of a directory, oldest first. Other files are left alone."""
    found = {path: NAME.fullmatch(path.name) for path in directory.glob("catalog-*.zip")}
    return dict(
        sorted((datetime.strptime(name[1], MOMENT).replace(tzinfo=UTC), path) for path, name in found.items() if name)
    )


def expired(moments: list[datetime], now: datetime, days: int, months: int) -> list[datetime]:
    """The backups to remove: those older than this many days, except the first one of each of this many months. The newest always
    stays."""
    first_of_month: dict[tuple[int, int], datetime] = {}
    for moment in sorted(moments):
        first_of_month.setdefault((moment.year, moment.month), moment)
    monthly = sorted(first_of_month.values())[-months:] if months else []
    newest = max(moments, default=None)
    return [
        moment
        for moment in sorted(moments)
        if now - moment > timedelta(days=days) and moment not in monthly and moment != newest
    ]
