"""What the catalog's commands share."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

NOT_MIGRATED = ("42P01", "42703", "42883")
"""PostgreSQL's codes for a table, a column and a function that are not there."""


class CatalogCommand(BaseCommand):
    """A command on a migrated database; on another one it says so."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run it."""
        try:
            return super().execute(*args, **options)
        except ProgrammingError as error:
            if getattr(error.__cause__, "sqlstate", "") not in NOT_MIGRATED:
                raise
            raise CommandError(
                "The database is not migrated: run make run or manage.py migrate first. Where DATABASE_URL and DATA_DIR "
                "are set for the site, they must be set for commands too.",
                returncode=2,
            ) from error
