"""From a reading to changes: compared with the catalog, said, and applied in one transaction or not at all."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain, count
from typing import Any, TypeVar

import pghistory
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Q
from django_countries import countries

from catalog import decimals, turns
from catalog.importing.drafts import MOST_REMARKS, ModelDraft, PriceList, Reading, Remark, Remarks
from catalog.importing.entry import listed, shown
from catalog.listing import revision
from catalog.models import (
    AIModel,
    Datacenter,
    Line,
    ModelDatacenter,
    ParameterDescriptor,
    ParameterType,
    Price,
    ServiceTier,
)
from catalog.models.conditions import SLUG
from catalog.models.refusals import refusal
from catalog.models.rules import Rule
from catalog.openrouter.readiness import gaps

MANY_ROWS = 1000

STEP = 500
"""Rows that are written at once, and after which an import says how far it is."""

Progress = Callable[[str, int, int], None]
"""Is told the phase, how many of its rows are done, and how many there are; 0 where they are not counted."""

Row = TypeVar("Row", AIModel, Price, ParameterDescriptor)


def silent(phase: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field or price of one model, from what to what; ``old`` and ``new`` are None where there is nothing."""

    model_id: str
    field: str
    old: str | None
    new: str | None


@dataclass(slots=True)
class Plan:
    """What an import does, or would do. With a problem, it does nothing."""

    created: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    missing: list[Remark] = field(default_factory=list)
    problems: Remarks = field(default_factory=Remarks)
    notes: Remarks = field(default_factory=Remarks)

    @property
    def touched(self) -> list[str]:
        """The ids of the models that are new or changed."""
        return sorted({*self.created, *(change.model_id for change in self.changes)})


class _Undo(Exception):
    """Leaves the transaction without its work."""


def carry_out(
    reading: Reading,
    *,
    source: str,
    list_on_openrouter: bool = False,
    way: str = "import",
    progress: Progress = silent,
) -> Plan:
    """Compare a reading with the catalog and apply the difference, in one transaction.

    With a problem everything is undone. ``list_on_openrouter`` lists the models of the source that lack nothing; without it
    new ones stay unlisted, and those that are there keep their flag. ``way`` and ``source`` are what the history says of how and from where.
    ``progress`` is called from inside the transaction.
    """
    plan = Plan(problems=Remarks(reading.problems), notes=Remarks(reading.notes))
    if plan.problems:
        return plan
    try:
        with turns.taken(), pghistory.context(source=way, origin=source):
            _Import(reading, plan, progress).apply(list_on_openrouter)
            if plan.problems:
                raise _Undo
    except _Undo:
        pass
    return plan


