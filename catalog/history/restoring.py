"""Giving models the values that differences name: for restoring a version, undoing, accepting a proposal, cloning and merging.

It writes as every other writer does, under the database's rules; callers check permissions and effects on the feeds. The number of
statements does not depend on the number of models, only on how many offers, datacenters and parameters the differences name.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from catalog import bulk_writing
from catalog.history.states import DESCRIPTION, ENDS, Difference, line_of
from catalog.models import SAME_AS_MODEL, AIModel, Datacenter, Offer, ParameterDescriptor, Price, ScheduledSwitch, Switch
from catalog.models.many import one_of


class CannotRestore(Exception):
    """A difference cannot be applied, because something that it needs has been removed. The text says what."""


def apply(model: AIModel, wanted: Iterable[Difference]) -> None:
    """Give a model the new value of each difference, as ``apply_to_many`` does."""
    apply_to_many({model: list(wanted)})


def apply_to_many(wanted: Mapping[AIModel, Iterable[Difference]]) -> None:
    """Give models the new values of differences. A price in force starts now, as a new row; past rows stay.

    Raises ``CannotRestore``; the database's rules hold as for every writer. Call it in a transaction.
    """
    parts: dict[str, list[tuple[AIModel, Difference]]] = defaultdict(list)
    for model, found in wanted.items():
        for one in found:
            parts[one.path[0]].append((model, one))
    _set_datacenters(parts["datacenter"])
    _set_parameters(parts["parameter"])
    _set_offers(parts["offer"])
    bulk_writing.insert(
        Price,
        [
            Price(ai_model_id=model.pk, usd=None if one.new is None else Decimal(one.new), **line_of(one.path[1]).columns)
            for model, one in parts["price"]
        ],
    )
    _set_scheduled_prices(parts["scheduled price"])
    _set_scheduled_switches(parts["switch"])
    _set_fields(parts["field"])


def create(wanted: Iterable[Difference]) -> AIModel:
    """Create a model from the new values of the differences. It is listed last, when it has what a listing needs."""
    (model,) = create_many([(None, list(wanted))])
    return model


def create_many(wanted: Iterable[tuple[int | None, Iterable[Difference]]]) -> list[AIModel]:
    """Create models from the new values of differences, each with the key that it had before it was deleted, or a new one (None)."""
    later: list[list[Difference]] = []
    made = []
    for key, found in wanted:
        model, rest = AIModel(pk=key), list[Difference]()
        for one in found:
            if one.path[0] != "field" or one.path[1] in (Switch.LISTED, "replacement"):
                rest.append(one)
            else:
                setattr(model, one.path[1], _field_value(one.path[1], one.new))
        made.append(model)
        later.append(rest)
    AIModel.objects.bulk_create(made)
    apply_to_many(dict(zip(made, later, strict=True)))
    return made


def delete_many(keys: Iterable[int]) -> None:
    """Delete models; those that are listed are taken off OpenRouter first. Raises ``ProtectedError`` for a replacement of
    another."""
    gone = AIModel.objects.filter(pk__in=one_of(list(keys)))
    gone.filter(is_listed_on_openrouter=True).update(is_listed_on_openrouter=False)
    gone.exclude(replacement=None).update(replacement=None)
    gone.delete()


def _set_fields(found: list[tuple[AIModel, Difference]]) -> None:
    names = {one.path[1] for _, one in found}
    replacements = _replacements({one.new for _, one in found if one.path[1] == "replacement" and one.new})
    for model, one in found:
        if one.path[1] == "replacement":
            model.replacement = replacements[one.new] if one.new else None
        else:
            setattr(model, one.path[1], _field_value(one.path[1], one.new))
    bulk_writing.update(AIModel, list({model.pk: model for model, _ in found}.values()), sorted(names))


def _field_value(name: str, value: Any) -> Any:
    field: Any = AIModel._meta.get_field(name)
    if value is None:
        value = None if field.null else field.get_default()
    return _stored(AIModel, name, value)


def _replacements(ids: set[str]) -> dict[str, AIModel]:
    found = {model.model_id: model for model in AIModel.objects.filter(model_id__in=one_of(ids))} if ids else {}
    if missing := ids - found.keys():
        raise CannotRestore(f"The replacement, {min(missing)}, no longer exists.")
    return found


def _datacenters(codes: set[str]) -> dict[str, int]:
    found = dict(Datacenter.objects.filter(code__in=codes).values_list("code", "pk")) if codes else {}
    if missing := codes - found.keys():
        raise CannotRestore(f"The datacenter {min(missing)} no longer exists.")
    return found


def _set_datacenters(found: list[tuple[AIModel, Difference]]) -> None:
    keys, through = _datacenters({one.path[1] for _, one in found}), AIModel.datacenters.through
    rows = [through(aimodel_id=model.pk, datacenter_id=keys[one.path[1]]) for model, one in found if one.new]
    through._default_manager.bulk_create(rows, ignore_conflicts=True)
    for code, key in keys.items():
        left = [model.pk for model, one in found if one.path[1] == code and not one.new]
        if left:
            through._default_manager.filter(datacenter_id=key, aimodel__in=one_of(left)).delete()


def _set_parameters(found: list[tuple[AIModel, Difference]]) -> None:
    for name in {one.path[1] for _, one in found if one.new is None}:
        keys = [model.pk for model, one in found if one.path[1] == name and one.new is None]
        ParameterDescriptor.objects.filter(ai_model__in=one_of(keys), name=name).delete()
    rows = [
        ParameterDescriptor(
            ai_model_id=model.pk, name=one.path[1], **{k: _stored(ParameterDescriptor, k, v) for k, v in one.new.items()}
        )
        for model, one in found
        if one.new is not None
    ]
    _replace_rows(ParameterDescriptor, rows, ["ai_model", "name"], DESCRIPTION)


def _set_offers(found: list[tuple[AIModel, Difference]]) -> None:
    """Set or remove the facts of offers; the row of an offer without any is deleted."""
    facts: dict[tuple[int, str], dict[str, Any]] = defaultdict(dict)
    for model, one in found:
        facts[model.pk, one.path[1]][one.path[2]] = one.new
    codes = {code for values in facts.values() for code in values.get("datacenters") or ()}
    places, stored = _datacenters(codes), {}
    if facts:
        rows = Offer.objects.filter(ai_model__in=one_of(list({key for key, _ in facts})))
        stored = {(offer.ai_model_id, offer.variant): offer for offer in rows}
    for (key, variant), values in facts.items():
        offer = stored.get((key, variant)) or Offer(ai_model_id=key, variant=variant)
        for name, value in values.items():
            field: Any = Offer._meta.get_field(name)
            if name == "datacenters":
                value = [places[code] for code in value or ()]
            setattr(offer, name, (None if field.null else []) if value is None else _stored(Offer, name, value))
        if offer.own_facts():
            offer.save()
        elif offer.pk:
            offer.delete()


def _stored(table: type[models.Model], name: str, value: Any) -> Any:
    field: Any = table._meta.get_field(name)
    return value if value is None or isinstance(field, models.JSONField) else field.to_python(value)


def _ahead(found: list[tuple[AIModel, Difference]]) -> Iterator[tuple[AIModel, Difference, datetime]]:
    """The differences, each with its time. Raises ``CannotRestore`` for a time in the past."""
    now = timezone.now()
    for model, one in found:
        moment = datetime.fromisoformat(one.path[2])
        if moment <= now:
            raise CannotRestore(f"It was scheduled for {moment:%Y-%m-%d %H:%M} UTC, which is in the past.")
        yield model, one, moment


def _set_scheduled_switches(found: list[tuple[AIModel, Difference]]) -> None:
    wanted = {(model.pk, Switch(one.path[1]), at): one.new for model, one, at in _ahead(found)}
    gone = {key for key, value in wanted.items() if value is None}
    if gone:
        rows = ScheduledSwitch.objects.filter(ai_model__in=one_of(list({key for key, _, _ in gone})))
        there = [row.pk for row in rows if (row.ai_model_id, row.switch, row.effective_from) in gone]
        ScheduledSwitch.objects.filter(pk__in=one_of(there)).delete()
    rows_to_put = [
        ScheduledSwitch(ai_model_id=key, switch=switch, effective_from=at, value=None if value == SAME_AS_MODEL else value)
        for (key, switch, at), value in wanted.items()
        if value is not None
    ]
    _replace_rows(ScheduledSwitch, rows_to_put, ["ai_model", "switch", "effective_from"], ["value"])


def _replace_rows(table: type[models.Model], rows: list[Any], identity: list[str], values: Iterable[str]) -> None:
    """Add rows, or change those that are there."""
    table._default_manager.bulk_create(rows, update_conflicts=True, unique_fields=identity, update_fields=list(values))


def _set_scheduled_prices(found: list[tuple[AIModel, Difference]]) -> None:
    wanted = {(model.pk, line_of(one.path[1]), at): one.new for model, one, at in _ahead(found)}
    if not wanted:
        return
    rows = Price.objects.filter(
        ai_model__in=one_of(list({key for key, _, _ in wanted})), effective_from__in={at for _, _, at in wanted}
    )
    changed, gone = [], []
    for row in rows:
        key = (row.ai_model_id, row.line, row.effective_from)
        if key not in wanted:
            continue
        new = wanted.pop(key)
        if new is None:
            gone.append(row.pk)
        else:
            row.usd = _scheduled_amount(new)
            changed.append(row)
    Price.objects.filter(pk__in=one_of(gone)).delete()
    bulk_writing.update(Price, changed, ["usd"])
    bulk_writing.insert(
        Price,
        [
            Price(ai_model_id=key, usd=_scheduled_amount(new), effective_from=at, **line.columns)
            for (key, line, at), new in wanted.items()
            if new is not None
        ],
    )


def _scheduled_amount(new: str) -> Decimal | None:
    return None if new == ENDS else Decimal(new)
