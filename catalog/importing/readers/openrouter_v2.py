"""Reading OpenRouter's Model Document V2."""

import re
from decimal import Decimal
from typing import Any

from catalog.formats import openrouter_v2
from catalog.importing.drafts import ModelDraft, PriceList, Reading
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.openrouter_v2_prices import DocumentPrices
from catalog.importing.readers.vocabulary import known_value, sampling_and_features
from catalog.importing.values import (
    decimal,
    plain,
    shown,
)
from catalog.models import (
    KINDS,
    Direction,
    InputModality,
    LimitUnit,
    Line,
    OutputModality,
    ParameterType,
    PriceKind,
)
from catalog.openrouter.document_rules import NotInSchema, violations

NAME = openrouter_v2.FORMAT.name

IGNORED = {
    "compliance": "OpenRouter no longer uses it; it was ignored.",
    "deployment_region": "This catalog cannot store it; it was ignored.",
}
FEATURE_OF = {key: feature for feature, (key, _) in openrouter_v2.FEATURES.items()}
DESCRIPTOR = {"type", "unit", "min", "max", "default", "values", "properties"}
LIMITS = {
    "max_context_length": "context_length",
    "max_prompt_length": "max_prompt_length",
}


def recognize(document: Any) -> bool:
    """Whether it looks like this format: its entries have a ``schema_version``."""
    entries = document.get("data") if isinstance(document, dict) else None
    return isinstance(entries, list) and any(isinstance(entry, dict) and "schema_version" in entry for entry in entries)


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read all documents."""
    reading = Reading(owns=_owns, describes=_describes)
    entries = enumerate(document["data"], start=1)
    return read_entries(reading, (Document(raw, number, reading, per_million) for number, raw in entries))


def _owns(draft: ModelDraft, line: Line) -> bool:
    """Whether the format can express such a price of this model, and no other price has the same section and conditions."""
    place = _place(draft, line)
    if place is None or (place[0][0] is Direction.ROOT and (line.utc_start is not None or line.utc_days)):
        return False
    prices = draft.price_lists[line.service_tier]
    stated = prices.lines.keys() | prices.fillers
    if any(_place(draft, other) == place and (other.kind, other.unit) != (line.kind, line.unit) for other in stated):
        return False
    return line.min_prompt_tokens is None or line._replace(min_prompt_tokens=None) in stated


def _describes(draft: ModelDraft, name: str, is_passthrough: bool) -> bool:
    """Whether the format can express this parameter of this model: it has only supported ones."""
    supported = {*draft.fields.get("supported_sampling_parameters", [])}
    supported |= {openrouter_v2.FEATURES[feature][0] for feature in draft.fields.get("supported_features", [])}
    is_listed_elsewhere = name in openrouter_v2.SAMPLING or name in FEATURE_OF
    return is_passthrough or not is_listed_elsewhere or name in supported


def _place(draft: ModelDraft, line: Line) -> tuple[openrouter_v2.Section, Any] | None:
    """The section of a line in the document, and what distinguishes it from other lines there; long contexts belong to their base
    price."""
    kind = PriceKind(line.kind)
    inputs, outputs = draft.fields.get("input_modalities", []), draft.fields.get("output_modalities", [])
    home = openrouter_v2.section_of(kind, tuple(inputs), tuple(outputs))
    if home is None:
        return None
    return home, (KINDS[kind].v2_type, line.utc_start, line.utc_end, line.utc_days, line.cache_ttl_seconds)


class Document(DocumentPrices):
    """One Model Document."""

    def read_fields(self) -> None:
        """Every key of the schema."""
        self.raw = without_nulls(self.raw)
        version = self.take("schema_version")
        if not isinstance(version, str) or not re.fullmatch(r"2\.\d+", version):
            self.problem("schema_version", f"{shown(version)} is not 2.x.")
            return
        self.texts()
        self.created()
        self.label_of("tokenizer", self.take("tokenizer"))
        self.quantization(self.take("quantization"))
        self.discount(self.take("discount_to_user"))
        self.switches()
        self.datacenters(with_regions=True)
        for key, sentence in IGNORED.items():
            if self.take(key) is not None:
                self.note(key, sentence)
        if self.take("capacity") is not None:
            self.note("capacity", "Capacities other than the text prompt's per minute are ignored.")
        inputs = self.objects("input_modalities", InputModality)
        outputs = self.objects("output_modalities", OutputModality)
        root, passed = self.take("pricing") or [], self.take_object("passthrough_parameters")
        if inputs is None or outputs is None or not self.keeps_the_rules():
            return
        if self.is_free and (root or any("pricing" in modality for modality in [*inputs.values(), *outputs.values()])):
            self.note("pricing", "A free variant costs nothing, so its pricing was ignored.")
        if not self.is_free:
            self.prices = self.price_lists[self.tier] = PriceList()
        self.pricing("pricing", root, Direction.ROOT, None)
        for field, modality in inputs.items():
            self.input(field, modality)
        self.describes_all = True
        names: list[str] = []
        for field, modality in outputs.items():
            self.output(field, modality, names)
        sampling, _, _ = sampling_and_features(names)
        self.fields["supported_sampling_parameters"] = sampling
        self.features({FEATURE_OF[name] for name in names if name in FEATURE_OF})
        for name, descriptor in passed.items():
            self.describe(f"passthrough_parameters.{name}", name, descriptor, is_passthrough=True)
        self.check_lengths()

    def objects(self, key: str, vocabulary: Any) -> dict[str, dict[str, Any]] | None:
        """The known modalities, which are objects with a type, by their places; None if there are none."""
        value = self.take(key)
        if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
            self.problem(key, "It must be a list of at least one object.")
            return None
        known = {
            f"{key}[{number}]": {**one, "type": known_value(one.get("type"), vocabulary)} for number, one in enumerate(value)
        }
        for (field, modality), one in zip(known.items(), value, strict=True):
            if modality["type"] is None and one.get("pricing") and not self.is_free:
                self.doubt(
                    f"{field}.pricing", f"Its modality, {shown(one.get('type'))}, is unknown, so this price was not read."
                )
        found = self.modalities(key, [one.get("type") for one in value], vocabulary)
        return {field: modality for field, modality in known.items() if modality["type"]} if found else None

    def keeps_the_rules(self) -> bool:
        """Check the rules that the schema does not express, if the document matches the schema."""
        are_prices = [self.are_prices(field, entries) for field, entries in self.pricings()]  # each says what is wrong
        if not all(are_prices):
            return False
        try:
            found = list(violations(self.raw))
        except NotInSchema as where:
            self.problem(where.path, "It does not match the published schema.")
            return False
        for path, sentence in found:
            self.problem(path, sentence)
        return not found

    def input(self, field: str, modality: dict[str, Any]) -> None:
        """Limits, prices and capacity of the inputs."""
        kind = modality["type"]
        self.unknown(field, modality, {"type", "supported_inputs", "pricing", "capacity", "passthrough_parameters"})
        supported = modality.get("supported_inputs") or {}
        if not isinstance(supported, dict):
            self.problem(f"{field}.supported_inputs", "It must be an object.")
            return
        for name, limit in supported.items():
            if kind == InputModality.TEXT and name in LIMITS:
                self.limit(f"{field}.supported_inputs.{name}", LIMITS[name], limit)
            else:
                self.note(f"{field}.supported_inputs", f"This catalog cannot store {shown(name)}, which was ignored.")
        for capacity in modality.get("capacity") or []:
            what = (capacity["type"], capacity["unit"], capacity.get("per"))
            if kind == InputModality.TEXT and what == ("prompt", "token", "minute"):
                self.capacity(capacity.get("value"))
            else:
                self.note(f"{field}.capacity", "Capacities other than the text prompt's per minute are ignored.")
        self.pricing(f"{field}.pricing", modality.get("pricing") or [], Direction.INPUT, kind)
        self.passed(field, modality)

    def output(self, field: str, modality: dict[str, Any], names: list[str]) -> None:
        """Length, parameters and prices of the outputs; ``names`` collects the parameters."""
        kind = modality["type"]
        known = {"type", "supported_parameters", "streaming", "max_length", "pricing", "capacity", "passthrough_parameters"}
        self.unknown(field, modality, known)
        if (limit := modality.get("max_length")) is not None:
            if kind == OutputModality.TEXT:
                self.limit(f"{field}.max_length", "max_output_length", limit)
            else:
                self.skips(f"{field}.max_length", limit)
        if (streaming := modality.get("streaming")) is not None:
            self.skips(f"{field}.streaming", streaming)
        if modality.get("capacity"):
            self.note(f"{field}.capacity", "Capacities other than the text prompt's per minute are ignored.")
        for name, descriptor in (modality.get("supported_parameters") or {}).items():
            names.append(name)
            if descriptor not in self.bare(name):
                self.describe(f"{field}.supported_parameters.{name}", name, descriptor)
        self.pricing(f"{field}.pricing", modality.get("pricing") or [], Direction.OUTPUT, kind)
        self.passed(field, modality)

    def passed(self, field: str, modality: dict[str, Any]) -> None:
        """Parameters that are passed through, which may be at any level."""
        for name, descriptor in (modality.get("passthrough_parameters") or {}).items():
            self.describe(f"{field}.passthrough_parameters.{name}", name, descriptor, is_passthrough=True)

    def bare(self, name: str) -> list[Any]:
        """The descriptors that only say that a parameter is supported."""
        features = [descriptor for key, descriptor in openrouter_v2.FEATURES.values() if key == name]
        return features or ([openrouter_v2.SAMPLING[name]] if name in openrouter_v2.SAMPLING else [])

    def limit(self, field: str, name: str, limit: Any) -> None:
        """A length in tokens."""
        if not isinstance(limit, dict) or limit.get("unit", "token") != "token":
            self.note(field, "It is not in tokens and was ignored, as OpenRouter ignores it.")
        else:
            self.tokens(name, limit.get("value"))

    def describe(self, field: str, name: str, descriptor: Any, *, is_passthrough: bool = False) -> None:
        """A parameter's description."""
        if not isinstance(descriptor, dict):
            self.problem(field, "It is not the description of a parameter.")
            return
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,79}", name):
            self.note(field, "It is not the name of a parameter; it was ignored.")
            return
        type_, unit = descriptor.get("type"), descriptor.get("unit", "")
        if type_ not in ParameterType.values or unit not in ("", *LimitUnit.values):
            self.undescribed(field, name, f"{shown(type_)} {shown(unit)} is not a known type and unit.", is_passthrough)
            return
        self.unknown(field, descriptor, DESCRIPTOR)
        if properties := descriptor.get("properties"):
            self.skips(f"{field}.properties", properties)
        if is_passthrough and name in self.descriptors:
            self.note(field, "It is also described as a supported parameter; the passthrough description was used.")
        try:
            bounds = {
                own: None if (value := descriptor.get(key)) is None else _bound(value)
                for own, key in (("minimum", "min"), ("maximum", "max"))
            }
            default, values = descriptor.get("default"), plain(descriptor.get("values") or [])
            self.descriptors[name] = {
                "type": type_,
                "unit": unit,
                **bounds,
                "default": None if default is None else plain(default),
                "values": values,
                "is_passthrough": is_passthrough,
            }
        except ValueError as error:
            self.undescribed(field, name, str(error), is_passthrough)

    def undescribed(self, field: str, name: str, why: str, is_passthrough: bool) -> None:
        """A parameter whose description cannot be stored: only that there is one."""
        self.note(field, f"{why} The description was ignored.")
        self.descriptors[name] = {"is_passthrough": is_passthrough}


def without_nulls(value: Any) -> Any:
    """A value without the keys that are null: the schema has such a key only if it is stated."""
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    return {key: without_nulls(one) for key, one in value.items() if one is not None} if isinstance(value, dict) else value


def _bound(value: Any) -> Decimal:
    number = decimal(value) if not isinstance(value, str) else None
    if number is None or abs(number) >= 10**20 or number.as_tuple().exponent < -10:  # type: ignore[operator]
        raise ValueError(f"{shown(value)} is not a bound that can be stored.")
    return number
