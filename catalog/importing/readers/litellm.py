"""Reading LiteLLM's cost map. Its costs are binary floating-point numbers; each becomes the decimal that it stands for."""

import re
from collections.abc import Iterator
from typing import Any

from catalog.formats import litellm
from catalog.formats.pricing import Key
from catalog.importing.drafts import ModelDraft, PriceList, Reading, Remark
from catalog.importing.readers.entry import EntryReader
from catalog.importing.readers.litellm_keys import (
    ALTERNATIVES,
    COST_KEY,
    COSTS,
    IMAGE_KEY,
    MONEY_KEY,
    OTHER_PRICES,
    REPEATED,
    TIER_OF,
)
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.prices import PricedEntryReader
from catalog.importing.values import (
    LARGEST_INTEGER,
    decimal,
    entry_label,
    is_model_id,
    shown,
    whole,
)
from catalog.models import InputModality, Line, OutputModality, PriceKind, PriceUnit, ServiceTier

NAME = litellm.FORMAT.name

EXAMPLE = "sample_spec"
"""An entry that explains the keys."""

OUTPUTS = {
    "chat": OutputModality.TEXT,
    "completion": OutputModality.TEXT,
    "responses": OutputModality.TEXT,
    "embedding": OutputModality.EMBEDDINGS,
    "image_generation": OutputModality.IMAGE,
    "image_edit": OutputModality.IMAGE,
    "video_generation": OutputModality.VIDEO,
    "rerank": OutputModality.RERANK,
    "audio_speech": OutputModality.SPEECH,
    "audio_transcription": OutputModality.TRANSCRIPTION,
}
INPUTS = {OutputModality.TRANSCRIPTION: InputModality.AUDIO}
MODALITY_OF = {flag: modality for modality, flag in litellm.INPUT_FLAGS.items()}

FEWEST = 1000
"""In tokens; no known long-context tier begins below it."""

TIERED, OFF_PEAK = "tiered_pricing", "off_peak_pricing"
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")

_OWN_LINES = {(kind.value, unit.value, ttl) for kind, unit, ttl in litellm.COSTS.values()}
"""Lines for which every map has a key. A map without one of the other keys says nothing about its line."""


def recognize(document: Any) -> bool:
    """Whether it looks like this format: an object of objects with ``litellm_provider``."""
    return isinstance(document, dict) and any(
        isinstance(facts, dict) and "litellm_provider" in facts for facts in document.values()
    )


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read all models of the map; other rows are skipped with a note."""
    reading = new_reading()
    return read_entries(reading, _entries(document, reading, per_million))


def new_reading() -> Reading:
    """A reading of entries in the map's format."""
    return Reading(
        owns=_owns,
        words={"supported_features": frozenset(litellm.FEATURE_FLAGS)},
        days=frozenset({"deprecation_at"}),
        has_one_length=True,
        free_costs_nothing=True,
    )


def _entries(document: dict[str, Any], reading: Reading, per_million: bool) -> Iterator[EntryReader]:
    for number, (model_id, facts) in enumerate(document.items(), start=1):
        mode = facts.get("mode") if isinstance(facts, dict) else None
        label = entry_label(number, model_id)
        if model_id == EXAMPLE:
            reading.notes.append(Remark(label, "", "Skipped: it explains the keys."))
        elif not isinstance(facts, dict):
            reading.notes.append(Remark(label, "", "Skipped: it is not an object."))
        elif not (isinstance(mode, str) and mode in OUTPUTS):
            reading.notes.append(Remark(label, "mode", f"Skipped: this catalog has no models of mode {shown(mode)}."))
        elif not is_model_id(model_id):
            reading.notes.append(Remark(label, "", "Skipped: its key cannot be a model's id."))
        else:
            yield Model({**facts, "id": model_id}, number, reading, per_million)


def _owns(draft: ModelDraft, line: Line) -> bool:
    is_conditional = line.utc_start is not None or bool(line.utc_days)
    has_tier = line.min_prompt_tokens is None or line.min_prompt_tokens % 1000 == 0
    return (line.kind, line.unit, line.cache_ttl_seconds) in _OWN_LINES and has_tier and not is_conditional


