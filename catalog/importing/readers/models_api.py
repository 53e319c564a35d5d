"""Reading OpenRouter's Models API: its models as models of this catalog.

A price of ``-1`` means not sold; an id with ``~`` before it is another name of a listed model; an id with ``:free`` after it is the
free variant.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from catalog import decimals
from catalog.formats import models_api, models_api_schema
from catalog.formats.pricing import PUBLIC_KEYS
from catalog.importing.drafts import ModelDraft, Reading, Remark
from catalog.importing.readers.entry import EntryReader
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.prices import PricedEntryReader
from catalog.importing.readers.variants import BatchOffer, FreeOffer, is_batch, is_free, listed_ids
from catalog.importing.readers.vocabulary import known_value, sampling_and_features
from catalog.importing.readers.windows import without_daily_windows
from catalog.importing.values import (
    decimal,
    entry_label,
    is_model_id,
    is_text,
    plain,
    shown,
    whole,
)
from catalog.models import InputModality, Line, OutputModality, ParameterType, ReasoningEffort
from catalog.models.conditions import REPOSITORY

NAME = models_api.FORMAT.name

NEVER = "9999-"
"""The start of a date that means none in that API."""

_OWN_LINES = {(kind.value, unit.value, ttl) for kind, unit, ttl in PUBLIC_KEYS.values()}


def recognize(document: Any) -> bool:
    """Whether it looks like this format: its entries have an ``architecture``."""
    entries = document.get("data") if isinstance(document, dict) else None
    return isinstance(entries, list) and any(
        isinstance(entry, dict) and "architecture" in entry and "schema_version" not in entry for entry in entries
    )


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read all entries except the aliases."""
    reading = Reading(owns=_owns, days=frozenset({"deprecation_at"}))
    return read_entries(reading, _entries(document, reading, per_million))


def _entries(document: dict[str, Any], reading: Reading, per_million: bool) -> Iterator[EntryReader]:
    listed = listed_ids(document["data"])
    aliases = _aliases(document, listed)
    reading.words["aliases"] = frozenset(aliases)
    for number, raw in enumerate(document["data"], start=1):
        model_id = raw.get("id") if isinstance(raw, dict) else None
        if isinstance(model_id, str) and model_id in aliases:
            reading.notes.append(Remark(entry_label(number, model_id), "alias_target", "Added as an alias of its target."))
        elif isinstance(model_id, str) and model_id.startswith("~") and is_model_id(model_id[1:]):
            label = entry_label(number, model_id)
            reading.notes.append(Remark(label, "id", "Skipped: it is another name of a listed model."))
        elif isinstance(raw, dict) and is_free(model_id, raw.get("pricing")):
            yield FreeVariant(raw, number, reading, per_million, listed=listed)
        elif is_batch(model_id, listed):
            yield BatchTier(raw, number, reading, per_million)
        else:
            entry = ModelEntry(raw, number, reading, per_million)
            if aliases:
                entry.fields["aliases"] = [alias for alias, target in aliases.items() if target == model_id]
            yield entry


def _aliases(document: dict[str, Any], listed: set[str]) -> dict[str, str]:
    """The ids that are only aliases of a listed model, and that model's id."""
    found = {}
    for raw in document["data"]:
        stated = raw.get("alias_target") if isinstance(raw, dict) else None
        target = stated.get("slug") if isinstance(stated, dict) else None
        if isinstance(target, str) and target in listed and is_model_id(raw.get("id")) and target != raw["id"]:
            found[raw["id"]] = target
    return found


def _owns(draft: ModelDraft, line: Line) -> bool:
    return (line.kind, line.unit, line.cache_ttl_seconds) in _OWN_LINES


