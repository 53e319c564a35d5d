"""The last good copy of each format's list, on disk: what a process that starts without a database can send.

A file is one line of JSON with what is known of the list, and then its bytes. It is replaced as a whole, and read back only
if its bytes are those that its entity tag was made of.
"""

import logging
import os
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import orjson

from catalog.publication.rendering import EntryKey, Publication, etag_of

logger = logging.getLogger(__name__)


def keep(directory: Path, publication: Publication) -> None:
    """Write a list to disk. A full or missing disk is logged and no more: what is in memory is served all the same."""
    path = _path(directory, publication.format_name)
    known = {
        "etag": publication.etag,
        "revision": publication.revision,
        "at": publication.at,
        "since": publication.since,
        "valid_until": publication.valid_until,
        "entries": [list(key) for key in sorted(publication.entries)],
    }
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("wb", dir=directory, prefix=f"{path.name}.", delete=False) as file:
            try:
                file.write(orjson.dumps(known) + b"\n")
                file.write(publication.body)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        logger.error("The copy %s could not be kept: %s", path, error.strerror)


def kept(directory: Path, format_name: str) -> Publication | None:
    """The list that was last kept, None where there is none that is whole."""
    path = _path(directory, format_name)
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        known = orjson.loads(head)
        if etag_of(body) != known["etag"]:
            raise ValueError("its bytes are not those of its entity tag")
        since, valid_until = known["since"], known["valid_until"]
        return Publication(
            format_name,
            body,
            known["etag"],
            known["revision"],
            datetime.fromisoformat(known["at"]),
            None if since is None else datetime.fromisoformat(since),
            None if valid_until is None else datetime.fromisoformat(valid_until),
            frozenset(EntryKey(*key) for key in known["entries"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.error("The copy %s cannot be used: %s", path, error)
        return None


def contents(directory: Path, format_name: str) -> tuple[frozenset[EntryKey], datetime] | None:
    """Which entries the list that was last kept has, and for which moment it was read; without reading its bytes."""
    try:
        with _path(directory, format_name).open("rb") as file:
            known = orjson.loads(file.readline())
        return frozenset(EntryKey(*key) for key in known["entries"]), datetime.fromisoformat(known["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path(directory: Path, format_name: str) -> Path:
    return directory / f"{format_name}.copy"
