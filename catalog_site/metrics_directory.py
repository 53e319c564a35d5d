"""The directory in which the processes of one server add up their counts for ``/metrics``.

When the metrics library is imported, it decides whether processes count together; ``django.setup()`` imports it. So ``manage.py``
sets the directory first.
"""

import atexit
import fcntl
import os
import shutil
from pathlib import Path
from tempfile import gettempdir, mkdtemp

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The library's variable."""
PREFIX = "model-catalog-metrics-"
MEMORY = Path("/dev/shm")  # noqa: S108 - what is made in it has a name of its own
"""In memory, because a disk can be full."""


def create() -> None:
    """Make the directory for this server, and remove it when the server ends. Also remove those of servers that were killed."""
    if SHARED in os.environ:
        return
    place = MEMORY if MEMORY.is_dir() else Path(gettempdir())
    remove_abandoned(place)
    while lock(directory := mkdtemp(prefix=PREFIX, dir=place)) is None:
        pass  # another server that starts now thought it was abandoned
    os.environ[SHARED] = directory
    atexit.register(_remove_if_mine, directory, os.getpid())


def lock(path: str | Path) -> int | None:
    """Lock a directory or a file until the returned file is closed, or this process and its workers have ended. None if another
    server holds it, or it does not exist."""
    try:
        opened = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(opened), os.stat(path)):  # noqa: PTH116 - beside fstat
            return opened
    except OSError:
        pass
    os.close(opened)
    return None


def remove_abandoned(place: Path) -> None:
    """Remove the directories that neither a server nor a worker holds (``catalog.publication.metrics.Place``)."""
    for directory in place.glob(f"{PREFIX}*"):
        locks = [lock(path) for path in (directory, *directory.glob("*.lock"))]
        if None not in locks:
            shutil.rmtree(directory, ignore_errors=True)
        for opened in locks:
            if opened is not None:
                os.close(opened)


def _remove_if_mine(directory: str, server: int) -> None:
    if os.getpid() == server:  # a worker that ends keeps the counts of the others
        shutil.rmtree(directory, ignore_errors=True)
