"""The prices of an entry: the keys that several formats share."""

import re
from collections.abc import Mapping
from decimal import Context, Decimal, Inexact
from functools import lru_cache
from typing import Any

from catalog import decimals
from catalog.formats.plausibility import unit_doubt
from catalog.formats.pricing import Key
from catalog.importing.drafts import PriceList
from catalog.importing.readers.facts import FactsReader
from catalog.importing.readers.vocabulary import known_value
from catalog.importing.values import LARGEST_INTEGER, decimal, shown, whole
from catalog.models import (
    Line,
    PriceKind,
    PriceUnit,
    Weekday,
)
from catalog.models.price import CACHE_KINDS

LARGEST_TOKEN_PRICE = Decimal("0.01")
"""USD per token; 10,000 USD per million. A higher price was probably written per million under a per-token name."""

UNIT_KEYS = {"unit", "price_unit", "pricing_unit", "per"}
UNITS = {
    "token": 0,
    "1": 0,
    "1k": 3,
    "1000": 3,
    "thousand": 3,
    "k": 3,
    "1m": 6,
    "1000000": 6,
    "million": 6,
    "m": 6,
    "mtok": 6,
}
"""The number of tokens of a stated unit, as a power of ten, without the words around it."""

CURRENCY_KEYS = {"currency", "currency_unit", "currency_code"}
DOLLARS = {"USD", "US$", "$", "USDOLLAR"}

MONEY = re.compile(r"pric|cost|(^|_)fee$|discount|currenc|^units?$|^per$")
"""Keys of an entry that are about money, in any format."""

CONDITIONS = ("min_prompt_tokens", "utc_start", "utc_end", "utc_days")


def power_of_unit(stated: Any) -> int | None:
    """The number of tokens per price in this unit, as a power of ten; None for an unknown unit."""
    words = re.sub("[^a-z0-9]+", " ", stated.lower()).split() if isinstance(stated, str) else []
    bare = "".join(word for word in words if word not in {"usd", "per", "tokens", "token"}) or "token"
    return UNITS.get(bare) if words else None


def is_dollars(value: Any) -> bool:
    """Whether a currency is the US dollar."""
    return isinstance(value, str) and value.upper() in DOLLARS


def not_dollars(value: Any) -> str:
    """The message about prices in another currency."""
    return f"The prices are in {shown(value)}. Only US dollars are read."


