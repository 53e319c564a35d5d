"""Checks of what is published, and of the readers who fetch it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings

from catalog.formats import FORMATS
from catalog.listing import Selection
from catalog.models import CatalogRevision, ListProblem, Reader
from catalog.openrouter.readiness.checklist import checklist
from catalog.openrouter.readiness.finding import Level
from catalog.operations.doctor.check_result import CheckResult, warning, wrong
from catalog.publication.last_good_copies import LastGoodCopies, is_same_catalog
from catalog.readers import FEEDS, ago

RECENT = timedelta(minutes=5)
"""A list that could not be made within this time still cannot be made."""


def listing() -> Iterator[CheckResult]:
    """Errors that OpenRouter would reject, lists that cannot be made, and a database with a different catalog from before."""
    catalog = CatalogRevision.objects.values_list("catalog_id", flat=True).first()
    heads = {name: LastGoodCopies(settings.DATA_DIR / "copies").head(name) for name in FORMATS}
    if others := [name for name, head in heads.items() if head and not is_same_catalog(head.catalog_id, catalog)]:
        yield wrong(
            f"The database has a different catalog from the one whose lists were sent before: {', '.join(others)}.",
            "Correct DATABASE_URL. If the new catalog is correct, delete the copies of the old one in DATA_DIR/copies.",
        )
    for problem in ListProblem.objects.filter(seen_at__gte=datetime.now(UTC) - RECENT).order_by("format_name"):
        yield wrong(
            f"The list {problem.format_name} cannot be made, so its last good copy is sent: {problem.text}",
            "Restore the rows, or run manage.py accept_losses: docs/operating.md."
            if problem.is_loss
            else "Correct the rows: docs/operating.md.",
        )
    _, found = checklist(Selection.LISTED)
    if errors := [finding for finding in found if finding.level is Level.ERROR]:
        yield wrong(f"OpenRouter would reject or misread fields of {len(errors)} entries.", "Run manage.py check_listing.")


def readers() -> Iterator[CheckResult]:
    """Watched readers that have gone quiet, and whether anybody is watched."""
    now = datetime.now(UTC)
    for reader in Reader.objects.filter(is_watched=True).order_by("pk"):
        if reader.last_success_at is not None and reader.is_quiet(now):
            yield wrong(
                f"{reader.name or 'A watched reader'} last fetched the {reader.format_name} list {ago(now - reader.last_success_at)}.",
                "See Admin → Readers, and docs/alarms.md#reader_quiet.",
            )
    fetched = Reader.objects.filter(format_name__in=FEEDS)
    if fetched.exists() and not fetched.filter(is_watched=True).exists():
        yield warning(
            "No reader of the OpenRouter feeds is watched, so nobody notices if OpenRouter stops fetching.",
            "Find OpenRouter in Admin → Readers, name it, and watch it.",
        )
