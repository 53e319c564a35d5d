"""Amounts: staff type and read USD per million tokens (per unit for everything else), the database stores USD per unit."""

from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException
from typing import Any

from django.core.exceptions import ValidationError

from catalog import decimals
from catalog.admin.fields import CountField, ExactField
from catalog.formats import pricing
from catalog.models import KINDS, PriceKind, PriceUnit

TYPED_PLACES = decimals.DECIMAL_PLACES - decimals.TOKENS_PER_PRICE
"""Decimals that staff can type, per 1M tokens."""

LONG = Context(prec=decimals.EXACT.prec)
"""For an amount that is rounded in the end: more digits than any price has."""


SOLD = {
    f"{kind}.{unit}": f"{PriceKind(kind).label}, $ per {pricing.unit_label(unit)}"
    for kind, facts in KINDS.items()
    for unit in facts.units
}
"""Each kind of price in each unit that it is sold in: how a form names it, and its label."""


def sold_as(name: str) -> tuple[PriceKind, PriceUnit]:
    """The kind and the unit of a name of ``SOLD``."""
    kind, _, unit = name.partition(".")
    return PriceKind(kind), PriceUnit(unit)


def typed_to_usd(amount: Decimal, unit: str) -> Decimal:
    """The typed amount as USD per unit. Raises ``ValidationError`` if it cannot be stored with all its digits."""
    try:
        usd = decimals.per_one(amount) if unit == PriceUnit.TOKEN else amount
        if decimals.fits(usd):
            return usd
    except DecimalException:
        pass
    if amount < 0:
        raise ValidationError("A price is 0 or more. If it is not sold, remove the line.")
    raise ValidationError(
        f"This cannot be stored exactly: a price has at most {decimals.DECIMAL_PLACES} decimals per unit "
        f"({TYPED_PLACES} per million tokens) and 12 digits before the point. "
        "Prices are never rounded; enter one that fits."
    )


def usd_to_typed(usd: Decimal, unit: str) -> Decimal:
    """USD per unit as staff type and read it."""
    return decimals.per_million(usd) if unit == PriceUnit.TOKEN else usd


def shown_amount(usd: Decimal, unit: str) -> str:
    """USD per unit as every page of the admin shows it: per million tokens or per unit, with at least two decimals."""
    return decimals.money(usd_to_typed(usd, unit))


def rounded(usd: Decimal, unit: str, places: int) -> Decimal:
    """USD per unit, rounded to this many decimals of what staff type. Rounds half up."""
    exponent = Decimal(1).scaleb(-places - (decimals.TOKENS_PER_PRICE if unit == PriceUnit.TOKEN else 0))
    return usd.quantize(exponent, ROUND_HALF_UP, LONG)


class AmountField(ExactField):
    """An amount of money, shown as such and without an exponent, unlike Django's own field."""

    def prepare_value(self, value: Any) -> Any:
        """Digits for the text box."""
        return decimals.money(value) if isinstance(value, Decimal) else value


class ClockField(CountField):
    """A time of day as HHMM, with its four digits; 08:30 is read too."""

    def prepare_value(self, value: Any) -> Any:
        """0100 for the number 100."""
        return f"{value:04}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        """The number."""
        return super().to_python(value.replace(":", "") if isinstance(value, str) else value)
