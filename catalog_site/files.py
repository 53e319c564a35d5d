"""Writing files so that a power cut leaves either the complete old file or the complete new one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


def write_durably(path: Path, text: str, *, owner: os.stat_result | None = None) -> None:
    """Replace a file that only its owner may read and write. ``owner`` is the new owner."""
    with replacing(path) as file:
        file.write(text.encode())
        if owner is not None:
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
    sync_directory(path.parent)


@contextmanager
def replacing(path: Path, *, prefix: str = "") -> Iterator[IO[bytes]]:
    """Open a new file in the directory of ``path``, which replaces that file when its bytes are on disk; it is removed if anything
    fails.

    ``prefix`` begins its name until then. ``sync_directory`` makes the new name survive a power cut, too.
    """
    with NamedTemporaryFile("wb", dir=path.parent, prefix=f"{prefix}{path.name}.", delete=False) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def sync_directory(directory: Path) -> None:
    """Write the names in a directory to disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
