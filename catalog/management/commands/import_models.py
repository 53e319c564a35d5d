"""``manage.py import_models SOURCE …``."""

import json
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import asdict
from itertools import groupby, islice
from typing import Any, NoReturn

from django.db import connection

from catalog.importing.applying.carry_out import carry_out
from catalog.importing.drafts import Remark, Remarks
from catalog.importing.limits import limit_this_process, memory_sentence, time_sentence
from catalog.importing.plan import Plan
from catalog.importing.registry import FORMATS, read_content
from catalog.importing.source import SourceError, read
from catalog.importing.values import printable
from catalog.listing import Selection
from catalog.management.command import CatalogCommand
from catalog.openrouter.consequences import Effect
from catalog.openrouter.readiness import Finding, Level, checklist
from catalog.review import Agreement, Moment, NotAgreed, reviewed

MODELS_NAMED = 5
"""Of those in which the same is found; the JSON names all."""


class Command(CatalogCommand):
    """Import models and prices, all or nothing."""

    help = (
        "Imports models and prices from a feed or a table. Exits 0: applied or nothing to do; 1: refused; 2: not readable."
    )

    is_limited = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The source, and how to take it."""
        parser.add_argument("source", help="A file, an http(s) URL, or - for standard input.")
        parser.add_argument("--format", choices=FORMATS, help="The format; recognised if not given.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen, and change nothing.")
        parser.add_argument(
            "--list-on-openrouter", action="store_true", help="List the models of the source that lack nothing."
        )
        parser.add_argument(
            "--prices-per", choices=["token", "million"], default="token", help="What the token prices are for."
        )
        parser.add_argument("--json", action="store_true", help="The plan as JSON, for programs.")

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as a program: with the limits of an import. Code that calls the command is not limited."""
        self.is_limited = True
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, apply, and say what was done."""
        if self.is_limited:
            connection.ensure_connection()  # an embedded server that this starts is not limited
            signal.signal(signal.SIGXCPU, _out_of_time)
            signal.signal(signal.SIGALRM, _out_of_time)
            limit_this_process()
        try:
            self.carry_out(**options)
        except MemoryError:
            self.stderr.write(memory_sentence())
            sys.exit(2)
        except _OutOfTime:
            self.stderr.write(time_sentence())
            sys.exit(2)

    def carry_out(self, **options: Any) -> None:
        """Read, apply, and say what was done, as far as the limits allow."""
        try:
            reading = read_content(
                read(options["source"]),
                source=options["source"],
                name=options["format"],
                per_million=options["prices_per"] == "million",
            )
        except SourceError as error:
            self.stderr.write(str(error))
            sys.exit(2)
        moments: tuple[Moment, ...] = ()
        found: list[Finding] = []
        try:
            with reviewed(Agreement(), may_publish=True, always=True) if options["dry_run"] else nullcontext():
                plan = carry_out(reading, source=options["source"], list_on_openrouter=options["list_on_openrouter"])
                if plan.touched:
                    _, found = checklist(Selection.EVERY, model_ids=plan.touched)
        except NotAgreed as undone:  # as nobody has agreed to it, a dry run leaves nothing
            moments = undone.review.moments
        if options["json"]:
            more = {"more_problems": plan.problems.more, "more_notes": plan.notes.more, "more_warnings": plan.warnings.more}
            said = {**asdict(plan), **more, "findings": [asdict(one) for one in found]}
            if options["dry_run"]:
                said["openrouter"] = _as_json(moments)
            self.stdout.write(json.dumps(said, indent=2))
        else:
            self.say(plan, found, dry_run=options["dry_run"], list_on_openrouter=options["list_on_openrouter"])
            self.consequences(moments)
        if plan.problems:
            sys.exit(1)

    def say(self, plan: Plan, found: list[Finding], *, dry_run: bool, list_on_openrouter: bool) -> None:
        """Print the plan for people."""
        if plan.problems:
            self.remarks("Refused; nothing was changed:", plan.problems)
        else:
            for model_id in plan.created:
                self.stdout.write(f"New: {model_id}")
            for model_id, group in groupby(sorted(plan.changes, key=lambda one: one.model_id), key=lambda one: one.model_id):
                self.stdout.write(f"Changed: {model_id}")
                for change in group:
                    old, new = ("none" if value is None else printable(value) for value in (change.old, change.new))
                    self.stdout.write(f"  {printable(change.field)}: {old} -> {new}")
            if plan.listed:
                self.stdout.write("Listed on OpenRouter: " + ", ".join(plan.listed))
            if list_on_openrouter:
                self.remarks("Not listed, for something is missing:", plan.missing)
        self.remarks(
            "Look at these prices; a new model with one is not public, and none is listed by this import:", plan.warnings
        )
        self.remarks("Noted:", plan.notes)
        self.findings(found)
        if not plan.problems:
            changed = len({change.model_id for change in plan.changes})
            verb = "Would be" if dry_run else "Done:"
            self.stdout.write(f"{verb} {len(plan.created)} new, {changed} changed, {len(plan.unchanged)} as they were.")
            if plan.created:
                held = ", but for those with a price to look at" if plan.warnings else ""
                self.stdout.write(f"New models are public{held}. OpenRouter's feeds have only those that are listed there.")

    def remarks(self, heading: str, remarks: list[Remark]) -> None:
        """A heading and its remarks, if there are any, and how many more there are."""
        for number, remark in enumerate(remarks):
            if number == 0:
                self.stdout.write(heading)
            self.stdout.write(f"  {remark.entry}: {remark.field + ': ' if remark.field else ''}{remark.sentence}")
        if isinstance(remarks, Remarks) and remarks.more:
            self.stdout.write(f"  and {remarks.more:,} more")

    def consequences(self, moments: Iterable[Moment]) -> None:
        """What OpenRouter would do, by moment and by what it does; of many entries, a few are named."""
        for moment in moments:
            since = "at once" if moment.at is None else f"from {moment.at:%Y-%m-%d %H:%M} UTC on"
            self.stdout.write(f"What OpenRouter would do, {since}:")
            ordered = sorted(moment.consequences, key=lambda one: (list(Effect).index(one.effect), one.sentence))
            for (effect, sentence), group in groupby(ordered, key=lambda one: (one.effect, one.sentence)):
                found = list(group)
                self.stdout.write(f"  {effect.value}: {sentence}")
                for one in found[:MODELS_NAMED]:
                    old, new = ("none" if value is None else printable(value) for value in (one.old, one.new))
                    danger = f" {one.danger}" if one.danger else ""
                    self.stdout.write(f"    {one.key.model_id}: {one.label}: {old} -> {new}{danger}")
                if len(found) > MODELS_NAMED:
                    self.stdout.write(f"    and {len(found) - MODELS_NAMED} more")

    def findings(self, findings: Iterable[Finding]) -> None:
        """What OpenRouter would make of the models, the gravest first; what is found in many is said once."""
        found: dict[tuple[Level, str, str], list[str]] = {}
        for finding in findings:
            sentence = f"{finding.sentence} {finding.remedy}"
            found.setdefault((finding.level, finding.code, sentence), []).append(finding.model_id)
        if found:
            self.stdout.write("What OpenRouter would make of what is new or changed:")
        for (level, code, sentence), ids in sorted(found.items(), key=lambda one: (list(Level).index(one[0][0]), one[0])):
            more = f" and {len(ids) - MODELS_NAMED} more" if len(ids) > MODELS_NAMED else ""
            self.stdout.write(f"  {level.value:8} {code}: {sentence} ({', '.join(islice(ids, MODELS_NAMED))}{more})")


def _as_json(moments: Iterable[Moment]) -> list[dict[str, Any]]:
    return [
        {"from": None if moment.at is None else moment.at.isoformat(), **asdict(one), "key": one.key._asdict()}
        for moment in moments
        for one in moment.consequences
    ]


class _OutOfTime(BaseException):
    """Not for anybody who handles errors of the work."""


def _out_of_time(signal_number: int, frame: Any) -> NoReturn:
    raise _OutOfTime
