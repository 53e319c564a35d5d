"""The base of the parts of an import: what they share."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from catalog import bulk_writing, decimals
from catalog.importing.drafts import Reading, Remark
from catalog.importing.plan import Change, Plan
from catalog.models import (
    AIModel,
    Offer,
    ParameterDescriptor,
    Price,
)
from catalog.models.many import one_of

Progress = Callable[[str, int, int], None]
"""Gets the phase, how many of its rows are done, and how many there are; 0 if they are not counted."""

Row = TypeVar("Row", AIModel, Price, ParameterDescriptor, Offer)


class Work:
    """One running import, inside its transaction."""

    def __init__(self, reading: Reading, plan: Plan, progress: Progress) -> None:
        self.reading = reading
        self.plan = plan
        self.progress = progress
        # A reading is used several times: for the trial and to be applied.
        self.drafts = {model_id: draft.copy() for model_id, draft in reading.models.items()}
        self.models = {model.model_id: model for model in AIModel.objects.filter(model_id__in=one_of(self.drafts))}
        self.new_ids = set(self.drafts) - set(self.models)
        self.changed: set[str] = set()
        self.asked: set[str] = set()
        """The models with a price that needs a confirmation."""
        self.new_prices: list[Price] = []
        self.rows: list[AIModel | Price | ParameterDescriptor | Offer] = []
        """What is about to be written, so that a refusal can be traced to its entry."""

    def problem(self, entry: str, name: str, sentence: str) -> None:
        """Record a problem, which refuses the import."""
        self.plan.problems.append(Remark(entry, name, sentence))

    def say(self, model_id: str, name: str, old: Any, new: Any) -> None:
        """Record a change of an existing model; a new one is reported as a whole."""
        self.changed.add(model_id)
        if model_id not in self.new_ids:
            self.plan.changes.append(Change(model_id, name, _text(old), _text(new)))

    def create(self, phase: str, table: type[Row], rows: list[Row]) -> None:
        """Insert rows, and report the progress."""
        self.progress(phase, 0, len(rows))
        bulk_writing.insert(table, rows, lambda done: self.progress(phase, done, len(rows)))

    def update(self, phase: str, table: type[Row], rows: list[Row], fields: list[str]) -> None:
        """Update these fields of rows, and report the progress."""
        self.progress(phase, 0, len(rows))
        bulk_writing.update(table, rows, fields, lambda done: self.progress(phase, done, len(rows)))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, Decimal):
        return decimals.wire(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
