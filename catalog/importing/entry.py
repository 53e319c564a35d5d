"""One entry of a source being read, in the words that several formats share.

The aliases and their order are those of OpenRouter's "Provider Integration" documentation; what else occurs in the field
(dollar signs, exponents, old keys, prices per million, tools among the sampling parameters) is read as it is meant and
said in a note, or refused with a sentence.
"""

import re
import reprlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django_countries import countries

from catalog import decimals
from catalog.formats import openrouter
from catalog.formats.pricing import Key
from catalog.importing.drafts import ModelDraft, PriceList, Reading, Remark
from catalog.importing.reading import SourceError
from catalog.models import (
    Category,
    Feature,
    Line,
    OutputModality,
    PriceUnit,
    Quantization,
    SamplingParameter,
    ServiceTier,
    Weekday,
)
from catalog.models.conditions import LARGEST_EXACT_INTEGER, MODEL_ID, REPOSITORY

LARGEST_TOKEN_PRICE = Decimal("0.01")
"""USD per token; 10,000 USD per million. A higher one was written per million under a per-token name."""

MOST_ENTRIES = 50_000
"""Entries of one source."""

LARGEST_INTEGER = 2**31 - 1
LATEST_SECOND = 253_402_214_400
LONGEST_DESCRIPTION = 100_000

MOST_SHOWN = 10
"""Values of one kind that a sentence names."""

COUNTRIES = {code for code, _ in countries}
CONDITIONS = ("min_prompt_tokens", "utc_start", "utc_end", "utc_days")
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
"""Request parameters that stand for a feature, and are often named among the sampling parameters."""

CATEGORY_OF = {
    OutputModality.IMAGE: Category.IMAGE,
    OutputModality.VIDEO: Category.VIDEO,
    OutputModality.AUDIO: Category.AUDIO,
    OutputModality.SPEECH: Category.AUDIO,
    OutputModality.TRANSCRIPTION: Category.TRANSCRIPTION,
    OutputModality.EMBEDDINGS: Category.EMBEDDING,
    OutputModality.RERANK: Category.RERANKER,
}


