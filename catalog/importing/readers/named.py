"""Shared code of readers whose sources name models and have their own keys for prices."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.formats.pricing import Key
from catalog.importing.drafts import PriceList
from catalog.importing.guesses import guesses
from catalog.importing.readers.facts import LONGEST_DESCRIPTION, SOME_TEXT
from catalog.importing.readers.prices import PricedEntryReader
from catalog.importing.source import SourceError
from catalog.importing.values import listed
from catalog.models import Line, PriceKind

TOKENS = (PriceKind.PROMPT.value, PriceKind.COMPLETION.value)


class NamedEntryReader(PricedEntryReader):
    """A model with a name and a price list of one tier."""

    keys: Mapping[str, Key] = {}
    """Its keys of prices."""

    def begin(self, *, per_million: bool) -> PriceList:
        """Start a price list."""
        self.tokens_per_price = 6 if per_million else 0
        self.prices = self.price_lists[self.tier] = PriceList()
        return self.prices

    def line_of(self, key: str, above: int | None = None) -> Line:
        """The line that a key is for."""
        kind, unit, ttl = self.keys[key]
        return Line(kind.value, unit.value, self.tier, min_prompt_tokens=above, cache_ttl_seconds=ttl)

    def called(self, name: Any) -> None:
        """The name, for a new model."""
        self.text("name", name, pattern=SOME_TEXT)
        self.guesses = {
            **guesses(str(self.model_id), self.fields),
            **({"name": stated} if (stated := self.fields.pop("name", None)) else {}),
        }

    def described(self, description: Any) -> None:
        """The description, for a new model. Call it after ``called``."""
        if isinstance(description, str) and self.guesses is not None:
            self.guesses["description"] = description[:LONGEST_DESCRIPTION]

    def doubt_zeros(self) -> None:
        """Warn if prompt and completion both cost 0, or one of them costs 0 beside the other's price."""
        assert self.prices is not None
        bases = {
            line: usd
            for line, usd in self.prices.lines.items()
            if line.kind in TOKENS and line == Line(line.kind, line.unit, self.tier)
        }
        zeros = [line for line, usd in bases.items() if usd == 0]
        if not zeros:
            return
        if any(usd for usd in self.prices.lines.values()):
            self.prices.drop_zeros(zeros)
            self.leave_out_free_caches(self.prices)
            if any(line.kind == PriceKind.PROMPT for line in zeros):
                self.doubt("cost", "The prompt costs 0 beside another price: its price counts as not stated.")
        else:
            self.doubt(
                "cost",
                "It costs 0. Is it free, included in a plan, or unknown? Set the price, or offer it as the free variant.",
            )


def only_provider(providers: list[str]) -> None:
    """Refuse a list of several providers' models: their ids and prices do not belong to one catalog. Raises ``SourceError``."""
    if len(providers) != 1:
        raise SourceError(f"The source has {len(providers):,} providers ({listed(providers)}); keep only your own.")


def objects(values: Any) -> Iterator[dict[str, Any]]:
    """The values that are objects."""
    yield from (value for value in (values if isinstance(values, list) else []) if isinstance(value, dict))
