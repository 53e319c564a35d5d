"""Reading LiteLLM's cost map. Its costs are binary floating-point numbers; each becomes the decimal that was meant."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from catalog import decimals
from catalog.formats import litellm
from catalog.importing.drafts import ModelDraft, PriceList, Reading, Remark
from catalog.importing.readers.entry import EntryReader
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.prices import PricedEntryReader
from catalog.importing.values import (
    LARGEST_INTEGER,
    decimal,
    entry_label,
    is_model_id,
    shown,
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
FEATURE_OF = {flag: feature for feature, flags in litellm.FEATURE_FLAGS.items() for flag in flags}
MODALITY_OF = {flag: modality for modality, flag in litellm.INPUT_FLAGS.items()}

_OWN_LINES = {(kind.value, unit.value, ttl) for kind, unit, ttl in litellm.COSTS.values()}


def recognise(document: Any) -> bool:
    """Whether it looks like this format: an object of objects with ``litellm_provider``."""
    return isinstance(document, dict) and any(
        isinstance(facts, dict) and "litellm_provider" in facts for facts in document.values()
    )


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read all models of the map; what is no model is skipped with a word."""
    reading = Reading(
        owns=_owns,
        words={"supported_features": frozenset(litellm.FEATURE_FLAGS)},
        days=frozenset({"deprecation_at"}),
        free_costs_nothing=True,
    )
    return read_entries(reading, _entries(document, reading, per_million))


def _entries(document: dict[str, Any], reading: Reading, per_million: bool) -> Iterator[EntryReader]:
    for number, (model_id, facts) in enumerate(document.items(), start=1):
        mode = facts.get("mode") if isinstance(facts, dict) else None
        label = entry_label(number, model_id)
        if model_id == EXAMPLE:
            reading.notes.append(Remark(label, "", "Skipped: it explains the keys."))
        elif isinstance(facts, dict) and not (isinstance(mode, str) and mode in OUTPUTS):
            reading.notes.append(Remark(label, "mode", f"Skipped: {shown(mode)} is no kind of model that is kept here."))
        elif not is_model_id(model_id):
            reading.notes.append(Remark(label, "", "Skipped: its key cannot be a model's id."))
        else:
            yield Model({**facts, "id": model_id} if isinstance(facts, dict) else facts, number, reading, per_million)


def _owns(draft: ModelDraft, line: Line) -> bool:
    is_conditional = line.utc_start is not None or bool(line.utc_days)
    has_tier = line.min_prompt_tokens is None or line.min_prompt_tokens % 1000 == 0
    return (line.kind, line.unit, line.cache_ttl_seconds) in _OWN_LINES and has_tier and not is_conditional


class Model(PricedEntryReader):
    """One model of the map. Its service tiers stand under keys of their own, so there is a price list for each."""

    def read_fields(self) -> None:
        """Modalities, lengths, features, costs."""
        output = OUTPUTS[self.take("mode")]
        self.take("litellm_provider", "supported_endpoints", "source")
        self.modalities(output)
        self.tokens("context_length", self.take("max_input_tokens"))
        longest = self.take("max_tokens")  # that of the answer, else that of the prompt
        if longest == self.raw.get("max_input_tokens") or output != OutputModality.TEXT:
            longest = None
        self.tokens("max_output_length", self.take("max_output_tokens") or longest)
        context = self.fields.get("context_length")
        if context is not None and self.fields.get("max_output_length", 0) > context:
            self.note(
                "max_output_tokens",
                f"{self.fields.pop('max_output_length')} is more than max_input_tokens; it was left aside.",
            )
        self.features({feature for flag, feature in FEATURE_OF.items() if self.flag(flag, self.take(flag))})
        self.take("supports_prompt_caching", "supports_audio_output")  # told by the prices and modalities
        self.deprecation("deprecation_date", self.take("deprecation_date"))
        self.price_lists = {ServiceTier.DEFAULT.value: PriceList()}
        for key in list(self.raw):
            self.cost(key, output)
        search = self.take(litellm.SEARCH_KEY)
        if search is not None:
            self.search(search)

    def modalities(self, output: OutputModality) -> None:
        """Both lists, where they are stated; else what the mode and the flags tell."""
        flags = {modality for flag, modality in MODALITY_OF.items() if self.flag(flag, self.take(flag))}
        inputs = self.modality_words("supported_modalities", InputModality, INPUTS.get(output, InputModality.TEXT).value)
        self.words("input_modalities", [*inputs, *flags], InputModality)
        outputs = self.modality_words("supported_output_modalities", OutputModality, output.value)
        self.words("output_modalities", outputs, OutputModality)

    def modality_words(self, key: str, vocabulary: Any, otherwise: str) -> list[str]:
        """The known words of a list; that of the mode where none is stated."""
        stated = self.take(key)
        if stated is None:
            return [otherwise]
        words = stated if isinstance(stated, list) else [stated]
        known = [word for word in words if word in vocabulary.values]
        if len(known) != len(words):
            self.skips(key, [word for word in words if word not in vocabulary.values])
        return known if known or not words else [otherwise]

    def cost(self, key: str, output: OutputModality) -> None:
        """One cost, if the key is one."""
        match = litellm.COST_KEY.match(key)
        if match is None or match[1] not in litellm.COSTS or self.raw[key] is None:
            return
        self.take(key)
        kind, unit, ttl = litellm.COSTS[match[1]]
        if match[1] == litellm.SPEECH_KEY and output == OutputModality.SPEECH:
            kind, unit = PriceKind.SPEECH_OUTPUT, PriceUnit.CHARACTER
        above = int(match[2]) * 1000 if match[2] and len(match[2]) < 8 else None
        if match[2] and (above is None or not 1 <= above <= LARGEST_INTEGER):
            self.problem(key, "It is for no number of tokens that can be kept.")
            return
        tier = match[3] or ServiceTier.DEFAULT.value
        self.put(key, tier, Line(kind.value, unit.value, tier, above, cache_ttl_seconds=ttl), self.raw[key])

    def put(self, key: str, tier: str, line: Line, value: Any) -> None:
        """One price of one tier."""
        amount = decimals.meant(value) if isinstance(value, Decimal) else value
        if isinstance(value, Decimal) and amount != value:
            self.note(key, f"{shown(value)} was read as {decimals.wire(amount)}: the rest is a binary number's.")
        self.prices = self.price_lists.setdefault(tier, PriceList())
        self.price(key, line, amount)
        self.prices = None

    def search(self, costs: Any) -> None:
        """Web search, where it costs the same whatever its size."""
        stated = list(costs.values()) if isinstance(costs, dict) else []
        amounts = {decimal(amount) for amount in stated if not isinstance(amount, str)}
        if len(amounts) == 1 and None not in amounts:
            line = Line(PriceKind.WEB_SEARCH.value, PriceUnit.SEARCH.value, ServiceTier.DEFAULT.value)
            self.put(litellm.SEARCH_KEY, ServiceTier.DEFAULT.value, line, amounts.pop())
        else:
            self.note(litellm.SEARCH_KEY, "It is not one cost, whatever the size of the context, and was left aside.")