class EntryReader:
    """One entry being read: takes the keys it knows, and keeps what to say about them.

    A format's reader says in ``read_fields`` which keys it takes for what.
    """

    price_keys: Mapping[str, Key] = {}
    """The keys of its price objects."""

    old_price_keys: Mapping[str, str] = {}
    """Keys of the past, and what they are called now."""

    zero_means_zero: tuple[str, ...] | None = None
    """The keys whose ``"0"`` is a price; that of the others is a filler. None: all of them."""

    def __init__(self, raw: Any, number: int, reading: Reading, per_million: bool = False) -> None:
        self.raw = raw if isinstance(raw, dict) else {}
        self.is_object = isinstance(raw, dict)
        self.number = number
        self.reading = reading
        self.per_million = per_million
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

    def read(self) -> None:
        """Read every key; what is wrong goes to the reading's problems."""
        if not self.is_object:
            self.problem("", "It is not an object.")
            return
        model_id = self.take("id")
        if not is_model_id(model_id):
            self.problem("id", f"{shown(model_id)} is not a model id.")
            return
        self.model_id = model_id
        self.label = entry_label(self.number, model_id)
        self.read_fields()
        self.unknown("", self.raw, self.taken)

    def read_fields(self) -> None:
        """Read what the format has besides the id."""
        raise NotImplementedError

    def take(self, *keys: str) -> Any:
        """The first of these keys that has a value; all of them are known."""
        self.taken.update(keys)
        return next((self.raw[key] for key in keys if self.raw.get(key) is not None), None)

    def stated(self, *keys: str) -> Any:
        """The first of these keys that states something, as an empty text does not."""
        self.taken.update(keys)
        return next((self.raw[key] for key in keys if self.raw.get(key) not in (None, "")), None)

    def take_object(self, key: str) -> dict[str, Any]:
        """The object under a key, an empty one where there is none."""
        value = self.take(key)
        if value is not None and not isinstance(value, dict):
            self.problem(key, "It must be an object.")
        return value if isinstance(value, dict) else {}

    def problem(self, field: str, sentence: str) -> None:
        """Refuse the entry, and with it the import."""
        self.reading.problems.append(Remark(self.label, printable(field), sentence))

    def note(self, field: str, sentence: str) -> None:
        """Say something that does not refuse."""
        self.reading.notes.append(Remark(self.label, printable(field), sentence))

    def skips(self, field: str, value: Any) -> None:
        """Say that something which is stated has no place here."""
        self.note(field, f"{shown(value)} has no place here and was left aside.")

    def unknown(self, field: str, found: dict[str, Any], known: Iterable[str]) -> None:
        """Say which keys of an object are not known."""
        others = sorted(key for key, value in found.items() if key not in known and value is not None)
        if others:
            self.note(field, f"Keys that this catalog does not know were left aside: {listed(others)}.")

    def text(self, field: str, value: Any, longest: int = 200, pattern: str = ANY_TEXT) -> None:
        """A name, an id or prose; an empty one states nothing."""
        if value is None or value == "":
            return
        if isinstance(value, str) and len(value) <= longest and re.fullmatch(pattern, value) and is_storable(value):
            self.fields[field] = value
        else:
            self.problem(field, f"{shown(value)} is not one.")

    def texts(self) -> None:
        """The names and ids that every format has under the same keys."""
        slug = self.take_object("openrouter").get("slug")
        self.text("name", self.take("name"), pattern=SOME_TEXT)
        self.text("hugging_face_id", self.stated("hugging_face_id", "hf_slug"), pattern=REPOSITORY.strip("^$"))
        self.text("description", self.take("description"), LONGEST_DESCRIPTION)
        self.text("openrouter_slug", slug, pattern=REPOSITORY.strip("^$"))

    def tokens(self, field: str, value: Any) -> None:
        """A length in tokens; 0 states nothing."""
        if value is None:
            return
        number = integer(value)
        if number == 0:
            self.note(field, "0 says that it is unknown.")
        elif number is None or not 1 <= number <= LARGEST_INTEGER:
            self.problem(field, f"{shown(value)} is not a number of tokens.")
        else:
            self.fields[field] = number

    def check_lengths(self) -> None:
        """Neither the prompt nor the answer is longer than the context."""
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
        """A part of the price."""
        if value is None:
            return
        discount = decimal(value)
        if discount is None or not -100 < discount < 1:
            self.problem("discount_to_user", f"{shown(value)} is not a part of the price below 1.")
        elif len(decimals.wire(discount).partition(".")[2]) > 10:
            self.problem("discount_to_user", "It has more than ten decimals.")
        else:
            self.fields["discount_to_user"] = discount

    def quantization(self, value: Any) -> None:
        """One of the vocabulary."""
        if value in ("", "unknown"):
            self.note("quantization", f"{shown(value)} says that it is unknown.")
        elif value is not None:
            if value in Quantization.values:
                self.fields["quantization"] = value
            else:
                self.problem("quantization", f"{shown(value)} is not one of {', '.join(Quantization.values)}.")

    def words(self, field: str, value: Any, vocabulary: Any) -> list[str] | None:
        """A list of words, in the vocabulary's order."""
        if value is None:
            return None
        if not isinstance(value, list):
            self.problem(field, "It must be a list.")
            return None
        unknown = [word for word in value if not isinstance(word, str) or word not in vocabulary.values]
        if unknown:
            self.problem(field, f"{listed(unknown)}: not one of {', '.join(vocabulary.values)}.")
            return None
        self.fields[field] = [word for word in vocabulary.values if word in value]
        return list(self.fields[field])

    def features(self, named: set[str]) -> None:
        """The features, in the vocabulary's order."""
        self.fields["supported_features"] = [word for word in Feature.values if word in named]

    def flag(self, key: str, value: Any) -> bool | None:
        """True or false, None where nothing is stated."""
        if value is None or isinstance(value, bool):
            return value
        self.problem(key, f"{shown(value)} is neither true nor false.")
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
                self.problem("service_tier", f"{shown(tier)} is not one of flex, priority, fast, ultrafast.")
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
            self.problem(key, f"{shown(value)} is neither YYYY-MM-DD nor a whole hour, YYYY-MM-DDTHH:00:00Z.")
        else:
            self.fields["deprecation_at"] = moment

    def datacenters(self, with_regions: bool = False) -> None:
        """The countries of the datacenters, and their regions where the format has them."""
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
            self.problem("datacenters", "A region is a text of 60 characters at most.")
            return
        self.places = tuple(sorted({(str(code), region) for code, region in zip(codes, regions, strict=True)}, key=str))

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


