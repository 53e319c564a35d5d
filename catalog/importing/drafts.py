"""The result of a reader: models and price lists as the source states them, before they are compared with the catalog."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from catalog.models import Line, PriceKind, Variant


@dataclass(frozen=True, slots=True)
class Remark:
    """A message about one entry and one of its fields. A problem refuses the import; a note does not."""

    entry: str
    field: str
    sentence: str


MOST_REMARKS = 100
"""How many problems of one source are kept. A file can have millions of mistakes."""

MOST_NOTES = 100_000
"""How many notes, and how many warnings, of one source are kept, so that equal ones can be counted."""


class Remarks(list[Remark]):
    """Remarks in the order of the source. The first ``most`` are kept, the others counted in ``more``."""

    def __init__(self, remarks: Iterable[Remark] = (), more: int = 0, most: int = MOST_REMARKS) -> None:
        super().__init__()
        self.more, self.most = more, most
        self.extend(remarks)

    @property
    def total(self) -> int:
        """How many there were in total."""
        return len(self) + self.more

    def append(self, remark: Remark) -> None:
        """Keep it, or count it."""
        if len(self) < self.most:
            super().append(remark)
        else:
            self.more += 1

    def extend(self, remarks: Iterable[Remark]) -> None:
        """Keep or count each."""
        for remark in remarks:
            self.append(remark)
        if isinstance(remarks, Remarks):
            self.more += remarks.more

    def __iadd__(self, remarks: Iterable[Remark]) -> "Remarks":  # type: ignore[override,misc]
        self.extend(remarks)
        return self


def many() -> Remarks:
    """For notes and warnings."""
    return Remarks(most=MOST_NOTES)


@dataclass(slots=True)
class PriceList:
    """The prices that a source states for one model and service tier, in USD per one unit.

    An amount of None ends its line. ``fillers`` are lines that the source states as zero because its format cannot leave them out:
    not sold, unless the catalog has such a line at 0. ``asked`` are the fillers that may be real prices, and ``doubted`` the lines
    whose amount may be in a different unit: both need a confirmation before they become public. ``repeated`` are prices above a
    length of the prompt that are those below it, as some formats write them: a stored line with that amount stays. ``alternatives``
    are, by line, the other line that its key may be for: if the catalog has only that one, it is meant. ``written`` are amounts with the
    digits that look like those of a binary number: a stored line with that amount stays. ``is_partial``: the source
    has prices that could not be read, so a line without a price here may still be sold. ``is_ended``: the source states that
    something is not sold.
    """

    lines: dict[Line, Decimal | None] = field(default_factory=dict)
    fillers: set[Line] = field(default_factory=set)
    asked: set[Line] = field(default_factory=set)
    doubted: set[Line] = field(default_factory=set)
    repeated: dict[Line, Decimal] = field(default_factory=dict)
    alternatives: dict[Line, Line] = field(default_factory=dict)
    written: dict[Line, Decimal] = field(default_factory=dict)
    is_partial: bool = False
    is_ended: bool = False

    def remove(self, line: Line) -> None:
        """Remove a line, as if it were not stated."""
        self.lines.pop(line, None)
        self.fillers.discard(line)

    def drop_zeros(self, lines: Iterable[Line]) -> None:
        """Treat zeros as fillers of their key instead of prices."""
        for line in [line for line in lines if self.lines.get(line) == 0]:
            del self.lines[line]
            self.fillers.add(line)

    def ask_about_zeros(self, not_generated: Collection[str] = ()) -> None:
        """Treat zeros as fillers, and ask about those of prompts and completions, or about all of them if nothing has a price.
        ``not_generated``: kinds that the model does not generate."""
        zeros = [line for line, usd in self.lines.items() if usd == 0]
        if not zeros:
            return
        is_paid = any(self.lines.values())
        self.drop_zeros(zeros)
        bases = {PriceKind.PROMPT.value, PriceKind.COMPLETION.value} - set(not_generated)
        self.asked = {line for line in zeros if line.kind in bases or not is_paid}


OF_ONE_OFFER: dict[str, Any] = {
    "is_ready": True,
    "deprecation_at": None,
    "discount_to_user": None,
    "capacity_tpm": None,
    "context_length": ...,
    "max_prompt_length": ...,
    "max_output_length": ...,
    "supported_sampling_parameters": ...,
    "supported_features": ...,
}
"""Facts that an entry states for its offer alone, and what an entry means that does not state them, where its model's default entry
does; ``...``: nothing."""


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """What an entry states of its offer. A field that is not stated is not in ``fields``; ``places`` is then None; ``codes`` name
    datacenters that there are, instead of places. ``is_as_stored``: the fields are the offer's own columns, of which an empty one is as the
    model."""

    entry: str
    fields: dict[str, Any]
    places: tuple[tuple[str, str | None], ...] | None = None
    codes: tuple[str, ...] | None = None
    is_as_stored: bool = False
    unsaid: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(slots=True)
class ModelDraft:
    """What a source states about one model. A field that is not stated is not in ``fields``; ``places`` is then None.

    ``guesses`` are values only for a new model, if the format has no key for them. ``places`` are countries with
    their regions, None where the format has no regions. ``descriptors`` are stated fields of parameter descriptions by
    name; where ``describes_all``, parameters that are not named are not described any more. ``past`` are prices with the
    moment from which they hold; an amount of None ends its line. ``scheduled`` are such prices from moments ahead.
    ``datacenter_codes`` name datacenters that there are, instead of places; ``replacement`` is a model's id, empty for none;
    both are None where not stated. ``line_entries`` tell where a line of the price list stands, where that is not ``entry``.
    ``is_doubtful``: a price of it could not be read, so that a new model is not made public and nothing is listed.
    ``unsaid`` are, by field, the values of a list of which the entry says nothing: they stay as they are.
    ``leads_as`` is the offer whose entry says what the model is, None for the default one; ``offers`` is what the others say of theirs.
    """

    model_id: str
    entry: str
    fields: dict[str, Any] = field(default_factory=dict)
    guesses: dict[str, Any] = field(default_factory=dict)
    places: tuple[tuple[str, str | None], ...] | None = None
    descriptors: dict[str, dict[str, Any]] = field(default_factory=dict)
    describes_all: bool = False
    price_lists: dict[str, PriceList] = field(default_factory=dict)
    past: list["Dated"] = field(default_factory=list)
    scheduled: dict[tuple[Line, datetime], Decimal | None] = field(default_factory=dict)
    datacenter_codes: tuple[str, ...] | None = None
    replacement: str | None = None
    line_entries: dict[Line, str] = field(default_factory=dict)
    is_doubtful: bool = False
    unsaid: dict[str, frozenset[str]] = field(default_factory=dict)
    leads_as: Variant | None = None
    offers: dict[Variant, OfferDraft] = field(default_factory=dict)

    @property
    def is_asked(self) -> bool:
        """Whether it has a price of 0, now or later, that may mean no price."""
        if any(prices.asked for prices in self.price_lists.values()):
            return True
        return bool(self.past) and any(usd == 0 for _, _, usd in not_past(self.past, timezone.now()))

    def copy(self) -> "ModelDraft":
        """A copy whose fields, descriptors and offers can be changed independently."""
        return replace(self, fields=dict(self.fields), descriptors=dict(self.descriptors), offers=dict(self.offers))


Dated = tuple[datetime, Line, Decimal | None]
"""A price and when it begins; None: the line ends."""


def in_force(history: Iterable[Dated], now: datetime) -> dict[Line, Dated]:
    """The row of each line of a history that is in force now."""
    return {one[1]: one for one in sorted((one for one in history if one[0] <= now), key=lambda one: one[0])}


def not_past(history: Iterable[Dated], now: datetime) -> list[Dated]:
    """The rows of a history that are in force now or later."""
    rows = list(history)
    held = in_force(rows, now)
    return [one for one in rows if one[1] not in held or one[0] >= held[one[1]][0]]


def _owns_nothing(draft: ModelDraft, line: Line) -> bool:
    return False


@dataclass(slots=True)
class Reading:
    """A whole source. ``owns`` says whether its format can express a line of a model's price list: lines that it can express and
    does not state are not sold.

    ``describes`` says whether its format can express the description of a parameter of a model, by its name and whether it is passed
    through: if a draft ``describes_all``, others stay. ``words`` are, by field, the values of a list that the format has: others
    stay as they are. ``days`` are the fields of which it states only the day, so a stored hour of that day stays.
    ``has_one_length``: its length of the context is that of the prompt, if the model has a limit for it. ``free_costs_nothing``: the
    format writes a model that is only offered for free with prices of 0. ``creates_models``: it has enough facts to make a model
    that the catalog does not have. ``token_prices`` counts token prices except those of 0, ``dear_prices`` those that look like
    prices per million tokens. ``warnings`` are remarks about prices that could not be read: somebody must check them.
    """

    owns: Callable[[ModelDraft, Line], bool] = _owns_nothing
    describes: Callable[[ModelDraft, str, bool], bool] = lambda draft, name, is_passthrough: True
    words: dict[str, frozenset[str]] = field(default_factory=dict)
    days: frozenset[str] = frozenset()
    has_one_length: bool = False
    free_costs_nothing: bool = False
    creates_models: bool = True
    token_prices: int = 0
    dear_prices: int = 0
    models: dict[str, ModelDraft] = field(default_factory=dict)
    problems: Remarks = field(default_factory=Remarks)
    notes: Remarks = field(default_factory=many)
    warnings: Remarks = field(default_factory=many)
