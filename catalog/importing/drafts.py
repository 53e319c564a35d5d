"""What a reader makes of a source: models and price lists as they are stated, before the catalog is asked."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about one entry and one of its fields. A problem refuses the import; a note does not."""

    entry: str
    field: str
    sentence: str


class Line(NamedTuple):
    """Which line of a price list: ``Price``'s identity without the model."""

    kind: str
    unit: str
    service_tier: str
    min_prompt_tokens: int | None = None
    utc_start: int | None = None
    utc_end: int | None = None
    utc_days: tuple[str, ...] = ()
    cache_ttl_seconds: int | None = None


@dataclass(slots=True)
class PriceList:
    """The prices that a source states for one model and service tier, in USD per one unit.

    ``fillers`` are lines that it states as zero because its format has no way to leave them out: not sold, unless the
    catalog has such a line at 0.
    """

    lines: dict[Line, Decimal] = field(default_factory=dict)
    fillers: set[Line] = field(default_factory=set)


@dataclass(slots=True)
class ModelDraft:
    """What a source states about one model. A field that is not stated is not in ``fields``; ``countries`` is then None.

    ``guesses`` are values for a new model alone, where the format has no word for them.
    """

    model_id: str
    entry: str
    fields: dict[str, Any] = field(default_factory=dict)
    guesses: dict[str, Any] = field(default_factory=dict)
    countries: tuple[str, ...] | None = None
    price_lists: dict[str, PriceList] = field(default_factory=dict)


@dataclass(slots=True)
class Reading:
    """A whole source. ``owns`` tells the lines that its format can express: those it does not state are not sold."""

    owns: frozenset[tuple[str, str]] = frozenset()
    models: dict[str, ModelDraft] = field(default_factory=dict)
    problems: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
