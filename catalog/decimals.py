"""Exact decimals: the only place that converts prices.

Prices are stored in USD per unit, with up to 24 decimals (real feeds have up to 23). People type and read token prices per million.
Nothing here rounds: a price that cannot be stored exactly raises.
"""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import lru_cache

DECIMAL_PLACES = 24
"""The most digits after the point of a price, in USD per unit."""

MAX_DIGITS = 36
"""All digits of a price: 12 before the point, 24 after it."""

TOKENS_PER_PRICE = 6
"""People read token prices per 10 to this power tokens."""

RELIABLE_DIGITS = 15
"""Digits that a binary floating-point number keeps of any decimal."""

BINARY_DIGITS = 17
"""Digits that are written for a binary floating-point number."""

TYPED_DIGITS = 12
"""Digits beyond which nobody types a price."""

EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, Overflow])
"""For computing with prices: enough digits for any bill, and an error instead of a rounded amount."""


def wire(value: Decimal) -> str:
    """The value as plain digits: no exponent, no trailing zeros, ``"0"`` for zero.

    ``Decimal.normalize`` would round to the context's 28 digits; this does not.
    """
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def money(value: Decimal) -> str:
    """The value as people write money, with two decimals at least and every digit that it has: ``0.30``, ``0.0225``."""
    whole, _, decimals = wire(value).partition(".")
    return f"{whole}.{decimals:0<2}"


def per_million(usd: Decimal) -> Decimal:
    """USD per token as USD per million tokens."""
    return usd.scaleb(TOKENS_PER_PRICE, EXACT)


def per_one(usd: Decimal) -> Decimal:
    """USD per million tokens as USD per token."""
    return usd.scaleb(-TOKENS_PER_PRICE, EXACT)


@lru_cache(maxsize=4096)
def fits(value: Decimal) -> bool:
    """Whether a price can be stored exactly: finite, not negative, at most 12 digits before the point and 24 after it."""
    if not value.is_finite() or value < 0:
        return False
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)  # a finite number's
    if not any(digits):
        return True
    if value.adjusted() >= MAX_DIGITS - DECIMAL_PLACES:
        return False
    trailing_zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return exponent + trailing_zeros >= -DECIMAL_PLACES


def without_float_error(value: Decimal) -> Decimal:
    """The intended decimal of a number that was computed with binary floating-point numbers, such as 1.5000000000000002E-7.

    Such a number is written with 16 or 17 digits, of which 15 are reliable. If rounding to them makes it short, a person has typed it;
    otherwise, as for 1/3, it stays as it was written. A number with more digits is exact.
    """
    if not RELIABLE_DIGITS < len(value.as_tuple().digits) <= BINARY_DIGITS or abs(value.adjusted()) > MAX_DIGITS:
        return value
    rounded = Context(prec=RELIABLE_DIGITS).plus(value).normalize()
    return rounded if len(rounded.as_tuple().digits) <= TYPED_DIGITS else value


_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+", re.ASCII)
_PERCENT = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,20})?", re.ASCII)
_LEFT_OUT = [
    (re.compile(r","), "Leave out the comma; the decimal sign is a point: 1200, or 1.2."),
    (re.compile(r"%"), "Leave out the %: this is not a percentage."),
    (re.compile(r"\d\s*[kKmMbB]$"), "Leave out the letter and write all digits, such as 128000 or 131072."),
    (re.compile(r"[€£¥]|[A-Za-z]{3}$"), "Leave out the currency: amounts are in US dollars."),
    (re.compile(r"\d[\s_']+\d"), "Leave out the characters between the digits."),
]
"""What people write beside the digits of a number that can be read in two ways, or means another one."""


def plain(text: str, *, is_whole: bool = False, percent: int | None = None) -> str:
    """A number as somebody typed or pasted it, without a dollar sign and, of a whole number, without commas between the thousands.

    ``percent`` is how many places a number with a percent sign is shifted: -2 makes ``10%`` the share 0.10, 0 keeps it; None where
    a percentage has no meaning. Raises ``ValueError`` with the character to leave out where that is all that is wrong; every other
    text is returned as it is, for its reader to judge.
    """
    text = text.strip()
    text = text.removeprefix("$").lstrip() if text.startswith("$") else text.removesuffix("$").rstrip()
    if is_whole and _GROUPED.fullmatch(text):
        return text.replace(",", "")
    if percent is not None and text.endswith("%") and _PERCENT.fullmatch(share := text[:-1].rstrip()):
        return wire(Decimal(share).scaleb(percent, EXACT))
    if re.search(r"\d", text):
        for pattern, sentence in _LEFT_OUT:
            if pattern.search(text):
                raise ValueError(sentence)
    return text
