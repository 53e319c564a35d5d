"""Reading OpenRouter's flat listing, as providers really write it.

The aliases and their order are those of OpenRouter's "Provider Integration" documentation; what else occurs in the field
(dollar signs, exponents, old keys, prices per million, tools among the sampling parameters) is read as it is meant and
said in a note, or refused with a sentence.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django_countries import countries

from catalog import decimals
from catalog.formats import openrouter
from catalog.importing.drafts import Line, ModelDraft, PriceList, Reading, Remark
from catalog.models import (
    KINDS,
    Category,
    Feature,
    InputModality,
    OutputModality,
    PriceUnit,
    Quantization,
    SamplingParameter,
    ServiceTier,
    Weekday,
)
from catalog.models.ai_model import MODEL_ID, REPOSITORY

NAME = "openrouter"

LARGEST_TOKEN_PRICE = Decimal("0.01")
"""USD per token; 10,000 USD per million. A higher one was written per million under a per-token name."""

LARGEST_INTEGER = 2**31 - 1
LARGEST_CAPACITY = 2**63 - 1
LATEST_SECOND = 253_402_214_400

COUNTRIES = {code for code, _ in countries}
CONTEXT_ALIASES = ("context_length", "context_window", "max_context_length", "max_context_tokens", "max_model_len")
OUTPUT_ALIASES = ("max_completion_tokens", "max_output_tokens", "max_output_length")
OLD_PRICE_KEYS = {"input_cache_reads": "input_cache_read", "input_cache_writes": "input_cache_write"}
PRICE_KEYS = {facts.public_key: (kind, facts.units[0]) for kind, facts in KINDS.items() if facts.public_key}
NEVER_FILLERS = ("prompt", "completion", "input_cache_read")
CONDITIONS = ("min_prompt_tokens", "utc_start", "utc_end", "utc_days")

MISPLACED = {
    "tools": Feature.TOOLS,
    "tool_choice": Feature.TOOLS,
    "parallel_tool_calls": Feature.TOOLS,
    "response_format": Feature.JSON_MODE,
    "structured_outputs": Feature.STRUCTURED_OUTPUTS,
    "logprobs": Feature.LOGPROBS,
    "top_logprobs": Feature.LOGPROBS,
    "reasoning": Feature.REASONING,
    "include_reasoning": Feature.REASONING,
}
"""Features that are often named among the sampling parameters."""

CATEGORY_OF = {
    OutputModality.IMAGE: Category.IMAGE,
    OutputModality.VIDEO: Category.VIDEO,
    OutputModality.AUDIO: Category.AUDIO,
    OutputModality.SPEECH: Category.AUDIO,
    OutputModality.TRANSCRIPTION: Category.TRANSCRIPTION,
    OutputModality.EMBEDDINGS: Category.EMBEDDING,
    OutputModality.RERANK: Category.RERANKER,
}


def recognise(document: Any) -> bool:
    """Whether it looks like this format: a list of entries under ``data``, with prices that are not V2's."""
    entries = document.get("data") if isinstance(document, dict) else None
    return isinstance(entries, list) and not any(
        isinstance(entry, dict) and ("schema_version" in entry or "architecture" in entry) for entry in entries
    )


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read all entries. ``per_million``: the token prices are per million tokens, whatever their names say."""
    reading = Reading(owns=frozenset((kind.value, unit.value) for kind, unit in openrouter.PRICE_KEYS.values()))
    seen: dict[tuple[str, str, bool], str] = {}
    for number, raw in enumerate(document["data"], start=1):
        entry = _Entry(raw, number, reading, per_million)
        entry.read()
        if entry.model_id is None:
            continue
        key = (entry.model_id, entry.tier, entry.is_free)
        if key in seen:
            entry.problem("id", f"The same model, tier and price class stands at {seen[key]} already.")
        seen[key] = entry.label
        _merge(reading, entry)
    return reading


def _merge(reading: Reading, entry: "_Entry") -> None:
    """Add an entry to what others of the same id have stated; they must agree."""
    assert entry.model_id is not None
    draft = reading.models.setdefault(entry.model_id, ModelDraft(entry.model_id, entry.label))
    for name, value in entry.fields.items():
        if name == "has_free_variant":
            draft.fields[name] = value or draft.fields.get(name, False)
        elif draft.fields.setdefault(name, value) != value:
            entry.problem(name, f"It differs from what {draft.entry} says about the same model.")
    if entry.countries is not None:
        if draft.countries not in (None, entry.countries):
            entry.problem("datacenters", f"They differ from those of {draft.entry}, the same model.")
        draft.countries = entry.countries
    if entry.prices is not None:
        draft.price_lists.setdefault(entry.tier, entry.prices)
    draft.guesses = _guesses(entry.model_id, draft.fields)


def _guesses(model_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    outputs = fields.get("output_modalities", [])
    category = Category.TEXT if OutputModality.TEXT in outputs or not outputs else CATEGORY_OF[OutputModality(outputs[0])]
    author = next(
        (text.partition("/")[0] for text in (fields.get("openrouter_slug"), fields.get("hugging_face_id")) if text),
        model_id.partition("/")[0] if "/" in model_id else "",
    )
    author = author.lower() if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", author) else ""
    return {"category": category.value, "author": author[:80], "name": model_id}


class _Entry:
    """One entry being read: takes the keys it knows, and keeps what to say about them."""

    def __init__(self, raw: Any, number: int, reading: Reading, per_million: bool) -> None:
        self.raw = raw if isinstance(raw, dict) else {}
        self.is_object = isinstance(raw, dict)
        self.reading = reading
        self.per_million = per_million
        self.label = f"entry {number}"
        self.taken: set[str] = set()
        self.fields: dict[str, Any] = {}
        self.countries: tuple[str, ...] | None = None
        self.prices: PriceList | None = None
        self.model_id: str | None = None
        self.tier = ServiceTier.DEFAULT.value
        self.is_free = False

    def read(self) -> None:
        """Read every key; what is wrong goes to the reading's problems."""
        if not self.is_object:
            self.problem("", "It is not an object.")
            return
        model_id = self.take("id")
        if not isinstance(model_id, str) or len(model_id) > 200 or not re.fullmatch(MODEL_ID.strip("^$"), model_id):
            self.problem("id", f"{_shown(model_id)} is not a model id.")
            return
        self.model_id = model_id
        self.label = f"{self.label} ({model_id})"
        self.texts()
        self.numbers()
        self.words()
        self.switches()
        self.places()
        self.read_pricing(self.take("pricing"))
        if unknown := sorted(key for key in self.raw if key not in self.taken):
            self.note("", f"Keys that this catalog does not know were left aside: {', '.join(map(_shown, unknown))}.")

    def take(self, *keys: str) -> Any:
        """The first of these keys that has a value; all of them are known."""
        self.taken.update(keys)
        return next((self.raw[key] for key in keys if self.raw.get(key) is not None), None)

    def problem(self, field: str, sentence: str) -> None:
        """Refuse the entry, and with it the import."""
        self.reading.problems.append(Remark(self.label, field, sentence))

    def note(self, field: str, sentence: str) -> None:
        """Say something that does not refuse."""
        self.reading.notes.append(Remark(self.label, field, sentence))

    def texts(self) -> None:
        """Names, ids and the description; empty ones state nothing."""
        slug = self.take("openrouter")
        if slug is not None and not isinstance(slug, dict):
            self.problem("openrouter", "It must be an object with a slug.")
            slug = None
        for field, value, longest, pattern in (
            ("name", self.take("name"), 200, r"(?s).*\S.*"),
            ("hugging_face_id", self.take("hugging_face_id") or self.take("hf_slug"), 200, REPOSITORY.strip("^$")),
            ("description", self.take("description"), 100_000, "(?s).*"),
            ("openrouter_slug", (slug or {}).get("slug"), 200, REPOSITORY.strip("^$")),
        ):
            if value in (None, ""):
                continue
            if (
                not isinstance(value, str)
                or len(value) > longest
                or not re.fullmatch(pattern, value)
                or not _storable(value)
            ):
                self.problem(field, f"{_shown(value)} is not one.")
            else:
                self.fields[field] = value

    def numbers(self) -> None:
        """Lengths, release, capacity, discount."""
        lengths = (("context_length", CONTEXT_ALIASES), ("max_output_length", OUTPUT_ALIASES))
        for field, aliases in lengths:
            value = self.take(*aliases)
            if value is None:
                continue
            number = _integer(value)
            if number == 0:
                self.note(field, "0 says that it is unknown.")
            elif number is None or not 1 <= number <= LARGEST_INTEGER:
                self.problem(field, f"{_shown(value)} is not a number of tokens.")
            else:
                self.fields[field] = number
        output, context = self.fields.get("max_output_length"), self.fields.get("context_length")
        if output and context and output > context:
            self.problem("max_output_length", f"{output} is more than the context, {context}.")
        if (value := self.take("created")) is not None:
            seconds = _integer(value)
            if seconds is None or not 0 <= seconds <= LATEST_SECOND:
                self.problem("created", f"{_shown(value)} is not a time in seconds since 1970.")
            else:
                self.fields["released_at"] = datetime.fromtimestamp(seconds, UTC)
        if (value := self.take("capacity_tpm")) is not None:
            capacity = _integer(value)
            if capacity is None or not 1 <= capacity <= LARGEST_CAPACITY:
                self.problem("capacity_tpm", f"{_shown(value)} is not a number of tokens per minute.")
            else:
                self.fields["capacity_tpm"] = capacity
        if (value := self.take("discount_to_user")) is not None:
            discount = _decimal(value)
            if discount is None or not -100 < discount < 1:
                self.problem("discount_to_user", f"{_shown(value)} is not a part of the price below 1.")
            elif len(decimals.wire(discount).partition(".")[2]) > 10:
                self.problem("discount_to_user", "It has more than ten decimals.")
            else:
                self.fields["discount_to_user"] = discount

    def words(self) -> None:
        """The vocabularies."""
        quantization = self.take("quantization")
        if quantization in ("", "unknown"):
            self.note("quantization", f"{_shown(quantization)} says that it is unknown.")
        elif quantization is not None:
            if quantization in Quantization.values:
                self.fields["quantization"] = quantization
            else:
                self.problem("quantization", f"{_shown(quantization)} is not one of {', '.join(Quantization.values)}.")
        features = self.listed("supported_features", self.take("supported_features"), Feature)
        sampling = self.take("supported_sampling_parameters", "supported_parameters")
        if isinstance(sampling, list):
            moved = [word for word in sampling if isinstance(word, str) and word in MISPLACED]
            if moved:
                self.note("supported_sampling_parameters", f"{', '.join(moved)}: read as features.")
                named = {MISPLACED[word].value for word in moved} | set(features or [])
                features = [word for word in Feature.values if word in named]
                sampling = [word for word in sampling if word not in moved]
        self.listed("supported_sampling_parameters", sampling, SamplingParameter)
        if features is not None:
            self.fields["supported_features"] = features
        self.listed("input_modalities", self.take("input_modalities"), InputModality)
        self.listed("output_modalities", self.take("output_modalities"), OutputModality)

    def listed(self, field: str, value: Any, vocabulary: Any) -> list[str] | None:
        """A list of words, in the vocabulary's order."""
        if value is None:
            return None
        if not isinstance(value, list):
            self.problem(field, "It must be a list.")
            return None
        unknown = [word for word in value if not isinstance(word, str) or word not in vocabulary.values]
        if unknown:
            self.problem(field, f"{', '.join(map(_shown, unknown))}: not one of {', '.join(vocabulary.values)}.")
            return None
        self.fields[field] = [word for word in vocabulary.values if word in value]
        return list(self.fields[field])

    def switches(self) -> None:
        """Ready, free, tier, deprecation."""
        for key, field in (("is_ready", "is_ready"), ("is_free", "has_free_variant")):
            value = self.take(key)
            if value is None:
                continue
            if not isinstance(value, bool):
                self.problem(key, f"{_shown(value)} is neither true nor false.")
            elif field == "is_ready" or value:
                self.fields[field] = value
        self.is_free = self.fields.get("has_free_variant", False)
        tier = self.take("service_tier")
        if tier is not None:
            tier = "priority" if tier == "fast" else tier
            if tier not in ServiceTier.values:
                self.problem("service_tier", f"{_shown(tier)} is not one of flex, priority, fast, ultrafast.")
            elif self.is_free and tier != ServiceTier.DEFAULT:
                self.problem("service_tier", "A free variant has no service tier.")
            else:
                self.tier = tier
        if (value := self.take("deprecation_date")) is not None:
            if (moment := _deprecation(value)) is None:
                self.problem(
                    "deprecation_date", f"{_shown(value)} is neither YYYY-MM-DD nor a whole hour, YYYY-MM-DDTHH:00:00Z."
                )
            else:
                self.fields["deprecation_at"] = moment

    def places(self) -> None:
        """The countries of the datacenters."""
        value = self.take("datacenters")
        if value is None:
            return
        codes = (
            [place.get("country_code") if isinstance(place, dict) else None for place in value]
            if isinstance(value, list)
            else [None]
        )
        unknown = [code for code in codes if code not in COUNTRIES]
        if unknown:
            self.problem("datacenters", f"{', '.join(map(_shown, unknown))}: not an ISO 3166-1 alpha-2 code, such as DE.")
        else:
            self.countries = tuple(sorted({str(code) for code in codes}))

    def read_pricing(self, value: Any) -> None:
        """The price list, an object or the older array of tiers."""
        if value is None or self.is_free:
            return
        tiers = value if isinstance(value, list) else [value]
        if not tiers or not all(isinstance(tier, dict) for tier in tiers):
            self.problem("pricing", "It must be an object, or a list of them.")
            return
        self.prices = PriceList()
        self.read_prices("pricing", tiers[0], Line("", "", self.tier), known=("overrides", "min_context"))
        for number, tier in enumerate(tiers[1:], start=1):
            field = f"pricing[{number}]"
            least = _integer(tier.get("min_context"))
            if least is None or not 2 <= least <= LARGEST_INTEGER:
                self.problem(f"{field}.min_context", f"{_shown(tier.get('min_context'))} is not a number of tokens.")
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

    def condition(self, field: str, override: dict[str, Any]) -> Line | None:
        """What an override depends on."""
        above, start, end = (_integer(override.get(key)) for key in CONDITIONS[:3])
        days = override.get("utc_days") or []
        problem = None
        if any(override.get(key) is not None and _integer(override[key]) is None for key in CONDITIONS[:3]):
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
        assert self.prices is not None
        is_base = line == Line("", "", self.tier)
        for key, value in prices.items():
            name = OLD_PRICE_KEYS.get(key, key)
            if name not in PRICE_KEYS:
                if key not in known:
                    self.note(field, f"The price {_shown(key)} is not known here and was left aside.")
                continue
            if value is None:
                continue
            kind, unit = PRICE_KEYS[name]
            this = line._replace(kind=kind.value, unit=unit.value)
            usd = self.amount(f"{field}.{key}", value, unit)
            if usd is None:
                continue
            if this in self.prices.lines or this in self.prices.fillers:
                self.problem(f"{field}.{key}", "This price is stated twice.")
            elif usd == 0 and is_base and name not in NEVER_FILLERS:
                self.prices.fillers.add(this)
            else:
                self.prices.lines[this] = usd

    def amount(self, field: str, value: Any, unit: PriceUnit) -> Decimal | None:
        """USD per one unit, or None with a problem said."""
        text = value.strip().removeprefix("$") if isinstance(value, str) else value
        usd, sentence = _decimal(text), "is not a price that can be kept exactly."
        if usd is not None and usd.is_finite() and abs(usd.adjusted()) < 60:
            usd = decimals.per_one(usd) if unit == PriceUnit.TOKEN and self.per_million else usd
            if usd < 0:
                sentence = "is below 0. A price that does not exist is left out."
            elif unit == PriceUnit.TOKEN and usd > LARGEST_TOKEN_PRICE:
                hint = "" if self.per_million else "; if it is one, say --prices-per million"
                sentence = f"USD a token looks like a price per million tokens{hint}."
            elif decimals.fits(usd):
                return usd
        self.problem(field, f"{_shown(value)} {sentence}")
        return None


def _integer(value: Any) -> int | None:
    if (
        isinstance(value, Decimal)
        and value.is_finite()
        and abs(value.adjusted()) < 20
        and value == value.to_integral_value()
    ):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _decimal(value: Any) -> Decimal | None:
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


def _deprecation(value: Any) -> datetime | None:
    """A date means 13:00 UTC."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:00:00Z)?", value, re.ASCII):
        return None
    try:
        moment = datetime.fromisoformat(value if "T" in value else f"{value}T{openrouter.DEPRECATION_HOUR}:00:00Z")
    except ValueError:
        return None
    return moment if 1970 <= moment.year < 9999 else None


def _storable(value: str) -> bool:
    """PostgreSQL keeps no NUL, and half a surrogate pair is no character."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _shown(value: Any) -> str:
    text = ascii(value) if not isinstance(value, Decimal) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
