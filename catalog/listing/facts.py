"""The facts of models, datacenters and the provider: from the tables to typed values."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import models
from django.db.models.functions import Cast

from catalog.listing.entry import Location, ModelFacts, Parameter, ProviderFacts, Selection
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
from catalog.models.statements import AT, IDS, KEYS, Statement

_SELECTED: dict[Selection, Callable[[Any], models.QuerySet[AIModel]]] = {
    Selection.LISTED: lambda chosen: chosen.listed(AT),
    Selection.PUBLIC: lambda chosen: chosen.public(),
    Selection.EVERY: lambda chosen: chosen,
}
_PROVIDER_FIELDS = ProviderFacts.__slots__[:-1]
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


@Statement
def _locations() -> Any:
    return Datacenter.objects.values_list("pk", *Location._fields)


def locations(using: str) -> dict[int, Location]:
    """The datacenters, by key."""
    return {key: Location(*place) for key, *place in _locations.rows(using)}


@Statement
def _provider() -> Any:
    return Provider.objects.order_by("pk").values_list(*_PROVIDER_FIELDS)


def provider_facts(using: str, places: dict[int, Location]) -> ProviderFacts:
    """What the catalog states of the provider."""
    countries = tuple(sorted({place.country for place in places.values()}))
    stored = next(iter(_provider.rows(using)), None)
    if stored is None:
        unset = Provider()
        stored = tuple(str(getattr(unset, name)) for name in _PROVIDER_FIELDS)
    return ProviderFacts(*(*stored, countries))


@Statement
def _parameter_rows() -> Any:
    # JSON is read as text, so that its numbers lose no digits.
    json = {f"{name}_text": Cast(name, models.TextField()) for name in ("default", "values")}
    columns = [f"{name}_text" if f"{name}_text" in json else name for name in Parameter._fields]
    rows = ParameterDescriptor.objects.filter(ai_model__in=KEYS).annotate(**json)
    return rows.order_by("ai_model", "name").values_list("ai_model", *columns)


def _parameters(keys: Collection[int], using: str) -> dict[int, tuple[Parameter, ...]]:
    """Each model's descriptors."""
    found: dict[int, list[Parameter]] = {}
    for key, *row in _parameter_rows.rows(using, keys=keys):
        facts = dict(zip(Parameter._fields, row, strict=True))
        default = None if facts["default"] is None else _json_value(facts["default"])
        found.setdefault(key, []).append(
            Parameter(**{**facts, "default": default, "values": tuple(_json_value(facts["values"]))})
        )
    return {key: tuple(parameters) for key, parameters in found.items()}


def _json_value(text: str) -> Any:
    """JSON whose numbers are ``Decimal``."""
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


@cache
def _models(selection: Selection, *, by_id: bool) -> Statement:
    """The models of a selection, or those of them that have one of the given ids."""

    @Statement
    def rows() -> Any:
        chosen = _SELECTED[selection](AIModel.objects.filter(model_id__in=IDS) if by_id else AIModel.objects.all())
        # Readers must not learn of a model that is not public.
        shown = models.Case(models.When(replacement__is_public=True, then="replacement__model_id"))
        return chosen.order_by("model_id").values_list("pk", *_PLAIN_FIELDS, shown)

    return rows


@Statement
def _links() -> Any:
    return ModelDatacenter.objects.filter(aimodel__in=KEYS).values_list("aimodel_id", "datacenter_id")


def model_facts(
    selection: Selection,
    model_ids: list[str] | None,
    places: dict[int, Location],
    at: datetime,
    switched: Mapping[int, Switched],
    using: str,
) -> dict[int, ModelFacts]:
    """The models of a selection by key, ordered by model id, with their scheduled switches that are due. ``model_ids`` narrows it."""
    rows: Any = _models(selection, by_id=model_ids is not None).rows(using, at=at, model_ids=model_ids)
    keys = [key for key, *_ in rows]
    served_from: dict[int, list[Location]] = {}
    for key, place in _links.rows(using, keys=keys):
        served_from.setdefault(key, []).append(places[place])
    parameters = _parameters(keys, using)
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
