"""The base of ``check_market`` and ``check_served``."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from catalog.drift import Difference, check
from catalog.management.command import CatalogCommand
from catalog.models import DriftSide, DriftState

EXITS = {DriftState.SAME: 0, DriftState.DIFFERENT: 1, DriftState.UNKNOWN: 2}


class ComparingCommand(CatalogCommand):
    """Compares with ``side``, prints the result, and stores it for the admin."""

    side: DriftSide

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The output format."""
        parser.add_argument("--json", action="store_true", help="As JSON, for programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exits with 0 without a difference, 1 with one, and 2 if the other side could not be reached."""
        found = check(self.side)
        differences = [Difference(**one) for one in found.differences]
        if options["json"]:
            listed = [{**one._asdict(), "sentence": one.sentence} for one in differences]
            document = {"state": found.state, "differences": listed, "unknown": found.unknown}
            self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))
        else:
            for one in differences:
                self.stdout.write(f"{one.entry}: {one.sentence}{f' {one.values}.' if one.field else ''}")
            for sentence in found.unknown:
                self.stdout.write(f"Not known: {sentence}")
            unknown = (
                f", {len(found.unknown)} request{'s' * (len(found.unknown) != 1)} without a response"
                if found.unknown
                else ""
            )
            self.stdout.write(f"{len(differences)} difference{'s' * (len(differences) != 1)}{unknown}.")
        if code := EXITS[DriftState(found.state)]:
            sys.exit(code)