class PricedEntryReader(FactsReader):
    """An entry with prices. A format says by ``price_keys`` which keys it has."""

    price_keys: Mapping[str, Key] = {}
    """The keys of its price objects."""

    old_price_keys: Mapping[str, str] = {}
    """Old keys, and their current names."""

    beside_prices: tuple[str, ...] = ()
    """Other keys of its price objects, which it reads itself."""

    money = MONEY
    """The keys that are prices and have not been read."""

    zero_means_zero: tuple[str, ...] | None = None
    """The keys whose ``"0"`` is a price; in other keys it is a filler. None: all of them."""

    def left_over(self) -> None:
        """Report unknown keys about money as prices that were not read."""
        for key in sorted([key for key in self.raw if key not in self.taken]):
            if self.money.search(key.lower()):
                self.take(key)
                if not self.says_dollars("", key, self.raw[key]):
                    self.unread("", key, self.raw[key])
        super().left_over()

    def read_pricing(self, value: Any) -> None:
        """The price list, an object or the older array of tiers."""
        if self.is_free:
            self.free_pricing(value)
            return
        if value is None:
            return
        tiers = value if isinstance(value, list) else [value]
        if not tiers or not all(isinstance(tier, dict) for tier in tiers):
            self.problem("pricing", "It must be an object, or a list of them.")
            return
        self.prices = self.price_lists[self.tier] = PriceList()
        self.read_unit("", {key: self.take(key) for key in UNIT_KEYS & self.raw.keys()})
        self.read_unit("pricing.", tiers[0])
        known = ("overrides", "min_context", *self.beside_prices, *UNIT_KEYS)
        self.read_prices("pricing", tiers[0], Line("", "", self.tier), known=known)
        for number, tier in enumerate(tiers[1:], start=1):
            field = f"pricing[{number}]"
            least = whole(tier.get("min_context"))
            if least is None or not 2 <= least <= LARGEST_INTEGER + 1:
                self.problem(f"{field}.min_context", f"{shown(tier.get('min_context'))} is not a number of tokens.")
                continue
            # A tier applies from this number of tokens on; the catalog, like overrides, counts the tokens above it.
            self.read_prices(field, tier, Line("", "", self.tier, min_prompt_tokens=least - 1), known=("min_context",))
        if "prompt" not in tiers[0] and "completion" not in tiers[0] and {"input", "output"} & tiers[0].keys():
            self.problem("pricing", "Its prices are called input and output, not prompt and completion: they were not read.")
        overrides = tiers[0].get("overrides") or []
        if not isinstance(overrides, list) or not all(isinstance(override, dict) for override in overrides):
            self.problem("pricing.overrides", "It must be a list of objects.")
            return
        for number, override in enumerate(overrides):
            field = f"pricing.overrides[{number}]"
            if (line := self.condition(field, override)) is not None:
                self.read_prices(field, override, line, known=CONDITIONS)
        self.leave_out_free_caches(self.prices)

    def free_pricing(self, value: Any) -> None:
        """OpenRouter does not read the prices of a free variant either."""
        amounts = value.values() if isinstance(value, dict) else [value]
        if any(amount is not None and decimal(amount) != 0 for amount in amounts):
            self.note("pricing", "A free variant costs nothing, so its pricing was ignored.")

    def condition(self, field: str, override: dict[str, Any]) -> Line | None:
        """The conditions of an override."""
        written = [override.get(key) for key in CONDITIONS[:3]]
        numbers = above, start, end = [whole(value) for value in written]
        stated = override.get("utc_days") or []
        days = [known_value(day, Weekday) for day in stated] if isinstance(stated, list) else [None]
        problem = None
        if any(value is not None and number is None for value, number in zip(written, numbers, strict=True)):
            problem = "A condition must be a whole number."
        elif None in days:
            problem = f"utc_days must contain names of days, such as {Weekday.MONDAY.value}."
        elif above is None and start is None and not days:
            problem = "It has no condition."
        elif above is not None and (start is not None or days):
            problem = "It depends on the prompt's length and on the time; OpenRouter ignores such an override."
        elif above is not None and not 1 <= above <= LARGEST_INTEGER:
            problem = f"min_prompt_tokens {above} is not a number of tokens."
        elif (start is None) != (end is None) or (start is not None and start == end):
            problem = "A window needs two different times."
        elif any(time is not None and not (0 <= time <= 2359 and time % 100 < 60) for time in (start, end)):
            problem = "A time of day must be HHMM, 0 to 2359."
        if problem:
            self.problem(field, problem)
            return None
        ordered = tuple(day for day in Weekday.values if day in days) if days else ()
        return Line("", "", self.tier, above, start, end, ordered)

    def read_prices(self, field: str, prices: dict[str, Any], line: Line, known: tuple[str, ...]) -> None:
        """The amounts of one object of prices, for lines that share the conditions of ``line``."""
        is_base = line == Line("", "", self.tier)
        for key, value in prices.items():
            name = self.old_price_keys.get(key, key)
            if name not in self.price_keys:
                if key not in known and not self.says_dollars(field, key, value):
                    self.unread(field, key, value)
                continue
            if value is None or self.is_not_sold(f"{field}.{key}", value):
                continue
            is_filler = is_base and self.zero_means_zero is not None and name not in self.zero_means_zero
            self.price(f"{field}.{key}", self._line_of(name, line), value, is_filler=is_filler)

    @classmethod
    @lru_cache(maxsize=4096)
    def _line_of(cls, name: str, conditions: Line) -> Line:
        """The line of a price key. Cached, because price lists have the same few lines."""
        kind, unit, ttl = cls.price_keys[name]
        return conditions._replace(kind=kind.value, unit=unit.value, cache_ttl_seconds=ttl)

    def read_unit(self, field: str, stated: dict[str, Any]) -> None:
        """The stated number of tokens of the source's token prices."""
        for key in (key for key in UNIT_KEYS & stated.keys() if stated[key] is not None):
            if (power := power_of_unit(stated[key])) is None:
                self.problem(
                    f"{field}{key}",
                    f"{shown(stated[key])} is not a known unit. A known unit is, for example, per_1m_tokens.",
                )
            else:
                self.tokens_per_price = power

    def says_dollars(self, field: str, key: str, value: Any) -> bool:
        """Whether a key states the currency, and that it is US dollars."""
        if key.lower() not in CURRENCY_KEYS:
            return False
        if not is_dollars(value):
            self.problem(f"{field}.{key}".lstrip("."), not_dollars(value))
        return True

    def unread(self, field: str, key: str, value: Any) -> None:
        """Report a price that the catalog cannot store. A price of 0 costs nothing, whatever it is for."""
        if value is None or decimal(value) == 0:
            self.note(field, f"The price {shown(key)} is unknown here and was ignored.")
        else:
            self.doubt(
                f"{field}.{key}" if field else key,
                f"The price {shown(key)}, {shown(value)}, is unknown here and was not read.",
            )

    def leave_out_free_caches(self, prices: PriceList) -> None:
        """Treat a cached price of 0 beside a paid prompt as a filler: as a price, it would offer cached tokens for free."""
        free = [line for line, usd in prices.lines.items() if not usd and line.kind in CACHE_KINDS]
        if free and any(usd for line, usd in prices.lines.items() if line.kind == PriceKind.PROMPT):
            prices.drop_zeros(free)

    def is_not_sold(self, field: str, value: Any) -> bool:
        """Whether this value means that there is no such price."""
        return False

    def price(self, field: str, line: Line, value: Any, *, is_filler: bool = False) -> None:
        """One price. ``is_filler``: a zero only fills the format's key."""
        assert self.prices is not None
        usd = self.amount(field, value, line.unit)
        if usd is None:
            return
        if line in self.prices.lines or line in self.prices.fillers:
            self.problem(field, "This price is stated twice.")
        elif usd == 0 and is_filler:
            self.prices.fillers.add(line)
        else:
            self.prices.lines[line] = usd
            if isinstance(value, Decimal) and decimals.without_float_error(value) != value:
                places = self.tokens_per_price if line.unit == PriceUnit.TOKEN else 0
                self.prices.written[line] = _shifted(value, places)
            if unit_doubt(usd, line.unit):
                self.prices.doubted.add(line)

    def amount(self, field: str, value: Any, unit: str) -> Decimal | None:
        """USD per unit, or None with a problem."""
        text = value.strip().removeprefix("$") if isinstance(value, str) else value
        if isinstance(value, Decimal) and (meant := decimals.without_float_error(value)) != value:
            text = meant
            self.note(
                field,
                f"{shown(value)} was read as {decimals.wire(meant)}: the other digits come from binary floating point.",
            )
        usd, sentence = decimal(text), "is not a price that can be stored exactly."
        if usd is not None and usd.is_finite() and abs(usd.adjusted()) < 60:
            usd = _shifted(usd, self.tokens_per_price) if unit == PriceUnit.TOKEN else usd
            usd = self.undiscounted(field, usd)
            is_dear = unit == PriceUnit.TOKEN and usd > LARGEST_TOKEN_PRICE
            if unit == PriceUnit.TOKEN and usd:
                self.reading.token_prices += 1
                self.reading.dear_prices += is_dear
            if usd < 0:
                sentence = "is below 0. Leave out a price that does not exist."
            elif is_dear:
                sentence = "USD per token looks like a price per million tokens."
            elif decimals.fits(usd):
                if doubt := unit_doubt(usd, unit):
                    self.doubt(field, doubt)
                return usd
        self.problem(field, f"{shown(value)} {sentence}")
        return None

    def undiscounted(self, field: str, usd: Decimal) -> Decimal:
        """The price before the discount; rounded to 24 decimals if it has infinitely many, with a note."""
        if self.part_paid == 1:
            return usd
        try:
            return decimals.EXACT.divide(usd, self.part_paid)
        except Inexact:
            rounded = _WIDE.divide(usd, self.part_paid).quantize(_SMALLEST, context=_WIDE)
            self.note(
                field,
                f"{decimals.wire(usd)} is net of the discount; the price before it has infinitely many decimals and is stored with 24.",
            )
            return rounded


_WIDE, _SMALLEST = Context(prec=100), Decimal(1).scaleb(-decimals.DECIMAL_PLACES)


def _shifted(number: Decimal, places: int) -> Decimal:
    """A number divided by a power of ten, exactly."""
    if not places:
        return number
    sign, digits, exponent = number.as_tuple()
    return Decimal((sign, digits, int(exponent) - places))