class _Import:
    """One import at work, inside its transaction."""

    def __init__(self, reading: Reading, plan: Plan, progress: Progress) -> None:
        self.reading = reading
        self.plan = plan
        self.progress = progress
        self.drafts = reading.models
        self.models = {model.model_id: model for model in AIModel.objects.filter(model_id__in=self.drafts)}
        self.new_ids = set(self.drafts) - set(self.models)
        self.changed: set[str] = set()
        self.new_prices: list[Price] = []
        self.days: dict[tuple[str, Line], list[str]] = {}
        """The days of lines in force, in the order in which they are stored: it is part of the row's identity."""
        self.rows: list[AIModel | Price | ParameterDescriptor] = []
        """What is about to be written, so that a refusal can be traced to its entry."""

    def apply(self, list_on_openrouter: bool) -> None:
        """Write everything; a refusal of the database becomes a problem that names the entry and the field."""
        if self.new_ids and not self.reading.creates_models:
            for model_id in sorted(self.new_ids):
                self.problem(self.drafts[model_id].entry, "model_id", f"The catalog has no model {shown(model_id)}.")
            return
        try:
            with transaction.atomic():
                self.write_models()
                self.write_replacements()
                self.write_datacenters()
                self.write_coded_datacenters()
                self.write_descriptors()
                self.write_prices()
                self.tell_the_planner()
                self.progress("Checking the rules", 0, 0)
                connection.check_constraints()
                self.list_complete_ones(list_on_openrouter)
                connection.check_constraints()
        except (IntegrityError, DataError) as error:
            self.explain(error)
            return
        self.plan.unchanged = sorted(set(self.drafts) - self.changed - set(self.plan.created))

    def problem(self, entry: str, name: str, sentence: str) -> None:
        """Refuse the import."""
        self.plan.problems.append(Remark(entry, name, sentence))

    def say(self, model_id: str, name: str, old: Any, new: Any) -> None:
        """Note a change of a model that was there; a new one is said as a whole."""
        self.changed.add(model_id)
        if model_id not in self.new_ids:
            self.plan.changes.append(Change(model_id, name, _text(old), _text(new)))

    def create(self, phase: str, table: type[Row], rows: list[Row]) -> None:
        """Insert rows, and say how far it is."""
        for start in range(0, len(rows), STEP):
            self.progress(phase, start, len(rows))
            table._default_manager.bulk_create(rows[start : start + STEP])

    def update(self, phase: str, table: type[Row], rows: list[Row], fields: list[str]) -> None:
        """Update those fields of rows, and say how far it is."""
        for start in range(0, len(rows), STEP):
            self.progress(phase, start, len(rows))
            table._default_manager.bulk_update(rows[start : start + STEP], fields)

    def write_models(self) -> None:
        """Create the new models, and change what is stated differently of the others."""
        created, altered, touched = [], [], set()
        for model_id, draft in self.drafts.items():
            model = self.models.get(model_id)
            if model is None:
                created.append(AIModel(model_id=model_id, **{**draft.guesses, **draft.fields}))
                self.plan.created.append(model_id)
                continue
            stated = {name: self.stated(name, value, getattr(model, name)) for name, value in draft.fields.items()}
            different = {name: value for name, value in stated.items() if _value(getattr(model, name)) != _value(value)}
            for name, value in different.items():
                self.say(model_id, name, getattr(model, name), value)
                setattr(model, name, value)
            if different:
                altered.append(model)
                touched |= set(different)
        self.rows += created + altered
        self.create("Adding models", AIModel, created)
        self.models |= {model.model_id: model for model in created}
        self.update("Changing models", AIModel, altered, sorted(touched))

    def stated(self, name: str, value: Any, stored: Any) -> Any:
        """What a source states of a field, completed by what its format has no word for."""
        if name in self.reading.words:
            return value + [word for word in stored if word not in self.reading.words[name]]
        if name in self.reading.days and stored is not None and stored.date() == value.date():
            return stored
        return value

    def write_replacements(self) -> None:
        """Let each model be replaced by the one that is stated, which may be new itself."""
        stated = {model_id: draft.replacement for model_id, draft in self.drafts.items() if draft.replacement is not None}
        before = {self.models[model_id].replacement_id for model_id in stated}  # type: ignore[attr-defined]
        known = AIModel.objects.filter(Q(model_id__in=stated.values()) | Q(pk__in=before)) if stated else []
        by_id, by_key = {one.model_id: one for one in known}, {one.pk: one.model_id for one in known}
        altered = []
        for model_id, wanted in stated.items():
            model, new = self.models[model_id], by_id.get(wanted)
            if wanted and new is None:
                self.problem(self.drafts[model_id].entry, "replacement", f"The catalog has no model {shown(wanted)}.")
            elif model.replacement_id != (new and new.pk):  # type: ignore[attr-defined]
                self.say(model_id, "replacement", by_key.get(model.replacement_id), wanted or None)  # type: ignore[attr-defined]
                model.replacement = new
                altered.append(model)
        self.rows += altered
        self.update("Changing replacements", AIModel, altered, ["replacement"])

    def write_coded_datacenters(self) -> None:
        """Let each model be served from the datacenters that are named, which there must be."""
        stated = {
            model_id: draft.datacenter_codes for model_id, draft in self.drafts.items() if draft.datacenter_codes is not None
        }
        if not stated:
            return
        known = {one.code: one.pk for one in Datacenter.objects.all()}
        served = self.served([self.models[model_id].pk for model_id in stated])
        added, removed = [], []
        for model_id, codes in stated.items():
            if unknown := [code for code in codes if code not in known]:
                sentence = f"{listed(unknown)}: not the code of a datacenter; there are: {', '.join(sorted(known))}."
                self.problem(self.drafts[model_id].entry, "datacenters", sentence)
                continue
            key = self.models[model_id].pk
            have = {link.datacenter.code: link.pk for link in served.get(key, [])}  # type: ignore[attr-defined]
            if have.keys() != set(codes):
                self.say(model_id, "datacenters", ", ".join(sorted(have)) or None, ", ".join(sorted(codes)) or None)
                removed += [have[code] for code in have if code not in codes]
                added += [ModelDatacenter(aimodel_id=key, datacenter_id=known[code]) for code in codes if code not in have]
        self.write_links(added, removed)

    def served(self, keys: list[int]) -> dict[int, list[ModelDatacenter]]:
        """From where models are served, by their keys."""
        found: dict[int, list[ModelDatacenter]] = {}
        for link in ModelDatacenter.objects.filter(aimodel__in=keys).select_related("datacenter"):
            found.setdefault(link.aimodel_id, []).append(link)  # type: ignore[attr-defined]
        return found

    def write_links(self, added: list[ModelDatacenter], removed: list[int]) -> None:
        """Write from where models are served."""
        if removed:
            ModelDatacenter.objects.filter(pk__in=removed).delete()
        if added:
            ModelDatacenter.objects.bulk_create(added)

    def write_datacenters(self) -> None:
        """Let each model be served from the places that are stated: where it is already, else from the one datacenter
        that is meant, else from one that is made for it."""
        stated = {model_id: draft.places for model_id, draft in self.drafts.items() if draft.places is not None}
        if not stated:
            return
        known = list(Datacenter.objects.all())
        served = self.served([self.models[model_id].pk for model_id in stated])
        added, removed = [], []
        for model_id, places in stated.items():
            model = self.models[model_id]
            links = served.get(model.pk, [])
            have = [link.datacenter for link in links]  # type: ignore[attr-defined]
            gone = [link for link in links if not any(_is_in(link.datacenter, place) for place in places)]  # type: ignore[attr-defined]
            new = [place for place in places if not any(_is_in(one, place) for one in have)]
            removed += [link.pk for link in gone]
            for place in new:
                key = self.place_at(place, known).pk
                added.append(ModelDatacenter(aimodel_id=model.pk, datacenter_id=key))
            if gone or new:
                old = ", ".join(sorted({one.country.code for one in have}))
                self.say(model_id, "datacenters", old, ", ".join(_place_text(place) for place in places))
        self.write_links(added, removed)

    def place_at(self, place: tuple[str, str | None], known: list[Datacenter]) -> Datacenter:
        """The datacenter at a place that nothing else is known of."""
        country, region = place
        there = [one for one in known if _is_in(one, place)]
        if len(there) == 1:
            return there[0]
        code = (region or country).lower()
        if own := next((one for one in there if one.code == code), None):
            return own
        taken = {one.code for one in known}
        code = code if re.fullmatch(SLUG.strip("^$"), code) and len(code) <= 40 else country.lower()
        numbered = (f"{code}-{number}" for number in count(2))
        code = next(free for free in chain([code], numbered) if free not in taken)
        own = Datacenter.objects.create(code=code, name=countries.name(country), country=country, region=region or "")
        known.append(own)
        return own

    def write_descriptors(self) -> None:
        """Describe parameters as they are stated; what is not stated of one stays, unless the source describes all."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.descriptors or draft.describes_all}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        have: dict[str, dict[str, ParameterDescriptor]] = {model_id: {} for model_id in stated}
        for row in ParameterDescriptor.objects.filter(ai_model__in=list(keys)):
            have[keys[row.ai_model_id]][row.name] = row
        created, altered, removed = [], [], []
        for model_id, draft in stated.items():
            for name, facts in draft.descriptors.items():
                descriptor = have[model_id].get(name)
                if descriptor is None:
                    facts = {"type": ParameterType.UNKNOWN.value, **facts}
                    created.append(ParameterDescriptor(ai_model=self.models[model_id], name=name, **facts))
                    self.say(model_id, f"parameter {name}", None, facts["type"])
                    continue
                different = {key: value for key, value in facts.items() if not _same(getattr(descriptor, key), value)}
                for key, value in different.items():
                    self.say(model_id, f"parameter {name}: {key}", getattr(descriptor, key), value)
                    setattr(descriptor, key, value)
                if different:
                    altered.append(descriptor)
            if draft.describes_all:
                for name in sorted(have[model_id].keys() - draft.descriptors.keys()):
                    removed.append(have[model_id][name].pk)
                    self.say(model_id, f"parameter {name}", have[model_id][name].type, None)
        self.rows += created + altered
        self.create("Describing parameters", ParameterDescriptor, created)
        fields = ["type", "minimum", "maximum", "default", "values", "unit", "is_passthrough"]
        self.update("Describing parameters", ParameterDescriptor, altered, fields)
        if removed:
            ParameterDescriptor.objects.filter(pk__in=removed).delete()

    def write_prices(self) -> None:
        """Add a row for each price that is stated differently, and an end for each that is not stated any more."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.price_lists}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        now = revision().now
        in_force: dict[str, dict[Line, Decimal]] = {model_id: {} for model_id in stated}
        for row in Price.objects.in_force(now).filter(ai_model__in=list(keys)).iterator(chunk_size=10_000):
            if row.usd is not None:
                model_id, line = keys[row.ai_model_id], row.line
                in_force[model_id][line] = row.usd
                self.days[model_id, line] = row.utc_days
        for model_id, draft in stated.items():
            for tier, price_list in draft.price_lists.items():
                self.compare(draft, tier, price_list, in_force[model_id])
        new = self.new_prices + self.past_prices()
        self.rows += new
        self.create("Adding prices", Price, new)
        self.schedule_prices(now)

    def schedule_prices(self, now: datetime) -> None:
        """Add a row for each price that is stated for a moment ahead, or give the row of that moment the stated amount."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.scheduled}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        ahead = Price.objects.filter(ai_model__in=list(keys), effective_from__gt=now) if stated else []
        known = {(keys[row.ai_model_id], row.line, row.effective_from): row for row in ahead}
        created, altered = [], []
        for model_id, draft in stated.items():
            for (line, moment), usd in draft.scheduled.items():
                row = known.get((model_id, line, moment))
                if moment <= now:
                    sentence = (
                        f"{moment:%Y-%m-%d %H:%M} UTC is past, and a price cannot begin there: leave it empty to begin now."
                    )
                    self.problem(draft.line_entries.get(line, draft.entry), "effective_from", sentence)
                elif row is None:
                    created.append(self.row(model_id, line, usd, effective_from=moment))
                    self.say(model_id, _scheduled_text(line, moment), None, "ends" if usd is None else usd)
                elif row.usd != usd:
                    self.say(
                        model_id, _scheduled_text(line, moment), *("ends" if one is None else one for one in (row.usd, usd))
                    )
                    row.usd = usd
                    altered.append(row)
        self.rows += created + altered
        self.create("Scheduling prices", Price, created)
        self.update("Changing scheduled prices", Price, altered, ["usd"])

    def tell_the_planner(self) -> None:
        """After many rows at once, let the server count them now and not within a minute: until then it plans for the few
        that it knows of, and each check at commit and each list takes longer with each row."""
        if len(self.rows) >= MANY_ROWS:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE catalog_aimodel, catalog_price, catalog_parameterdescriptor")

    def past_prices(self) -> list[Price]:
        """The rows of price histories, but for those that the catalog has: what it says of a moment stays."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.past}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        known = {
            (keys[row.ai_model_id], row.line, row.effective_from): row.usd
            for row in Price.objects.filter(ai_model__in=list(keys)).iterator(chunk_size=10_000)
        }
        rows = []
        for model_id, draft in stated.items():
            for moment, line, usd in draft.past:
                stored = known.get((model_id, line, moment), ...)
                if stored is ...:
                    rows.append(self.row(model_id, line, usd, effective_from=moment))
                    self.say(model_id, f"price of {_line_text(line)} from {moment:%Y-%m-%d}", None, usd)
                elif stored != usd:
                    sentence = f"The catalog has another price of {_line_text(line)} from {moment:%Y-%m-%d}; it stays."
                    self.plan.notes.append(Remark(draft.entry, "prices", sentence))
        return rows

    def compare(self, draft: ModelDraft, tier: str, price_list: PriceList, in_force: dict[Line, Decimal]) -> None:
        """The rows that make a model's price list at one tier what is stated."""
        is_free_alone = self.reading.free_costs_nothing and not in_force and self.models[draft.model_id].has_free_variant
        for line, usd in price_list.lines.items():
            if is_free_alone and usd == 0:
                continue
            if in_force.get(line) != usd:
                self.price(draft.model_id, line, in_force.get(line), usd)
        for line, usd in in_force.items():
            owned = line.service_tier == tier and self.reading.owns(draft, line)
            is_kept = line in price_list.lines or (line in price_list.fillers and usd == 0)
            if owned and not is_kept:
                self.price(draft.model_id, line, usd, None)

    def price(self, model_id: str, line: Line, old: Decimal | None, new: Decimal | None) -> None:
        """One more row, in force from now on by the database's clock."""
        self.new_prices.append(self.row(model_id, line, new))
        self.say(model_id, f"price of {_line_text(line)}", old, new)

    def row(self, model_id: str, line: Line, usd: Decimal | None, **more: Any) -> Price:
        """A row of the price list."""
        values = {**line._asdict(), "utc_days": self.days.get((model_id, line), list(line.utc_days))}
        return Price(ai_model=self.models[model_id], usd=usd, **values, **more)

    def list_complete_ones(self, list_on_openrouter: bool) -> None:
        """List what lacks nothing, where that was asked for, and say what the others lack."""
        unlisted = AIModel.objects.filter(model_id__in=self.drafts, is_listed_on_openrouter=False)
        found = gaps(unlisted.values_list("pk", flat=True))
        entries = {draft.model_id: draft.entry for draft in self.drafts.values()}
        self.plan.missing = [Remark(entries[gap.model_id], gap.field, gap.sentence) for gap in found]
        if list_on_openrouter:
            complete = unlisted.exclude(model_id__in={gap.model_id for gap in found})
            self.plan.listed = list(complete.order_by("model_id").values_list("model_id", flat=True))
            if self.plan.listed:
                for model_id in self.plan.listed:
                    self.say(model_id, "is_listed_on_openrouter", False, True)
                AIModel.objects.filter(model_id__in=self.plan.listed).update(is_listed_on_openrouter=True)

    def explain(self, error: IntegrityError | DataError) -> None:
        """Find the entries that the database refused; it names the rule, not the row.

        Of many rows that rule alone is asked after: each one is a question to the database.
        """
        said = refusal(error)
        only = said.rule if len(self.rows) > MANY_ROWS else None
        for row in self.rows:
            if len(self.plan.problems) >= MOST_REMARKS:
                break
            model_id = row.model_id if isinstance(row, AIModel) else row.ai_model.model_id
            try:
                # The undoing took new models with it, so a row's own model cannot be looked up any more.
                row.clean_fields(exclude={"ai_model", "replacement"})
                if only is None:
                    row.validate_constraints(exclude={"ai_model", "effective_from"})
                for rule in row._meta.constraints:
                    if isinstance(rule, Rule) and rule.name == only:
                        rule.validate(type(row), row, {"ai_model", "effective_from"})
            except ValidationError as wrong:
                draft = self.drafts[model_id]
                entry = draft.line_entries.get(row.line, draft.entry) if isinstance(row, Price) else draft.entry
                self.plan.problems += [Remark(entry, name, " ".join(said)) for name, said in wrong.message_dict.items()]
        self.plan.problems = Remarks(dict.fromkeys(self.plan.problems), self.plan.problems.more)
        if not self.plan.problems:
            self.plan.problems.append(Remark("the catalog", said.field or "", said.sentence))


