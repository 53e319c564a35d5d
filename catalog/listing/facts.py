"""The facts of models, datacenters and the provider: from the tables to typed values."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models.functions import Cast

from catalog.listing.entry import Location, ModelFacts, Parameter, ProviderFacts
from catalog.listing.offers import Switched, in_order, status
from catalog.models import (
    AIModel,
    Datacenter,
    Feature,
    InputModality,
    ModelDatacenter,
    OutputModality,
    ParameterDescriptor,
    Provider,
    ReasoningEffort,
    SamplingParameter,
    Switch,
)
from catalog.models.many import one_of

_GATHERED = {"replacement", "datacenters", "parameters", "status"}
_PLAIN_FIELDS = [name for name in ModelFacts._fields if name not in _GATHERED]
_ORDER = (*_PLAIN_FIELDS, "replacement", "datacenters", "parameters", "status")
_ALIASES = _PLAIN_FIELDS.index("aliases")
_READY, _DEPRECATION = _PLAIN_FIELDS.index("is_ready"), _PLAIN_FIELDS.index("deprecation_at")
_VOCABULARIES: list[tuple[int, type[models.TextChoices]]] = [
    (_PLAIN_FIELDS.index("input_modalities"), InputModality),
    (_PLAIN_FIELDS.index("output_modalities"), OutputModality),
    (_PLAIN_FIELDS.index("supported_sampling_parameters"), SamplingParameter),
    (_PLAIN_FIELDS.index("supported_features"), Feature),
    (_PLAIN_FIELDS.index("reasoning_efforts"), ReasoningEffort),
]


def locations(using: str) -> dict[int, Location]:
    """The datacenters, by key."""
    rows: Any = Datacenter.objects.using(using).values_list("pk", *Location._fields)
    return {key: Location(*place) for key, *place in rows}


def provider_facts(using: str, places: dict[int, Location]) -> ProviderFacts:
    """What the catalog states of the provider."""
    countries = tuple(sorted({place.country for place in places.values()}))
    names: Any = ProviderFacts.__slots__[:-1]
    stored: Any = Provider.objects.using(using).values_list(*names).first()
    if stored is None:
        unset = Provider()
        stored = tuple(str(getattr(unset, name)) for name in names)
    return ProviderFacts(*(*stored, countries))


def _parameters(keys: Collection[int], using: str) -> dict[int, tuple[Parameter, ...]]:
    """Each model's descriptors. JSON is read as text, so that its numbers lose no digits."""
    names = list(Parameter._fields)
    columns = [f"{name}_text" if name in {"default", "values"} else name for name in names]
    rows: Any = (
        ParameterDescriptor.objects.using(using)
        .filter(ai_model__in=one_of(keys))
        .annotate(
            default_text=Cast("default", models.TextField()),
            values_text=Cast("values", models.TextField()),
        )
        .order_by("ai_model", "name")
        .values_list("ai_model", *columns)
    )
    found: dict[int, list[Parameter]] = {}
    for key, *row in rows:
        facts = dict(zip(names, row, strict=True))
        default = None if facts["default"] is None else _json_value(facts["default"])
        found.setdefault(key, []).append(
            Parameter(**{**facts, "default": default, "values": tuple(_json_value(facts["values"]))})
        )
    return {key: tuple(parameters) for key, parameters in found.items()}


def _json_value(text: str) -> Any:
    """JSON whose numbers are ``Decimal``."""
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


def model_facts(
    chosen: models.QuerySet[AIModel], places: dict[int, Location], at: datetime, switched: Mapping[int, Switched]
) -> dict[int, ModelFacts]:
    """Models by key, with their scheduled switches that are due."""
    # Readers must not learn of a model that is not public.
    shown = models.Case(models.When(replacement__is_public=True, then="replacement__model_id"))
    rows: Any = list(chosen.order_by("model_id").values_list("pk", *_PLAIN_FIELDS, shown))
    keys = [key for key, *_ in rows]
    served_from: dict[int, list[Location]] = {}
    links = ModelDatacenter.objects.using(chosen.db).filter(aimodel__in=one_of(keys))
    for key, place in links.values_list("aimodel_id", "datacenter_id"):
        served_from.setdefault(key, []).append(places[place])
    parameters = _parameters(keys, chosen.db)
    facts = {}
    for key, *values in rows:
        for position, words in _VOCABULARIES:
            values[position] = in_order(tuple(values[position]), words)
        values[_ALIASES] = tuple(values[_ALIASES])
        values[_READY] = switched.get(key, {}).get(Switch.READY, values[_READY])
        gathered = (
            tuple(sorted(served_from.get(key, ()))),
            parameters.get(key, ()),
            status(values[_READY], values[_DEPRECATION], at),
        )
        facts[key] = ModelFacts(**dict(zip(_ORDER, (*values, *gathered), strict=True)))
    return facts
