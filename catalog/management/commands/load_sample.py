"""``manage.py load_sample [--if-empty]``."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from catalog import sample
from catalog.management.command import CatalogCommand
from catalog.models import AIModel


class Command(CatalogCommand):
    """Load the sample catalog into an empty one."""

    help = "Loads the sample catalog. Refuses if the catalog already has a model."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do if the catalog is not empty."""
        parser.add_argument("--if-empty", action="store_true", help="Do nothing if the catalog is not empty.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it, or refuse."""
        if AIModel.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("The catalog is not empty. The sample can only be loaded into an empty catalog.")
        self.stdout.write(f"Loaded the sample catalog: {sample.load()} models.")
