"""The values of an item by which models are selected, counted and sorted."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache

from catalog import decimals
from catalog.formats import models_api
from catalog.listing import Entry, PriceLine
from catalog.models import PriceKind, PriceUnit
from catalog.publication import Item


def base_price(entry: Entry, kind: PriceKind) -> Decimal | None:
    """An entry's unconditional price before its discount, in USD per token; None if it has none."""
    return _base_price(entry, entry.prices, kind)


def paid_price(entry: Entry, kind: PriceKind) -> Decimal | None:
    """The same as users pay it, which is what OpenRouter's Models API states."""
    return _base_price(entry, models_api.paid(entry), kind)


def _base_price(entry: Entry, lines: Iterable[PriceLine], kind: PriceKind) -> Decimal | None:
    if entry.is_free:
        return Decimal(0) if kind in (PriceKind.PROMPT, PriceKind.COMPLETION) else None
    for line in lines:
        if line.kind == kind and line.unit == PriceUnit.TOKEN and line.is_base and line.cache_ttl_seconds is None:
            return line.usd
    return None


@cache
def price(kind: PriceKind) -> Callable[[Item], Decimal | None]:
    """The function that gives the base price that users of an item pay, in USD per million tokens."""

    def of(item: Item) -> Decimal | None:
        usd = paid_price(item.entries[0], kind)
        return None if usd is None else decimals.per_million(usd)

    return of


def mean_price(item: Item) -> Decimal | None:
    """The mean of the prompt's and the completion's price as users pay them, None if one of them is missing."""
    prompt, completion = (paid_price(item.entries[0], kind) for kind in (PriceKind.PROMPT, PriceKind.COMPLETION))
    return None if prompt is None or completion is None else (prompt + completion) / 2


def context(item: Item) -> int | None:
    """The context length, in tokens."""
    return item.entries[0].model.context_length


def max_output(item: Item) -> int | None:
    """The longest output, in tokens."""
    return item.entries[0].model.max_output_length


def released(item: Item) -> datetime | None:
    """The release time."""
    return item.entries[0].model.released_at


def name(item: Item) -> str:
    """The display name in its sorted form."""
    return models_api.name(item.entries[0].model, item.entries).casefold()


def supported_parameters(item: Item) -> Iterable[str]:
    """The request parameters, with the names of OpenRouter's Models API."""
    model = item.entries[0].model
    described = tuple(parameter.name for parameter in model.parameters)
    return _supported(model.supported_sampling_parameters, model.supported_features, described)


@lru_cache(maxsize=4096)
def _supported(sampling: tuple[str, ...], features: tuple[str, ...], described: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(models_api.parameters_of(sampling, features, described))


def supported_features(item: Item) -> Iterable[str]:
    """The features beyond plain text generation."""
    return item.entries[0].model.supported_features


def input_modalities(item: Item) -> Iterable[str]:
    """What it accepts."""
    return item.entries[0].model.input_modalities


def output_modalities(item: Item) -> Iterable[str]:
    """What it produces."""
    return item.entries[0].model.output_modalities


def quantizations(item: Item) -> Iterable[str]:
    """The precision that it is served in, if known."""
    quantization = item.entries[0].model.quantization
    return () if quantization is None else (quantization,)


def countries(item: Item) -> Iterable[str]:
    """The countries that serve it, in lower case."""
    return {place.country.lower() for place in item.entries[0].model.datacenters}


def authors(item: Item) -> Iterable[str]:
    """The maker's slug, in lower case."""
    author = item.entries[0].model.author.lower()
    return (author,) if author else ()


def families(item: Item) -> Iterable[str]:
    """The tokenizer's name, in lower case."""
    return ((item.entries[0].model.tokenizer or "Other").lower(),)


def free(item: Item) -> Iterable[str]:
    """``true`` if everything that it sells costs nothing, else ``false``."""
    entry = item.entries[0]
    is_free = entry.is_free or (bool(entry.prices) and not any(line.usd for line in entry.prices))
    return ("true" if is_free else "false",)


def deprecating(item: Item) -> Iterable[str]:
    """``true`` if the model has a deprecation, else ``false``."""
    return ("false" if item.entries[0].model.deprecation_at is None else "true",)
