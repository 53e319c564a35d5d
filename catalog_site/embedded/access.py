"""Who may connect to the embedded PostgreSQL: the account that started it, and root.

The kernel tells the server which account is at the other end of the socket (``peer``), so no password is stored anywhere. The
socket is in the cluster's own directory, which PostgreSQL lets nobody else enter.
"""

import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path

from catalog_site.files import write_durably

LONGEST_SOCKET_DIR = 85
"""Bytes. A socket's path is at most 107 bytes on Linux and 103 on macOS; ``/.s.PGSQL.5432`` comes on top of the directory."""

MAP = "model_catalog"
SUPERUSER = "postgres"
"""The role in PostgreSQL, for every account of the machine that may connect."""


def restrict(cluster: Path) -> None:
    """Let only this account and root connect, from the next start on; also in a cluster of an earlier version, which let every
    account in. Raises ``OSError``."""
    accounts = dict.fromkeys(["root", pwd.getpwuid(os.geteuid()).pw_name])
    for name, lines in {
        "pg_hba.conf": [f"local all all peer map={MAP}"],
        "pg_ident.conf": [f'{MAP} "{account}" {SUPERUSER}' for account in accounts],
    }.items():
        wanted = "".join(f"{line}\n" for line in ("# Written at each start.", *lines))
        path = cluster / name
        if not path.exists() or path.read_text() != wanted:
            write_durably(path, wanted, owner=cluster.stat())


def account_of(cluster: Path) -> str:
    """The account that the server runs as: the cluster's owner."""
    return pwd.getpwuid(cluster.stat().st_uid).pw_name


def socket_dir(cluster: Path) -> Path:
    """The directory of the socket: the cluster's, or a short link to it if its path is too long for a socket. Raises ``OSError`` if
    that link cannot be made safely."""
    if len(os.fsencode(cluster)) <= LONGEST_SOCKET_DIR and "," not in str(cluster):
        return cluster
    links = Path(tempfile.gettempdir()) / f"model-catalog-{os.geteuid()}"
    mode = 0o711 if os.geteuid() == 0 else 0o700  # root's server runs as a separate account, which follows the link
    ensure_private(links, mode)
    link = links / hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    if not link.is_symlink() or link.readlink() != cluster:
        new = links / f"{link.name}.{os.getpid()}"
        new.symlink_to(cluster)
        new.replace(link)
    return link


def ensure_private(directory: Path, mode: int) -> None:
    """Make a directory that only this account can change, or check that the existing one is like that."""
    directory.mkdir(mode=mode, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(f"{directory} belongs to another user; remove it, or set DATA_DIR to a shorter path.")
    if stat.S_IMODE(found.st_mode) != mode:
        directory.chmod(mode)
