"""Reading OpenRouter's flat listing, with the variants that providers use."""

from decimal import Decimal
from typing import Any

from catalog import decimals
from catalog.formats import openrouter
from catalog.formats.pricing import PUBLIC_KEYS
from catalog.importing.drafts import ModelDraft, Reading
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.prices import PricedEntryReader
from catalog.importing.readers.vocabulary import FEATURE_PARAMETERS
from catalog.importing.values import decimal
from catalog.models import Feature, InputModality, Line, OutputModality, PriceKind, PriceUnit, SamplingParameter

NAME = openrouter.FORMAT.name

CONTEXT_ALIASES = ("context_length", "context_window", "max_context_length", "max_context_tokens", "max_model_len")
OUTPUT_ALIASES = ("max_completion_tokens", "max_output_tokens", "max_output_length")

OTHERS = ("schema_version", "architecture", "pricing_rows")
"""Keys that identify Model Document V2, the Models API and our standard catalog."""

REPEATED = {
    "input": PriceKind.PROMPT.value,
    "output": PriceKind.COMPLETION.value,
    "input_cache_read": PriceKind.INPUT_CACHE_READ.value,
}
"""The keys of an object of prices beside ``pricing``."""

_OWN_LINES = {(kind.value, unit.value) for kind, unit in openrouter.PRICE_KEYS.values()}


OWN_KEYS = ("max_output_length", "supported_sampling_parameters", "is_free", "quantization", "datacenters", "is_ready")
"""Keys that identify an entry without a price."""


def recognize(document: Any) -> bool:
    """Whether it looks like this format: a list of entries under ``data``, possibly empty; at least one has prices, or else some
    facts, under this format's keys."""
    entries = document.get("data") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return False
    rows = [entry for entry in entries if isinstance(entry, dict)]
    if any(key in entry for entry in rows for key in OTHERS):
        return False
    return not rows or any(_is_of_this_format(entry) for entry in rows)


def _is_of_this_format(entry: dict[str, Any]) -> bool:
    pricing = entry.get("pricing")
    stated = pricing[0] if isinstance(pricing, list) and pricing else pricing
    if isinstance(stated, dict):
        return "prompt" in stated or "completion" in stated or "request" in stated or "image" in stated
    return any(key in entry for key in OWN_KEYS)


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read all entries. ``per_million``: the token prices are per million tokens, whatever their names say."""
    reading = Reading(owns=_owns)
    entries = enumerate(document["data"], start=1)
    return read_entries(reading, (FlatEntry(raw, number, reading, per_million) for number, raw in entries))


def _owns(draft: ModelDraft, line: Line) -> bool:
    return (line.kind, line.unit) in _OWN_LINES and line.cache_ttl_seconds is None


class FlatEntry(PricedEntryReader):
    """One entry of a flat listing."""

    price_keys = PUBLIC_KEYS
    old_price_keys = {"input_cache_reads": "input_cache_read", "input_cache_writes": "input_cache_write"}
    zero_means_zero: tuple[str, ...] = ("prompt", "completion", "input_cache_read")

    def read_fields(self) -> None:
        """Every documented key, and its aliases."""
        self.texts()
        self.tokens("context_length", self.take(*CONTEXT_ALIASES))
        self.tokens("max_output_length", self.take(*OUTPUT_ALIASES))
        self.check_lengths()
        self.created()
        self.capacity(self.take("capacity_tpm"))
        self.discount(self.take("discount_to_user"))
        self.quantization(self.take("quantization"))
        self.vocabularies()
        self.switches()
        self.datacenters()
        self.read_pricing(self.take("pricing"))
        if self.repeats(self.raw.get("price")):
            self.take("price")

    def repeats(self, stated: Any) -> bool:
        """Whether an object of prices, as some feeds have it beside ``pricing``, says the same: in USD per token, or per million."""
        if not isinstance(stated, dict) or self.prices is None:
            return False
        for key, value in stated.items():
            line = Line(REPEATED.get(key, ""), PriceUnit.TOKEN.value, self.tier)
            usd = Decimal(0) if line in self.prices.fillers else self.prices.lines.get(line)
            amount = decimal(value.get("usd") if isinstance(value, dict) else value)
            if usd is None or amount is None or decimals.without_float_error(amount) not in (usd, decimals.per_million(usd)):
                return False
        return True

    def vocabularies(self) -> None:
        """Its features and parameters."""
        features = self.words("supported_features", self.take("supported_features"), Feature)
        sampling = self.take("supported_sampling_parameters", "supported_parameters")
        if isinstance(sampling, list):
            moved = [word for word in sampling if isinstance(word, str) and word in FEATURE_PARAMETERS]
            if moved:
                self.note("supported_sampling_parameters", f"{', '.join(moved)}: read as features.")
                self.features({FEATURE_PARAMETERS[word].value for word in moved} | set(features or []))
                sampling = [word for word in sampling if word not in moved]
        self.words("supported_sampling_parameters", sampling, SamplingParameter)
        self.modalities("input_modalities", self.take("input_modalities"), InputModality)
        generated = self.modalities("output_modalities", self.take("output_modalities"), OutputModality)
        if generated and OutputModality.TEXT not in generated:
            # The keys are required, so a model without these prices has them at 0. Embedding models have a prompt price.
            fillers = {"completion"} if OutputModality.EMBEDDINGS in generated else {"prompt", "completion"}
            self.zero_means_zero = tuple(name for name in self.zero_means_zero if name not in fillers)
