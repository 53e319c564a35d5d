"""``manage.py check_listing [--format FORMAT] [--json]``."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from itertools import groupby
from typing import Any

from catalog.formats import openrouter, openrouter_v2
from catalog.listing import Selection
from catalog.management.command import CatalogCommand
from catalog.openrouter.readiness.checklist import checklist
from catalog.openrouter.readiness.finding import Level


class Command(CatalogCommand):
    """Report what OpenRouter would reject or misread in the listed models."""

    help = "Prints what OpenRouter would reject, misread or not bill, by model and rule. Exits with 1 if there is an error."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The feed, and the output format."""
        feeds = [openrouter.FORMAT.name, openrouter_v2.FORMAT.name]
        parser.add_argument("--format", choices=feeds, help="The feed that OpenRouter fetches. Without it, both.")
        parser.add_argument("--json", action="store_true", help="As a JSON list, for programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings."""
        content, found = checklist(Selection.LISTED, format_name=options["format"])
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=2))
        else:
            for model_id, group in groupby(found, key=lambda finding: finding.model_id):
                self.stdout.write(model_id)
                for finding in group:
                    self.stdout.write(f"  {finding.level.value:8} {finding.code}: {finding.sentence} {finding.remedy}")
            models = len({entry.model.model_id for entry in content.entries})
            self.stdout.write(f"{models} models listed in {len(content.entries)} entries; {len(found)} findings.")
        if any(finding.level is Level.ERROR for finding in found):
            sys.exit(1)
