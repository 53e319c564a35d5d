"""Writing a file so that a power cut leaves either the old one or the new one, whole."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_durably(path: Path, text: str, *, owner: os.stat_result | None = None) -> None:
    """Replace a file that only its owner may read and write. ``owner`` is that of whose file it becomes."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.", delete=False) as file:
        try:
            file.write(text)
            file.flush()
            if owner is not None:
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Have the names in a directory on disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