def _line_text(line: Line) -> str:
    parts: Iterable[str | None] = (
        f"{line.kind} per {line.unit}",
        None if line.service_tier == ServiceTier.DEFAULT else line.service_tier,
        None if line.min_prompt_tokens is None else f"above {line.min_prompt_tokens} tokens",
        None if line.utc_start is None or line.utc_end is None else f"{line.utc_start:04}-{line.utc_end:04} UTC",
        " ".join(line.utc_days) or None,
    )
    return ", ".join(part for part in parts if part)


def _scheduled_text(line: Line, moment: datetime) -> str:
    return f"price of {_line_text(line)} from {moment:%Y-%m-%d %H:%M} UTC"


def _is_in(place: Datacenter, stated: tuple[str, str | None]) -> bool:
    country, region = stated
    return place.country.code == country and region in (None, place.region)


def _place_text(place: tuple[str, str | None]) -> str:
    country, region = place
    return f"{country} ({region})" if region else country


def _same(stored: Any, stated: Any) -> bool:
    """Whether a descriptor's value is the one that is stated; true is no 1."""
    return isinstance(stored, bool) == isinstance(stated, bool) and bool(stored == stated)


def _value(value: Any) -> Any:
    """For comparison: a list of words is a set."""
    return frozenset(value) if isinstance(value, list) else value


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, Decimal):
        return decimals.wire(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