def read_entries(reading: Reading, entries: Iterable[EntryReader]) -> Reading:
    """Read all entries of a source; those of one model are put together, and must agree. Raises ``SourceError``."""
    seen: dict[tuple[str, str, bool], str] = {}
    for count, entry in enumerate(entries, start=1):
        if count > MOST_ENTRIES:
            raise SourceError(f"The source has more than {MOST_ENTRIES:,} entries: split it.")
        entry.read()
        if entry.model_id is None:
            continue
        key = (entry.model_id, entry.tier, entry.is_free)
        if key in seen:
            entry.problem("id", f"The same model, tier and price class stands at {seen[key]} already.")
        seen[key] = entry.label
        _merge(reading, entry)
    return reading


def _merge(reading: Reading, entry: EntryReader) -> None:
    """Add an entry to what others of the same id have stated; they must agree."""
    assert entry.model_id is not None
    draft = reading.models.setdefault(entry.model_id, ModelDraft(entry.model_id, entry.label))
    for name, value in entry.fields.items():
        if name == "has_free_variant":
            draft.fields[name] = value or draft.fields.get(name, False)
        elif draft.fields.setdefault(name, value) != value:
            entry.problem(name, f"It differs from what {draft.entry} says about the same model.")
    if entry.places is not None:
        if draft.places not in (None, entry.places):
            entry.problem("datacenters", f"They differ from those of {draft.entry}, the same model.")
        draft.places = entry.places
    for name, descriptor in entry.descriptors.items():
        if draft.descriptors.setdefault(name, descriptor) != descriptor:
            entry.problem(name, f"It is described otherwise by {draft.entry}, the same model.")
    for tier, prices in entry.price_lists.items():
        draft.price_lists.setdefault(tier, prices)
    draft.describes_all |= entry.describes_all
    draft.past += entry.past
    draft.guesses = entry.guesses or {**draft.guesses, **guesses(entry.model_id, draft.fields)}


