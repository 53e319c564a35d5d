"""``manage.py move_database URL``: from the embedded PostgreSQL to your own server."""

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from catalog.management.command import CatalogCommand
from catalog.operations import backups
from catalog.operations.restoring import users


class Command(CatalogCommand):
    """Copy the embedded database into an empty one of another server, and compare."""

    help = (
        "Copies the embedded database into an empty database on your own PostgreSQL server, compares, and says what to set."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The address of the new database."""
        parser.add_argument(
            "url", help="postgres://user@host:5432/name. The password may be in ~/.pgpass, where ps does not show it."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy it. The embedded database does not change."""
        if not settings.EMBEDDED_DATABASE:
            raise CommandError("DATABASE_URL is set, so the catalog does not use the embedded database.")
        if others := users():
            raise CommandError(
                f"The embedded database is in use: {'; '.join(others)}. Stop the site first, or changes are lost."
            )
        with tempfile.TemporaryDirectory(prefix="model-catalog-move-") as directory:
            file = Path(directory) / "moved.zip"
            try:
                backups.make(file)
            except backups.Refused as error:
                raise CommandError(str(error)) from None
            target = {
                "DATABASE_URL": options["url"],
                "SECRET_KEY": settings.SECRET_KEY,
                "ALLOWED_HOSTS": ",".join(settings.ALLOWED_HOSTS),
            }
            environment = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY_FILE",)}
            command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "restore", str(file)]
            done = subprocess.run(command, env={**environment, **target}, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CommandError(f"Nothing was moved. {done.stderr.strip().removeprefix('CommandError: ')}")
        self.stdout.write(
            f"{done.stdout}\nMoved. From now on set, for the site and for commands:\n"
            f"  DATABASE_URL   the address that you have just given\n"
            f"  SECRET_KEY     what is in {settings.DATA_DIR / 'secret_key'} (or SECRET_KEY_FILE, that file)\n"
            f"  ALLOWED_HOSTS  the hosts that the site answers for\n"
            f"The embedded database in {settings.DATA_DIR / 'postgres'} is no longer used; remove it when you are sure."
        )
