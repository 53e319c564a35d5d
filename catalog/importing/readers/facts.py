"""The facts of an entry that several formats share: names, lengths, times, vocabularies, switches, datacenters.

The aliases and their order are those of OpenRouter's "Provider Integration" documentation. Other variants that providers use (old
keys, words in any case, numbers as texts) are read as intended and noted, or refused with a message.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from catalog import decimals
from catalog.importing.readers.entry import EntryReader
from catalog.importing.readers.vocabulary import country_of, known_value, known_values
from catalog.importing.values import (
    LARGEST_INTEGER,
    day_of,
    decimal,
    deprecation_moment,
    is_storable,
    is_text,
    listed,
    moment_of,
    printable,
    shown,
    whole,
)
from catalog.models import Feature, Quantization, ServiceTier
from catalog.models.conditions import LARGEST_EXACT_INTEGER, REPOSITORY

LATEST_SECOND = 253_402_214_400
LONGEST_DESCRIPTION = 100_000
ANY_TEXT, SOME_TEXT = re.compile(r"(?s).*"), re.compile(r"(?s).*\S.*")
OWNER_AND_NAME = re.compile(REPOSITORY.strip("^$"))


class FactsReader(EntryReader):
    """An entry with facts of a model."""

    def text(
        self,
        field: str,
        value: Any,
        longest: int = 200,
        pattern: re.Pattern[str] = ANY_TEXT,
        *,
        otherwise: str | None = None,
    ) -> None:
        """A name, an id or prose; an empty one states nothing. ``otherwise``: a description of the valid form; a text of another
        form is ignored."""
        if value is None or value == "":
            return
        if isinstance(value, str) and len(value) <= longest and pattern.fullmatch(value) and is_storable(value):
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
        repository = self.stated("hugging_face_id", "hf_slug")
        self.text("hugging_face_id", repository, pattern=OWNER_AND_NAME, otherwise="owner/name, such as Qwen/Qwen3.5-9B")
        self.text("description", self.take("description"), LONGEST_DESCRIPTION)
        self.text("openrouter_slug", openrouter.get("slug"), pattern=OWNER_AND_NAME, otherwise="author/slug")

    def label_of(self, field: str, value: Any) -> None:
        """A short text that is only displayed."""
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
            self.note(field, f"{shown(value)} is not a date (YYYY-MM-DD); it was ignored.")
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
        discount = decimal(decimals.without_float_error(value) if isinstance(value, Decimal) else value)
        if discount is None or not -100 < discount < 1:
            self.problem("discount_to_user", f"{shown(value)} is not a fraction below 1.")
        elif len(decimals.wire(discount).partition(".")[2]) > 10:
            self.problem("discount_to_user", "It has more than ten decimals.")
        else:
            self.fields["discount_to_user"] = discount
            if discount < -1:
                self.doubt(
                    "discount_to_user",
                    f"{shown(value)} is a markup of more than 100%. A discount is a fraction of the price: 0.1 lowers it by 10%.",
                )

    def quantization(self, value: Any) -> None:
        """A value of the vocabulary."""
        if value in ("", "unknown"):
            self.note("quantization", f"{shown(value)} means that it is unknown.")
        elif (word := known_value(value, Quantization)) is not None:
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
        found = {known_value(word, vocabulary) for word in value}
        if None in found:
            unknown = [word for word in value if known_value(word, vocabulary) is None]
            self.note(field, f"{listed(unknown)}: unknown to OpenRouter, ignored.")
        self.fields[field] = [word for word in known_values(vocabulary) if word in found]
        return list(self.fields[field])

    def modalities(self, field: str, value: Any, vocabulary: Any) -> list[str] | None:
        """The known modalities. If there are none, the stored ones stay, and a new model is not made public."""
        known = self.words(field, value, vocabulary)
        if not known and self.fields.pop(field, None) is not None and value:
            self.doubt(
                field, f"{listed(value)}: not one of {', '.join(known_values(vocabulary))}. Set the modalities in the admin."
            )
        return known

    def flagged(self, flags: dict[str, tuple[bool | None, ...]]) -> None:
        """The features by their flags. A feature without any flag stays as it is."""
        self.features({feature for feature, stated in flags.items() if any(stated)})
        self.unsaid["supported_features"] = frozenset(
            feature for feature, stated in flags.items() if all(flag is None for flag in stated)
        )

    def features(self, named: set[str]) -> None:
        """The features, in the vocabulary's order."""
        self.fields["supported_features"] = [word for word in known_values(Feature) if word in named]

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
            known = ServiceTier.PRIORITY.value if tier == "fast" else known_value(tier, ServiceTier)
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
        self.places = _in_order(frozenset((str(code), region) for code, region in zip(codes, regions, strict=True)))


@lru_cache(maxsize=4096)
def _in_order(places: frozenset[tuple[str, str | None]]) -> tuple[tuple[str, str | None], ...]:
    """Places, sorted. Cached, because many models are served from the same few."""
    return tuple(sorted(places, key=str))
