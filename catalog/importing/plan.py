"""From a reading to changes: compared with the catalog, said, and applied in one transaction or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pghistory
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django_countries import countries

from catalog import decimals
from catalog.importing.drafts import Line, PriceList, Reading, Remark
from catalog.listing import revision
from catalog.models import IDENTITY, AIModel, CatalogRevision, Datacenter, ModelDatacenter, Price, ServiceTier, Weekday
from catalog.models.refusals import refusal
from catalog.openrouter.readiness import gaps


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
    problems: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)


class _Undo(Exception):
    """Leaves the transaction without its work."""


def carry_out(reading: Reading, *, source: str, list_on_openrouter: bool = False, dry_run: bool = False) -> Plan:
    """Compare a reading with the catalog and apply the difference, in one transaction.

    With a problem, or for a dry run, everything is undone: a dry run is the import itself, so what it says is what
    happens. ``list_on_openrouter`` lists the models of the source that lack nothing; without it new ones stay unlisted,
    and those that are there keep their flag.
    """
    plan = Plan(problems=list(reading.problems), notes=list(reading.notes))
    if plan.problems:
        return plan
    try:
        with transaction.atomic(), pghistory.context(source="import", origin=source):
            _Import(reading, plan).apply(list_on_openrouter)
            if dry_run or plan.problems:
                raise _Undo
    except _Undo:
        pass
    return plan


class _Import:
    """One import at work, inside its transaction."""

    def __init__(self, reading: Reading, plan: Plan) -> None:
        # Waits for whoever is writing, so that the comparison is with what they leave.
        list(CatalogRevision.objects.select_for_update())
        self.reading = reading
        self.plan = plan
        self.drafts = reading.models
        self.models = {model.model_id: model for model in AIModel.objects.filter(model_id__in=self.drafts)}
        self.changed: set[str] = set()
        self.new_prices: list[Price] = []

    def apply(self, list_on_openrouter: bool) -> None:
        """Write everything; a refusal of the database becomes a problem that names the entry and the field."""
        try:
            with transaction.atomic():
                self.write_models()
                self.write_datacenters()
                self.write_prices()
                connection.check_constraints()
                self.list_complete_ones(list_on_openrouter)
                connection.check_constraints()
        except IntegrityError as error:
            self.explain(error)
            return
        self.plan.unchanged = sorted(set(self.drafts) - set(self.plan.created) - self.changed)

    def say(self, model_id: str, name: str, old: Any, new: Any) -> None:
        """Note a change of a model that was there; a new one is said as a whole."""
        self.changed.add(model_id)
        if model_id not in self.plan.created:
            self.plan.changes.append(Change(model_id, name, _text(old), _text(new)))

    def write_models(self) -> None:
        """Create the new models, and change what is stated differently of the others."""
        created, altered, touched = [], [], set()
        for model_id, draft in self.drafts.items():
            model = self.models.get(model_id)
            if model is None:
                created.append(AIModel(model_id=model_id, **{**draft.guesses, **draft.fields}))
                self.plan.created.append(model_id)
                continue
            different = {
                name: value for name, value in draft.fields.items() if _value(getattr(model, name)) != _value(value)
            }
            for name, value in different.items():
                self.say(model_id, name, getattr(model, name), value)
                setattr(model, name, value)
            if different:
                altered.append(model)
                touched |= set(different)
        if created:
            self.models |= {model.model_id: model for model in AIModel.objects.bulk_create(created)}
        if altered:
            AIModel.objects.bulk_update(altered, sorted(touched), batch_size=500)

    def write_datacenters(self) -> None:
        """Let each model be served from the countries that are stated: where it is already, else from the one datacenter
        of that country, else from one that is made for it."""
        stated = {model_id: draft.countries for model_id, draft in self.drafts.items() if draft.countries is not None}
        if not stated:
            return
        by_country: dict[str, list[Datacenter]] = {}
        for place in Datacenter.objects.all():
            by_country.setdefault(place.country.code, []).append(place)
        served: dict[int, list[ModelDatacenter]] = {}
        keys = [self.models[model_id].pk for model_id in stated]
        for link in ModelDatacenter.objects.filter(aimodel__in=keys).select_related("datacenter"):
            served.setdefault(link.aimodel_id, []).append(link)  # type: ignore[attr-defined]
        added, removed = [], []
        for model_id, codes in stated.items():
            model = self.models[model_id]
            links = served.get(model.pk, [])
            have = {link.datacenter.country.code for link in links}  # type: ignore[attr-defined]
            removed += [link.pk for link in links if link.datacenter.country.code not in codes]  # type: ignore[attr-defined]
            for code in codes:
                if code not in have:
                    place = self.place_in(code, by_country)
                    added.append(ModelDatacenter(aimodel_id=model.pk, datacenter_id=place.pk))
            if have != set(codes):
                self.say(model_id, "datacenters", ", ".join(sorted(have)), ", ".join(codes))
        if removed:
            ModelDatacenter.objects.filter(pk__in=removed).delete()
        if added:
            ModelDatacenter.objects.bulk_create(added)

    def place_in(self, code: str, by_country: dict[str, list[Datacenter]]) -> Datacenter:
        """The datacenter of a country that nothing else is known of."""
        places = by_country.setdefault(code, [])
        if len(places) == 1:
            return places[0]
        own = next((place for place in places if place.code == code.lower()), None)
        if own is None:
            own = Datacenter.objects.create(code=code.lower(), name=countries.name(code), country=code)
            places.append(own)
        return own

    def write_prices(self) -> None:
        """Add a row for each price that is stated differently, and an end for each that is not stated any more."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.price_lists}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        _, _, now = revision()
        in_force: dict[str, dict[Line, Decimal]] = {model_id: {} for model_id in stated}
        for row in Price.objects.in_force(now).filter(ai_model__in=list(keys)).iterator(chunk_size=10_000):
            if row.usd is not None:
                in_force[keys[row.ai_model_id]][_line(row)] = row.usd  # type: ignore[attr-defined]
        for model_id, draft in stated.items():
            for tier, price_list in draft.price_lists.items():
                self.compare(model_id, tier, price_list, in_force[model_id])
        Price.objects.bulk_create(self.new_prices, batch_size=2000)

    def compare(self, model_id: str, tier: str, price_list: PriceList, in_force: dict[Line, Decimal]) -> None:
        """The rows that make a model's price list at one tier what is stated."""
        for line, usd in price_list.lines.items():
            if in_force.get(line) != usd:
                self.price(model_id, line, in_force.get(line), usd)
        for line, usd in in_force.items():
            owned = (
                line.service_tier == tier and (line.kind, line.unit) in self.reading.owns and line.cache_ttl_seconds is None
            )
            is_kept = line in price_list.lines or (line in price_list.fillers and usd == 0)
            if owned and not is_kept:
                self.price(model_id, line, usd, None)

    def price(self, model_id: str, line: Line, old: Decimal | None, new: Decimal | None) -> None:
        """One more row, in force from now on by the database's clock."""
        values = {**line._asdict(), "utc_days": list(line.utc_days)}
        self.new_prices.append(Price(ai_model=self.models[model_id], usd=new, **values))
        self.say(model_id, f"price of {_line_text(line)}", old, new)

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

    def explain(self, error: IntegrityError) -> None:
        """Find the entries that the database refused; it names the rule, not the row."""
        for row in (*self.models.values(), *self.new_prices):
            model_id = row.model_id if isinstance(row, AIModel) else row.ai_model.model_id
            try:
                row.clean_fields()
                row.validate_constraints(exclude={"effective_from"})
            except ValidationError as wrong:
                entry = self.drafts[model_id].entry
                self.plan.problems += [Remark(entry, name, " ".join(said)) for name, said in wrong.message_dict.items()]
        if not self.plan.problems:
            said = refusal(error)
            self.plan.problems.append(Remark("the catalog", said.field or "", said.sentence))


def _line(price: Price) -> Line:
    values = {name: getattr(price, name) for name in IDENTITY if name != "ai_model_id"}
    return Line(**{**values, "utc_days": tuple(day for day in Weekday.values if day in values["utc_days"])})


def _line_text(line: Line) -> str:
    parts: Iterable[str | None] = (
        f"{line.kind} per {line.unit}",
        None if line.service_tier == ServiceTier.DEFAULT else line.service_tier,
        None if line.min_prompt_tokens is None else f"above {line.min_prompt_tokens} tokens",
        None if line.utc_start is None else f"{line.utc_start:04}-{line.utc_end:04} UTC",
        " ".join(line.utc_days) or None,
    )
    return ", ".join(part for part in parts if part)


def _value(value: Any) -> Any:
    """For comparison: a list of words is a set."""
    return frozenset(value) if isinstance(value, list) else value


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, Decimal):
        return decimals.wire(value)
    return ", ".join(value) if isinstance(value, list) else str(value)
