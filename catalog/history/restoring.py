"""Giving a model the values that differences name: for restoring a version, accepting a proposal, cloning and merging.

It writes as every other writer does, under the database's rules; callers check permissions and effects on the feeds.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from catalog.history.states import ENDS, Difference, line_of
from catalog.models import AIModel, Datacenter, Offer, ParameterDescriptor, Price, ScheduledSwitch, Switch


class CannotRestore(Exception):
    """A difference cannot be applied, because something that it needs has been removed. The text says what."""


def apply(model: AIModel, wanted: Iterable[Difference]) -> None:
    """Give a model the new value of each difference. A price in force starts now, as a new row; past rows stay.

    Raises ``CannotRestore``; the database's rules hold as for every writer. Call it in a transaction.
    """
    fields = []
    offers = defaultdict[str, dict[str, Any]](dict)
    for path, _, new in wanted:
        part, *key = path
        if part == "field":
            _set_field(model, key[0], new)
            fields.append(key[0])
        elif part == "datacenter":
            (model.datacenters.add if new else model.datacenters.remove)(_datacenter(key[0]))
        elif part == "parameter":
            if new is None:
                model.parameter_descriptors.filter(name=key[0]).delete()
            else:
                model.parameter_descriptors.update_or_create(
                    name=key[0], defaults={k: _stored(ParameterDescriptor, k, v) for k, v in new.items()}
                )
        elif part == "offer":
            offers[key[0]][key[1]] = new
        elif part == "price":
            usd = None if new is None else Decimal(new)
            Price.objects.create(ai_model=model, usd=usd, **line_of(key[0]).columns)
        else:
            _set_scheduled(model, part, key, new)
    for variant, facts in offers.items():
        _set_offer(model, variant, facts)
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


def _set_offer(model: AIModel, variant: str, facts: dict[str, Any]) -> None:
    """Give an offer values of its own, or take them away; an offer that states nothing any more is no row."""
    offer = Offer.objects.filter(ai_model=model, variant=variant).first() or Offer(ai_model=model, variant=variant)
    for name, value in facts.items():
        field: Any = Offer._meta.get_field(name)
        if name == "datacenters":
            value = [_datacenter(code).pk for code in value or ()]
        setattr(offer, name, (None if field.null else []) if value is None else _stored(Offer, name, value))
    if offer.own_facts():
        offer.save()
    elif offer.pk:
        offer.delete()


def _datacenter(code: str) -> Datacenter:
    datacenter = Datacenter.objects.filter(code=code).first()
    if datacenter is None:
        raise CannotRestore(f"The datacenter {code} no longer exists.")
    return datacenter


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
