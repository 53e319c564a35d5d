"""``manage.py doctor``."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.operations import bundle
from catalog.operations.doctor.examination import examine, is_wrong


class Command(BaseCommand):
    """Check this site, and say what is wrong and what to do."""

    help = "Says what is wrong with this site, and what to do about it. Exits with 1 if something is wrong."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The output format."""
        parser.add_argument("--json", action="store_true", help="As a JSON list, for programs.")
        parser.add_argument(
            "--tls", action="append", metavar="HOST[:PORT]", help="A host whose certificate to check. Can be repeated."
        )
        parser.add_argument(
            "--bundle", type=Path, metavar="FILE", help="Write a file that helps to find a fault, without secrets."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine it."""
        found = examine(options["tls"])
        if options["json"]:
            self.stdout.write(json.dumps([result._asdict() for result in found], indent=2))
        else:
            for result in found:
                self.stdout.write(f"{result.level.value:8} {result.check}: {result.says} {result.remedy}".rstrip())
        if (path := options["bundle"]) is not None:
            try:
                bundle.write(path, found)
            except OSError as error:
                raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        if is_wrong(found):
            sys.exit(1)
