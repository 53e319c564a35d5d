"""The database's clock: moments for tests to write before and after, and to wait for."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone


def now() -> datetime:
    """The database's clock, apart from all that was written and will be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.01), clock_timestamp()")
        moment: datetime = cursor.fetchone()[1]
        cursor.execute("SELECT pg_sleep(0.01)")
    return moment


def soon() -> datetime:
    """A moment as people type it, far enough ahead to be still ahead when a test has written something for it."""
    return timezone.now().replace(microsecond=0) + timedelta(seconds=3)


def wait_for(moment: datetime) -> None:
    """Come back when the database's clock is a little past it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep_until(%s)", [moment + timedelta(milliseconds=10)])
