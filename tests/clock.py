"""The database's clock: moments for tests to write before and after, and to move it to."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

FUNCTIONS = ("clock_timestamp", "statement_timestamp", "transaction_timestamp", "now")
MOVED = """
    CREATE OR REPLACE FUNCTION moved.{0}() RETURNS timestamptz LANGUAGE sql
    AS 'SELECT pg_catalog.{0}() + make_interval(secs => {1})'
"""
MoveClock = Callable[[datetime], None]


def now() -> datetime:
    """The database's clock, apart from all that was written and will be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.01), clock_timestamp()")
        moment: datetime = cursor.fetchone()[1]
        cursor.execute("SELECT pg_sleep(0.01)")
    return moment


def soon() -> datetime:
    """A moment as people type it, still ahead when a test has written something for it, however slow the machine is."""
    return timezone.now().replace(microsecond=0) + timedelta(hours=1)


@pytest.fixture
def move_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[MoveClock]:
    """Let the test move the clocks of the database and of this process to a moment, from which they run on.

    On every connection made from here on, functions of the same names stand before the database's own. A column's default keeps
    the clock that it was made with.
    """
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    shift = timedelta()

    def define() -> None:
        with connection.cursor() as cursor:
            for function in FUNCTIONS:
                cursor.execute(MOVED.format(function, shift.total_seconds()))

    def move(moment: datetime) -> None:
        nonlocal shift
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_catalog.clock_timestamp()")
            shift = moment + timedelta(milliseconds=10) - cursor.fetchone()[0]
        define()

    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA moved")
        define()
        cursor.execute(f"ALTER DATABASE {name} SET search_path = moved, public, pg_catalog")
        cursor.execute("SET search_path = moved, public, pg_catalog")
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + shift)
    yield move
    if not connection.in_atomic_block:  # where it is, all this is rolled back
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path")
            cursor.execute(f"ALTER DATABASE {name} RESET search_path")
            cursor.execute("DROP SCHEMA moved CASCADE")