class Model(PricedEntryReader):
    """One model of the map. Its service tiers have their own keys, so there is a price list for each."""

    output: OutputModality
    """The output modalities, by its mode."""

    def read_fields(self) -> None:
        """Read the modalities, lengths, features and costs."""
        output = OUTPUTS[self.take("mode")]
        self.take("litellm_provider", "supported_endpoints", "source")
        self.by_mode(output)
        self.tokens("context_length", self.take("max_input_tokens"))
        longest = self.take("max_tokens")  # that of the answer, else that of the prompt
        if longest == self.raw.get("max_input_tokens") or output != OutputModality.TEXT:
            longest = None
        self.tokens("max_output_length", self.take("max_output_tokens") or longest)
        self.check_lengths()
        self.flagged(
            {
                feature: tuple(self.flag(flag, self.take(flag)) for flag in flags)
                for feature, flags in litellm.FEATURE_FLAGS.items()
            }
        )
        self.take("supports_prompt_caching", "supports_audio_output")  # the prices and modalities already say it
        self.deprecation("deprecation_date", self.take("deprecation_date"))
        self.price_lists = {ServiceTier.DEFAULT.value: PriceList()}
        self.output = output
        for key in list(self.raw):
            self.cost(key, self.raw, Line("", "", ""))
        self.tiers(self.take(TIERED))
        self.off_peak(self.take(OFF_PEAK))
        for prices in self.price_lists.values():
            self.leave_out_free_tokens(prices)
            self.leave_out_free_caches(prices)
        search = self.take(litellm.SEARCH_KEY)
        if search is not None:
            self.search(search)

    def by_mode(self, output: OutputModality) -> None:
        """Both lists of modalities, if they are stated; else derived from the mode and the flags."""
        flags = {modality: self.flag(flag, self.take(flag)) for flag, modality in MODALITY_OF.items()}
        if not self.raw.get("supported_modalities"):
            self.unsaid["input_modalities"] = frozenset(modality for modality, flag in flags.items() if flag is None)
        inputs = self.listed("supported_modalities", INPUTS.get(output, InputModality.TEXT).value)
        named = [modality for modality, flag in flags.items() if flag]
        self.modalities("input_modalities", [*inputs, *named], InputModality)
        self.modalities("output_modalities", self.listed("supported_output_modalities", output.value), OutputModality)

    def listed(self, key: str, otherwise: str) -> list[Any]:
        """The values of a list; that of the mode if none is stated."""
        stated = self.take(key)
        return stated if isinstance(stated, list) else [otherwise if stated is None else stated]

    def cost(self, key: str, costs: dict[str, Any], condition: Line) -> None:
        """One cost, if the key is one. A cost that is not read gives a note or a warning, by its importance."""
        value = costs[key]
        if value is None or key in (TIERED, OFF_PEAK, litellm.SEARCH_KEY) or not MONEY_KEY.search(key):
            return
        self.take(key)
        if key in REPEATED and value == costs.get(REPEATED[key]):
            return
        match = COST_KEY.match(key)
        line_of = None if match is None else self.kind_of(match[1], costs)
        if match is None or line_of is None:
            if OTHER_PRICES.search(key) and any(other in costs for other in litellm.COSTS):
                self.skips(key, value)
            else:
                self.unread("", key, value)
            return
        kind, unit, ttl = line_of
        above = int(match[2]) * 1000 if match[2] and len(match[2]) < 8 else condition.min_prompt_tokens
        if match[2] and (above is None or not 1 <= above <= LARGEST_INTEGER):
            self.problem(key, "Its number of tokens cannot be stored.")
            return
        tier = TIER_OF.get(match[3], ServiceTier.DEFAULT.value)
        line = condition._replace(
            kind=kind.value, unit=unit.value, service_tier=tier, min_prompt_tokens=above, cache_ttl_seconds=ttl
        )
        self.put(key, tier, line, value)
        if (other := ALTERNATIVES.get((match[1], kind))) is not None:
            self.price_lists[tier].alternatives[line] = line._replace(kind=other.value)

    def kind_of(self, name: str, costs: dict[str, Any]) -> Key | None:
        """What a cost is for, by its name and the model's mode; None if unknown."""
        if name not in COSTS:
            return None
        if name == litellm.SPEECH_KEY and self.output == OutputModality.SPEECH:
            return PriceKind.SPEECH_OUTPUT, PriceUnit.CHARACTER, None
        if name == IMAGE_KEY and self.output == OutputModality.IMAGE and "output_cost_per_image" not in costs:
            return PriceKind.IMAGE_OUTPUT, PriceUnit.IMAGE, None
        if name == "output_cost_per_second" and self.output != OutputModality.VIDEO:
            return None
        hears = "audio" in self.fields.get("input_modalities", []) or self.output == OutputModality.TRANSCRIPTION
        if name == "input_cost_per_second" and not hears:
            return None
        if name == "input_cost_per_token_cache_hit" and costs.get("cache_read_input_token_cost") is not None:
            return None
        return COSTS[name]

    def tiers(self, stated: Any) -> None:
        """Costs by the prompt's length: a list of them, each with its range of tokens."""
        if stated is None:
            return
        for number, tier in enumerate(stated if isinstance(stated, list) else [None]):
            limits = tier.get("range") if isinstance(tier, dict) else None
            least = whole(limits[0]) if isinstance(limits, list) and limits else None
            if least is None or not 0 <= least <= LARGEST_INTEGER:
                self.doubt(f"{TIERED}[{number}]", f"{shown(tier)} has no range of tokens and was not read.")
                continue
            if 0 < least < FEWEST:
                self.doubt(f"{TIERED}[{number}]", f"It begins above {least} tokens. Are these thousands?")
            condition = Line("", "", ServiceTier.DEFAULT.value, min_prompt_tokens=least or None)
            for key in tier:
                if key == "range":
                    continue
                if key in COSTS and (line_of := self.kind_of(key, tier)) is not None:
                    # The map repeats some of them beside the list; its own readers use the list.
                    line = condition._replace(kind=line_of[0].value, unit=line_of[1].value, cache_ttl_seconds=line_of[2])
                    self.price_lists[ServiceTier.DEFAULT.value].remove(line)
                self.cost(key, tier, condition)

    def off_peak(self, stated: Any) -> None:
        """Costs at off-peak hours: the price of the rest of the day becomes a window, as in OpenRouter's format."""
        if stated is None:
            return
        hours = (
            HOURS.fullmatch(stated["hours_utc"])
            if isinstance(stated, dict) and isinstance(stated.get("hours_utc"), str)
            else None
        )
        base = self.price_lists[ServiceTier.DEFAULT.value]
        if hours is None or hours[1] + hours[2] == hours[3] + hours[4]:
            self.doubt(OFF_PEAK, f"{shown(stated)} has no valid hours and was not read.")
            return
        begins, ends = int(hours[1] + hours[2]), int(hours[3] + hours[4])
        for key, value in stated.items():
            if key == "hours_utc":
                continue
            if key not in COSTS or (line_of := self.kind_of(key, self.raw)) is None:
                self.unread(OFF_PEAK, key, value)
                continue
            kind, unit, ttl = line_of
            line = Line(kind.value, unit.value, ServiceTier.DEFAULT.value, cache_ttl_seconds=ttl)
            usual = base.lines.pop(line, None)
            if usual is None:
                self.doubt(f"{OFF_PEAK}.{key}", "The rest of the day has no such price; it was not read.")
                continue
            self.put(f"{OFF_PEAK}.{key}", ServiceTier.DEFAULT.value, line, value)
            if base.lines.get(line) != usual:
                base.lines[line._replace(utc_start=ends, utc_end=begins)] = usual

    def leave_out_free_tokens(self, prices: PriceList) -> None:
        """If something else is sold and no token costs anything, the map's token costs of 0 are fillers."""
        tokens = {line: usd for line, usd in prices.lines.items() if line.unit == PriceUnit.TOKEN}
        if not any(tokens.values()) and any(usd for line, usd in prices.lines.items() if line not in tokens):
            prices.drop_zeros(list(tokens))

    def put(self, key: str, tier: str, line: Line, value: Any) -> None:
        """One price of one tier."""
        self.prices = self.price_lists.setdefault(tier, PriceList())
        self.price(key, line, value)
        self.prices = None

    def search(self, costs: Any) -> None:
        """Web search, if it costs the same for each size of the context: the catalog has one price for it."""
        amounts = {decimal(amount) for amount in costs.values()} if isinstance(costs, dict) else {None}
        if len(amounts) == 1 and None not in amounts:
            line = Line(PriceKind.WEB_SEARCH.value, PriceUnit.SEARCH.value, ServiceTier.DEFAULT.value)
            self.put(litellm.SEARCH_KEY, ServiceTier.DEFAULT.value, line, amounts.pop())
        else:
            sentence = f"The price of a web search, {shown(costs)}, depends on the size of the context and was ignored."
            self.note(litellm.SEARCH_KEY, sentence)
