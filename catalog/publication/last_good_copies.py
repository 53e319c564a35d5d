"""The last good copy of each format's list, on disk, shared by all processes of a host.

A process writes a list here before it sends it for the first time. So a process that finds a changed file knows that another
process may have sent a newer list, and a process that starts without a database finds the list that was sent last.

A file is one line of JSON with the facts of the list, and then its bytes. It is replaced as a whole, and read back only if its
bytes are those that its entity tag was made of. If the disk has no room for the bytes, the file has only the line: it says which
list was sent, and that there is no copy of it.

Beside a copy whose items pages and searches use lies the listing that it was made of. It is used only if the copy's very bytes can
be rendered from it. So no page states another price than the list, whoever wrote the file and with whichever version.
"""

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from catalog.listing import EntryKey
from catalog.publication import kept_listings
from catalog.publication.rendering import Content, Publication, etag_of, render
from catalog_site.files import replacing

logger = logging.getLogger(__name__)

NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class Mark(NamedTuple):
    """Distinguishes a file from the one that replaces it."""

    inode: int
    modified_ns: int
    size: int


class Overtaken(Exception):
    """Another process has written a newer list since this one asked the database."""


class Head(NamedTuple):
    """The facts of a list, as in ``Publication``."""

    etag: str
    catalog_id: UUID | None
    revision: int
    changed_at: datetime | None
    at: datetime
    since: datetime | None
    valid_until: datetime | None
    entries: frozenset[EntryKey]


Facts = Head | Publication


def is_same_catalog(one: UUID | None, other: UUID | None) -> bool:
    """Whether two catalogs may be the same: a catalog without a revision row does not identify itself."""
    return one is None or other is None or one == other


def is_same_content(one: Facts, other: Facts) -> bool:
    """Whether both were made from the same state of the same catalog, between the same two scheduled times."""
    mine, others = ((of.catalog_id, of.revision, of.changed_at, of.since) for of in (one, other))
    return mine == others


def may_be_newer(one: Facts, than: Facts) -> bool:
    """Whether it is of the same catalog, and not clearly of an earlier revision and time. In a restored database a newer list can
    have the lower revision, and after a clock was set back the earlier time."""
    if not is_same_catalog(one.catalog_id, than.catalog_id) or is_same_content(one, than):
        return False
    return one.revision > than.revision or one.at > than.at


