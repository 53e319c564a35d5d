"""Reading a price history: the past prices of models in OpenRouter's list.

The format is that of the openrouterlist project: for each id the days on which a price changed, with prompt and
completion in USD per million tokens, and null if there was none. Each day's prices apply from the start of the day (UTC), several
of one day a minute after each other; a removed model is not sold from the day after it was last seen.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from catalog.formats import models_api
from catalog.importing.drafts import Reading, Remark
from catalog.importing.guesses import guesses
from catalog.importing.readers.entry import EntryReader
from catalog.importing.readers.facts import SOME_TEXT
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.prices import PricedEntryReader
from catalog.importing.readers.variants import BatchOffer, is_batch
from catalog.importing.values import (
    decimal,
    entry_label,
    is_model_id,
    moment_of,
    shown,
)
from catalog.models import Line, PriceKind, PriceUnit

NAME = "price-history"

SOLD = (PriceKind.PROMPT, PriceKind.COMPLETION)


def recognize(document: Any) -> bool:
    """Whether it looks like this format: models with ``points``."""
    models = document.get("models") if isinstance(document, dict) else None
    return isinstance(models, dict) and any(isinstance(model, dict) and "points" in model for model in models.values())


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read all histories except those of aliases and of free variants, which have no price."""
    reading = Reading()
    return read_entries(reading, _entries(document, reading))


def _entries(document: dict[str, Any], reading: Reading) -> Iterator[EntryReader]:
    for number, (model_id, raw) in enumerate(document["models"].items(), start=1):
        label = entry_label(number, model_id)
        if model_id.startswith("~") and is_model_id(model_id[1:]):
            reading.notes.append(Remark(label, "id", "Skipped: it is another name of a model that has its own history."))
        elif model_id.endswith(models_api.FREE_SUFFIX) and is_model_id(model_id) and _costs_nothing(raw):
            reading.notes.append(Remark(label, "points", "Skipped: it is a free variant, which has no price."))
        elif is_batch(model_id, document["models"].keys()) and isinstance(raw, dict):
            yield BatchTier({**raw, "id": model_id}, number, reading)
        else:
            yield History(raw if not isinstance(raw, dict) else {**raw, "id": model_id}, number, reading)


def _costs_nothing(raw: Any) -> bool:
    points = raw.get("points") if isinstance(raw, dict) else None
    return isinstance(points, list) and all(
        isinstance(point, list) and all(decimal(amount) in (0, None) for amount in point[1:]) for point in points
    )


class History(PricedEntryReader):
    """The history of one model."""

    def read_fields(self) -> None:
        """The name, for a new model, and the points."""
        self.tokens_per_price = 6
        self.text("name", self.take("name"), pattern=SOME_TEXT)
        if "name" in self.fields:
            self.guesses = {**guesses(str(self.model_id), {}), "name": self.fields.pop("name")}
        self.take("first_seen")  # the first point's day
        points = self.take("points")
        if not isinstance(points, list) or not all(isinstance(point, list) and len(point) == 3 for point in points):
            self.problem("points", "It must be a list of [day, prompt, completion].")
            return
        sold: set[PriceKind] = set()
        seen: Counter[datetime] = Counter()
        for number, (day, *amounts) in enumerate(points):
            field = f"points[{number}]"
            moment = moment_of(day)
            if moment is None:
                self.problem(field, f"{shown(day)} is not a date (YYYY-MM-DD).")
                continue
            if seen[moment]:
                self.note(field, f"{day} has several prices; each later one begins a minute after the one before.")
            seen[moment] += 1
            moment += timedelta(minutes=seen[moment] - 1)
            for kind, amount in zip(SOLD, amounts, strict=True):
                self.point(field, kind, moment, amount, sold)
        self.end(sold)

    def point(self, field: str, kind: PriceKind, moment: datetime, amount: Any, sold: set[PriceKind]) -> None:
        """One price from one day on."""
        line = Line(kind.value, PriceUnit.TOKEN.value, self.tier)
        if amount is None:
            if kind in sold:
                self.past.append((moment, line, None))
                sold.discard(kind)
            else:
                self.note(field, f"No {kind.label.lower()} price: not sold.")
            return
        usd = self.amount(field, amount, PriceUnit.TOKEN)
        if usd is not None:
            self.past.append((moment, line, usd))
            sold.add(kind)

    def end(self, sold: set[PriceKind]) -> None:
        """A removed model is no longer sold."""
        last_seen, present = self.take("last_seen"), self.flag("present_now", self.take("present_now"))
        if present is not False:
            return
        moment = moment_of(last_seen)
        if moment is None:
            self.problem("last_seen", f"{shown(last_seen)} is not a date (YYYY-MM-DD).")
            return
        for kind in SOLD:
            if kind in sold:
                line = Line(kind.value, PriceUnit.TOKEN.value, self.tier)
                self.past.append((moment + timedelta(days=1), line, None))


class BatchTier(BatchOffer, History):
    """The history of a model's batch tier."""
