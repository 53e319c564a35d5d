"""Consequences as tables: grouped by what OpenRouter does, with common sentences once and the rows of a model together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, NamedTuple

from catalog import decimals
from catalog.admin.labels import NOTHING
from catalog.listing import EntryKey
from catalog.models import ServiceTier
from catalog.openrouter.consequences import Consequence, Effect

EFFECTS = {
    Effect.HIDDEN: ("Hidden on OpenRouter", "visibility_off", "bad"),
    Effect.STAYS_HIDDEN: ("Stays hidden until OpenRouter is asked", "visibility_off", "bad"),
    Effect.STAGED: ("Added to OpenRouter, hidden at first", "fiber_new", "good"),
    Effect.APPLIED: ("Read by OpenRouter on the next poll", "bolt", "good"),
    Effect.REVIEWED: ("Reviewed by OpenRouter's staff", "person_search", "wait"),
    Effect.ANNOUNCED: ("Deprecation announced by OpenRouter", "campaign", "wait"),
    Effect.BASE_PRICE: ("Accepted, billed at the base price", "money_off", "wait"),
    Effect.NOT_BILLED: ("Accepted, not billed", "money_off", "wait"),
    Effect.DETECTED: ("Noticed, not applied", "visibility", "none"),
    Effect.AT_STAGING: ("Read only when the model is new", "hourglass_empty", "none"),
    Effect.UNSTATED: ("Not documented by OpenRouter", "help", "wait"),
    Effect.IGNORED: ("Ignored by OpenRouter", "do_not_disturb_on", "none"),
    Effect.CANCELLED: ("Cancelled", "event_busy", "none"),
}
"""Each effect's heading, icon and style."""

MAX_ROWS = 200
"""How many consequences with the same effect a page shows; those to confirm come first. The others are in the file of the review."""

MOST_COLUMNS = 3
"""Prices of a model that stand beside each other; with more, each has a row."""

FEW_MODELS = 3
"""Entries from which on the prices of an entry share one row."""

ROUNDED = Context(prec=6)


class Row(NamedTuple):
    """One change, as texts. ``percent`` is by how much a price changes; empty if that cannot be said as a percentage."""

    key: EntryKey
    label: str
    old: str
    new: str
    percent: str
    danger: str
    is_price: bool

    @property
    def tag(self) -> str:
        """The tier, or that it is the free variant; empty for the default tier."""
        return tag_of(self.key)


class ModelRows(NamedTuple):
    """The changes of one model; in a table with columns, one for each column, None if there is none."""

    model_id: str
    tag: str
    rows: Sequence[Row | None]


class Table(NamedTuple):
    """Changes with the same effect on OpenRouter. ``columns`` are the labels of a table with a row for each entry; of a table with
    a row for each change there are none."""

    sentence: str
    source: str
    columns: list[str]
    models: list[ModelRows]


def tag_of(key: EntryKey) -> str:
    """The tag of a row: what identifies its entry besides the model."""
    if key.is_free:
        return "free"
    return "" if key.service_tier == ServiceTier.DEFAULT else str(key.service_tier)


def percent_of(one: Consequence) -> str:
    """By how many percent a price changes; empty if that cannot be said as a percentage."""
    if one.field != "prices" or one.old is None or one.new is None:
        return ""
    old, new = Decimal(one.old), Decimal(one.new)
    if not old or old == new:
        return ""
    percent = ROUNDED.multiply(ROUNDED.divide(ROUNDED.subtract(new, old), old), Decimal(100))
    return f"{percent.quantize(Decimal('0.1'), context=Context(prec=40)):+,f}".removesuffix(".0") + "%"


def summary(found: Sequence[Consequence]) -> str:
    """How many models and prices change, and by how much if that is the same for all."""
    prices = [one for one in found if one.field == "prices"]
    # Feeds may treat a price differently: it is two consequences, and one price.
    lines = {(one.key, one.label) for one in prices}
    counts = [
        (len({one.key.model_id for one in found}), "model"),
        (len(lines) + sum(len(one.lines) for one in found), "price"),
        (sum(one.field not in ("prices", "entry") for one in found), "other change" if prices else "change"),
    ]
    words = [f"{number:,} {noun}{'' if number == 1 else 's'}" for number, noun in counts if number]
    percents = {percent_of(one) for one in prices}
    return ", ".join([*words, *(percents - {""} if len(percents) == 1 else ())])


def groups(found: Sequence[Consequence]) -> Iterator[dict[str, Any]]:
    """The consequences by their effect, in the order of ``EFFECTS``."""
    for effect, (heading, symbol, look) in EFFECTS.items():
        ones = [one for one in found if one.effect is effect]
        if ones:
            yield {
                "heading": heading,
                "symbol": symbol,
                "look": "bad" if any(one.danger for one in ones) else look,
                "count": len(ones),
                "is_of_prices": all(one.field == "prices" or one.lines for one in ones),
                "tables": list(_tables(sorted(ones, key=lambda one: not one.danger)[:MAX_ROWS])),
                "more": max(0, len(ones) - MAX_ROWS),
            }


def by_sentence(dangers: Mapping[str, Sequence[str]]) -> list[tuple[str, list[str]]]:
    """The reasons to confirm, each with the ids of its models."""
    found: dict[str, list[str]] = {}
    for model_id, sentences in dangers.items():
        for sentence in sentences:
            found.setdefault(sentence, []).append(model_id)
    return list(found.items())


def _tables(found: Iterable[Consequence]) -> Iterator[Table]:
    by_text: dict[tuple[str, str], list[Consequence]] = {}
    for one in found:
        by_text.setdefault((one.sentence, one.source), []).append(one)
    for (sentence, source), ones in by_text.items():
        rows = [row for one in ones for row in rows_of(one)]
        labels, keys = list(dict.fromkeys(row.label for row in rows)), list(dict.fromkeys(row.key for row in rows))
        is_wide = len(labels) <= MOST_COLUMNS and len(keys) >= FEW_MODELS
        if is_wide and all(row.is_price and not row.danger for row in rows):
            cells = {(row.key, row.label): row for row in rows}
            models = [ModelRows(key.model_id, tag_of(key), [cells.get((key, label)) for label in labels]) for key in keys]
            yield Table(sentence, source, labels, models)
        else:
            by_model: dict[str, list[Row]] = {}
            for row in rows:
                by_model.setdefault(row.key.model_id, []).append(row)
            yield Table(sentence, source, [], [ModelRows(model_id, "", of_it) for model_id, of_it in by_model.items()])


def rows_of(one: Consequence) -> Iterator[Row]:
    """The rows of a consequence; a new entry has one for each price."""
    for number, (label, amount) in enumerate(one.lines):
        yield Row(one.key, label, NOTHING, _money(amount), "", "" if number else one.danger, True)
    if not one.lines:
        is_price = one.field == "prices"
        old, new = (NOTHING if text is None else _money(text) if is_price else text for text in (one.old, one.new))
        yield Row(one.key, one.label, old, new, percent_of(one), one.danger, is_price)


def _money(text: str) -> str:
    return decimals.money(Decimal(text))
