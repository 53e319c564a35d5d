"""Compares the published catalog with what OpenRouter shows as ours: its public Models API, and the endpoints of each model
there."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from catalog.drift.comparing import LARGEST, Comparison, Difference, NotThere, Unknown, What, asked, items, text
from catalog.fetching import Fetcher
from catalog.formats import models_api
from catalog.listing import Entry, Listing, ProviderFacts, Selection, listing
from catalog.models import ServiceTier

SECONDS = 900.0
"""For all requests together: there is one for each model."""
MOST_FAILURES = 5
"""Failed requests in a row after which it stops."""
MOST_EXTRA = 200
"""How many models that we do not list are checked for our endpoints."""
NOT_COMPARED = ("discount", "overrides")
"""Keys of ``pricing`` that are not a single price."""
FREE = models_api.FREE_SUFFIX

Endpoint = Mapping[str, Any]


def compare_market(content: Listing | None = None) -> Comparison:
    """Ask OpenRouter about every model in its feeds, and about those that it shows as ours. Blocks for minutes."""
    content = content or listing(Selection.LISTED)
    return Market(content.provider).compare(content)


class Market:
    """One comparison."""

    def __init__(self, provider: ProviderFacts) -> None:
        self.provider = provider
        self.url = settings.OPENROUTER_URL
        self.fetcher = Fetcher(largest=LARGEST, seconds=SECONDS)
        self.found = Comparison()
        self.failures = 0

    def compare(self, content: Listing) -> Comparison:
        """Find all differences."""
        try:
            known = items(asked(self.fetcher, f"{self.url}/models"), f"{self.url}/models")
        except (Unknown, NotThere) as error:
            self.found.unknown.append(str(error) or f"{self.url}/models does not exist.")
            return self.found
        names = Names(known)
        looked_at: set[str] = set()
        for entries in content.models():
            for _, own in models_api.shown(entries):
                theirs = names.of(own[0])
                looked_at.add(theirs)
                self.compare_model(theirs, own, is_known=theirs in names.ids)
                if self.failures >= MOST_FAILURES:
                    self.found.unknown.append("It stopped after that.")
                    return self.found
        self.look_for_extra(looked_at, len(known))
        return self.found

    def compare_model(self, theirs: str, own: tuple[Entry, ...], *, is_known: bool) -> None:
        """Compare one model's entries with the endpoints that are shown as ours."""
        try:
            endpoints = self.ours(theirs)
        except NotThere:
            endpoints = []
        except Unknown as error:
            self.found.unknown.append(f"{theirs}: {error}")
            return
        by_tier = {tier_of(endpoint): endpoint for endpoint in endpoints}
        document = models_api.endpoints_document(own[0].model.model_id, own, self.provider)["data"]
        for entry, published in zip(own, document["endpoints"], strict=True):
            endpoint = by_tier.pop(entry.service_tier, None)
            is_in_service = entry.model.status.is_in_service
            if endpoint is not None and not is_in_service:
                self.found.differences.append(Difference(label(entry), What.EXTRA, "status", entry.model.status, "shown"))
            elif endpoint is not None:
                self.found.differences += differences(label(entry), published, endpoint)
            elif is_in_service:
                self.found.differences.append(Difference(label(entry), What.HIDDEN if is_known else What.MISSING))
        for tier in by_tier:
            self.found.differences.append(Difference(f"{theirs} ({tier})", What.EXTRA))

    def look_for_extra(self, looked_at: set[str], known: int) -> None:
        """Find the models that OpenRouter shows as ours and that we do not list."""
        url = f"{self.url}/models?{urlencode({'providers': self.provider.slug})}"
        try:
            of_us = items(asked(self.fetcher, url), url)
        except (Unknown, NotThere) as error:
            self.found.unknown.append(f"Models that we do not list: {error or 'not there'}")
            return
        others = sorted({str(item["id"]) for item in of_us} - looked_at)
        if len(of_us) == known and len(others) > MOST_EXTRA:
            self.found.unknown.append("Models that we do not list: OpenRouter does not say which are ours.")
            return
        for theirs in others[:MOST_EXTRA]:
            try:
                tiers = [tier_of(endpoint) for endpoint in self.ours(theirs)]
            except NotThere:
                continue
            except Unknown as error:
                self.found.unknown.append(f"{theirs}: {error}")
                if self.failures >= MOST_FAILURES:
                    return
                continue
            self.found.differences += [Difference(f"{theirs} ({tier})", What.EXTRA) for tier in tiers]

    def ours(self, theirs: str) -> list[Endpoint]:
        """The endpoints of a model that are ours, by the provider's name or slug. Raises ``NotThere`` and ``Unknown``."""
        url = f"{self.url}/models/{quote(theirs, safe='/:@+~')}/endpoints"
        try:
            data = asked(self.fetcher, url)
            endpoints = data.get("endpoints") if isinstance(data, Mapping) else None
            if not isinstance(endpoints, list) or not all(isinstance(one, Mapping) for one in endpoints):
                raise Unknown(f"The answer of {url} has no endpoints.")
        except Unknown:
            self.failures += 1
            raise
        except NotThere:
            self.failures = 0
            raise
        self.failures = 0
        return [one for one in endpoints if self.is_ours(one)]

    def is_ours(self, endpoint: Endpoint) -> bool:
        """Whether an endpoint is this provider's."""
        name, slug = str(endpoint.get("provider_name", "")), str(endpoint.get("tag", "")).partition("/")[0]
        return bool(name and name.casefold() == self.provider.name.casefold()) or bool(slug and slug == self.provider.slug)


