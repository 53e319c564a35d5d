"""Reading the three tables that staff exchange."""

from decimal import Decimal, DecimalException
from typing import Any, ClassVar

from import_export.fields import Field

from catalog import decimals
from catalog.formats.plausibility import unit_doubt
from catalog.importing.drafts import ModelDraft, OfferDraft, PriceList, Reading, Remark
from catalog.importing.guesses import guesses
from catalog.importing.source import SourceError
from catalog.importing.tables.columns import AMOUNTS, TABLES
from catalog.importing.tables.export import TableName
from catalog.importing.tables.sheets import OLE, XLSX, Sheet, read_sheet
from catalog.importing.values import (
    printable,
    shown,
)
from catalog.models import Line, PriceUnit, Variant

FORMATS = tuple(f"{title}-table" for title in TABLES)
"""The names of the tables among the formats that can be read."""

_EXTENSIONS = (".csv", ".tsv", ".xlsx", ".xls")


def recognize(content: bytes, name: str = "") -> bool:
    """Whether it looks like a table: XLSX, or a first line with ``model_id``, or the name of a table."""
    first = content.partition(b"\n")[0].lstrip(b"\xef\xbb\xbf \t\r")
    is_table = b"model_id" in first and not first.startswith((b"{", b"["))
    return is_table or content.startswith((XLSX, OLE)) or name.lower().endswith(_EXTENSIONS)


def read_table(content: bytes, name: str = "", table_format: str | None = None) -> Reading:
    """Read a table of models, of prices or of offers; its header tells which. Raises ``SourceError``.

    ``name`` is the file's name, for messages; ``table_format``, one of ``FORMATS``, is the required kind of table.
    """
    sheet = read_sheet(content, name)
    header = [cell.strip() if isinstance(cell, str) else cell for cell in sheet.header]
    if "model_id" not in header:
        raise SourceError(
            f"{name or 'The table'} has no column model_id in its first row: it lists no models, prices or offers."
        )
    reader: type[TableReader] = PricesReader if "kind" in header else OffersReader if "offer" in header else ModelsReader
    if table_format not in (None, f"{reader.title}-table"):
        raise SourceError(f"{name or 'The table'} is a table of {reader.title}, not in the format {table_format}.")
    return reader(header, sheet).read()


class TableReader:
    """One table being read."""

    title: ClassVar[TableName]

    def __init__(self, header: list[Any], sheet: Sheet) -> None:
        self.header, self.sheet = header, sheet
        self.table = TABLES[self.title]
        self.reading = Reading()
        self.columns: dict[str, Field] = {}
        """The existing columns, by name."""

    def read(self) -> Reading:
        """Read every row; errors become problems of the reading."""
        if self.read_header():
            for number, cells in self.sheet.rows:
                self.label = f"row {number}"
                self.read_cells(number, cells)
        return self.reading

    def problem(self, field: str, sentence: str) -> None:
        """Refuse the row, and with it the import."""
        self.reading.problems.append(Remark(self.label, printable(field), sentence))

    def read_header(self) -> bool:
        """Find the columns; unknown and repeated ones are refused. Returns whether all required ones are there."""
        self.label = "row 1"
        for name in self.header:
            if name in (None, ""):
                continue
            if not isinstance(name, str) or name not in self.table.fields:
                known = ", ".join(self.table.get_export_headers())
                self.problem(str(name), f"A table of {self.table.title} has no such column. Its columns are: {known}.")
            elif name in self.columns:
                self.problem(name, "This column appears twice.")
            else:
                self.columns[name] = self.table.fields[name]
        missing = [name for name in self.table.required if name not in self.columns]
        for name in missing:
            self.problem(name, "This column is missing.")
        return not missing

    def read_cells(self, number: int, cells: list[Any]) -> None:
        """Read the cells of a row, and use the row if it names a model."""
        cells = cells + [None] * (len(self.header) - len(cells))
        named = dict(zip(self.header, cells, strict=False))
        nameless = [*cells[len(self.header) :], named.get(None), named.get("")]
        model_id = self.clean("model_id", named)
        if model_id is None:
            return
        self.label = f"row {number} ({model_id})"
        if any(cell not in (None, "") for cell in nameless):
            self.problem("", "A cell is in a column that has no name in the first row.")
        problems = len(self.reading.problems)
        values = {name: self.clean(name, named) for name in self.columns if name != "model_id"}
        if len(self.reading.problems) == problems:
            self.read_row(model_id, values)

    def clean(self, name: str, cells: dict[Any, Any]) -> Any:
        """The value of a cell; None with a problem if it is invalid."""
        try:
            return self.columns[name].clean(cells)
        except ValueError as error:
            self.problem(name, str(error))
            return None

    def read_row(self, model_id: str, values: dict[str, Any]) -> None:
        """Use a row whose cells are all valid."""
        raise NotImplementedError


