"""The number of records of groups of models, by one small query: it shows what has to be read again after a change."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, models

from catalog.history import events

GROUP_SIZE = 100
"""Models, of neighbouring keys, that are counted and read together."""


class Records(NamedTuple):
    """How many records there are of some models, and the newest one. Records are only ever added."""

    number: int
    newest: int
    newest_at: datetime


def group_of(key: int) -> int:
    """The number of the group that a model's key belongs to."""
    return key // GROUP_SIZE


def records_by_group(table: type[models.Model], column: str) -> dict[int, Records]:
    """The records of a table by groups of models; ``column`` has the model's key. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} / %s, count(*), max(pgh_id), max(pgh_created_at) "  # noqa: S608 -- names of columns and tables
            f"FROM {events(table).model._meta.db_table} GROUP BY 1",
            [GROUP_SIZE],
        )
        rows: list[Any] = cursor.fetchall()
    return {group: Records(*records) for group, *records in rows}
