"""Reading the prices of OpenRouter's Model Document V2: those of the request and of each modality, with their overrides."""

from collections.abc import Iterator
from typing import Any

from catalog.importing.readers.prices import PricedEntryReader
from catalog.importing.values import LARGEST_INTEGER, decimal, listed, shown, whole
from catalog.models import KINDS, Direction, Line, PriceUnit
from catalog.models.price import CACHE_KINDS

KIND_OF = {(facts.direction, facts.modality, facts.v2_type): kind for kind, facts in KINDS.items()}
PRICE = {"type", "unit", "cost_usd", "utc_start", "utc_end", "utc_days", "ttl_seconds", "implicit", "overrides"}


class DocumentPrices(PricedEntryReader):
    """The prices of one Model Document."""

    def pricings(self) -> Iterator[tuple[str, Any]]:
        """Every list of prices, and its place."""
        yield "pricing", self.raw.get("pricing", [])
        for side in ("input_modalities", "output_modalities"):
            for number, modality in enumerate(self.raw[side]):
                yield f"{side}[{number}].pricing", modality.get("pricing", [])

    def are_prices(self, field: str, entries: Any) -> bool:
        """Whether it is a list of prices whose type and amount are texts, as in the schema."""
        if not isinstance(entries, list):
            self.problem(field, "It must be a list.")
            return False
        wrong = [
            here
            for number, entry in enumerate(entries)
            for here, price in self.price_objects(f"{field}[{number}]", entry)
            if not (isinstance(price, dict) and isinstance(price.get("cost_usd"), str))
        ]
        for here in wrong:
            self.problem(here, "It must be an object with cost_usd, a text.")
        return not wrong

    def price_objects(self, field: str, entry: Any) -> Iterator[tuple[str, Any]]:
        """A price, and its overrides."""
        yield field, entry
        overrides = entry.get("overrides") if isinstance(entry, dict) else None
        for number, override in enumerate(overrides if isinstance(overrides, list) else []):
            yield f"{field}.overrides[{number}]", override

    def pricing(self, field: str, entries: list[dict[str, Any]], direction: Direction, modality: str | None) -> None:
        """The prices of a modality, or of the whole request."""
        if self.prices is None:
            return
        for number, entry in enumerate(entries):
            here = f"{field}[{number}]"
            if others := sorted(key for key, value in entry.items() if key not in PRICE and value is not None):
                self.doubt(here, f"Unknown keys were not read; they may be conditions of this price: {listed(others)}.")
            line = self.line(here, entry, direction, modality)
            if line is None:
                continue
            if entry.get("implicit"):
                self.note(here, "This catalog cannot store whether the cache is implicit.")
            self.price(here, line, entry["cost_usd"])
            for override in entry.get("overrides") or []:
                least = self.least(override.get("when"))
                if least is None:
                    self.doubt(here, "An override depends on more than the prompt's length; it was not read.")
                else:
                    self.price(here, line._replace(min_prompt_tokens=least - 1), override["cost_usd"])

    def line(self, field: str, entry: dict[str, Any], direction: Direction, modality: str | None) -> Line | None:
        """The line of the price list for an entry; None with a note if there is none."""
        v2_type, unit = entry["type"], entry.get("unit")
        kind = KIND_OF.get((direction, modality, v2_type))
        modalities = self.fields[f"{direction}_modalities"] if direction is not Direction.ROOT else []
        if "text" not in modalities and modalities[:1] == [modality]:
            # Without text, the first modality has the prices of text, which are per token or character.
            is_own = kind is not None and unit in KINDS[kind].units and unit != PriceUnit.TOKEN
            kind = kind if is_own else KIND_OF.get((direction, "text", v2_type))
        if kind is None or unit not in KINDS[kind].units:
            say = self.note if decimal(entry["cost_usd"]) == 0 else self.doubt
            say(field, f"This catalog cannot store a {v2_type} price per {shown(unit)} of {modality}; it was not read.")
            return None
        stated = {key: entry[key] for key in ("utc_start", "utc_end", "utc_days") if entry.get(key) not in (None, [])}
        condition = self.condition(field, stated) if stated else Line("", "", self.tier)
        ttl = None if entry.get("ttl_seconds") is None else whole(entry["ttl_seconds"]) or 0
        if ttl is not None and (kind not in CACHE_KINDS or not 1 <= ttl <= LARGEST_INTEGER):
            self.problem(field, f"ttl_seconds {shown(entry['ttl_seconds'])} is not a valid cache lifetime.")
            return None
        if condition is None:
            return None
        return condition._replace(kind=kind.value, unit=str(unit), cache_ttl_seconds=ttl)

    def least(self, when: Any) -> int | None:
        """The prompt's length from which an override applies, if it depends on that."""
        condition = when.get("prompt_tokens") if isinstance(when, dict) and len(when) == 1 else None
        least = whole(condition.get("gte")) if isinstance(condition, dict) and len(condition) == 1 else None
        return least if least is not None and 2 <= least <= LARGEST_INTEGER + 1 else None
