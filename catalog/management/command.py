"""The base of the catalog's commands."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

NOT_MIGRATED = ("42P01", "42703", "42883")
"""PostgreSQL's codes for a missing table, column and function."""


def unreachable_error(error: OperationalError) -> CommandError | None:
    """The message of a command if the database cannot be reached; None for any other error."""
    if getattr(error.__cause__, "sqlstate", None) is not None:
        return None
    says = " ".join(str(error).split())
    end = "" if says.endswith((".", "?")) else "."
    return CommandError(f"The database cannot be reached: {says}{end} Start it, or correct DATABASE_URL.", returncode=2)


class CatalogCommand(BaseCommand):
    """A command for a migrated database that answers; of another database it says so."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run it."""
        try:
            return super().execute(*args, **options)
        except OperationalError as error:
            if (told := unreachable_error(error)) is None:
                raise
            raise told from error
        except ProgrammingError as error:
            if getattr(error.__cause__, "sqlstate", "") not in NOT_MIGRATED:
                raise
            raise CommandError(
                "The database is not migrated: run make run or manage.py migrate first. If you set DATABASE_URL or DATA_DIR "
                "for the site, set them for commands too.",
                returncode=2,
            ) from error
