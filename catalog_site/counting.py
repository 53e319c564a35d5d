"""Where the processes of one server add up what they count for ``/metrics``.

The metrics' library decides, when it is imported, whether processes count together; ``django.setup()`` imports it. So the
directory is named by ``manage.py``, before anything else is.
"""

import atexit
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The library's variable."""
MEMORY = Path("/dev/shm")  # noqa: S108 - what is made in it has a name of its own
"""Not on a disk, which can be full."""


def share() -> None:
    """Make the directory for this server, and remove it when the server ends."""
    if SHARED in os.environ:
        return
    directory = mkdtemp(prefix="model-catalog-metrics-", dir=MEMORY if MEMORY.is_dir() else None)
    os.environ[SHARED] = directory
    atexit.register(_remove_if_mine, directory, os.getpid())


def _remove_if_mine(directory: str, server: int) -> None:
    if os.getpid() == server:  # a worker that ends leaves what the others count
        shutil.rmtree(directory, ignore_errors=True)
