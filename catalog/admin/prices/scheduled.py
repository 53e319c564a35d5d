"""Scheduled prices that follow what a form changes. The review lists them and offers to change them too."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, Inexact
from typing import NamedTuple

import pghistory
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from catalog import decimals
from catalog.admin.labels import time_text
from catalog.admin.prices.fields import LONG, TYPED_PLACES, rounded, shown_amount
from catalog.formats import pricing
from catalog.models import AIModel, Line, Price

CHOICE, PLACES = "_scheduled", "_scheduled_places"
"""The names of the review's fields."""

REVIEWED, UPDATE = "_scheduled_reviewed", "_scheduled_update"
"""The names of what the boxes held when the review was shown, and of the button that shows it again."""

PLACES_LABEL = "Round the prices to this many decimals"


class Choice(TextChoices):
    """What to do with the scheduled prices."""

    KEEP = "keep", "Leave the scheduled prices as they are"
    PERCENT = "percent", "Change the scheduled prices by the same percentage"
    AMOUNT = "amount", "Set the scheduled prices to the new price"


class NotPossible(Exception):
    """The scheduled prices cannot be changed like this. The text says which, why, and what to do."""


class FollowingPrice(NamedTuple):
    """A scheduled price that the form did not change, and an earlier change of the same line: from ``old`` to
    ``new``, in USD per unit."""

    price: Price
    usd: Decimal
    old: Decimal
    new: Decimal

    @property
    def label(self) -> str:
        """The line of the price list."""
        return pricing.price_label(self.price.line)

    def by_percent(self, places: int | None = None) -> Decimal:
        """The amount after the same percentage, in USD per unit; rounded half up to this many decimals of what staff type. Raises
        ``NotPossible``."""
        if not self.old:
            raise NotPossible(f"{self.label}: the old price is 0, so there is no percentage.")
        try:
            usd = decimals.EXACT.divide(decimals.EXACT.multiply(self.usd, self.new), self.old)
        except Inexact:
            if places is None:
                raise NotPossible(
                    f"{self.label}: the same percentage gives no exact amount. Enter the number of decimals to round to."
                ) from None
            usd = LONG.divide(decimals.EXACT.multiply(self.usd, self.new), self.old)
        if places is not None:
            usd = rounded(usd, self.price.unit, places)
        if not decimals.fits(usd):
            raise NotPossible(
                f"{self.label}: the same percentage gives an amount with too many digits. Enter a smaller number of decimals."
            )
        return usd


@dataclass(frozen=True, slots=True)
class FollowUpOffer:
    """What the review shows about the scheduled prices. ``choice`` and ``typed`` are the values of its fields; with an ``error``,
    which says why that is not possible, the scheduled prices stay as they are."""

    following_prices: list[FollowingPrice]
    choice: str = Choice.KEEP
    typed: str = ""
    """The number of decimals as it was typed."""
    places: int | None = None
    error: str = ""
    was_reviewed: bool = False
    """Whether the review that was agreed to showed this choice, and it is possible."""

    @property
    def boxes(self) -> str:
        """What the boxes hold."""
        return f"{self.choice} {self.typed}"

    @property
    def choices(self) -> list[tuple[str, str]]:
        """For the radio buttons."""
        return Choice.choices

    @property
    def places_label(self) -> str:
        """For the box with the decimals."""
        return PLACES_LABEL

    @property
    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Each scheduled price: its line, its time, its amount, and the amount after each choice."""
        return [
            (
                one.label,
                time_text(one.price.effective_from),
                _shown(one, one.usd),
                _by_percent(one, self.places),
                _shown(one, one.new),
            )
            for one in self.following_prices
        ]


def _shown(one: FollowingPrice, usd: Decimal) -> str:
    return shown_amount(usd, one.price.unit)


def _by_percent(one: FollowingPrice, places: int | None) -> str:
    try:
        return _shown(one, one.by_percent(places))
    except NotPossible:
        return "not exact" if one.old else "not possible"


def price_rows(model: AIModel) -> list[Price]:
    """The rows of its price list, by their times."""
    return list(model.prices.order_by("effective_from"))


def following_prices(before: Iterable[Price], after: Iterable[Price], now: datetime) -> list[FollowingPrice]:
    """The prices that were scheduled before, did not change, and follow a change of the same line. ``before`` and ``after`` are the
    rows of a model, by their times."""
    old_rows: dict[Line, dict[datetime, Decimal | None]] = {}
    for row in before:
        old_rows.setdefault(row.line, {})[row.effective_from] = row.usd
    changes: dict[Line, tuple[Decimal, Decimal] | None] = {}
    found = []
    for row in after:
        known = old_rows.get(row.line, {})
        is_as_before = row.effective_from in known and known[row.effective_from] == row.usd
        if not is_as_before:
            old = next((usd for moment, usd in reversed(known.items()) if moment <= row.effective_from), None)
            changes[row.line] = None if old is None or row.usd is None else (old, row.usd)
        elif row.usd is not None and row.effective_from > now and (change := changes.get(row.line)) is not None:
            found.append(FollowingPrice(row, row.usd, *change))
    return found


def save_with_scheduled(request: HttpRequest, model: AIModel, save: Callable[[], HttpResponse]) -> HttpResponse:
    """Let ``save`` save a model's form, change the scheduled prices as the review's fields say, and keep the offer for the
    review."""
    before = price_rows(model)
    answer = save()
    if found := following_prices(before, price_rows(model), timezone.now()):
        request.scheduled_prices = apply(request, found)  # type: ignore[attr-defined]
    return answer


def follow_up_offer(request: HttpRequest) -> FollowUpOffer | None:
    """What the review of this request offers; None if no scheduled price follows a changed one."""
    offer: FollowUpOffer | None = getattr(request, "scheduled_prices", None)
    return offer


def apply(request: HttpRequest, found: list[FollowingPrice]) -> FollowUpOffer:
    """Change the scheduled prices as the review's fields say."""
    choice, typed = request.POST.get(CHOICE, ""), request.POST.get(PLACES, "").strip()
    offer = FollowUpOffer(found, choice if choice in Choice.values else Choice.KEEP, typed)
    try:
        offer = replace(offer, places=_places(typed))
        changed = [_changed(one, offer) for one in found]
    except NotPossible as error:
        return replace(offer, error=str(error))
    if offer.choice != Choice.KEEP:
        rows = [Price(pk=one.price.pk, usd=usd) for one, usd in zip(found, changed, strict=True)]
        with pghistory.context(source="form"):
            Price.objects.bulk_update(rows, ["usd"])
    return replace(offer, was_reviewed=UPDATE not in request.POST and request.POST.get(REVIEWED) == offer.boxes)


def _places(typed: str) -> int | None:
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 3 and int(typed) <= TYPED_PLACES):
        raise NotPossible(f"{PLACES_LABEL}: enter a whole number from 0 to {TYPED_PLACES}, or leave it empty.")
    return int(typed) if typed else None


def _changed(one: FollowingPrice, offer: FollowUpOffer) -> Decimal:
    match offer.choice:
        case Choice.PERCENT:
            return one.by_percent(offer.places)
        case Choice.AMOUNT:
            return one.new
        case _:
            return one.usd
