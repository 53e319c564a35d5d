"""Reading one entry of a source: the keys that several formats share.

The aliases and their order are those of OpenRouter's "Provider Integration" documentation. Other variants that providers use
(dollar signs, exponents, old keys, prices per million, tools among the sampling parameters) are read as intended and noted, or
refused with a message.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from catalog import decimals
from catalog.importing.drafts import PriceList, Reading, Remark
from catalog.importing.readers.vocabulary import country_of, word_of, words_of
from catalog.importing.values import (
    LARGEST_INTEGER,
    day_of,
    decimal,
    deprecation_moment,
    entry_label,
    is_model_id,
    is_storable,
    is_text,
    listed,
    moment_of,
    printable,
    shown,
    whole,
    why_no_id,
)
from catalog.models import Feature, Line, Quantization, ServiceTier
from catalog.models.conditions import LARGEST_EXACT_INTEGER, REPOSITORY
from catalog.models.look_alikes import look_alike

LATEST_SECOND = 253_402_214_400
LONGEST_DESCRIPTION = 100_000
ANY_TEXT, SOME_TEXT = r"(?s).*", r"(?s).*\S.*"


class LeftOut(Exception):
    """The rest of the entry is not read."""


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
        self.unsaid: dict[str, frozenset[str]] = {}
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
        try:
            self.read_fields()
            self.left_over()
        except LeftOut:
            self.model_id = None

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
        if value not in (None, []) and not isinstance(value, dict):  # an empty list is PHP's empty object
            self.problem(key, "It must be an object.")
        return value if isinstance(value, dict) else {}

    def problem(self, field: str, sentence: str) -> None:
        """Refuse the entry, and with it the import."""
        self.reading.problems.append(Remark(self.label, printable(field), sentence))

    def leave_out(self, field: str, sentence: str) -> None:
        """Leave out the entry, with a note."""
        self.note(field, sentence)
        raise LeftOut

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

    def label_of(self, field: str, value: Any) -> None:
        """A short word that is only shown."""
        self.text(field, value, longest=40, pattern=SOME_TEXT, otherwise="a text of at most 40 characters")

    def tokens(self, field: str, value: Any) -> None:
        """A length in tokens; 0 states nothing."""
        if value is None:
            return
        number = whole(value)
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
                self.note(field, f"{self.fields.pop(field)} is more than the context, {context}; it was ignored.")

    def created(self) -> None:
        """The release."""
        value = self.take("created")
        if value is None:
            return
        seconds, released = whole(value), moment_of(value)
        if seconds is not None and 0 <= seconds <= LATEST_SECOND:
            released = datetime.fromtimestamp(seconds, UTC)
        if released is None:
            self.note("created", f"{shown(value)} is not a time in seconds since 1970; it was ignored.")
        else:
            self.fields["released_at"] = released

    def day(self, field: str, value: Any) -> date | None:
        """A day; for a month alone, its first day."""
        found = day_of(value)
        if found is None and value is not None:
            self.note(field, f"{shown(value)} is not a day, YYYY-MM-DD; it was ignored.")
        return found

    def capacity(self, value: Any) -> None:
        """Input tokens per minute."""
        if value is None:
            return
        capacity = whole(value)
        if capacity is None or not 1 <= capacity <= LARGEST_EXACT_INTEGER:
            self.problem("capacity_tpm", f"{shown(value)} is not a number of tokens per minute.")
        else:
            self.fields["capacity_tpm"] = capacity

    def discount(self, value: Any) -> None:
        """A fraction of the price."""
        if value is None:
            return
        discount = decimal(decimals.meant(value) if isinstance(value, Decimal) else value)
        if discount is None or not -100 < discount < 1:
            self.problem("discount_to_user", f"{shown(value)} is not a fraction below 1.")
        elif len(decimals.wire(discount).partition(".")[2]) > 10:
            self.problem("discount_to_user", "It has more than ten decimals.")
        else:
            self.fields["discount_to_user"] = discount
            if discount < -1:
                self.doubt(
                    "discount_to_user", f"{shown(value)} is a markup of more than 100 %. Is it a fraction of the price?"
                )

    def quantization(self, value: Any) -> None:
        """A value of the vocabulary."""
        if value in ("", "unknown"):
            self.note("quantization", f"{shown(value)} means that it is unknown.")
        elif (word := word_of(value, Quantization)) is not None:
            self.fields["quantization"] = word
        elif value is not None:
            self.note("quantization", f"{shown(value)} was ignored: it is not one of {', '.join(Quantization.values)}.")

    def words(self, field: str, value: Any, vocabulary: Any) -> list[str] | None:
        """The known values of a list, in the vocabulary's order."""
        if value is None:
            return None
        if not isinstance(value, list):
            self.problem(field, "It must be a list.")
            return None
        found = {word_of(word, vocabulary) for word in value}
        if unknown := [word for word in value if word_of(word, vocabulary) is None]:
            self.note(field, f"{listed(unknown)}: unknown to OpenRouter, ignored.")
        self.fields[field] = [word for word in words_of(vocabulary) if word in found]
        return list(self.fields[field])

    def modalities(self, field: str, value: Any, vocabulary: Any) -> list[str] | None:
        """The known ones. Without any, it is unknown what the model is: its own stay, and a new model is not made public."""
        known = self.words(field, value, vocabulary)
        if not known and self.fields.pop(field, None) is not None and value:
            self.doubt(field, f"{listed(value)}: not one of {', '.join(words_of(vocabulary))}. Set it in the admin.")
        return known

    def flagged(self, flags: dict[str, tuple[bool | None, ...]]) -> None:
        """The features by their flags. A feature without any flag stays as it is."""
        self.features({feature for feature, stated in flags.items() if any(stated)})
        self.unsaid["supported_features"] = frozenset(
            feature for feature, stated in flags.items() if all(flag is None for flag in stated)
        )

    def features(self, named: set[str]) -> None:
        """The features, in the vocabulary's order."""
        self.fields["supported_features"] = [word for word in words_of(Feature) if word in named]

    def flag(self, key: str, value: Any) -> bool | None:
        """True or false, None if not stated."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
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
            known = ServiceTier.PRIORITY.value if tier == "fast" else word_of(tier, ServiceTier)
            if known is None:
                self.leave_out(
                    "service_tier", f"This catalog has no service tier {shown(tier)}: the entry and its prices were ignored."
                )
            elif self.is_free and known != ServiceTier.DEFAULT:
                self.problem("service_tier", "A free variant has no service tier.")
            else:
                self.tier = known
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
        if not isinstance(value, list):
            self.problem("datacenters", "It must be a list.")
            return
        places: list[dict[str, Any]] = [place if isinstance(place, dict) else {} for place in value]
        codes = [country_of(place.get("country_code")) for place in places]
        if unknown := [place.get("country_code") for place, code in zip(places, codes, strict=True) if code is None]:
            # The others alone would say that the model is served from nowhere else.
            sentence = f"{listed(unknown)}: not an ISO 3166-1 alpha-2 code, such as DE. The datacenters were ignored."
            self.note("datacenters", sentence)
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
