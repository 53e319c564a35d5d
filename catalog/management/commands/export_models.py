"""``manage.py export_models --format FORMAT [--output FILE]``."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.formats import FORMATS
from catalog.management.command import CatalogCommand
from catalog.publication import Publication, render

NAMED = 5
"""How many models a sentence about what is left out names. The others are counted."""


class Command(CatalogCommand):
    """Write the bytes of a list, as the API sends them."""

    help = "Writes a list as the API sends it, byte for byte."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The format, and where to write."""
        parser.add_argument("--format", required=True, choices=list(FORMATS), help="The wire format.")
        parser.add_argument("--output", type=Path, help="The file to write. Without it, standard output.")

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
        """Print to standard error what the format cannot express, so that nobody takes the file for complete."""
        by_sentence: dict[str, dict[str, None]] = {}
        for entry in publication.made_of.listing.entries:
            for sentence in FORMATS[format_name].lost(entry):
                by_sentence.setdefault(sentence, {})[entry.model.model_id] = None
        if by_sentence:
            self.stderr.write(f"Facts of these models that {FORMATS[format_name].title} leaves out:")
        for sentence, model_ids in by_sentence.items():
            more = f" and {len(model_ids) - NAMED:,} more" if len(model_ids) > NAMED else ""
            self.stderr.write(f"  {sentence} {', '.join(list(model_ids)[:NAMED])}{more}")
