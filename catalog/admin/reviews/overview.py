"""The prices of many models that change at once, as a table with one row for each model."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from catalog.admin.reviews.tables import MOST_COLUMNS, Row, rows_of
from catalog.openrouter.consequences import Consequence

MANY = 5
"""Models from which on there is such a table; with fewer, the tables by consequence are as short."""

MOST_MODELS = 200
"""Rows of the table. The other models are in the file of the whole review."""


class ModelPrices(NamedTuple):
    """A model's prices in the table's columns, None where it has none there, and its others."""

    model_id: str
    cells: list[Row | None]
    more: list[Row]


class Overview(NamedTuple):
    """The table. ``has_percents``: the prices change by different percentages; the same one is in the summary."""

    columns: list[str]
    models: list[ModelPrices]
    has_percents: bool
    left_out: int


def overview(found: Sequence[Consequence]) -> Overview | None:
    """The prices that change at one moment, of ``MANY`` models or more. The columns are the prices of the default tier; if they are more
    than ``MOST_COLUMNS``, the most frequent of those that a quarter of the models have."""
    by_model: dict[str, dict[tuple[str, str], Row]] = {}
    for one in found:
        for row in rows_of(one):
            if row.is_price:
                # Feeds may treat a price differently: it is two consequences, and one row.
                by_model.setdefault(row.key.model_id, {}).setdefault((row.tag, row.label), row)
    if len(by_model) < MANY:
        return None
    counted = Counter(label for rows in by_model.values() for tag, label in rows if not tag)
    common = {
        label
        for label, number in counted.most_common(MOST_COLUMNS)
        if len(counted) <= MOST_COLUMNS or number * 4 >= len(by_model)
    }
    columns = [label for label in counted if label in common]
    # With too many to show, those that must be confirmed come first.
    order = (
        list(by_model) if len(by_model) <= MOST_MODELS else sorted(by_model, key=lambda key: not _has_danger(by_model[key]))
    )
    models = [
        ModelPrices(
            model_id,
            [rows.get(("", label)) for label in columns],
            [row for (tag, label), row in rows.items() if tag or label not in columns],
        )
        for model_id, rows in ((model_id, by_model[model_id]) for model_id in order[:MOST_MODELS])
    ]
    percents = {row.percent for rows in by_model.values() for row in rows.values()}
    return Overview(columns, models, len(percents) > 1, len(by_model) - len(models))


def _has_danger(rows: dict[tuple[str, str], Row]) -> bool:
    return any(row.danger for row in rows.values())
