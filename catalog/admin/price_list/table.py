"""The table: a row for each model, a column for each price of the default tier that has no condition.

The name of a box says which price it is and what it showed when the page was made. So only what somebody has changed is saved, and what
somebody else has changed since is noticed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from catalog.admin.bulk_actions.prices import UNCONDITIONAL
from catalog.admin.fields import is_key
from catalog.admin.prices.fields import SOLD, AmountField, shown_amount, sold_as, typed_to_usd
from catalog.models import AIModel, Line, Price, PriceUnit, ServiceTier
from catalog.models.many import one_of

PREFIX = "price"

SIMPLE = {**UNCONDITIONAL, "service_tier": ServiceTier.DEFAULT}
"""The columns of a price that the table has a cell for."""

ALWAYS = ("prompt.token", "completion.token")
"""The columns that are there even if no model has such a price."""

ENDING = "To stop selling it, open the model and remove the price there."


class CellKey(NamedTuple):
    """A cell: the model's key, and the column as ``SOLD`` names it."""

    model: int
    column: str

    @property
    def line(self) -> Line:
        """The line of the model's price list."""
        return Line(*sold_as(self.column), ServiceTier.DEFAULT)


@dataclass(slots=True)
class Cell:
    """A cell of the page. ``shown`` is the amount as it is now, as staff type it; ``typed`` is what is in the box."""

    place: CellKey
    label: str
    shown: str
    typed: str
    error: str = ""

    @property
    def name(self) -> str:
        """The name of its box."""
        return f"{PREFIX}:{self.place.model}:{self.place.column}:{self.shown}"


class ModelRow(NamedTuple):
    """A row of the page. ``others`` is how many prices in force have no column: of other tiers, or with a condition."""

    key: int
    model_id: str
    cells: list[Cell]
    others: int


class Column(NamedTuple):
    """A column of the page: its name in ``SOLD``, the kind and the unit."""

    name: str
    label: str
    unit: str


class SubmittedCell(NamedTuple):
    """What was sent for a cell: the amount that the page had shown, and what was in the box."""

    shown: str
    typed: str


def submitted(posted: Mapping[str, str]) -> dict[CellKey, SubmittedCell]:
    """What was sent, by cell. What is no cell is left out."""
    found = {}
    for name, typed in posted.items():
        prefix, _, rest = name.partition(":")
        key, _, rest = rest.partition(":")
        column, _, shown = rest.partition(":")
        if prefix == PREFIX and is_key(key) and column in SOLD:
            found[CellKey(int(key), column)] = SubmittedCell(shown, typed.strip())
    return found


def columns_of(models: Collection[int]) -> list[Column]:
    """The prices that these models have or had in the default tier without a condition, in the vocabulary's order."""
    sold = Price.objects.filter(ai_model__in=one_of(models), **SIMPLE).values_list("kind", "unit").order_by().distinct()
    names = {*ALWAYS, *(f"{kind}.{unit}" for kind, unit in sold)}
    return [Column(name, *label.split(", ")) for name, label in SOLD.items() if name in names]


@dataclass(slots=True)
class PriceTable:
    """The prices of some models as they are now, and what somebody has typed over them."""

    models: dict[int, str]
    """Their ids, by key."""
    columns: list[Column]
    typed: dict[CellKey, SubmittedCell] = field(default_factory=dict)
    usd: dict[CellKey, Decimal] = field(init=False)
    errors: dict[CellKey, str] = field(init=False, default_factory=dict)
    _others: Counter[int] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        """Read the prices. One query."""
        self.usd = {}
        for price in Price.objects.filter(ai_model__in=self.models).in_force(timezone.now()):
            place = CellKey(price.ai_model_id, f"{price.kind}.{price.unit}")
            if price.usd is not None and price.line == place.line:
                self.usd[place] = price.usd
            elif price.usd is not None:
                self._others[price.ai_model_id] += 1

    def shown(self, place: CellKey) -> str:
        """The amount of a cell as staff type it; empty if it is not sold."""
        usd = self.usd.get(place)
        return "" if usd is None else shown_amount(usd, sold_as(place.column)[1])

    @property
    def has_lost_edits(self) -> bool:
        """Whether an amount was typed for a model that is no longer in the table: deleted, renamed, or moved to another page."""
        return any(place.model not in self.models and cell.typed != cell.shown for place, cell in self.typed.items())

    def rows(self) -> list[ModelRow]:
        """The rows of the page."""
        return [
            ModelRow(
                key,
                model_id,
                [self._cell(CellKey(key, column.name), model_id, column) for column in self.columns],
                self._others[key],
            )
            for key, model_id in self.models.items()
        ]

    def _cell(self, place: CellKey, model_id: str, column: Column) -> Cell:
        shown = self.shown(place)
        cell = self.typed.get(place)
        # What was not changed follows the price, should somebody else have changed it.
        typed = shown if cell is None or cell.typed == cell.shown else cell.typed
        return Cell(place, f"{model_id}: {column.label}, {column.unit}", shown, typed, self.errors.get(place, ""))

    def edits(self, selected: Iterable[CellKey]) -> dict[CellKey, Decimal]:
        """The new amounts that were typed, in USD per unit. What cannot be saved is put into ``errors``: an amount that cannot be read,
        and a price that has changed since the page showed it, also one of those that are ``selected`` for a percentage."""
        found = {}
        for place, cell in self.typed.items():
            if place.model not in self.models or cell.typed == cell.shown:
                continue
            try:
                usd = _read(cell.typed, sold_as(place.column)[1])
                if not cell.typed and cell.shown:
                    raise ValidationError(ENDING)
            except ValidationError as error:
                self.errors[place] = " ".join(error.messages)
                continue
            if usd is not None and usd != self.usd.get(place):
                found[place] = usd
        for place in (*found, *selected):
            shown = self.typed[place].shown if place in self.typed else self.shown(place)
            if shown != (now := self.shown(place)):
                was = shown or "not sold"
                self.errors[place] = (
                    f"Somebody has changed this from {was} to {now or 'not sold'} in the meantime. Preview again to replace it."
                )
        return found


def _read(typed: str, unit: PriceUnit) -> Decimal | None:
    """An amount as the model's form reads it, in USD per unit; None if it is empty. Raises ``ValidationError``."""
    amount = AmountField(required=False).clean(typed)
    return None if amount is None else typed_to_usd(amount, unit)


def ids_of(author: str, words: str) -> list[tuple[int, str]]:
    """The keys and ids of the models of a maker whose ids or names have these words, in the order of their ids; empty: of all."""
    models = AIModel.objects.order_by("model_id")
    if author:
        models = models.filter(author=author)
    for word in words.split():
        models = models.filter(Q(model_id__icontains=word) | Q(name__icontains=word))
    return list(models.values_list("pk", "model_id"))
