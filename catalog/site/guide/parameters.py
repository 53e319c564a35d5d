"""The query parameters of an address as rows of a table, read from the OpenAPI document."""

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from catalog.costs import QUANTITIES
from catalog.site import calculator
from catalog.site.guide.operations import parameters_of

MEANINGS: dict[str, object] = {
    "list_models:format": _("The format of the list. Without it, the standard catalog."),
    "q": _("Words of the id, name, aliases, maker or description, in any order. Case, accents and punctuation do not matter."),
    "supported_parameters": _("Models that support all of these request parameters."),
    "supported_features": _("Models that have all of these features."),
    "output_modalities": _("Models that produce all of these; `all`: all models. Without it, models that produce text."),
    "input_modalities": _("Models that accept all of these."),
    "context": _("The shortest context, in tokens."),
    "min_price": _("The lowest prompt price, in US dollars per million tokens."),
    "max_price": _("The highest prompt price, in US dollars per million tokens."),
    "min_output_price": _("The lowest completion price, in US dollars per million tokens."),
    "max_output_price": _("The highest completion price, in US dollars per million tokens."),
    "min_age_days": _("Models released at least this many days ago."),
    "max_age_days": _("Models released at most this many days ago."),
    "arch": _("The model family, which is the name of the tokenizer. Case does not matter."),
    "model_authors": _("Models by one of these makers."),
    "quantizations": _("Models served in one of these precisions."),
    "countries": _("Models served from one of these countries (ISO 3166-1 alpha-2)."),
    "free": _("`true`: models that cost nothing; `false`: the others."),
    "deprecating": _("`true`: models whose retirement is announced or past; `false`: the others."),
    "sort": _("The sort order. Models without the value come last, in either direction. Without it, by id."),
    "offset": _("The number of items to skip."),
    "limit": _("The maximum number to return. Without `offset` and `limit`, all."),
    "in": _("Prompt tokens of a request, cached ones included, for `sort=cost`."),
    "cached": _("How many of them are read from a cache."),
    "out": _("Completion tokens of a request."),
    "list_api_models:at": _("The list as it was at this time, or as it is scheduled to be: `2026-08-01T00:00:00Z`."),
    "use_rss": _("`true`: the same list as RSS, newest model first."),
    "list_changes:kind": _("Changes of these kinds; without it, of all kinds."),
    "list_changes:model": _("Changes of the model with this id."),
    "usage": _("Instead of the amounts: a `usage` object from a response as JSON, or words such as `1,234 input, 567 output`."),
    "requests": _("The number of such requests; 1 by default."),
    "cache_ttl_seconds": _("How long cached tokens are kept, in seconds."),
    "service_tier": _("The service tier; the model’s first one by default."),
    "at": _("The time whose prices apply, past or scheduled; now by default."),
}  # fmt: skip


class Parameter(NamedTuple):
    """A parameter: its name, its type, its values where they are a closed list, and what it means."""

    name: str
    type: str
    values: list[str]
    meaning: object


def parameters(operation: str) -> list[Parameter]:
    """The query parameters of an operation; the meaning of one that nobody has explained is empty, which a test finds."""
    return [_parameter(operation, documented) for documented in parameters_of(operation)]


def _parameter(operation: str, documented: dict[str, Any]) -> Parameter:
    name, schema = documented["name"], documented["schema"]
    items = schema.get("items", schema)
    kind = f"{items.get('type', 'string')}[]" if schema.get("type") == "array" else schema.get("type", "string")
    values = [str(value) for value in items.get("enum", [])]
    meaning = MEANINGS.get(f"{operation}:{name}") or MEANINGS.get(name)
    if meaning is None and name in QUANTITIES:
        meaning = calculator.label(name)
    return Parameter(name, kind, values, meaning or "")
