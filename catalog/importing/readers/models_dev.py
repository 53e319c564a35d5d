"""Reading models.dev's ``api.json`` with one provider: prices in USD per million tokens.

It has fewer values than the catalog for inputs and outputs, and fills in missing facts (a description, whether weights are open).
So those facts are used only for new models.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from catalog.formats import models_dev
from catalog.importing.drafts import ModelDraft, Reading
from catalog.importing.readers.entry import EntryReader
from catalog.importing.readers.facts import LONGEST_DESCRIPTION
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.named import NamedEntryReader, objects, only_provider
from catalog.importing.readers.variants import BatchOffer, FreeOffer, is_batch, is_free
from catalog.importing.values import whole
from catalog.models import (
    Feature,
    InputModality,
    Line,
    OutputModality,
    PriceKind,
    PriceUnit,
    ReasoningEffort,
    SamplingParameter,
)

NAME = models_dev.FORMAT.name

KEYS = {key: (PriceKind(kind), PriceUnit.TOKEN, None) for kind, key in models_dev.COSTS.items()}
IN_TIERS = ("input", "output", "cache_read", "cache_write")
FEATURES = {"tool_call": Feature.TOOLS, "reasoning": Feature.REASONING, "structured_output": Feature.STRUCTURED_OUTPUTS}
MODALITY = {"text": "text", "image": "image", "pdf": "file", "audio": "audio", "video": "video"}
OVER_200K = "context_over_200k"
ONE_LINE = re.compile(r"\S(.*\S)?")


def recognize(document: Any) -> bool:
    """Whether it looks like this format: providers by their ids, with models by theirs."""
    return (
        isinstance(document, dict)
        and bool(document)
        and all(isinstance(one, dict) and isinstance(one.get("models"), dict) and "id" in one for one in document.values())
    )


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read the models of the only provider. Raises ``SourceError`` if there are several."""
    only_provider(list(document))
    reading = Reading(
        owns=_owns,
        words={
            "supported_features": frozenset(FEATURES.values()),
            "supported_sampling_parameters": frozenset({"temperature"}),
        },
        days=frozenset({"released_at"}),
        free_costs_nothing=True,
    )
    (provider,) = document.values()
    return read_entries(reading, _entries(provider["models"], reading))


def _entries(models: dict[str, Any], reading: Reading) -> Iterator[EntryReader]:
    for number, (model_id, facts) in enumerate(models.items(), start=1):
        raw = {"id": model_id, **facts} if isinstance(facts, dict) else {}
        if is_free(raw.get("id"), raw.get("cost")):
            yield FreeVariant(raw, number, reading, listed=models.keys())
        elif is_batch(raw.get("id"), models.keys()):
            yield BatchTier(raw, number, reading)
        else:
            yield Model(raw or facts, number, reading)


def _owns(draft: ModelDraft, line: Line) -> bool:
    key = models_dev.COSTS.get(line.kind)
    always = line.utc_start is None and not line.utc_days and line.cache_ttl_seconds is None and line.unit == PriceUnit.TOKEN
    if key == "reasoning" and Feature.REASONING not in draft.fields.get("supported_features", []):
        return False
    return always and key is not None and (line.min_prompt_tokens is None or key in IN_TIERS)


