"""A model in the list: its facts as text, and nothing for a missing fact."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog.browsing import Answer, values
from catalog.formats import models_api
from catalog.listing import Entry, Status
from catalog.models import KINDS, Direction, PriceKind, PriceUnit
from catalog.publication import Item
from catalog.site import labels, numbers

Cell = Callable[[Item, Answer], str]
"""A model's cell in a column."""

NOT_HEADLINES = {
    PriceKind.INPUT_CACHE_READ,
    PriceKind.INPUT_CACHE_WRITE,
    PriceKind.INPUT_AUDIO_CACHE,
    PriceKind.INTERNAL_REASONING,
}
"""Kinds of price that do not represent what a model costs."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: the fact it shows, its title, and the orders by it, the more useful one first."""

    key: str
    title: str | Promise
    sorts: tuple[str, ...]
    is_number: bool = True
    unit: str | Promise = ""


COLUMNS = (
    Column("model", _("Model"), ("name", "name-descending"), is_number=False),
    Column("input", _("Input"), ("prompt-low-to-high", "prompt-high-to-low"), unit=_("per 1M")),
    Column("output", _("Output"), ("completion-low-to-high", "completion-high-to-low"), unit=_("per 1M")),
    Column("cache_read", _("Cache read"), ("cache-read-low-to-high", "cache-read-high-to-low"), unit=_("per 1M")),
    Column("context", _("Context"), ("context-high-to-low", "context-low-to-high")),
    Column("max_output", _("Max output"), ("max-output-high-to-low", "max-output-low-to-high")),
    Column("accepts", _("Accepts"), (), is_number=False),
    Column("released", _("Released"), ("newest", "oldest")),
)
COST = Column("cost", _("Your request"), ("cost", "cost-high-to-low"))


def columns(answer: Answer) -> list[Column]:
    """The columns of an answer; the cost of the reader's request is the first of the numbers."""
    return [COLUMNS[0], *([COST] if answer.workload else []), *COLUMNS[1:]]


def row(item: Item, answer: Answer, shown: list[Column]) -> dict[str, Any]:
    """The cells of an item."""
    model = item.entries[0].model
    return {
        "id": item.key,
        "model_id": model.model_id,
        "name": models_api.name(model, item.entries),
        "description": model.description,
        "status": None if model.status == Status.AVAILABLE else labels.STATUSES[model.status],
        "status_key": model.status.value,
        "discount": "" if item.entries[0].is_free else _discount(model.discount_to_user),
        "is_discount": bool(model.discount_to_user and model.discount_to_user > 0),
        "features": [labels.FEATURES[feature] for feature in model.supported_features],
        "cells": [
            {
                "key": column.key,
                "title": column.title,
                "is_number": column.is_number,
                "shown": CELLS[column.key](item, answer),
            }
            for column in shown[1:]
        ],
    }


def _discount(part: Decimal | None) -> str:
    if not part:
        return ""
    return numbers.percent(part) if part > 0 else numbers.signed_percent(-100 * part)


def headline(entry: Entry, direction: Direction) -> tuple[SafeString, str] | None:
    """The price that represents input or output, and its unit."""
    if entry.is_free:
        return None if direction == Direction.ROOT else (numbers.price(Decimal(0), PriceUnit.TOKEN), PriceUnit.TOKEN)
    for line in entry.prices:
        kind = PriceKind(line.kind)
        if line.is_base and kind not in NOT_HEADLINES and KINDS[kind].direction == direction:
            return numbers.price(line.usd, line.unit), line.unit
    return None


def _headline(*directions: Direction) -> Cell:
    def cell(item: Item, answer: Answer) -> str:
        for direction in directions:
            if found := headline(item.entries[0], direction):
                price, unit = found
                if unit == PriceUnit.TOKEN:
                    return price
                return format_html("{} <small>{}</small>", price, _("per %(unit)s") % {"unit": labels.UNITS[unit]})
        return ""

    return cell


def _cache_read(item: Item, answer: Answer) -> str:
    usd = values.base_price(item.entries[0], PriceKind.INPUT_CACHE_READ)
    return "" if usd is None else numbers.price(usd, PriceUnit.TOKEN)


def _cost(item: Item, answer: Answer) -> str:
    usd = answer.cost(item)
    return "" if usd is None else numbers.money(usd)


def _accepts(item: Item, answer: Answer) -> str:
    return labels.listed(labels.MODALITIES[modality] for modality in item.entries[0].model.input_modalities)


def _length(of: Callable[[Item], int | None]) -> Cell:
    return lambda item, answer: numbers.compact(length) if (length := of(item)) else ""


def _released(item: Item, answer: Answer) -> str:
    released = values.released(item)
    return numbers.day(released) if released else ""


CELLS: dict[str, Cell] = {
    "cost": _cost,
    "input": _headline(Direction.INPUT),
    "output": _headline(Direction.OUTPUT, Direction.ROOT),
    "cache_read": _cache_read,
    "context": _length(values.context),
    "max_output": _length(values.max_output),
    "accepts": _accepts,
    "released": _released,
}
"""A model's cell in each column; nothing for a missing fact."""
