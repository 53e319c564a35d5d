"""Giving a model the values that differences name: for restoring a version, accepting a proposal, cloning and merging.

It writes as every other writer does, under the database's rules; callers check permissions and effects on the feeds.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from catalog.history.states import ENDS, Difference, line_of
from catalog.models import AIModel, Datacenter, ParameterDescriptor, Price, ScheduledSwitch, Switch


class CannotRestore(Exception):
    """A difference cannot be applied, because something that it needs has been removed. The text says what."""


def apply(model: AIModel, wanted: Iterable[Difference]) -> None:
    """Give a model the new value of each difference. A price in force starts now, as a new row; past rows stay.

    Raises ``CannotRestore``; the database's rules hold as for every writer. Call it in a transaction.
    """
    fields = []
    for path, _, new in wanted:
        part, *key = path
        if part == "field":
            _set_field(model, key[0], new)
            fields.append(key[0])
        elif part == "datacenter":
            datacenter = Datacenter.objects.filter(code=key[0]).first()
            if datacenter is None:
                raise CannotRestore(f"The datacenter {key[0]} no longer exists.")
            (model.datacenters.add if new else model.datacenters.remove)(datacenter)
        elif part == "parameter":
            if new is None:
                model.parameter_descriptors.filter(name=key[0]).delete()
            else:
                model.parameter_descriptors.update_or_create(
                    name=key[0], defaults={k: _stored(ParameterDescriptor, k, v) for k, v in new.items()}
                )
        elif part == "price":
            usd = None if new is None else Decimal(new)
            Price.objects.create(ai_model=model, usd=usd, **line_of(key[0]).columns)
        else:
            _set_scheduled(model, part, key, new)
    if fields:
        model.save(update_fields=fields)


def create(wanted: Iterable[Difference]) -> AIModel:
    """Create a model from the new values of the differences. It is listed last, when it has what a listing needs."""
    wanted = list(wanted)
    facts = [one for one in wanted if one.path[0] == "field" and one.path[1] != Switch.LISTED]
    model = AIModel()
    for one in facts:
        _set_field(model, one.path[1], one.new)
    model.save(force_insert=True)
    apply(model, [one for one in wanted if one not in facts])
    return model


def _set_field(model: AIModel, name: str, value: Any) -> None:
    if name == "replacement":
        model.replacement = AIModel.objects.filter(model_id=value).first() if value else None
        if value and model.replacement is None:
            raise CannotRestore(f"The replacement, {value}, no longer exists.")
        return
    field: Any = AIModel._meta.get_field(name)
    if value is None:
        value = None if field.null else field.get_default()
    setattr(model, name, _stored(AIModel, name, value))


def _stored(table: type[models.Model], name: str, value: Any) -> Any:
    field: Any = table._meta.get_field(name)
    return value if value is None or isinstance(field, models.JSONField) else field.to_python(value)


def _set_scheduled(model: AIModel, part: str, key: list[str], new: Any) -> None:
    moment = datetime.fromisoformat(key[1])
    if moment <= timezone.now():
        raise CannotRestore(f"It was scheduled for {moment:%Y-%m-%d %H:%M} UTC, which is in the past.")
    if part == "switch":
        if new is None:
            model.scheduled_switches.filter(switch=Switch(key[0]), effective_from=moment).delete()
        else:
            ScheduledSwitch.objects.update_or_create(
                ai_model=model, switch=key[0], effective_from=moment, defaults={"value": new}
            )
        return
    columns = line_of(key[0]).columns
    found = Price.objects.filter(ai_model=model, effective_from=moment, **columns)
    if new is None:
        found.delete()
    else:
        usd = None if new == ENDS else Decimal(new)
        if not found.update(usd=usd):
            Price.objects.create(ai_model=model, effective_from=moment, usd=usd, **columns)