class Model(NamedEntryReader):
    """One model."""

    keys = KEYS

    def read_fields(self) -> None:
        """Every key that the catalog can store."""
        limit = self.take_object("limit")
        self.tokens("context_length", limit.get("context") or None)
        self.tokens("max_output_length", limit.get("output") or None)
        if whole(limit.get("input")) != self.fields.get("context_length"):
            self.tokens("max_prompt_length", limit.get("input") or None)
        self.check_lengths()
        self.unknown("limit", limit, ("context", "output", "input"))
        released = self.day("release_date", self.take("release_date"))
        if released is not None:
            self.fields["released_at"] = datetime(released.year, released.month, released.day, tzinfo=UTC)
        self.flagged({feature.value: (self.flag(key, self.supported(key)),) for key, feature in FEATURES.items()})
        takes_temperature = self.flag("temperature", self.take("temperature"))
        if takes_temperature is not None:
            self.fields["supported_sampling_parameters"] = [SamplingParameter.TEMPERATURE.value] if takes_temperature else []
        self.for_a_new_model()
        for key in ("attachment", "last_updated"):
            self.take(key)  # told by the modalities, and of the list itself
        if (status := self.take("status")) is not None:
            self.skips("status", status)
        self.cost(self.take("cost"))

    def supported(self, key: str) -> Any:
        """Whether it has a feature. Newer lists have a boolean, older ones an object."""
        value = self.take(key)
        return value.get("supported") if isinstance(value, dict) else value

    def for_a_new_model(self) -> None:
        """Facts for which the format has too few values, or which it fills in."""
        own, self.fields = self.fields, {}
        self.text("description", self.take("description"), longest=LONGEST_DESCRIPTION)
        self.text("family", self.take("family"), longest=80, pattern=ONE_LINE, otherwise="one line")
        modalities = self.take_object("modalities")
        for side, vocabulary in (("input", InputModality), ("output", OutputModality)):
            stated = modalities.get(side)
            words = (
                [MODALITY.get(word, word) for word in stated if isinstance(word, str)]
                if isinstance(stated, list)
                else stated
            )
            self.modalities(f"{side}_modalities", words, vocabulary)
        if (cutoff := self.day("knowledge", self.take("knowledge"))) is not None:
            self.fields["knowledge_cutoff"] = cutoff
        if (is_open := self.flag("open_weights", self.take("open_weights"))) is not None:
            self.fields["has_open_weights"] = is_open
        self.reasoning(self.take("reasoning_options"))
        facts, self.fields = self.fields, {}
        self.called(self.take("name"))
        self.guesses = {**(self.guesses or {}), **facts}
        self.fields = own

    def reasoning(self, stated: Any) -> None:
        """How requests control reasoning."""
        for option in objects(stated):
            kind = option.get("type")
            if kind == "toggle":
                self.fields["reasoning_is_mandatory"] = False
            elif kind == "budget_tokens":
                self.fields["reasoning_takes_max_tokens"] = True
            elif kind == "effort" and isinstance(option.get("values"), list):
                known = [value for value in option["values"] if value not in (None, "default")]
                self.words("reasoning_efforts", known, ReasoningEffort)
            else:
                self.skips("reasoning_options", option)

    def cost(self, stated: Any) -> None:
        """Prices; if there are none, they count as not stated."""
        if stated is None:
            return
        if not isinstance(stated, dict):
            self.problem("cost", "It must be an object.")
            return
        prices = self.begin(per_million=True)
        for key, value in stated.items():
            if key in KEYS:
                if value is not None:
                    self.price(f"cost.{key}", self.line_of(key), value)
            elif key not in ("tiers", OVER_200K):
                self.unread("cost", key, value)
        tiers = [
            (f"cost.tiers[{number}]", tier, self.above(tier)) for number, tier in enumerate(objects(stated.get("tiers")))
        ]
        if not tiers and isinstance(stated.get(OVER_200K), dict):
            tiers = [(f"cost.{OVER_200K}", stated[OVER_200K], 200_000)]
        for field, tier, above in sorted(tiers, key=lambda one: one[2] or 0):
            if above is None:
                self.doubt(field, "It is not for a length of context and was not read.")
                continue
            self.read_tier(field, tier, above)
        self.doubt_zeros()
        self.leave_out_free_caches(prices)

    def above(self, tier: dict[str, Any]) -> int | None:
        """The length of the prompt above which a tier applies."""
        condition = tier.get("tier")
        size = whole(condition.get("size")) if isinstance(condition, dict) and condition.get("type") == "context" else None
        return size if size is not None and 1 <= size < 2**31 else None

    def read_tier(self, field: str, tier: dict[str, Any], above: int) -> None:
        """The prices above a length. The format repeats unchanged prices."""
        assert self.prices is not None
        for key, value in tier.items():
            if key == "tier" or value is None:
                continue
            if key not in IN_TIERS:
                self.unread(field, key, value)
                continue
            line = self.line_of(key, above)
            usd = self.amount(f"{field}.{key}", value, line.unit)
            lower = [one for one in self.prices.lines if one._replace(min_prompt_tokens=above) == line]
            before = self.prices.lines[max(lower, key=lambda one: one.min_prompt_tokens or 0)] if lower else None
            if usd is not None:
                (self.prices.repeated if usd == before else self.prices.lines)[line] = usd


class FreeVariant(FreeOffer, Model):
    """A model that is also offered at no cost."""

    def cost(self, stated: Any) -> None:
        """It costs nothing."""


class BatchTier(BatchOffer, Model):
    """The batch tier of a model."""
