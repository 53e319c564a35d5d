"""Finding or starting the embedded PostgreSQL, for the processes that use it.

Every using process holds a shared ``flock`` on ``DATA_DIR/postgres.users`` while it runs; the kernel releases it however the
process ends, even by ``kill -9``. The keeper waits for the exclusive lock, so "the last user ended" needs no list of process ids
that could be stale.
"""

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

START_TIMEOUT = 60.0
"""Seconds to wait for a server; the first start also creates the cluster."""

PORT = "5432"
"""In the name of the socket."""

_users: dict[Path, int] = {}
"""The locked file descriptors; left open on purpose, until the process ends."""
_users_guard = threading.Lock()


class NotRunning(ImproperlyConfigured):
    """The embedded server does not start."""


def cluster(data_dir: Path) -> Path:
    """The directory of the database cluster."""
    return data_dir / "postgres"


def users_file(data_dir: Path) -> Path:
    """The file that every user locks in shared mode, and the keeper, to stop the server, exclusively."""
    return data_dir / "postgres.users"


def keeper_file(data_dir: Path) -> Path:
    """The file that the one keeper holds locked while it lives; it logs there too."""
    return data_dir / "postgres.keeper"


def ensure_running(data_dir: Path) -> str:
    """Return the socket directory of the server under ``data_dir``, starting it if it is down.

    Safe to call from any number of processes and threads at once. From the first call on, this process counts as a
    user of the server until it ends.

    Raises ``ImproperlyConfigured`` if the directory cannot be used, and its subclass ``NotRunning`` if the server does not start;
    the message contains the end of the server's log.
    """
    with _users_guard:
        _register_as_user(data_dir)
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            _ensure_keeper(data_dir)
            if socket_dir := ready_socket(data_dir):
                return socket_dir
            time.sleep(0.05)
    raise NotRunning(
        f"The embedded PostgreSQL in {data_dir} did not start within {START_TIMEOUT:.0f} s. "
        f"The end of its log:\n{_log_tail(data_dir)}"
    )


def ready_socket(data_dir: Path) -> str | None:
    """The socket directory of a server that accepts connections, from ``postmaster.pid``; None if there is none.

    Line 4 of that file is the port, line 5 the socket's directory, line 8 the state (PostgreSQL's ``miscadmin.h``). While
    ``pg_upgrade`` runs the server, its port is different.
    """
    try:
        lines = (cluster(data_dir) / "postmaster.pid").read_text().splitlines()
        if len(lines) < 8 or lines[3].strip() != PORT or lines[7].strip() != "ready" or not is_postgres(int(lines[0])):
            return None
    except (OSError, ValueError):
        return None
    return lines[4].strip()


def is_postgres(pid: int) -> bool:
    """Whether that process is a running PostgreSQL: after a power cut its number may belong to another program, and a killed
    process stays in the process table until its parent collects it."""
    import psutil  # a dependency of the wheel; not needed where DATABASE_URL is set

    try:
        process = psutil.Process(pid)
        return "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def forget_stale_postmaster(data_dir: Path) -> None:
    """Remove a ``postmaster.pid`` whose process is not a running PostgreSQL; it would prevent PostgreSQL from starting."""
    path = cluster(data_dir) / "postmaster.pid"
    try:
        pid = int(path.read_text().splitlines()[0])
    except FileNotFoundError:
        return
    except (ValueError, IndexError):
        pid = 0
    if not pid or not is_postgres(pid):
        path.unlink(missing_ok=True)


def _register_as_user(data_dir: Path) -> None:
    if data_dir in _users:
        return
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(users_file(data_dir), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ImproperlyConfigured(
            f"This user cannot write to DATA_DIR {data_dir} ({error.strerror}). "
            "Set DATA_DIR to a directory of your own, or DATABASE_URL to a PostgreSQL."
        ) from error
    # Waits while a keeper is stopping the server for the users before us.
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _users[data_dir] = descriptor


def _ensure_keeper(data_dir: Path) -> None:
    with keeper_file(data_dir).open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # a keeper is running
        # Release it for the keeper. If two start at once, the second one exits immediately.
        fcntl.flock(handle, fcntl.LOCK_UN)
        keeper = subprocess.Popen(
            [sys.executable, "-m", "catalog_site.embedded.keeper", str(data_dir)],
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            cwd=Path(__file__).resolve().parents[2],
            # Its own session, so that Ctrl-C in the terminal does not reach it.
            start_new_session=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
    # It outlives this call on purpose; it is collected when it ends, so that there is no zombie and no ResourceWarning.
    threading.Thread(target=keeper.wait, daemon=True).start()
    for _ in range(200):
        if keeper.poll() is not None or _is_locked(keeper_file(data_dir)):
            return
        time.sleep(0.02)


def _is_locked(path: Path) -> bool:
    with path.open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _log_tail(data_dir: Path) -> str:
    tail = []
    for path in (cluster(data_dir) / "log", keeper_file(data_dir)):
        try:
            tail += path.read_text(errors="replace").splitlines()[-15:]
        except OSError:
            continue
    return "\n".join(tail)
