"""Reading one entry of a source: the keys that several formats share.

The aliases and their order are those of OpenRouter's "Provider Integration" documentation. Other variants that providers use
(dollar signs, exponents, old keys, prices per million, tools among the sampling parameters) are read as intended and noted, or
refused with a message.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django_countries import countries

from catalog import decimals
from catalog.importing.drafts import PriceList, Reading, Remark
from catalog.importing.values import (
    LARGEST_INTEGER,
    decimal,
    deprecation_moment,
    entry_label,
    integer,
    is_model_id,
    is_storable,
    is_text,
    listed,
    printable,
    shown,
    why_no_id,
)
from catalog.models import (
    Feature,
    Line,
    Quantization,
    SamplingParameter,
    ServiceTier,
)
from catalog.models.conditions import LARGEST_EXACT_INTEGER, REPOSITORY
from catalog.models.look_alikes import look_alike

LATEST_SECOND = 253_402_214_400
LONGEST_DESCRIPTION = 100_000
COUNTRIES = {code for code, _ in countries}
ANY_TEXT, SOME_TEXT = r"(?s).*", r"(?s).*\S.*"

FEATURE_PARAMETERS = {
    "tools": Feature.TOOLS,
    "tool_choice": Feature.TOOLS,
    "parallel_tool_calls": Feature.TOOLS,
    "response_format": Feature.JSON_MODE,
    "structured_outputs": Feature.STRUCTURED_OUTPUTS,
    "logprobs": Feature.LOGPROBS,
    "top_logprobs": Feature.LOGPROBS,
    "reasoning": Feature.REASONING,
    "include_reasoning": Feature.REASONING,
    "web_search_options": Feature.WEB_SEARCH,
}
"""Request parameters that mean a feature, and are often listed among the sampling parameters."""


class EntryReader:
    """One entry being read: reads the keys it knows, and collects remarks about them.

    A format's reader says in ``read_fields`` what each key means.
    """

    cannot_state: tuple[str, ...] = ()
    """Facts that such an entry has no key for. If one is missing, this does not mean that the offer has none."""

    def __init__(self, raw: Any, number: int, reading: Reading, per_million: bool = False) -> None:
        self.raw = raw if isinstance(raw, dict) else {}
        self.is_object = isinstance(raw, dict)
        self.number = number
        self.reading = reading
        self.tokens_per_price = 6 if per_million else 0
        self.part_paid = Decimal(1)
        self.label = entry_label(number)
        self.taken: set[str] = set()
        self.fields: dict[str, Any] = {}
        self.places: tuple[tuple[str, str | None], ...] | None = None
        self.descriptors: dict[str, dict[str, Any]] = {}
        self.prices: PriceList | None = None
        self.price_lists: dict[str, PriceList] = {}
        self.guesses: dict[str, Any] | None = None
        self.describes_all = False
        self.past: list[tuple[datetime, Line, Decimal | None]] = []
        self.model_id: str | None = None
        self.tier = ServiceTier.DEFAULT.value
        self.is_free = False
        self.is_doubtful = False

    def read(self) -> None:
        """Read every key; errors become problems of the reading."""
        if not self.is_object:
            self.problem("", "It is not an object.")
            return
        model_id = self.take("id")
        if not is_model_id(model_id):
            why = why_no_id(model_id) if isinstance(model_id, str) and len(model_id) <= 200 else None
            self.problem(
                "id", f"{shown(model_id)} is not a model id. {why or 'It must be a text of at most 200 characters.'}"
            )
            return
        self.model_id = model_id
        self.label = entry_label(self.number, self.named(model_id))
        if why := look_alike(model_id):
            self.warn("id", f"{why} Is this the id that your servers accept?")
        self.read_fields()
        self.left_over()

    def left_over(self) -> None:
        """The keys that the format does not have."""
        self.unknown("", self.raw, self.taken)

    def named(self, model_id: str) -> str:
        """The source's name for the entry."""
        return model_id

    def read_fields(self) -> None:
        """Read the format's other keys."""
        raise NotImplementedError

    def take(self, *keys: str) -> Any:
        """The first of these keys that has a value; all of them are known."""
        self.taken.update(keys)
        for key in keys:
            if (value := self.raw.get(key)) is not None:
                return value
        return None

    def stated(self, *keys: str) -> Any:
        """The first of these keys with a value that is not an empty text."""
        self.taken.update(keys)
        return next((self.raw[key] for key in keys if self.raw.get(key) not in (None, "")), None)

    def take_object(self, key: str) -> dict[str, Any]:
        """The object under a key, an empty one if there is none."""
        value = self.take(key)
        if value is not None and not isinstance(value, dict):
            self.problem(key, "It must be an object.")
        return value if isinstance(value, dict) else {}

    def problem(self, field: str, sentence: str) -> None:
        """Refuse the entry, and with it the import."""
        self.reading.problems.append(Remark(self.label, printable(field), sentence))

    def note(self, field: str, sentence: str) -> None:
        """Add a note, which does not refuse the entry."""
        self.reading.notes.append(Remark(self.label, printable(field), sentence))

    def warn(self, field: str, sentence: str) -> None:
        """Add a warning, which somebody must check."""
        self.reading.warnings.append(Remark(self.label, printable(field), sentence))

    def doubt(self, field: str, sentence: str) -> None:
        """Warn that a price is stated and cannot be read, so the price list may be incomplete."""
        self.is_doubtful = True
        self.warn(field, sentence)

    def skips(self, field: str, value: Any) -> None:
        """Note that the catalog cannot store a stated value."""
        self.note(field, f"This catalog cannot store {shown(value)}, which was ignored.")

    def unknown(self, field: str, found: dict[str, Any], known: Iterable[str]) -> None:
        """Note the unknown keys of an object."""
        others = sorted(key for key, value in found.items() if key not in known and value is not None)
        if others:
            self.note(field, f"Unknown keys were ignored: {listed(others)}.")

    def text(
        self, field: str, value: Any, longest: int = 200, pattern: str = ANY_TEXT, *, otherwise: str | None = None
    ) -> None:
        """A name, an id or prose; an empty one states nothing. ``otherwise``: a description of the valid form; a text of another
        form is ignored."""
        if value is None or value == "":
            return
        if isinstance(value, str) and len(value) <= longest and re.fullmatch(pattern, value) and is_storable(value):
            self.fields[field] = value
        elif otherwise is not None and is_text(value):
            self.note(field, f"{shown(value)} was ignored: it is not {otherwise}.")
        else:
            self.problem(field, f"{shown(value)} is not a text of at most {longest:,} characters.")

    def texts(self) -> None:
        """The names and ids that every format has under the same keys."""
        openrouter = self.take_object("openrouter")
        self.unknown("openrouter", openrouter, ("slug",))
        self.text("name", self.take("name"), pattern=SOME_TEXT)
        repository = REPOSITORY.strip("^$")
        hugging_face_id = self.stated("hugging_face_id", "hf_slug")
        self.text("hugging_face_id", hugging_face_id, pattern=repository, otherwise="owner/name, such as Qwen/Qwen3.5-9B")
        self.text("description", self.take("description"), LONGEST_DESCRIPTION)
        self.text("openrouter_slug", openrouter.get("slug"), pattern=repository, otherwise="author/slug")

    def tokens(self, field: str, value: Any) -> None:
        """A length in tokens; 0 states nothing."""
        if value is None:
            return
        number = integer(value)
        if number == 0:
            self.note(field, "0 means that it is unknown.")
        elif number is None or not 1 <= number <= LARGEST_INTEGER:
            self.problem(field, f"{shown(value)} is not a number of tokens.")
        else:
            self.fields[field] = number

    def check_lengths(self) -> None:
        """Neither the prompt nor the output is longer than the context."""
        context = self.fields.get("context_length")
        for field in ("max_output_length", "max_prompt_length"):
            if context is not None and self.fields.get(field, 0) > context:
                self.problem(field, f"{self.fields[field]} is more than the context, {context}.")

    def created(self) -> None:
        """The release."""
        value = self.take("created")
        if value is None:
            return
        seconds = integer(value)
        if seconds is None or not 0 <= seconds <= LATEST_SECOND:
            self.problem("created", f"{shown(value)} is not a time in seconds since 1970.")
        else:
            self.fields["released_at"] = datetime.fromtimestamp(seconds, UTC)

    def capacity(self, value: Any) -> None:
        """Input tokens per minute."""
        if value is None:
            return
        capacity = integer(value)
        if capacity is None or not 1 <= capacity <= LARGEST_EXACT_INTEGER:
            self.problem("capacity_tpm", f"{shown(value)} is not a number of tokens per minute.")
        else:
            self.fields["capacity_tpm"] = capacity

    def discount(self, value: Any) -> None:
        """A fraction of the price."""
        if value is None:
            return
        discount = decimal(value)
        if discount is None or not -100 < discount < 1:
            self.problem("discount_to_user", f"{shown(value)} is not a fraction below 1.")
        elif len(decimals.wire(discount).partition(".")[2]) > 10:
            self.problem("discount_to_user", "It has more than ten decimals.")
        else:
            self.fields["discount_to_user"] = discount

    def quantization(self, value: Any) -> None:
        """A value of the vocabulary."""
        if value in ("", "unknown"):
            self.note("quantization", f"{shown(value)} means that it is unknown.")
        elif value is not None:
            if value in _words_of(Quantization):
                self.fields["quantization"] = value
            else:
                self.note("quantization", f"{shown(value)} was ignored: it is not one of {', '.join(Quantization.values)}.")

    def words(self, field: str, value: Any, vocabulary: Any, *, is_open: bool = False) -> list[str] | None:
        """A list of values, in the vocabulary's order. ``is_open``: unknown values are harmless and ignored."""
        if value is None:
            return None
        if not isinstance(value, list):
            self.problem(field, "It must be a list.")
            return None
        known = _words_of(vocabulary)
        unknown = [word for word in value if not isinstance(word, str) or word not in known]
        if unknown and is_open:
            self.note(field, f"{listed(unknown)}: unknown to OpenRouter, ignored.")
        elif unknown:
            self.problem(field, f"{listed(unknown)}: not one of {', '.join(known)}.")
            return None
        self.fields[field] = [word for word in known if word in value]
        return list(self.fields[field])

    def features(self, named: set[str]) -> None:
        """The features, in the vocabulary's order."""
        self.fields["supported_features"] = [word for word in _words_of(Feature) if word in named]

    def flag(self, key: str, value: Any) -> bool | None:
        """True or false, None if not stated."""
        if value is None or isinstance(value, bool):
            return value
        self.problem(key, f"{shown(value)} is not true or false.")
        return None

    def switches(self) -> None:
        """Ready, free, tier, deprecation."""
        ready, free = self.flag("is_ready", self.take("is_ready")), self.flag("is_free", self.take("is_free"))
        if ready is not None:
            self.fields["is_ready"] = ready
        if free:
            self.fields["has_free_variant"] = self.is_free = True
        tier = self.take("service_tier")
        if tier is not None:
            tier = "priority" if tier == "fast" else tier
            if tier not in ServiceTier.values:
                self.problem("service_tier", f"{shown(tier)} is not one of flex, priority, fast, ultrafast, batch.")
            elif self.is_free and tier != ServiceTier.DEFAULT:
                self.problem("service_tier", "A free variant has no service tier.")
            else:
                self.tier = tier
        self.deprecation("deprecation_date", self.take("deprecation_date"))

    def deprecation(self, key: str, value: Any) -> None:
        """A day, which means 13:00 UTC, or a whole hour."""
        if value is None:
            return
        if (moment := deprecation_moment(value)) is None:
            self.problem(key, f"{shown(value)} is not YYYY-MM-DD or a whole hour, YYYY-MM-DDTHH:00:00Z.")
        else:
            self.fields["deprecation_at"] = moment

    def datacenters(self, with_regions: bool = False) -> None:
        """The countries of the datacenters, and their regions if the format has them."""
        value = self.take("datacenters")
        if value is None:
            return
        stated = value if isinstance(value, list) else [None]
        places: list[dict[str, Any]] = [place if isinstance(place, dict) else {} for place in stated]
        codes = [place.get("country_code") for place in places]
        if unknown := [code for code in codes if not isinstance(code, str) or code not in COUNTRIES]:
            self.problem("datacenters", f"{listed(unknown)}: not an ISO 3166-1 alpha-2 code, such as DE.")
            return
        regions = [place.get("region", "") for place in places] if with_regions else [None for _ in places]
        if any(region is not None and not (is_text(region) and len(region) <= 60) for region in regions):
            self.problem("datacenters", "A region must be a text of at most 60 characters.")
            return
        for key in sorted(
            {key for place in places for key in place} - {"country_code", *(["region"] if with_regions else [])}
        ):
            said = list(dict.fromkeys(shown(place[key]) for place in places if place.get(key) is not None))
            if said:
                self.note(
                    f"datacenters.{printable(key)}", f"{', '.join(said[:3])}: this catalog cannot store it; it was ignored."
                )
        self.places = tuple(sorted({(str(code), region) for code, region in zip(codes, regions, strict=True)}, key=str))


def sampling_and_features(names: list[str]) -> tuple[list[str], set[str], list[str]]:
    """Request parameters by what they are here: sampling parameters, features, and the rest."""
    known = _words_of(SamplingParameter)
    sampling = [name for name in names if name in known]
    features = {FEATURE_PARAMETERS[name].value for name in names if name in FEATURE_PARAMETERS}
    return sampling, features, [name for name in names if name not in sampling and name not in FEATURE_PARAMETERS]


@cache
def _words_of(vocabulary: Any) -> tuple[str, ...]:
    """A vocabulary's values. ``values`` computes them each time, which takes half of the time of reading."""
    return tuple(vocabulary.values)
