"""Changing the prices of many models: by a percentage, or to an amount."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from catalog import bulk_writing, decimals
from catalog.admin.bulk_actions.errors import NotApplicable
from catalog.admin.prices.fields import rounded
from catalog.formats import pricing
from catalog.models import Price, PriceKind, ServiceTier
from catalog.models.many import one_of

DIGITS = 80
"""Significant digits for a multiplication: more than a price and a percentage have together."""


UNCONDITIONAL: dict[str, Any] = {
    "min_prompt_tokens": None,
    "utc_start": None,
    "utc_days": [],
    "cache_ttl_seconds": None,
}
"""The columns of a price without a condition."""


def _add_prices(rows: Iterable[tuple[Price, Decimal | None]], start: datetime | None) -> None:
    """Add a row with the new amount (None: the line ends) for each price, from ``start`` on (None: now). A row that is scheduled for that
    time is changed."""
    wanted = {(row.ai_model_id, row.line): usd for row, usd in rows}
    altered = []
    if start is not None:
        for row in Price.objects.filter(ai_model__in=one_of({key for key, _ in wanted}), effective_from=start):
            usd = wanted.pop((row.ai_model_id, row.line), row.usd)
            if row.usd != usd:
                row.usd = usd
                altered.append(row)
    bulk_writing.update(Price, altered, ["usd"])
    bulk_writing.insert(Price, [Price.new(key, line, usd, start) for (key, line), usd in wanted.items()])


def _in_force(keys: list[int], start: datetime | None, **which: Any) -> QuerySet[Price]:
    """The prices in force just before ``start``, of lines that have not ended. So running the same action twice for one time has no
    further effect."""
    rows = Price.objects.in_force(start - timedelta(microseconds=1) if start else timezone.now()).filter(
        ai_model__in=one_of(keys)
    )
    return Price.objects.filter(pk__in=rows.values("pk"), usd__isnull=False, **which)


def _scheduled(keys: list[int], start: datetime | None, **which: Any) -> QuerySet[Price]:
    """The prices that are scheduled for later than ``start``, without scheduled ends."""
    after = start or timezone.now()
    return Price.objects.filter(ai_model__in=one_of(keys), effective_from__gt=after, usd__isnull=False, **which)


def change_prices(
    keys: list[int],
    data: dict[str, Any],
    change: Callable[[Price], Decimal],
    *,
    added: Iterable[tuple[Price, Decimal]] = (),
    **which: Any,
) -> None:
    """Change the amounts of the prices in force, and of those scheduled for later if the form says so; start the prices that are
    ``added``, rows with their amounts, where no such price is in force by then."""
    start = data["moment"]
    wanted = [(row, change(row)) for row in _in_force(keys, start, **which)]
    if data["also_scheduled"]:
        later = [(row, change(row)) for row in _scheduled(keys, start, **which)]
        altered = [(row, usd) for row, usd in later if usd != row.usd]
        for row, usd in altered:
            row.usd = usd
        bulk_writing.update(Price, [row for row, _ in altered], ["usd"])
    there = {(row.ai_model_id, row.line) for row, _ in wanted}
    new = [(row, usd) for row, usd in added if (row.ai_model_id, row.line) not in there]
    _add_prices([*new, *((row, usd) for row, usd in wanted if usd != row.usd)], start)


def end_prices(keys: list[int], start: datetime | None, **which: Any) -> None:
    """End the prices in force from ``start`` on (None: now), and cancel what is scheduled for then or later."""
    ahead = Price.objects.filter(ai_model__in=one_of(keys), effective_from__gt=start or timezone.now(), **which)
    ahead.delete()  # first, so that none begins between the two queries
    ending = list(_in_force(keys, start, **which))
    if start is not None:
        lines = {(row.ai_model_id, row.line) for row in ending}
        beginning = Price.objects.filter(ai_model__in=one_of(keys), effective_from=start, **which)
        new = [row.pk for row in beginning if (row.ai_model_id, row.line) not in lines]
        Price.objects.filter(pk__in=one_of(new)).delete()
    _add_prices([(row, None) for row in ending], start)


def by_percent(percent: Decimal, places: int | None) -> Callable[[Price], Decimal]:
    """What a price becomes, exactly or rounded half up to this many decimals of what staff type. It raises ``NotApplicable`` for a
    price with too many digits."""
    with localcontext(prec=DIGITS):
        factor = 1 + percent / 100

    def change(row: Price) -> Decimal:
        assert row.usd is not None  # the queries leave out ended lines
        with localcontext(prec=DIGITS):
            usd = row.usd * factor
            if places is not None:
                usd = rounded(usd, row.unit, places)
        if not decimals.fits(usd):
            raise NotApplicable(
                f"{row.ai_model.model_id}: {pricing.price_label(row.line)} would have more than "
                f"{decimals.DECIMAL_PLACES} decimals per unit. Enter the number of decimals to round to."
            )
        return usd

    return change


class Lacking(NamedTuple):
    """Which of the selected models do not have what is to change, as a sentence and their ids."""

    sentence: str
    model_ids: list[str]


def without_kinds(ids: dict[int, str], data: dict[str, Any]) -> list[Lacking]:
    """The models that have no price of a selected kind. One query, or two if scheduled prices change too."""
    return _without(
        ids, data, {kind: f"{PriceKind(kind).label.lower()} price" for kind in data["kinds"]}, kind__in=data["kinds"]
    )


def without_price(ids: dict[int, str], data: dict[str, Any]) -> list[Lacking]:
    """The models that have no unconditional price of the selected kind, unit and tier."""
    tier = "" if data["tier"] == ServiceTier.DEFAULT else f"{ServiceTier(data['tier']).label.lower()} "
    label = f"{tier}{PriceKind(data['kind']).label.lower()} price per {pricing.unit_label(data['unit'])}"
    return _without(ids, data, {data["kind"]: label}, **_simple(data))


def _without(ids: dict[int, str], data: dict[str, Any], labels: dict[str, str], **which: Any) -> list[Lacking]:
    rows = [_in_force(list(ids), data["moment"], **which)]
    if data["also_scheduled"]:
        rows.append(_scheduled(list(ids), data["moment"], **which))
    there = {pair for found in rows for pair in found.values_list("kind", "ai_model")}
    return [
        Lacking(f"{len(lacking):,} of {len(ids):,} models {'has' if len(lacking) == 1 else 'have'} no {label}", lacking)
        for kind, label in labels.items()
        if (lacking := [model_id for key, model_id in ids.items() if (kind, key) not in there])
    ]


def change_by_percent(keys: list[int], data: dict[str, Any]) -> None:
    """Multiply the prices of the selected kinds. Raises ``NotApplicable`` for a price with too many digits."""
    change_prices(keys, data, by_percent(data["percent"], data["places"]), kind__in=data["kinds"])


def change_to_amount(keys: list[int], data: dict[str, Any]) -> None:
    """Set the unconditional price of one kind, unit and tier, for the models that have one."""
    change_prices(keys, data, lambda row: data["usd"], **_simple(data))


def _simple(data: dict[str, Any]) -> dict[str, Any]:
    return {**UNCONDITIONAL, "kind": data["kind"], "unit": data["unit"], "service_tier": data["tier"]}