class LastGoodCopies:
    """The copies in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._paths: dict[str, str] = {}
        self._heads: dict[str, tuple[Mark, Head]] = {}

    def mark(self, format_name: str) -> Mark | None:
        """The mark of the existing file; None if there is none. One system call, which reads nothing from the disk."""
        path = self._paths.get(format_name) or self._paths.setdefault(format_name, str(self.path(format_name)))
        try:
            found = os.stat(path)  # noqa: PTH116 - called for each answer; a Path would double the cost
        except OSError:
            return None
        return Mark(found.st_ino, found.st_mtime_ns, found.st_size)

    def path(self, format_name: str) -> Path:
        """The file of a format's copy."""
        return self.directory / f"{format_name}.copy"

    def head(self, format_name: str) -> Head | None:
        """The facts of the list without its bytes; None if they cannot be read."""
        mark = self.mark(format_name)
        if mark is None:
            return None
        known = self._heads.get(format_name)
        if known is not None and known[0] == mark:
            return known[1]
        try:
            with self.path(format_name).open("rb") as file:
                head = _head(file.readline())
        except (OSError, ValueError, KeyError, TypeError):
            return None
        self._heads[format_name] = mark, head
        return head

    def read(self, format_name: str) -> Publication | None:
        """The list, None if there is none. Raises ``ValueError`` with the reason if the file is damaged, and ``NoBytes`` if it has
        only the facts."""
        path = self.path(format_name)
        try:
            line, _, body = path.read_bytes().partition(b"\n")
            head = _head(line)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"The copy {path} cannot be used: {error}") from error
        if not body:
            raise NoBytes(head)
        if etag_of(body) != head.etag:
            raise ValueError(f"The copy {path} cannot be used: its bytes are not those of its entity tag")
        return Publication(format_name, body, *head, restore=cache(partial(self.content, format_name, head.etag)))

    def keep(self, publication: Publication, seen: Mark | None) -> Mark | None:
        """Write a list that was read after the file ``seen`` was checked, and return the mark of the new file.

        Raises ``Overtaken`` if another process has meanwhile written one that may be newer. If the disk is missing or cannot be
        written to, that is only logged: the list is sent anyway.
        """
        name = publication.format_name
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with _alone(self.directory, "lock"):
                there, mark, line = self.head(name), self.mark(name), _line(publication)
                if there is not None and mark is not None:
                    is_whole = there.etag == publication.etag and mark.size == len(line) + len(publication.body)
                    if is_whole and is_same_content(there, publication):
                        return mark
                    if mark != seen and may_be_newer(there, publication):
                        raise Overtaken
                self._write(name, line, publication.body)
        except OSError as error:
            logger.error("The copy %s could not be stored: %s", self.path(name), error.strerror)
        return self.mark(name)

    def keep_listing(self, publication: Publication) -> None:
        """Write what a list was made of. If the disk cannot be written to, that is only logged."""
        path = self._listing_path(publication.format_name)
        body = kept_listings.written(publication.made_of.listing)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with _alone(self.directory, "listings.lock"):  # of its own, so that no list waits for it
                _replace(path, body)
        except OSError as error:
            logger.error("The listing %s could not be stored: %s", path, error.strerror)

    def content(self, format_name: str, etag: str) -> Content | None:
        """What the copy with that entity tag was made of; None if that is not known. It takes as long as making the list."""
        path = self._listing_path(format_name)
        try:
            made = render(format_name, kept_listings.read(path.read_bytes()))
        except FileNotFoundError:
            return None
        except Exception:  # it may be another version's, which this one cannot render
            logger.exception("The listing %s cannot be used", path)
            return None
        return made.content if made.etag == etag else None

    def _listing_path(self, format_name: str) -> Path:
        return self.directory / f"{format_name}.listing"

    def _write(self, format_name: str, line: bytes, body: bytes) -> None:
        path = self.path(format_name)
        try:
            _replace(path, line, body)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            # The older copy must no longer be sent, so its space is free for this one, or at least for its facts.
            path.unlink(missing_ok=True)
            try:
                _replace(path, line, body)
            except OSError:
                path.write_bytes(line)
                raise


class NoBytes(Exception):
    """A copy says which list was sent, but the disk had no room for its bytes."""

    def __init__(self, head: Head) -> None:
        super().__init__(f"There was no room on the disk for the list of revision {head.revision}")
        self.head = head


def _line(publication: Publication) -> bytes:
    facts = {
        name: getattr(publication, name) for name in Head._fields if name != "entries"
    } | {"entries": [list(key) for key in sorted(publication.entries)]}  # fmt: skip
    return orjson.dumps(facts) + b"\n"


def _head(line: bytes) -> Head:
    facts: dict[str, Any] = orjson.loads(line)
    return Head(
        facts["etag"],
        None if facts["catalog_id"] is None else UUID(facts["catalog_id"]),
        facts["revision"],
        _moment(facts["changed_at"]),
        datetime.fromisoformat(facts["at"]),
        _moment(facts["since"]),
        _moment(facts["valid_until"]),
        frozenset(EntryKey(*key) for key in facts["entries"]),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _replace(path: Path, *parts: bytes) -> None:
    for left in path.parent.glob(f"{path.name}.*"):
        left.unlink(missing_ok=True)  # left by a process that was killed: this one holds the lock
    with replacing(path) as file:
        for part in parts:
            file.write(part)


@contextmanager
def _alone(directory: Path, name: str) -> Iterator[None]:
    """Let one process at a time write a format's files."""
    with (directory / name).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
