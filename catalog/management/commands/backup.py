"""``manage.py backup [FILE]``."""

import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from catalog.management.command import CatalogCommand
from catalog.operations import backups
from catalog.operations.backups import Refused

RETRY = timedelta(minutes=15)


class Command(CatalogCommand):
    """Write a backup, restore it elsewhere, and compare."""

    help = "Writes a backup to FILE, or to BACKUP_DIR under a name with the time, and tests it by restoring it elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to write, how often, and which older backups to keep."""
        parser.add_argument("file", nargs="?", type=Path, help="The file to write. Without it, a new file in BACKUP_DIR.")
        parser.add_argument("--no-proof", action="store_true", help="Skip the test restore into a temporary PostgreSQL.")
        parser.add_argument(
            "--keep-days", type=int, default=30, help="In BACKUP_DIR, keep the backups of this many days (30)."
        )
        parser.add_argument(
            "--keep-months", type=int, default=12, help="Also keep the first backup of each of this many months (12)."
        )
        parser.add_argument(
            "--every",
            type=float,
            metavar="HOURS",
            help="Keep running, and write a backup to BACKUP_DIR every this many hours.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write one backup, or one after another at intervals."""
        file: Path | None = options.pop("file")
        if file is not None and options["every"] is not None:
            raise CommandError("--every writes to BACKUP_DIR; leave out FILE.")
        if file is None and settings.BACKUP_DIR is None:
            raise CommandError("Name a FILE, or set BACKUP_DIR.")
        self.directory = Path(settings.BACKUP_DIR or "")
        if options["every"] is None:
            try:
                self.write(file, **options)
            except Refused as error:
                raise CommandError(str(error)) from None
            return
        while True:
            time.sleep(max(0.0, self.wait(timedelta(hours=options["every"])).total_seconds()))
            try:
                self.write(None, **options)
            except Exception as error:  # the next backup may succeed; doctor says how old the newest one is
                self.stderr.write(f"No backup was written: {error}")
                time.sleep(RETRY.total_seconds())

    def wait(self, every: timedelta) -> timedelta:
        """The time until the next backup; also after a restart."""
        newest = max(backups.scheduled(self.directory), default=None)
        return timedelta(0) if newest is None else newest + every - datetime.now(UTC)

    def write(self, file: Path | None, *, no_proof: bool, keep_days: int, keep_months: int, **_: Any) -> None:
        """Write a backup. Older ones are removed only after the new one is tested."""
        path = file or self.directory / backups.name_at(datetime.now(UTC))
        manifest = backups.make(path)
        if not no_proof:
            try:
                backups.prove(path)
            except Refused:
                path.rename(path.with_suffix(".refused"))
                raise
        self.stdout.write(
            f"{path}: revision {manifest.revision}, {sum(manifest.rows.values())} rows, {path.stat().st_size} bytes"
            + ("." if no_proof else "; tested by restoring it elsewhere.")
        )
        if file is None:
            found = backups.scheduled(self.directory)
            for moment in backups.expired(list(found), datetime.now(UTC), keep_days, keep_months):
                found[moment].unlink()
                self.stdout.write(f"Removed {found[moment].name}.")
