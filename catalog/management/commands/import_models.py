"""``manage.py import_models SOURCE …``."""

import json
import signal
import sys
from argparse import ArgumentParser
from contextlib import suppress
from dataclasses import asdict
from typing import Any, NoReturn

from django.db import connection

from catalog import write_lock
from catalog.history import Position
from catalog.importing.applying.carry_out import carry_out
from catalog.importing.limits import limit_this_process, memory_sentence, time_sentence
from catalog.importing.plan import Plan
from catalog.importing.registry import FORMATS, read_content
from catalog.importing.source import SourceError, read
from catalog.listing import Selection
from catalog.management.command import CatalogCommand
from catalog.management.import_report import Report, to_confirm
from catalog.openrouter.readiness import Finding, checklist
from catalog.review import Review, rehearse, review_since


class Command(CatalogCommand):
    """Import models and prices, all or nothing."""

    help = "Imports models and prices from a feed or a table. Exits with 0 if applied or nothing to do, 1 if refused, 2 if not readable."

    is_limited = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The source, and how to read it."""
        parser.add_argument("source", help="A file, an http(s) URL, or - for standard input.")
        parser.add_argument("--format", choices=FORMATS, help="The format. Detected if not given.")
        parser.add_argument("--dry-run", action="store_true", help="Print what would happen, and change nothing.")
        parser.add_argument(
            "--list-on-openrouter", action="store_true", help="List the complete models of the source on OpenRouter."
        )
        parser.add_argument(
            "--prices-per", choices=["token", "million"], default="token", help="The unit of the token prices."
        )
        parser.add_argument(
            "--confirm",
            metavar="ID",
            help="Confirm the changes that a review in the admin asks to confirm by typing: the model's id, or the number of models.",
        )
        parser.add_argument(
            "--skip", metavar="ID", action="append", default=[], help="Leave out the entries of this model. Can be repeated."
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
        """Read, apply, and report, within the limits."""
        try:
            content = read(options["source"])
            reading = read_content(
                content,
                source=options["source"],
                name=options["format"],
                per_million=options["prices_per"] == "million",
                skip=options["skip"],
                further_pages=True,
            )
        except SourceError as error:
            self.stderr.write(str(error))
            sys.exit(2)
        is_dry_run = options["dry_run"]
        found: list[Finding] = []
        is_unconfirmed = False
        review = Review((), (), (), ())

        def change() -> Plan:
            nonlocal found
            plan = carry_out(reading, source=options["source"], list_on_openrouter=options["list_on_openrouter"])
            if plan.touched:
                _, found = checklist(Selection.EVERY, model_ids=plan.touched)
            return plan

        if is_dry_run:
            plan, review, _ = rehearse(change)
        else:
            with suppress(_Undo), write_lock.held():
                position = Position.now()
                plan = change()
                if plan.touched:
                    connection.check_constraints()
                    review = review_since(position)
                if is_unconfirmed := not _is_confirmed(review, options["confirm"]):
                    raise _Undo
        report = Report(plan, found, review, is_dry_run, options["list_on_openrouter"], is_unconfirmed)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(report), indent=2))
        else:
            for line in report.lines():
                self.stdout.write(line)
        if plan.problems or is_unconfirmed:
            sys.exit(1)


def _is_confirmed(review: Review, said: str | None) -> bool:
    """Whether ``--confirm`` has what a review asks for: the model's id, or the number of models."""
    return not review.to_type or (said or "").strip() in {review.to_type, to_confirm(review)}


def _as_json(report: Report) -> dict[str, Any]:
    plan = report.plan
    said = {
        "created": plan.created,
        "changes": [asdict(one) for one in plan.changes],
        "unchanged": plan.unchanged,
        "listed": plan.listed,
        **{name: [asdict(one) for one in getattr(plan, name)] for name in ("missing", "problems", "notes", "warnings")},
        "more_problems": plan.problems.more,
        "more_notes": plan.notes.more,
        "more_warnings": plan.warnings.more,
        "findings": [asdict(one) for one in report.findings],
        "dangers": report.review.dangers,
        "confirm": to_confirm(report.review) or None,
    }
    if report.is_dry_run:
        said["openrouter"] = [
            {"from": None if moment.at is None else moment.at.isoformat(), **asdict(one), "key": one.key._asdict()}
            for moment in report.review.moments
            for one in moment.consequences
        ]
    return said


class _Undo(Exception):
    """Rolls back the transaction."""


class _OutOfTime(BaseException):
    """Not an ``Exception``, so that code which handles errors does not catch it."""


def _out_of_time(signal_number: int, frame: Any) -> NoReturn:
    raise _OutOfTime
