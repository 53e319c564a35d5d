"""The base of the catalog's commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

NOT_MIGRATED = ("42P01", "42703", "42883")
"""PostgreSQL's codes for a missing table, column and function."""


@contextmanager
def reaching_the_database() -> Iterator[None]:
    """Raise ``CommandError`` if the database cannot be reached; other errors stay as they are."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) is not None:
            raise
        says = " ".join(str(error).split())
        end = "" if says.endswith((".", "?")) else "."
        raise CommandError(
            f"The database cannot be reached: {says}{end} Start it, or correct DATABASE_URL.", returncode=2
        ) from error


class CatalogCommand(BaseCommand):
    """A command that needs a migrated database, and says so if there is none."""

    requires_system_checks = (Tags.models,)
    """Without the checks of URLs: they import all pages, which takes a third of a command's time. ``serve`` runs them."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run it."""
        try:
            with reaching_the_database():
                return super().execute(*args, **options)
        except ProgrammingError as error:
            if getattr(error.__cause__, "sqlstate", "") not in NOT_MIGRATED:
                raise
            raise CommandError(
                "The database is not migrated: run make run or manage.py migrate first. If you set DATABASE_URL or DATA_DIR "
                "for the site, set them for commands too.",
                returncode=2,
            ) from error
