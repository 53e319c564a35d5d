"""The prices of an entry, in the words that several formats share."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from catalog import decimals
from catalog.formats.pricing import Key
from catalog.importing.drafts import PriceList
from catalog.importing.readers.entry import EntryReader
from catalog.importing.values import LARGEST_INTEGER, decimal, integer, shown
from catalog.models import (
    Line,
    PriceUnit,
    Weekday,
)

LARGEST_TOKEN_PRICE = Decimal("0.01")
"""USD per token; 10,000 USD per million. A higher one was written per million under a per-token name."""

CONDITIONS = ("min_prompt_tokens", "utc_start", "utc_end", "utc_days")


class PricedEntryReader(EntryReader):
    """An entry with prices. A format says by ``price_keys`` which keys it has."""

    price_keys: Mapping[str, Key] = {}
    """The keys of its price objects."""

    old_price_keys: Mapping[str, str] = {}
    """Keys of the past, and what they are called now."""

    zero_means_zero: tuple[str, ...] | None = None
    """The keys whose ``"0"`` is a price; that of the others is a filler. None: all of them."""

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
        self.read_prices("pricing", tiers[0], Line("", "", self.tier), known=("overrides", "min_context", "discount"))
        for number, tier in enumerate(tiers[1:], start=1):
            field = f"pricing[{number}]"
            least = integer(tier.get("min_context"))
            if least is None or not 2 <= least <= LARGEST_INTEGER + 1:
                self.problem(f"{field}.min_context", f"{shown(tier.get('min_context'))} is not a number of tokens.")
                continue
            # A tier applies from so many tokens on; the catalog, as overrides do, counts those above.
            self.read_prices(field, tier, Line("", "", self.tier, min_prompt_tokens=least - 1), known=("min_context",))
        overrides = tiers[0].get("overrides") or []
        if not isinstance(overrides, list) or not all(isinstance(override, dict) for override in overrides):
            self.problem("pricing.overrides", "It must be a list of objects.")
            return
        for number, override in enumerate(overrides):
            field = f"pricing.overrides[{number}]"
            if (line := self.condition(field, override)) is not None:
                self.read_prices(field, override, line, known=CONDITIONS)

    def free_pricing(self, value: Any) -> None:
        """What a free variant states of prices is not read by OpenRouter either."""
        amounts = value.values() if isinstance(value, dict) else [value]
        if any(amount is not None and decimal(amount) != 0 for amount in amounts):
            self.note("pricing", "A free variant costs nothing; what its pricing says was left aside.")

    def condition(self, field: str, override: dict[str, Any]) -> Line | None:
        """What an override depends on."""
        above, start, end = (integer(override.get(key)) for key in CONDITIONS[:3])
        days = override.get("utc_days") or []
        problem = None
        if any(override.get(key) is not None and integer(override[key]) is None for key in CONDITIONS[:3]):
            problem = "A condition must be a whole number."
        elif not isinstance(days, list) or any(day not in Weekday.values for day in days):
            problem = f"utc_days must hold names of days, such as {Weekday.MONDAY.value}."
        elif above is None and start is None and not days:
            problem = "It has no condition."
        elif above is not None and (start is not None or days):
            problem = "It depends on the prompt's length and on the time; OpenRouter ignores such an override."
        elif above is not None and not 1 <= above <= LARGEST_INTEGER:
            problem = f"min_prompt_tokens {above} is not a number of tokens."
        elif (start is None) != (end is None) or (start is not None and start == end):
            problem = "A window has two different ends."
        elif any(time is not None and not (0 <= time <= 2359 and time % 100 < 60) for time in (start, end)):
            problem = "A time of day is written HHMM, 0 to 2359."
        if problem:
            self.problem(field, problem)
            return None
        ordered = tuple(day for day in Weekday.values if day in days)
        return Line("", "", self.tier, above, start, end, ordered)

    def read_prices(self, field: str, prices: dict[str, Any], line: Line, known: tuple[str, ...]) -> None:
        """The amounts of one object of prices, for lines that share the conditions of ``line``."""
        is_base = line == Line("", "", self.tier)
        for key, value in prices.items():
            name = self.old_price_keys.get(key, key)
            if name not in self.price_keys:
                if key not in known:
                    self.note(field, f"The price {shown(key)} is not known here and was left aside.")
                continue
            if value is None or self.is_not_sold(f"{field}.{key}", value):
                continue
            kind, unit, ttl = self.price_keys[name]
            is_filler = is_base and self.zero_means_zero is not None and name not in self.zero_means_zero
            this = line._replace(kind=kind.value, unit=unit.value, cache_ttl_seconds=ttl)
            self.price(f"{field}.{key}", this, value, is_filler=is_filler)

    def is_not_sold(self, field: str, value: Any) -> bool:
        """Whether the source says by this value that there is no such price."""
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

    def amount(self, field: str, value: Any, unit: str) -> Decimal | None:
        """USD per one unit, or None with a problem said."""
        text = value.strip().removeprefix("$") if isinstance(value, str) else value
        usd, sentence = decimal(text), "is not a price that can be kept exactly."
        if usd is not None and usd.is_finite() and abs(usd.adjusted()) < 60:
            usd = decimals.per_one(usd) if unit == PriceUnit.TOKEN and self.per_million else usd
            if usd < 0:
                sentence = "is below 0. A price that does not exist is left out."
            elif unit == PriceUnit.TOKEN and usd > LARGEST_TOKEN_PRICE:
                hint = "" if self.per_million else "; if it is one, say --prices-per million"
                sentence = f"USD a token looks like a price per million tokens{hint}."
            elif decimals.fits(usd):
                return usd
        self.problem(field, f"{shown(value)} {sentence}")
        return None
