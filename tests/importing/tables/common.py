"""Tables as files, and what reading them does."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import openpyxl

from catalog.importing.applying.importer import apply_reading
from catalog.importing.plan import Plan
from catalog.importing.tables.export import FileFormat
from catalog.importing.tables.reading import read_table
from catalog.listing import revision
from tests.factories import let_deferred_rules_speak

AHEAD = datetime(2050, 1, 1, 12, tzinfo=UTC)

FILES: list[FileFormat] = ["csv", "xlsx"]


def as_csv(*rows: list[Any], separator: str = ",", end: str = "\r\n", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(*rows: list[Any], change: Callable[[Any], None] = lambda book: None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def take_in(content: bytes) -> Plan:
    plan = apply_reading(read_table(content), source="a table")
    if not plan.problems:
        let_deferred_rules_speak()
    return plan


def problems(content: bytes) -> list[tuple[str, str]]:
    """Where the table is refused, before or after the catalog is asked; and that nothing was changed by it."""
    before = revision().revision
    plan = apply_reading(read_table(content), source="a table")
    assert revision().revision == before
    return [(said.entry, said.field) for said in plan.problems]


def sentence(content: bytes) -> str:
    (said,) = apply_reading(read_table(content), source="a table").problems
    return said.sentence
