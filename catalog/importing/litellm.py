"""Reading LiteLLM's cost map. Its costs are binary floating-point numbers; each becomes the decimal that was meant."""

from decimal import Decimal
from typing import Any

from catalog import decimals
from catalog.formats import litellm
from catalog.importing.drafts import Line, ModelDraft, PriceList, Reading, Remark
from catalog.importing.entry import LARGEST_INTEGER, EntryReader, is_model_id, read_entries, shown
from catalog.models import InputModality, OutputModality, PriceKind, PriceUnit, ServiceTier

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
    )
    entries: list[EntryReader] = []
    for number, (model_id, facts) in enumerate(document.items(), start=1):
        mode = facts.get("mode") if isinstance(facts, dict) else None
        label = f"entry {number} ({model_id})"
        if model_id == EXAMPLE:
            reading.notes.append(Remark(label, "", "Skipped: it explains the keys."))
        elif isinstance(facts, dict) and mode not in OUTPUTS:
            reading.notes.append(Remark(label, "mode", f"Skipped: {shown(mode)} is no kind of model that is kept here."))
        elif not is_model_id(model_id):
            reading.notes.append(Remark(label, "", "Skipped: its key cannot be a model's id."))
        else:
            entries.append(
                Model({**facts, "id": model_id} if isinstance(facts, dict) else facts, number, reading, per_million)
            )
    return read_entries(reading, entries)


def _owns(draft: ModelDraft, line: Line) -> bool:
    is_conditional = line.utc_start is not None or bool(line.utc_days)
    has_tier = line.min_prompt_tokens is None or line.min_prompt_tokens % 1000 == 0
    return (line.kind, line.unit, line.cache_ttl_seconds) in _OWN_LINES and has_tier and not is_conditional


class Model(EntryReader):
    """One model of the map. Its service tiers stand under keys of their own, so there is a price list for each."""

    def read_fields(self) -> None:
        """Modalities, lengths, features, costs."""
        output = OUTPUTS[self.take("mode")]
        self.take("litellm_provider", "supported_endpoints")
        self.modalities(output)
        self.tokens("context_length", self.take("max_input_tokens"))
        longest = self.take("max_tokens")
        self.tokens(
            "max_output_length", self.take("max_output_tokens") or (longest if output == OutputModality.TEXT else None)
        )
        context = self.fields.get("context_length")
        if context is not None and self.fields.get("max_output_length", 0) > context:
            self.note("max_output_tokens", f"{self.fields.pop('max_output_length')} is more than max_input_tokens.")
        self.features({feature for flag, feature in FEATURE_OF.items() if self.flag(flag, self.take(flag))})
        self.take("supports_prompt_caching", "supports_audio_output")  # told by the prices and modalities
        self.deprecation("deprecation_date", self.take("deprecation_date"))
        self.price_lists = {ServiceTier.DEFAULT.value: PriceList()}
        for key in list(self.raw):
            self.cost(key, output)
        search = self.take(litellm.SEARCH_KEY)
        if isinstance(search, dict):
            self.search(search)

    def modalities(self, output: OutputModality) -> None:
        """Both lists, where they are stated; else what the mode and the flags tell."""
        flags = {modality for flag, modality in MODALITY_OF.items() if self.flag(flag, self.take(flag))}
        stated = self.take("supported_modalities")
        inputs = stated if isinstance(stated, list) else [INPUTS.get(output, InputModality.TEXT).value]
        known = [word for word in InputModality.values if word in inputs or word in flags]
        self.words("input_modalities", known, InputModality)
        stated = self.take("supported_output_modalities")
        outputs = [word for word in stated if word in OutputModality.values] if isinstance(stated, list) else []
        self.words("output_modalities", outputs or [output.value], OutputModality)

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
            self.note(key, f"{value} was read as {decimals.wire(amount)}: the rest is a binary number's.")
        self.prices = self.price_lists.setdefault(tier, PriceList())
        self.price(key, line, amount)
        self.prices = None

    def search(self, costs: dict[str, Any]) -> None:
        """Web search, where it costs the same whatever its size."""
        amounts = {amount for amount in costs.values() if isinstance(amount, int | Decimal)}
        if len(amounts) == 1:
            line = Line(PriceKind.WEB_SEARCH.value, PriceUnit.SEARCH.value, ServiceTier.DEFAULT.value)
            self.put(litellm.SEARCH_KEY, ServiceTier.DEFAULT.value, line, amounts.pop())
        else:
            self.note(litellm.SEARCH_KEY, "It differs by the size of the context, and was left aside.")
