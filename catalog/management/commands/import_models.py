"""``manage.py import_models SOURCE …``."""

import json
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any, NoReturn

from django.db import connection

from catalog.importing.applying.importer import apply_reading
from catalog.importing.drafts import Reading
from catalog.importing.limits import limit_this_process, memory_sentence, time_sentence
from catalog.importing.plan import Plan
from catalog.importing.registry import FORMATS, read_content
from catalog.importing.source import SourceError, read
from catalog.listing import Selection
from catalog.management.command import CatalogCommand
from catalog.management.import_report import Report, to_confirm
from catalog.openrouter.readiness.checklist import checklist
from catalog.openrouter.readiness.finding import Finding
from catalog.review import (
    Agreement,
    Compared,
    NotAgreed,
    Review,
    apply_rehearsed,
    rehearse,
    unless_it_writes,
)


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
            self.run_import(**options)
        except MemoryError:
            self.stderr.write(memory_sentence())
            sys.exit(2)
        except _OutOfTime:
            self.stderr.write(time_sentence())
            sys.exit(2)

    def run_import(self, **options: Any) -> None:
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
        report = _dry_run(reading, options) if options["dry_run"] else _apply(reading, options)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(report), indent=2))
        else:
            for line in report.lines():
                self.stdout.write(line)
        if report.plan.problems or report.is_unconfirmed:
            sys.exit(1)


ALL_PERMISSIONS: Any = {"may_publish": True, "has_perms": lambda permissions: True}
"""Whoever can run commands has every permission."""


def _change(reading: Reading, options: dict[str, Any]) -> Plan:
    return apply_reading(reading, source=options["source"], list_on_openrouter=options["list_on_openrouter"])


def _findings(plan: Plan) -> list[Finding]:
    """How OpenRouter would read the new and changed models."""
    return checklist(Selection.EVERY, model_ids=plan.touched)[1] if plan.touched else []


def _rehearse(reading: Reading, options: dict[str, Any]) -> tuple[Report, Compared]:
    """What the import would do, and what it was compared with."""

    def change() -> tuple[Plan, list[Finding]]:
        plan = _change(reading, options)
        return plan, _findings(plan)

    (plan, found), review, compared = rehearse(change)
    return Report(plan, found, review, lists=options["list_on_openrouter"]), compared


def _dry_run(reading: Reading, options: dict[str, Any]) -> Report:
    return replace(_rehearse(reading, options)[0], is_dry_run=True)


def _apply(reading: Reading, options: dict[str, Any]) -> Report:
    """Carry the import out. What may need a confirmation is rehearsed first, so that nobody waits for the comparison."""
    report = Report(Plan(), (), Review(), lists=options["list_on_openrouter"])
    compared = None if report.lists else Compared.with_unseen(_names(reading))
    is_unseen = compared is not None
    if compared is None:
        if (plan := unless_it_writes(lambda: _change(reading, options))) is not None:
            return replace(report, plan=plan)
        report, compared = _rehearse(reading, options)
        if report.plan.problems:
            return report
    while _is_confirmed(report.review, options["confirm"]):
        agreement = Agreement(report.review.digest, report.review.to_type)
        try:
            plan = apply_rehearsed(lambda: _change(reading, options), agreement, compared=compared, **ALL_PERMISSIONS).answer
        except NotAgreed as moved:  # the catalog has changed since, and so has the review
            report, compared = replace(report, review=moved.review), moved.compared
        else:
            return replace(report, plan=plan, findings=_findings(plan) if is_unseen else report.findings)
    return replace(report, is_unconfirmed=True)


def _names(reading: Reading) -> Iterator[tuple[str, list[str], str]]:
    """The id, aliases and OpenRouter slug of each model of a source."""
    for draft in reading.models.values():
        yield draft.model_id, draft.fields.get("aliases", []), draft.fields.get("openrouter_slug", "")


def _is_confirmed(review: Review, confirmed: str | None) -> bool:
    """Whether ``--confirm`` has what a review asks for: the model's id, or the number of models."""
    return not review.to_type or (confirmed or "").strip() in {review.to_type, to_confirm(review)}


def _as_json(report: Report) -> dict[str, Any]:
    plan = report.plan
    document = {
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
        document["openrouter"] = [
            {"from": None if moment.at is None else moment.at.isoformat(), **asdict(one), "key": one.key._asdict()}
            for moment in report.review.moments
            for one in moment.consequences
        ]
    return document


class _Undo(Exception):
    """Rolls back the transaction."""


class _OutOfTime(BaseException):
    """Not an ``Exception``, so that code which handles errors does not catch it."""


def _out_of_time(signal_number: int, frame: Any) -> NoReturn:
    raise _OutOfTime
