"""Reading one entry of a source: its keys, and remarks about them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.importing.drafts import PriceList, Reading, Remark
from catalog.importing.values import entry_label, is_model_id, listed, printable, shown, why_no_id
from catalog.models import Line, ServiceTier
from catalog.models.look_alikes import look_alike


class LeftOut(Exception):
    """The rest of the entry is not read."""


class EntryReader:
    """One entry being read: reads the keys it knows, and collects remarks about them.

    A format's reader says in ``read_fields`` what each key means.
    """

    cannot_state: tuple[str, ...] = ()
    """Facts that such an entry has no key for. If one is missing, this does not mean that the offer has none."""

    model_id: str | None = None
    tier = ServiceTier.DEFAULT.value
    is_free = False
    is_doubtful = False
    describes_all = False
    part_paid = Decimal(1)
    places: tuple[tuple[str, str | None], ...] | None = None
    prices: PriceList | None = None
    guesses: dict[str, Any] | None = None

    def __init__(self, raw: Any, number: int, reading: Reading, per_million: bool = False) -> None:
        self.raw = raw if isinstance(raw, dict) else {}
        self.is_object = isinstance(raw, dict)
        self.number = number
        self.reading = reading
        self.tokens_per_price = 6 if per_million else 0
        self.label = entry_label(number)
        self.taken: set[str] = set()
        self.fields: dict[str, Any] = {}
        self.descriptors: dict[str, dict[str, Any]] = {}
        self.price_lists: dict[str, PriceList] = {}
        self.unsaid: dict[str, frozenset[str]] = {}
        self.past: list[tuple[datetime, Line, Decimal | None]] = []

    def read(self) -> None:
        """Read every key; errors become problems of the reading."""
        if not self.is_object:
            self.problem("", "It is not an object.")
            return
        model_id = self.take("id")
        if not is_model_id(model_id):
            why = why_no_id(model_id) if isinstance(model_id, str) and len(model_id) <= 200 else None
            self.problem(
                "id", f"{shown(model_id)} is not a model id. {why or 'It must be a text of at most 200 characters.'}"
            )
            return
        self.model_id = model_id
        self.label = entry_label(self.number, self.named(model_id))
        if why := look_alike(model_id):
            self.warn("id", f"{why} Is this the id that your servers accept?")
        try:
            self.read_fields()
            self.left_over()
        except LeftOut:
            self.model_id = None

    def left_over(self) -> None:
        """The keys that the format does not have."""
        self.unknown("", self.raw, self.taken)

    def named(self, model_id: str) -> str:
        """The source's name for the entry."""
        return model_id

    def read_fields(self) -> None:
        """Read the format's other keys."""
        raise NotImplementedError

    def take(self, *keys: str) -> Any:
        """The first of these keys that has a value; all of them are known."""
        self.taken.update(keys)
        for key in keys:
            if (value := self.raw.get(key)) is not None:
                return value
        return None

    def stated(self, *keys: str) -> Any:
        """The first of these keys with a value that is not an empty text."""
        self.taken.update(keys)
        return next((self.raw[key] for key in keys if self.raw.get(key) not in (None, "")), None)

    def take_object(self, key: str) -> dict[str, Any]:
        """The object under a key, an empty one if there is none."""
        value = self.take(key)
        if value not in (None, []) and not isinstance(value, dict):  # PHP writes an empty object as an empty list
            self.problem(key, "It must be an object.")
        return value if isinstance(value, dict) else {}

    def problem(self, field: str, sentence: str) -> None:
        """Refuse the entry, and with it the import."""
        self.reading.problems.append(Remark(self.label, printable(field), sentence))

    def leave_out(self, field: str, sentence: str) -> None:
        """Leave out the entry, with a note."""
        self.note(field, sentence)
        raise LeftOut

    def note(self, field: str, sentence: str) -> None:
        """Add a note, which does not refuse the entry."""
        self.reading.notes.append(Remark(self.label, printable(field), sentence))

    def warn(self, field: str, sentence: str) -> None:
        """Add a warning, which somebody must check."""
        self.reading.warnings.append(Remark(self.label, printable(field), sentence))

    def doubt(self, field: str, sentence: str) -> None:
        """Warn that a price is stated and cannot be read, so the price list may be incomplete."""
        self.is_doubtful = True
        self.warn(field, sentence)

    def skips(self, field: str, value: Any) -> None:
        """Note that the catalog cannot store a stated value."""
        self.note(field, f"This catalog cannot store {shown(value)}, which was ignored.")

    def unknown(self, field: str, found: dict[str, Any], known: Iterable[str]) -> None:
        """Note the unknown keys of an object."""
        others = [key for key, value in found.items() if key not in known and value is not None]
        if others:
            self.note(field, f"Unknown keys were ignored: {listed(sorted(others))}.")