def guesses(model_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    """What a new model is given where its source has no word for it."""
    outputs = fields.get("output_modalities", [])
    category = Category.TEXT if OutputModality.TEXT in outputs or not outputs else CATEGORY_OF[OutputModality(outputs[0])]
    author = next(
        (text.partition("/")[0] for text in (fields.get("openrouter_slug"), fields.get("hugging_face_id")) if text),
        model_id.partition("/")[0] if "/" in model_id else "",
    )
    author = author.lower() if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", author) else ""
    return {"category": category.value, "author": author[:80], "name": model_id}


def sampling_and_features(names: list[str]) -> tuple[list[str], set[str], list[str]]:
    """Request parameters by what they are here: sampling parameters, features, and the rest."""
    sampling = [name for name in names if name in SamplingParameter.values]
    features = {FEATURE_PARAMETERS[name].value for name in names if name in FEATURE_PARAMETERS}
    return sampling, features, [name for name in names if name not in sampling and name not in FEATURE_PARAMETERS]


def is_model_id(value: Any) -> bool:
    """Whether it can be a model's id."""
    return isinstance(value, str) and len(value) <= 200 and re.fullmatch(MODEL_ID.strip("^$"), value) is not None


def integer(value: Any) -> int | None:
    """A whole number, however JSON wrote it."""
    if (
        isinstance(value, Decimal)
        and value.is_finite()
        and abs(value.adjusted()) < 20
        and value == value.to_integral_value()
    ):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def decimal(value: Any) -> Decimal | None:
    """A number, as a number or as text; None for what is none, or has more digits than anybody means."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    if isinstance(value, int) and abs(value) > 10**40:
        return None
    if isinstance(value, Decimal) and (len(value.as_tuple().digits) > 60 or not -1000 < value.adjusted() < 1000):
        return None  # written out, it would fill the memory
    if isinstance(value, str) and not re.fullmatch(
        r"[+-]?(\d{1,60}(\.\d{0,60})?|\.\d{1,60})([eE][+-]?\d{1,3})?", value, re.ASCII
    ):
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def plain(value: Any) -> Any:
    """A text, number or boolean as JSON columns keep it, or a list of them. Raises ``ValueError`` for anything else, and
    for a number that would lose a digit."""
    if isinstance(value, list) and not any(isinstance(item, list) for item in value):
        return [plain(item) for item in value]
    if isinstance(value, Decimal) and value.adjusted() < 300:
        if value.adjusted() < 20 and value == value.to_integral_value() and abs(value) <= LARGEST_EXACT_INTEGER:
            return int(value)
        if value.adjusted() > -300 and Decimal(repr(float(value))) == value:
            return float(value)
    elif (
        isinstance(value, bool)
        or (isinstance(value, int) and abs(value) <= LARGEST_EXACT_INTEGER)
        or (isinstance(value, str) and is_storable(value))
    ):
        return value
    raise ValueError(f"{shown(value)} is no plain value.")


def deprecation_moment(value: Any) -> datetime | None:
    """The moment that a deprecation names; a date means 13:00 UTC."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:00:00Z)?", value, re.ASCII):
        return None
    try:
        moment = datetime.fromisoformat(value if "T" in value else f"{value}T{openrouter.DEPRECATION_HOUR}:00:00Z")
    except ValueError:
        return None
    return moment if 1970 <= moment.year < 9999 else None


def is_storable(value: str) -> bool:
    """PostgreSQL keeps no NUL, and half a surrogate pair is no character."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def is_text(value: Any) -> bool:
    """Whether it is a text that the database can keep."""
    return isinstance(value, str) and is_storable(value)


def entry_label(number: int, name: object = None) -> str:
    """How an entry is named to people: by its place, and its id where it states one."""
    return f"entry {number}" if name is None else f"entry {number} ({printable(str(name))})"


def printable(text: str) -> str:
    """A source's text as a terminal can show it: on one line, without control characters, and not endless."""
    text = text[:301]
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= 300 else f"{text[:297]}…"


def shown(value: Any) -> str:
    """A value in a sentence, cut where it is long. Of a large one no more is looked at than is shown."""
    if isinstance(value, Decimal):
        text = str(value)
    elif isinstance(value, str):
        text = ascii(value[:60])
    elif isinstance(value, dict | list):
        text = _FEW.repr(value)
    else:
        text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def listed(values: Iterable[Any]) -> str:
    """Several values in a sentence; of many, the first ten and how many more there are."""
    found = list(values)
    more = f" and {len(found) - MOST_SHOWN:,} more" if len(found) > MOST_SHOWN else ""
    return ", ".join(map(shown, found[:MOST_SHOWN])) + more


class _Few(reprlib.Repr):
    """The first parts of a large value, in ASCII."""

    maxlevel, maxdict, maxlist, maxstring, maxlong = 3, 8, 8, 60, 60

    def repr_str(self, text: str, level: int) -> str:
        """A text, cut."""
        return ascii(text[: self.maxstring])

    def repr_Decimal(self, number: Decimal, level: int) -> str:
        """A number by its digits."""
        return str(number)


_FEW = _Few()
