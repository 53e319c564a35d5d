"""``manage.py export_models --format FORMAT [--output FILE]``."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.formats import FORMATS
from catalog.publication import Publication, render


class Command(BaseCommand):
    """Write a listing's bytes, the same as the API sends."""

    help = "Writes a listing as the API sends it, byte for byte."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The format, and where to write."""
        parser.add_argument("--format", required=True, choices=list(FORMATS), help="The wire format.")
        parser.add_argument("--output", type=Path, help="A file; without it, standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        publication = render(options["format"])
        self.say_left_out(options["format"], publication)
        body = publication.body
        if options["output"] is None:
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
            return
        try:
            options["output"].write_bytes(body)
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from error

    def say_left_out(self, format_name: str, publication: Publication) -> None:
        """Say on the error stream what the format has no word for, so that nobody takes the file for all there is."""
        said = dict.fromkeys(
            f"{entry.model.model_id}: {sentence}"
            for entry in publication.listing.entries
            for _, sentence in FORMATS[format_name].left_out(entry)
        )
        if said:
            self.stderr.write(f"Not in it, for {format_name} has no word for it:")
        for sentence in said:
            self.stderr.write(f"  {sentence}")
