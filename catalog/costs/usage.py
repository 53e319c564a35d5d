"""The usage of a request: how many tokens, images, seconds … of each kind that has a price."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from catalog import decimals
from catalog.models import KINDS, PriceKind, PriceUnit

MOST = 10**15
"""The limit of one quantity, and of requests. More than anybody uses; within it every amount is exact."""

FRACTION_DIGITS = 9
"""The most decimals of a quantity that need not be whole."""

FRACTIONS = (PriceUnit.MEGAPIXEL, PriceUnit.SECOND)
"""The units with fractions."""

CACHE_KINDS = (PriceKind.INPUT_CACHE_READ, PriceKind.INPUT_CACHE_WRITE)
"""The kinds whose price can depend on the cache lifetime."""

STATED_LIVES = {"cache_write_5m_tokens": 300, "cache_write_1h_tokens": 3600}
"""Cache writes whose name states the cache lifetime, in seconds: those of Anthropic's ``usage.cache_creation``, the
second of which is ``input_cache_write_1h`` in OpenRouter's Models API."""


class BadUsage(ValueError):
    """A usage is impossible. ``name`` is the quantity, empty if no single quantity is wrong."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}" if name else message)
        self.name = name


class Quantity(NamedTuple):
    """One quantity of a usage: the price that it is for. ``part_of`` is the quantity in which it is counted as well, None for
    one that stands alone."""

    kind: PriceKind
    unit: PriceUnit
    part_of: str | None = None


_COUNTED = (PriceUnit.TOKEN, PriceUnit.CHARACTER)
"""The units in which a whole, the prompt or the completion, is counted together with its parts."""


def _name(kind: PriceKind, unit: PriceUnit) -> str:
    """The name of a kind's quantity in a unit: ``image_tokens``, and ``images`` for those counted as such."""
    start, plural = KINDS[kind].quantity, "searches" if unit == PriceUnit.SEARCH else f"{unit}s"
    return f"{start.removesuffix(unit)}{plural}" if start.endswith(unit) else f"{start}_{plural}"


def _quantities() -> dict[str, Quantity]:
    found = {}
    for kind, facts in KINDS.items():
        for unit in facts.units:
            if kind == PriceKind.REQUEST:
                continue  # each request is one
            whole = PriceKind.COMPLETION if facts.direction == "output" else PriceKind.PROMPT
            is_part = unit in _COUNTED and kind != whole and unit in KINDS[whole].units
            found[_name(kind, unit)] = Quantity(kind, unit, _name(whole, unit) if is_part else None)
    for name in STATED_LIVES:
        found[name] = found["cache_write_tokens"]
    # Speech that is charged by the character is charged by the text to be spoken, which is not the completion.
    return found | {"output_speech_characters": Quantity(PriceKind.SPEECH_OUTPUT, PriceUnit.CHARACTER)}


QUANTITIES: dict[str, Quantity] = _quantities()
"""Every quantity by its name, one for each kind and unit of the price list. Tokens (and characters) of the prompt and of the
completion are totals, as in OpenAI's ``usage``: what is cached, reasoned, or audio is counted in them too."""

WHOLES = tuple(dict.fromkeys(quantity.part_of for quantity in QUANTITIES.values() if quantity.part_of))

_SUBSTITUTES = {PriceKind.INPUT_AUDIO_CACHE: (PriceKind.AUDIO,)}
"""The kinds as which tokens are billed before the total that they are part of."""


class Part(NamedTuple):
    """A quantity without its parts. ``kinds`` are those whose price may apply to it, in order of preference; ``ttl`` is the cache
    lifetime, if stated."""

    name: str
    amount: Decimal
    kinds: tuple[PriceKind, ...]
    unit: PriceUnit
    ttl: int | None


@dataclass(frozen=True)
class Usage:
    """The usage of one request, and the number of such requests.

    ``amounts`` are by their names in ``QUANTITIES``; a missing one is 0. ``cache_ttl_seconds`` is the cache lifetime, if known.
    Raises ``BadUsage`` for an impossible usage.
    """

    amounts: Mapping[str, Decimal]
    requests: int = 1
    cache_ttl_seconds: int | None = None

    def __post_init__(self) -> None:
        for name, amount in self.amounts.items():
            if name not in QUANTITIES:
                raise BadUsage(name, "There is no quantity of that name.")
            _check(name, amount, is_whole=QUANTITIES[name].unit not in FRACTIONS)
        _check("requests", Decimal(self.requests), is_whole=True)
        if self.cache_ttl_seconds is not None and not 1 <= self.cache_ttl_seconds <= MOST:
            raise BadUsage("cache_ttl_seconds", f"{self.cache_ttl_seconds} is not a whole number of at least 1.")
        for whole in WHOLES:
            parts = self._parts_of(whole)
            if sum(self.amounts[name] for name in parts) > self.amounts.get(whole, 0):
                total = decimals.wire(self.amounts.get(whole, Decimal(0)))
                raise BadUsage(whole, f"It is a total, and {total} is less than {' + '.join(parts)}, which it includes.")

    @classmethod
    def of(cls, *, requests: int = 1, cache_ttl_seconds: int | None = None, **amounts: Decimal | int) -> "Usage":
        """A usage of these amounts: ``Usage.of(prompt_tokens=5000, cached_tokens=4000, completion_tokens=800)``."""
        return cls({name: Decimal(amount) for name, amount in amounts.items()}, requests, cache_ttl_seconds)

    @property
    def prompt_tokens(self) -> Decimal:
        """The length that selects a long-context price: all input tokens, cached or not."""
        return self.amounts.get("prompt_tokens", Decimal(0))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The charged quantities, in the order of ``QUANTITIES``, without zeros."""
        found = []
        for name, quantity in QUANTITIES.items():
            amount = self.amounts.get(name, Decimal(0))
            amount -= sum(self.amounts[part] for part in self._parts_of(name))
            if amount:
                whole = QUANTITIES[quantity.part_of].kind if quantity.part_of else None
                substitutes = (*_SUBSTITUTES.get(quantity.kind, ()), *((whole,) if whole else ()))
                is_cache = quantity.kind in CACHE_KINDS
                ttl = STATED_LIVES.get(name, self.cache_ttl_seconds) if is_cache else None
                found.append(Part(name, amount, (quantity.kind, *substitutes), quantity.unit, ttl))
        return tuple(found)

    def _parts_of(self, whole: str) -> list[str]:
        return [name for name in self.amounts if QUANTITIES[name].part_of == whole]


def amount_of(name: str, text: str) -> Decimal:
    """The amount of a quantity in a text. Raises ``BadUsage``."""
    if not re.fullmatch(r"\d{1,16}(\.\d{1,9})?", text, re.ASCII):
        raise BadUsage(name, f"{text!r} is not {_wanted(is_whole=QUANTITIES[name].unit not in FRACTIONS)}.")
    amount = Decimal(text)
    _check(name, amount, is_whole=QUANTITIES[name].unit not in FRACTIONS)
    return amount


def _check(name: str, amount: Decimal, *, is_whole: bool) -> None:
    digits = 0 if is_whole else FRACTION_DIGITS
    if not (amount.is_finite() and 0 <= amount <= MOST and amount == round(amount, digits)):
        raise BadUsage(name, f"{amount} is not {_wanted(is_whole=is_whole)}.")


def _wanted(*, is_whole: bool) -> str:
    kind = "a whole number" if is_whole else f"a number with at most {FRACTION_DIGITS} decimals"
    return f"{kind} from 0 to {MOST}"
