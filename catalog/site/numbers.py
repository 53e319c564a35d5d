"""Numbers, prices and times as people of each language read them, each with its exact value in the markup.

Babel applies CLDR's patterns, with two exceptions: lengths are written 262K in every language, as is usual for models, and no digit
of a price is ever rounded away (Babel rounds to the decimal context's precision, which is 28 digits by default).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from functools import lru_cache

from babel import dates, numbers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog import decimals
from catalog.models import PriceUnit
from catalog.site.languages import LANGUAGES, Language, current_language

_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))
"""Marks of direction, which CLDR has in Arabic prices."""

_SCALES = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))


@contextmanager
def _every_digit() -> Iterator[None]:
    with localcontext() as context:
        context.prec = 80
        yield


def usd(amount: Decimal) -> str:
    """An amount of US dollars with all its digits, and at least two decimals: ``$0.09``."""
    return _usd(amount, current_language().code)


@lru_cache(maxsize=20_000)
def _usd(amount: Decimal, code: str) -> str:
    with _every_digit():
        shown = numbers.format_currency(
            Decimal(decimals.wire(amount)),
            "USD",
            locale=LANGUAGES[code].locale,
            currency_digits=False,
            decimal_quantization=False,
        )
    return shown.translate(_MARKS)  # the markup says which direction it has


def price(per_unit: Decimal, unit: str) -> SafeString:
    """A price: the API's string per unit in ``<data>``, and the text for people, which for tokens is per million."""
    language = current_language()
    return _price(per_unit, unit == PriceUnit.TOKEN, language)


@lru_cache(maxsize=20_000)
def _price(per_unit: Decimal, per_million: bool, language: Language) -> SafeString:
    shown = _usd(decimals.per_million(per_unit) if per_million else per_unit, language.code)
    return _isolated(format_html('<data value="{}">{}</data>', decimals.wire(per_unit), shown), language)


def price_text(per_unit: Decimal, unit: str) -> str:
    """The text of a price for people."""
    return usd(decimals.per_million(per_unit) if unit == PriceUnit.TOKEN else per_unit)


def money(amount: Decimal) -> SafeString:
    """An amount of US dollars that is not a price per unit, such as the cost of a request."""
    return _isolated(format_html('<data value="{}">{}</data>', decimals.wire(amount), usd(amount)), current_language())


def whole(number: int | Decimal) -> str:
    """A number with all its digits, in groups."""
    with _every_digit():
        return numbers.format_decimal(number, locale=current_language().locale, decimal_quantization=False)


def exact(number: int | Decimal) -> SafeString:
    """A number with all its digits, for people and for programs."""
    value = decimals.wire(Decimal(number))
    return _isolated(format_html('<data value="{}">{}</data>', value, whole(number)), current_language())


def compact(number: int) -> SafeString:
    """A length in tokens in the usual form, ``262K``, with the exact number in the markup."""
    text = format_html('<data value="{}" title="{}">{}</data>', number, whole(number), compact_text(number))
    return _isolated(text, current_language())


def compact_text(number: int) -> str:
    """``262K``, the same in every language."""
    for scale, letter in _SCALES:
        if number >= scale:
            scaled = Decimal(number) / scale
            digits = 0 if scaled >= 100 else 1 if scaled >= 10 or letter == "K" else 2
            return f"{decimals.wire(round(scaled, digits))}{letter}"
    return str(number)


def tokens(length: int | None) -> str:
    """A length in tokens with every digit; empty if it is unknown."""
    return _("%(count)s tokens") % {"count": whole(length)} if length else ""


def capacity(tokens: int | None) -> str:
    """A capacity; empty if it is unknown."""
    return _("%(count)s input tokens per minute") % {"count": whole(tokens)} if tokens else ""


def percent(part: Decimal) -> str:
    """A fraction as a percentage with all its digits."""
    with _every_digit():
        return numbers.format_percent(part, locale=current_language().locale, decimal_quantization=False)


def signed_percent(hundredths: Decimal) -> SafeString:
    """A change in percent, with its sign: ``+5%``."""
    sign = "+" if hundredths > 0 else ""
    return _isolated(format_html("{}{}", sign, percent(hundredths / 100).translate(_MARKS)), current_language())


def day(value: date | datetime) -> SafeString:
    """A day; for a time, its day in UTC."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC).date()
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), day_text(value))


def day_text(value: date) -> str:
    """The text of a day for people."""
    language = current_language()
    # CLDR's shorter Arabic dates have only digits, whose order depends on the direction of the surrounding text.
    return dates.format_date(value, "long" if language.direction == "rtl" else "medium", language.locale)


def plain_day(value: datetime) -> str:
    """The day of a time in UTC for the labels of a chart, which are left to right: isolated if the language is right to left."""
    text = day_text(value.astimezone(UTC).date())
    return f"\u2067{text}\u2069" if current_language().direction == "rtl" else text


def moment(value: datetime) -> SafeString:
    """A time in UTC, to the minute; midnight is the day alone. A script adds the reader's own time."""
    value = value.astimezone(UTC)
    shown, locale = day_text(value.date()), current_language().locale
    if value.hour or value.minute:
        both = str(dates.get_datetime_format("medium", locale))
        shown = both.replace("{0}", dates.format_time(value, "short", tzinfo=UTC, locale=locale)).replace("{1}", shown)
    return format_html('<time datetime="{}" data-moment>{} UTC</time>', value.strftime("%Y-%m-%dT%H:%M:%SZ"), shown)


def country(code: str) -> str:
    """A country's name, by its ISO 3166-1 alpha-2 code."""
    return str(current_language().locale.territories.get(code.upper(), code.upper()))


def _isolated(text: SafeString, language: Language) -> SafeString:
    """In right-to-left text a number keeps its own direction."""
    return format_html('<bdi dir="ltr">{}</bdi>', text) if language.direction == "rtl" else text
