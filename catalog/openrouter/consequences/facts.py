"""Changes of an entry's fields, sampling parameters and parameter descriptions; its prices are in ``prices``."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from catalog import decimals
from catalog.formats import openrouter_v2
from catalog.formats.plausibility import discount_danger
from catalog.listing import Entry, ModelFacts
from catalog.models import InputModality, OutputModality
from catalog.openrouter.consequences.consequence import FLAT, V2, Consequence, entry_name
from catalog.openrouter.consequences.rules import (
    AT_STAGING,
    CAPACITY,
    CAPACITY_REMOVED,
    DEPRECATION,
    DEPRECATION_PAST,
    DEPRECATION_REMOVED,
    DESCRIPTION,
    DETECTED,
    FACT,
    FACT_REMOVED,
    FEATURE_DESCRIPTION,
    FEATURES,
    HUGGING_FACE,
    IGNORED,
    MODALITIES,
    NOT_INGESTED,
    NOT_READY,
    PASSTHROUGH,
    PASSTHROUGH_LEFT,
    READY,
    Rule,
    consequence_of,
)


class _Field(NamedTuple):
    """A field with a fixed rule; ``removed`` is the rule for a value that is removed."""

    name: str
    label: str
    rule: Rule
    removed: Rule
    seen: Callable[[ModelFacts, str], Any]
    """The value that a feed shows; None, "" and () mean that there is none."""


def _field(
    name: str, label: str, rule: Rule, removed: Rule | None = None, seen: Callable[[ModelFacts, str], Any] | None = None
) -> _Field:
    return _Field(name, label, rule, removed or rule, seen or (lambda model, feed: getattr(model, name)))


def _with_text_input(name: str) -> Callable[[ModelFacts, str], Any]:
    """V2 has these fields only at the text input."""
    return lambda model, feed: getattr(model, name) if feed == FLAT or InputModality.TEXT in model.input_modalities else None


def _max_output(model: ModelFacts, feed: str) -> int | None:
    return model.max_output_length if feed == FLAT or OutputModality.TEXT in model.output_modalities else None


def _max_prompt(model: ModelFacts, feed: str) -> int | None:
    return model.max_prompt_length if feed == V2 and InputModality.TEXT in model.input_modalities else None


def _released(model: ModelFacts, feed: str) -> str | None:
    return None if model.released_at is None else f"{model.released_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _discount(model: ModelFacts, feed: str) -> str | None:
    return None if model.discount_to_user is None else decimals.wire(model.discount_to_user.scaleb(2))


def deprecation_text(model: ModelFacts, feed: str) -> str | None:
    """The deprecation as the feeds write it: a whole hour."""
    return None if model.deprecation_at is None else f"{model.deprecation_at.astimezone(UTC):%Y-%m-%d %H:00} UTC"


def _datacenters(model: ModelFacts, feed: str) -> tuple[str, ...]:
    if feed == FLAT:
        return tuple(sorted({one.country for one in model.datacenters}))
    places = sorted({(one.country, one.region) for one in model.datacenters})
    return tuple(f"{country} ({region})" if region else country for country, region in places)


FIELDS = (
    _field("hugging_face_id", "Hugging Face id", HUGGING_FACE),
    _field("name", "Name", IGNORED),
    _field("released_at", "Released", IGNORED, seen=_released),
    _field("tokenizer", "Tokenizer", IGNORED, seen=lambda model, feed: model.tokenizer if feed == V2 else ""),
    _field("openrouter_slug", "OpenRouter slug", IGNORED),
    _field("description", "Description", AT_STAGING),
    _field("input_modalities", "Input modalities", MODALITIES),
    _field("output_modalities", "Output modalities", MODALITIES),
    _field("quantization", "Quantization", FACT, FACT_REMOVED),
    _field("context_length", "Context length, tokens", FACT, FACT_REMOVED, _with_text_input("context_length")),
    _field("max_prompt_length", "Max prompt length, tokens", FACT, FACT_REMOVED, _max_prompt),
    _field("max_output_length", "Max output length, tokens", FACT, FACT_REMOVED, _max_output),
    _field("discount_to_user", "Discount to users, %", FACT, FACT_REMOVED, _discount),
    _field(
        "capacity_tpm", "Capacity, input tokens per minute", CAPACITY, CAPACITY_REMOVED, _with_text_input("capacity_tpm")
    ),
    _field("supported_features", "Features", FEATURES),
    _field("datacenters", "Datacenters", DETECTED, seen=_datacenters),
)


def fact_changes(old: Entry, new: Entry, feed: str, at: datetime, price_factor: int) -> Iterator[Consequence]:
    """The changes of fields that a feed shows."""
    key = old.key
    for field in FIELDS:
        before, after = field.seen(old.model, feed), field.seen(new.model, feed)
        if before != after:
            text = _text(after)
            rule = field.removed if text is None else field.rule
            is_discount = field.name == "discount_to_user"
            danger = (
                discount_danger(old.model.discount_to_user, new.model.discount_to_user, price_factor) if is_discount else ""
            )
            yield consequence_of(rule, key, field.name, field.label, _text(before), text, danger=danger)
    if old.model.is_ready != new.model.is_ready:
        rule = READY if new.model.is_ready else NOT_READY
        danger = "" if new.model.is_ready else f"{entry_name(key)} is hidden on OpenRouter until OpenRouter shows it again."
        words = _text(old.model.is_ready), _text(new.model.is_ready)
        yield consequence_of(rule, key, "is_ready", "Ready", *words, danger=danger)
    before, after = deprecation_text(old.model, feed), deprecation_text(new.model, feed)
    if before != after:
        rule = DEPRECATION_REMOVED
        if new.model.deprecation_at is not None:
            rule = DEPRECATION_PAST if new.model.deprecation_at <= at else DEPRECATION
        danger = ""
        if rule is DEPRECATION_PAST:
            danger = f"{entry_name(key)} may leave OpenRouter immediately: its deprecation would be in the past."
        yield consequence_of(rule, key, "deprecation_at", "Deprecation", before, after, danger=danger)


def _text(value: Any) -> str | None:
    if value is None or value in ("", ()):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def sampling_changes(old: Entry, new: Entry, feed: str) -> Iterator[Consequence]:
    """The change of the list of sampling parameters that a feed shows, if there is one."""
    names = [entry.model.supported_sampling_parameters for entry in (old, new)]
    has_text = [OutputModality.TEXT in entry.model.output_modalities for entry in (old, new)]
    # V2 has them at an output: OpenRouter reads those of the text output.
    before, after = (list_ if feed == FLAT or is_read else () for list_, is_read in zip(names, has_text, strict=True))
    label = "Sampling parameters"
    if before != after:
        rule = FACT if feed == V2 or has_text[0] else NOT_INGESTED
        yield consequence_of(rule, old.key, "supported_sampling_parameters", label, _text(before), _text(after))
    elif feed == V2 and names[0] != names[1]:
        yield consequence_of(NOT_INGESTED, old.key, "supported_sampling_parameters", label, _text(names[0]), _text(names[1]))


def parameter_changes(old: Entry, new: Entry) -> Iterator[Consequence]:
    """The changes of parameter descriptions, which Model Document V2 shows."""
    key = old.key
    supported, passed = ([_described(entry.model, through) for entry in (old, new)] for through in (False, True))
    reserved = {name: FEATURE_DESCRIPTION for name, _ in openrouter_v2.FEATURES.values()}
    reserved |= dict.fromkeys(openrouter_v2.SAMPLING, DESCRIPTION)
    for name in dict.fromkeys([*supported[0], *supported[1]]):
        before, after = supported[0].get(name), supported[1].get(name)
        # The lists of sampling parameters and features say whether one of these is supported at all.
        if before != after and (name not in reserved or (before and after)):
            rule = reserved.get(name, DESCRIPTION) if OutputModality.TEXT in new.model.output_modalities else NOT_INGESTED
            yield consequence_of(rule, key, "parameters", f"Parameter {name}", before, after)
    for name in dict.fromkeys([*passed[0], *passed[1]]):
        before, after = passed[0].get(name), passed[1].get(name)
        if before != after:
            yield consequence_of(PASSTHROUGH if passed[1] else PASSTHROUGH_LEFT, key, "parameters",
                        f"Parameter {name}, passed through", before, after)  # fmt: skip


def _described(model: ModelFacts, is_passthrough: bool) -> dict[str, str]:
    """The descriptors that V2 shows, as JSON."""
    if is_passthrough:
        written = {one.name: openrouter_v2.descriptor(one) for one in model.parameters if one.is_passthrough}
    else:
        written = openrouter_v2.supported_parameters(model)
    return {name: orjson.dumps(descriptor).decode() for name, descriptor in written.items()}
