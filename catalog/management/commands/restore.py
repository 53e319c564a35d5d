"""``manage.py restore FILE``."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.management.command import CatalogCommand
from catalog.operations.backups import Refused, Unreadable
from catalog.operations.restoring import restore


class Command(CatalogCommand):
    """Restore a backup into an empty database, and compare."""

    help = "Restores a backup into the configured database, which must be empty and not in use. Exits with 2 if the file is not a backup."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The backup."""
        parser.add_argument(
            "file", type=Path, help="A file that backup has written. It is run as SQL: restore only your own."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore it."""
        try:
            done = restore(options["file"])
        except Refused as error:
            raise CommandError(str(error), returncode=2 if isinstance(error, Unreadable) else 1) from None
        rows = sum(done.manifest.rows.values())
        self.stdout.write(
            f"Restored revision {done.manifest.revision} of {done.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, {rows} rows."
        )
        if done.is_compared:
            self.stdout.write(f"All {len(done.manifest.feeds)} lists are the same, byte for byte.")
        elif done.is_migrated:
            self.stdout.write(f"The backup has version {done.manifest.version}; the database was migrated to this one.")
        self.stdout.write("Everybody must log in again. If a list does not change, see docs/recovery.md.")
