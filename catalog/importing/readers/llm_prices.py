"""Reading llm-prices' lists: the current one, the historical one, and one vendor's file. USD per million tokens."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from catalog.importing.drafts import Reading
from catalog.importing.readers.entry import EntryReader
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.named import NamedEntryReader, objects
from catalog.importing.readers.variants import BatchOffer, is_batch, listed_ids
from catalog.importing.values import moment_of, shown
from catalog.models import PriceKind, PriceUnit

NAME = "llm-prices"

KEYS = {"input": PriceKind.PROMPT, "output": PriceKind.COMPLETION, "input_cached": PriceKind.INPUT_CACHE_READ}


def recognize(document: Any) -> bool:
    """Whether it looks like this format: rows with ``vendor``, or a vendor's models with ``price_history``."""
    if not isinstance(document, dict):
        return False
    rows, models = document.get("prices"), document.get("models")
    is_list = isinstance(rows, list) and any("vendor" in row and "input" in row for row in objects(rows))
    return is_list or ("vendor" in document and any("price_history" in model for model in objects(models)))


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read all models."""
    reading = Reading()
    return read_entries(reading, _entries(document, reading))


def _entries(document: dict[str, Any], reading: Reading) -> Iterator[EntryReader]:
    by_id: dict[Any, dict[str, Any]] = {}
    for row in objects(document.get("prices")):
        model_id = row.get("id") if isinstance(row.get("id"), str) else None
        found = by_id.setdefault(
            (row.get("vendor") if isinstance(row.get("vendor"), str) else None, model_id),
            {"id": row.get("id"), "name": row.get("name"), "price_history": []},
        )
        found["price_history"].append({key: value for key, value in row.items() if key not in ("id", "name", "vendor")})
    models = [*by_id.values(), *(document.get("models") or [])]
    listed = listed_ids(models)
    for number, facts in enumerate(models, start=1):
        is_tier = isinstance(facts, dict) and is_batch(facts.get("id"), listed)
        yield (BatchTier if is_tier else Model)(facts, number, reading)


class Model(NamedEntryReader):
    """One model, with its prices and their periods."""

    keys = {key: (kind, PriceUnit.TOKEN, None) for key, kind in KEYS.items()}

    def read_fields(self) -> None:
        """Name and prices."""
        self.called(self.take("name"))
        rows = self.take("price_history")
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            self.problem("price_history", "It must be a list of at least one object.")
            return
        dated: list[tuple[datetime, datetime | None, int, dict[str, Any]]] = []
        for number, row in enumerate(rows):
            since, until = (self.moment(f"price_history[{number}].{key}", row.get(key)) for key in ("from_date", "to_date"))
            for key in sorted(row.keys() - {*KEYS, "from_date", "to_date"}):
                if not self.says_dollars(f"price_history[{number}]", key, row[key]):
                    self.unread(f"price_history[{number}]", key, row[key])
            if since is not None:
                dated.append((since, until, number, row))
            elif until is not None:
                self.note(f"price_history[{number}]", "Its start is not stated; it was ignored.")
            else:
                self.current(number, row)
        for since, until, number, row in sorted(dated, key=lambda one: one[:3]):
            for key in KEYS:
                self.since(number, key, row.get(key), since)
            if until is not None and not any(other == until for other, *_ in dated):
                self.past += [(until, self.line_of(key), None) for key in KEYS if row.get(key) is not None]

    def current(self, number: int, row: dict[str, Any]) -> None:
        """Current prices without a start."""
        if self.tier in self.price_lists:
            self.problem(f"price_history[{number}]", "Another price applies at the same time.")
            return
        prices = self.begin(per_million=True)
        for key in KEYS:
            if row.get(key) is not None:
                self.price(f"price_history[{number}].{key}", self.line_of(key), row[key])
        self.doubt_zeros()
        self.leave_out_free_caches(prices)

    def since(self, number: int, key: str, value: Any, since: datetime) -> None:
        """Prices from a day on; a price that is no longer stated ends then."""
        line = self.line_of(key)
        if value is None:
            if any(one == line and usd is not None for _, one, usd in self.past):
                self.past.append((since, line, None))
            return
        self.tokens_per_price = 6
        usd = self.amount(f"price_history[{number}].{key}", value, PriceUnit.TOKEN)
        if usd is not None:
            self.past.append((since, line, usd))

    def moment(self, field: str, value: Any) -> datetime | None:
        """The start of a day."""
        found = moment_of(value)
        if value is not None and found is None:
            self.problem(field, f"{shown(value)} is not a date (YYYY-MM-DD).")
        return found


class BatchTier(BatchOffer, Model):
    """The batch tier of a model."""