class Names:
    """The names that models have on OpenRouter."""

    def __init__(self, known: Iterable[Mapping[str, Any]]) -> None:
        self.ids: set[str] = set()
        self.by_name: dict[str, str] = {}
        self.by_repository: dict[str, set[str]] = defaultdict(set)
        for item in known:
            model_id = item["id"]
            self.ids.add(model_id)
            self.by_name.setdefault(model_id, model_id)
            if isinstance(slug := item.get("canonical_slug"), str) and ":" not in model_id:
                self.by_name.setdefault(slug, model_id)
            if isinstance(repository := item.get("hugging_face_id"), str) and repository and ":" not in model_id:
                self.by_repository[repository.casefold()].add(model_id)

    def of(self, entry: Entry) -> str:
        """The id of an entry's model on OpenRouter: by the slug that staff entered, by our id, else by its repository."""
        model, suffix = entry.model, FREE if entry.is_free else ""
        for name in (model.openrouter_slug, model.model_id):
            if name and name in self.by_name:
                return self.by_name[name].removesuffix(FREE) + suffix
        repositories = self.by_repository.get(model.hugging_face_id.casefold(), set()) if model.hugging_face_id else set()
        if len(repositories) == 1:
            return next(iter(repositories)) + suffix
        return (model.openrouter_slug or model.model_id) + suffix


def tier_of(endpoint: Endpoint) -> str:
    """An endpoint's service tier, as our value."""
    return str(endpoint.get("service_tier") or ServiceTier.DEFAULT.value)


def label(entry: Entry) -> str:
    """The name of an entry for people."""
    kind = "free" if entry.is_free else entry.service_tier
    return entry.model.model_id if kind == ServiceTier.DEFAULT else f"{entry.model.model_id} ({kind})"


def differences(name: str, ours: Mapping[str, Any], theirs: Endpoint) -> Iterator[Difference]:
    """The differences between an endpoint as we publish it and as OpenRouter shows it."""
    if ours["context_length"] and text(theirs.get("context_length")) != str(ours["context_length"]):
        yield Difference(
            name, What.CONTEXT, "context_length", str(ours["context_length"]), text(theirs.get("context_length"))
        )
    quantization = text(theirs.get("quantization")) or "unknown"
    if quantization != (ours["quantization"] or "unknown"):
        yield Difference(name, What.QUANTIZATION, "quantization", ours["quantization"] or "unknown", quantization)
    prices = theirs.get("pricing")
    prices = prices if isinstance(prices, Mapping) else {}
    for key in sorted(({*ours["pricing"]} | {str(key) for key in prices}) - {*NOT_COMPARED}):
        own, their = price(ours["pricing"].get(key)), price(prices.get(key))
        if own != their and not (own in (None, Decimal(0)) and their in (None, Decimal(0))):
            yield Difference(name, What.PRICE, key, text(ours["pricing"].get(key)), text(prices.get(key)))


def price(value: Any) -> Decimal | str | None:
    """A price as an exact number; None for a missing one; the text if it is not a number."""
    if value is None or value == models_api.NOT_SOLD:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return text(value)