class ModelsReader(TableReader):
    """A table of models."""

    title = "models"

    def read_row(self, model_id: str, values: dict[str, Any]) -> None:
        """One model."""
        if before := self.reading.models.get(model_id):
            self.problem("model_id", f"{before.entry} already has the same model.")
            return
        draft = self.reading.models[model_id] = ModelDraft(model_id, self.label)
        codes = values.pop("datacenters", None)
        draft.datacenter_codes = None if codes is None else tuple(codes)
        draft.replacement = values.pop("replacement", None)
        draft.fields = values
        draft.guesses = guesses(model_id, values)


class OffersReader(TableReader):
    """A table of the values that offers have of their own. A row states all of its offer: if a cell is empty, the model's value
    applies."""

    title = "offers"

    def __init__(self, header: list[Any], sheet: Sheet) -> None:
        super().__init__(header, sheet)
        self.reading.creates_models = False

    def read_row(self, model_id: str, values: dict[str, Any]) -> None:
        """One offer."""
        draft = self.reading.models.setdefault(model_id, ModelDraft(model_id, self.label))
        variant = Variant(values.pop("offer"))
        if before := draft.offers.get(variant):
            self.problem("offer", f"{before.entry} already has the same offer.")
            return
        codes = values.pop("datacenters", None)
        draft.offers[variant] = OfferDraft(
            self.label, values, codes=None if codes is None else tuple(codes), is_as_stored=True
        )


class PricesReader(TableReader):
    """A table of prices."""

    title = "prices"

    def __init__(self, header: list[Any], sheet: Sheet) -> None:
        super().__init__(header, sheet)
        self.reading.creates_models = False
        self.seen: dict[tuple[str, Line, Any], str] = {}

    def read_header(self) -> bool:
        """An amount or an end must have a column too."""
        is_complete = super().read_header()
        if self.columns.keys() & {*AMOUNTS, "ends"}:
            return is_complete
        self.problem(AMOUNTS[0], "This column is missing.")
        return False

    def read_row(self, model_id: str, values: dict[str, Any]) -> None:
        """One line from one time on."""
        moment, ends = values.pop("effective_from", None), values.pop("ends", False)
        amounts = {name: values.pop(name, None) for name in AMOUNTS}
        line = Line(**{"service_tier": "default", **values, "utc_days": tuple(values.get("utc_days", ()))})
        usd = self.usd(line.unit, amounts, ends)
        if usd is None and not ends:
            return
        key = (model_id, line, moment)
        if key in self.seen:
            self.problem("kind", f"{self.seen[key]} already has the same line with the same start.")
            return
        self.seen[key] = self.label
        draft = self.reading.models.setdefault(model_id, ModelDraft(model_id, self.label))
        draft.line_entries.setdefault(line, self.label)
        if doubt := unit_doubt(usd, line.unit):
            draft.is_doubtful = True
            self.reading.warnings.append(Remark(self.label, AMOUNTS[0], doubt))
        if moment is None:
            draft.price_lists.setdefault(line.service_tier, PriceList()).lines[line] = usd
        else:
            draft.scheduled[line, moment] = usd

    def usd(self, unit: str, amounts: dict[str, Decimal | None], ends: bool) -> Decimal | None:
        """USD per unit; None if the line ends, or with a problem."""
        own, other = AMOUNTS if unit == PriceUnit.TOKEN else AMOUNTS[::-1]
        amount = amounts[own]
        if amounts[other] is not None:
            self.problem(other, f"A price per {unit} must be in the column {own}.")
        elif ends and amount is not None:
            self.problem(own, "A line that ends must have no price.")
        elif amount is None and not ends:
            self.problem(own, "The price is missing. 0 is free; enter true in ends for a line that is no longer sold.")
        elif amount is not None:
            try:
                usd = decimals.per_one(amount) if unit == PriceUnit.TOKEN else amount
            except DecimalException:
                usd = Decimal("NaN")
            if decimals.fits(usd):
                return usd
            self.problem(own, f"{shown(amount)} {'is below 0' if amount < 0 else _CANNOT_BE_KEPT}.")
        return None


_CANNOT_BE_KEPT = (
    f"cannot be stored exactly: a price has at most {decimals.DECIMAL_PLACES} decimals per unit, and "
    f"{decimals.MAX_DIGITS - decimals.DECIMAL_PLACES} digits before the point"
)