class ModelEntry(PricedEntryReader):
    """One entry of that API."""

    price_keys = PUBLIC_KEYS
    beside_prices = ("discount",)
    zero_means_zero = ("prompt", "completion", "input_cache_read")

    def read_fields(self) -> None:
        """Every key that the catalog can store."""
        self.texts()
        self.slug()
        if self.raw.get("created") == 0:
            self.take("created")  # that API writes an unknown value like this
        else:
            self.created()
        self.architecture()
        provider = self.take_object("top_provider")
        self.tokens("context_length", self.take("context_length"))
        self.tokens("max_output_length", provider.get("max_completion_tokens"))
        longest = provider.get("context_length")
        if longest is not None and longest != self.raw.get("context_length"):
            self.note("top_provider.context_length", f"{shown(longest)} differs from context_length, which was used.")
        self.unknown("top_provider", provider, ("context_length", "max_completion_tokens", "is_moderated"))
        self.check_lengths()
        self.limits(self.take_object("per_request_limits"))
        moderated = self.flag("top_provider.is_moderated", provider.get("is_moderated"))
        if moderated is not None:
            self.fields["is_moderated"] = moderated
        self.parameters()
        self.days()
        self.take("links")  # these links lead to the entry itself
        pricing = self.take("pricing")
        prices = pricing[0] if isinstance(pricing, list) and pricing else pricing
        if isinstance(prices, dict):
            self.net_of(prices.get("discount"))
        self.read_pricing(pricing)
        for prices in self.price_lists.values():
            without_daily_windows(prices)

    def net_of(self, discount: Any) -> None:
        """The discount. That API's prices already include the discount or markup. None means none."""
        self.fields["discount_to_user"] = None
        self.discount(discount)
        self.part_paid = decimals.EXACT.subtract(1, self.fields["discount_to_user"] or Decimal(0))

    def limits(self, stated: dict[str, Any]) -> None:
        """The longest prompt; the longest output is also stated elsewhere."""
        limit = stated.get("prompt_tokens")
        number = whole(limit)
        if number is not None and 1 <= number <= self.fields.get("context_length", 0):
            self.fields["max_prompt_length"] = number
        elif limit is not None:
            self.skips("per_request_limits.prompt_tokens", limit)
        self.unknown("per_request_limits", stated, ("prompt_tokens", "completion_tokens"))

    def slug(self) -> None:
        """The name on OpenRouter, if it differs from the id."""
        slug = self.take("canonical_slug")
        if slug is None or slug == self.raw["id"]:
            return
        if isinstance(slug, str) and len(slug) <= 200 and re.fullmatch(REPOSITORY.strip("^$"), slug):
            self.fields["openrouter_slug"] = slug
        else:
            self.note("canonical_slug", f"{shown(slug)} is not author/slug; it was ignored.")

    def architecture(self) -> None:
        """Modalities, tokenizer, instruct type; the API of 2024 wrote both modalities into one text."""
        stated = self.take_object("architecture")
        inputs, outputs = stated.get("input_modalities"), stated.get("output_modalities")
        modality = stated.get("modality")
        if inputs is None and outputs is None and isinstance(modality, str) and modality.count("->") == 1:
            inputs, outputs = (side.split("+") for side in modality.split("->"))
        self.modalities("input_modalities", inputs, InputModality)
        self.modalities("output_modalities", outputs, OutputModality)
        tokenizer = stated.get("tokenizer")
        self.label_of("tokenizer", None if tokenizer == "Other" else tokenizer)
        self.label_of("instruct_type", stated.get("instruct_type"))
        self.unknown(
            "architecture", stated, ("modality", "input_modalities", "output_modalities", "tokenizer", "instruct_type")
        )

    def parameters(self) -> None:
        """Sampling parameters, features, and other parameters, which get a description without details."""
        names = self.take("supported_parameters")
        if names is not None:
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                self.problem("supported_parameters", "It must be a list of names.")
                return
            sampling, features, others = sampling_and_features(names)
            self.fields["supported_sampling_parameters"] = sampling
            self.features(features)
            for name in others:
                if name in models_api_schema.OTHER_PARAMETERS:
                    self.descriptors[name] = {}  # the description only says that it is supported
                else:
                    self.note("supported_parameters", f"{shown(name)} is unknown here and was ignored.")
        for name, value in self.take_object("default_parameters").items():
            if value is None:
                continue
            try:
                if name not in models_api_schema.DEFAULTS:
                    raise ValueError(f"{shown(name)} is unknown here.")
                kind = ParameterType.INTEGER if name == "top_k" else ParameterType.RANGE
                self.descriptors[name] = {"type": kind.value, "default": plain(value)}
            except ValueError as error:
                self.note("default_parameters", f"{error} It was ignored.")

        self.reasoning(self.take("reasoning"))
        voices = self.take("supported_voices")
        if isinstance(voices, list) and voices and all(is_text(voice) for voice in voices):
            self.descriptors["voice"] = {"type": ParameterType.ENUM.value, "values": voices}
        elif voices:
            self.skips("supported_voices", voices)

    def reasoning(self, stated: Any) -> None:
        """How a request controls reasoning. Without a list of efforts, all are accepted."""
        if not isinstance(stated, dict):
            if stated is not None:
                self.skips("reasoning", stated)
            return
        for key, field in (
            ("mandatory", "reasoning_is_mandatory"),
            ("default_enabled", "reasoning_is_default"),
            ("supports_max_tokens", "reasoning_takes_max_tokens"),
        ):
            if (value := self.flag(f"reasoning.{key}", stated.get(key))) is not None:
                self.fields[field] = value
        efforts = stated.get("supported_efforts")
        if isinstance(efforts, list):
            efforts = [effort for effort in efforts if effort is not None]
        self.words("reasoning_efforts", [] if efforts is None else efforts, ReasoningEffort)
        effort = stated.get("default_effort")
        known_effort = "" if effort is None else known_value(effort, ReasoningEffort)
        if known_effort is None:
            self.skips("reasoning.default_effort", effort)
        else:
            self.fields["reasoning_default_effort"] = known_effort
        known = ("mandatory", "default_enabled", "supports_max_tokens", "supported_efforts", "default_effort")
        self.unknown("reasoning", stated, known)

    def days(self) -> None:
        """Knowledge cutoff and end."""
        if (cutoff := self.day("knowledge_cutoff", self.take("knowledge_cutoff"))) is not None:
            self.fields["knowledge_cutoff"] = cutoff
        end = self.take("expiration_date")
        if isinstance(end, str) and end.startswith(NEVER):
            self.note("expiration_date", f"{shown(end)} means never.")
        else:
            self.deprecation("expiration_date", end)

    def is_not_sold(self, field: str, value: Any) -> bool:
        """In that API, -1 means that a price does not exist, or that somebody else sets it."""
        if decimal(value) != -1:
            return False
        self.note(field, "-1 means not sold.")
        assert self.prices is not None
        self.prices.is_ended = True
        return True


class FreeVariant(FreeOffer, ModelEntry):
    """An entry for a model that is also offered at no cost."""

    cannot_state = ("discount_to_user",)  # where nothing is paid, that API shows none

    def net_of(self, discount: Any) -> None:
        """Only what is stated."""
        if discount is not None:
            super().net_of(discount)


class BatchTier(BatchOffer, ModelEntry):
    """An entry for the batch tier of a model."""
