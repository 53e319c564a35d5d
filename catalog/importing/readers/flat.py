"""Reading OpenRouter's flat listing, as providers really write it."""

from typing import Any

from catalog.formats import openrouter
from catalog.formats.pricing import PUBLIC_KEYS
from catalog.importing.drafts import ModelDraft, Reading
from catalog.importing.readers.entry import FEATURE_PARAMETERS
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.prices import PricedEntryReader
from catalog.models import Feature, InputModality, Line, OutputModality, SamplingParameter

NAME = openrouter.FORMAT.name

CONTEXT_ALIASES = ("context_length", "context_window", "max_context_length", "max_context_tokens", "max_model_len")
OUTPUT_ALIASES = ("max_completion_tokens", "max_output_tokens", "max_output_length")

OTHERS = ("schema_version", "architecture", "pricing_rows")
"""Keys by which Model Document V2, the Models API and our standard catalog are known."""

_OWN_LINES = {(kind.value, unit.value) for kind, unit in openrouter.PRICE_KEYS.values()}


def recognise(document: Any) -> bool:
    """Whether it looks like this format: a list of entries under ``data``, with prices that are not V2's."""
    entries = document.get("data") if isinstance(document, dict) else None
    return isinstance(entries, list) and not any(
        isinstance(entry, dict) and any(key in entry for key in OTHERS) for entry in entries
    )


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
    zero_means_zero = ("prompt", "completion", "input_cache_read")

    def read_fields(self) -> None:
        """Every key of the documentation, and its aliases."""
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

    def vocabularies(self) -> None:
        """What it can do."""
        features = self.words("supported_features", self.take("supported_features"), Feature)
        sampling = self.take("supported_sampling_parameters", "supported_parameters")
        if isinstance(sampling, list):
            moved = [word for word in sampling if isinstance(word, str) and word in FEATURE_PARAMETERS]
            if moved:
                self.note("supported_sampling_parameters", f"{', '.join(moved)}: read as features.")
                self.features({FEATURE_PARAMETERS[word].value for word in moved} | set(features or []))
                sampling = [word for word in sampling if word not in moved]
        self.words("supported_sampling_parameters", sampling, SamplingParameter)
        self.words("input_modalities", self.take("input_modalities"), InputModality)
        self.words("output_modalities", self.take("output_modalities"), OutputModality)
