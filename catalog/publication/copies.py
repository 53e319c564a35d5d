"""The last good copy of each format's list, on disk: what a process that starts without a database can send.

A file is one line of JSON with what is known of the list, and then its bytes. It is replaced as a whole, and read back only
if its bytes are those that its entity tag was made of.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple
from uuid import UUID

import orjson

from catalog.listing import EntryKey
from catalog.publication.rendering import Publication, etag_of

logger = logging.getLogger(__name__)


def keep(directory: Path, publication: Publication) -> None:
    """Write a list to disk. A full or missing disk is logged and no more: what is in memory is served all the same."""
    path = _path(directory, publication.format_name)
    known = {
        "etag": publication.etag,
        "catalog_id": publication.catalog_id,
        "revision": publication.revision,
        "changed_at": publication.changed_at,
        "at": publication.at,
        "since": publication.since,
        "valid_until": publication.valid_until,
        "entries": [list(key) for key in sorted(publication.entries)],
    }
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _alone(directory):
            before = contents(directory, publication.format_name)
            if before is not None and before.is_later_than(publication):
                return  # another process was here with more
            _replace(path, orjson.dumps(known) + b"\n", publication.body)
    except OSError as error:
        logger.error("The copy %s could not be kept: %s", path, error.strerror)


def _replace(path: Path, *parts: bytes) -> None:
    for left in path.parent.glob(f"{path.name}.*"):
        left.unlink(missing_ok=True)  # by a process that was killed: nobody else is here
    with NamedTemporaryFile("wb", dir=path.parent, prefix=f"{path.name}.", delete=False) as file:
        try:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One process at a time."""
    with (directory / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def kept(directory: Path, format_name: str) -> Publication | None:
    """The list that was last kept, None where there is none that is whole."""
    path = _path(directory, format_name)
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        known = orjson.loads(head)
        if etag_of(body) != known["etag"]:
            raise ValueError("its bytes are not those of its entity tag")
        return Publication(
            format_name,
            body,
            known["etag"],
            _uuid(known["catalog_id"]),
            known["revision"],
            _moment(known["changed_at"]),
            datetime.fromisoformat(known["at"]),
            _moment(known["since"]),
            _moment(known["valid_until"]),
            frozenset(EntryKey(*key) for key in known["entries"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.error("The copy %s cannot be used: %s", path, error)
        return None


class Contents(NamedTuple):
    """Which entries a kept list has, of which catalog and revision, and for which moment it was read."""

    entries: frozenset[EntryKey]
    catalog_id: UUID | None
    revision: int
    at: datetime

    def is_later_than(self, publication: Publication) -> bool:
        """Whether it is of the same catalog, and of a later revision and moment."""
        is_same = self.catalog_id == publication.catalog_id
        return is_same and self.revision > publication.revision and self.at > publication.at


def contents(directory: Path, format_name: str) -> Contents | None:
    """What is known of the list that was last kept, without reading its bytes."""
    try:
        with _path(directory, format_name).open("rb") as file:
            known = orjson.loads(file.readline())
        entries = frozenset(EntryKey(*key) for key in known["entries"])
        return Contents(entries, _uuid(known["catalog_id"]), known["revision"], datetime.fromisoformat(known["at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _path(directory: Path, format_name: str) -> Path:
    return directory / f"{format_name}.copy"
