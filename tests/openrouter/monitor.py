"""A simulator of OpenRouter's monitor, as its "Provider Integration" documentation describes it.

It knows the wire alone: it polls a feed, keeps what it has learned as endpoints, and reports what it did. It is written
from the specification and imports nothing of the catalog, so that both can be held against each other.

Where the specification is silent, it does what is written there of the nearest thing, and a comment says so.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tests.openrouter.reading import SAMPLING, TESTED, Item, Offer, as_floats, moment, read_flat, read_v2

STAYS_SHOWN = {"video", "speech", "transcription", "embeddings"}
MATCHED_BY_HAND = {"anthropic", "google", "openai", "x-ai"}

Key = tuple[str, str, bool]
"""Id, service tier, and whether it is the free variant."""


class Did(NamedTuple):
    """One thing that the monitor did: to which endpoint, about what, and its effect. Of prices, which amounts it saw."""

    key: Key
    about: str
    effect: str
    old: str | None = None
    new: str | None = None


@dataclass
class Endpoint:
    """What OpenRouter keeps of an entry."""

    offer: Offer
    """As it was last seen."""
    is_hidden: bool
    modalities: tuple[Any, Any]
    """Those that it was staged with; a feed does not change them."""
    applied: dict[str, Any] = field(default_factory=dict)
    billed: dict[Item, Decimal] = field(default_factory=dict)
    is_missing: bool = False


@dataclass
class Monitor:
    """``fetch`` answers with a status and bytes. ``validator`` is that of the published schema, None where it is not there."""

    fetch: Callable[[], tuple[int, bytes]]
    validator: Any = None
    has_launched: bool = True
    endpoints: dict[Key, Endpoint] = field(default_factory=dict)
    queue: list[Did] = field(default_factory=list)
    """What its staff have to look at."""
    dropped: list[str] = field(default_factory=list)
    failures: int = 0
    answer: tuple[int, bytes] = (0, b"")
    """What it fetched last."""

    def poll(self) -> list[Did]:
        """One run. What it did is returned, and kept in the endpoints."""
        status, body = self.answer = self.fetch()
        if status != 200:
            # Not documented; the specification infers that nothing is removed on an error.
            self.failures += 1
            return []
        offers = dict(self._offers(json.loads(body, parse_float=Decimal)["data"]))
        did: list[Did] = []
        for key, endpoint in self.endpoints.items():
            if key not in offers and not endpoint.is_missing:
                did.append(self._remove(key, endpoint))
        for key, offer in offers.items():
            known = self.endpoints.get(key)
            did += [self._stage(key, offer)] if known is None else self._update(key, known, offer)
        self.queue += [one for one in did if one.effect == "reviewed" or one.about.endswith("modalities")]
        return did

    def newcomer(self) -> "Monitor":
        """Another one, that knows nothing of before and fetches what this one fetched last."""
        return Monitor(lambda: self.answer)

    def launch(self) -> None:
        """What its staff do: show whatever waits."""
        for endpoint in self.endpoints.values():
            endpoint.is_hidden = False

    def _offers(self, entries: list[dict[str, Any]]) -> Iterator[tuple[Key, Offer]]:
        for entry in entries:
            tier = entry.get("service_tier", "default")
            tier = "priority" if tier == "fast" else tier
            key = (entry["id"], tier, entry.get("is_free", False))
            if "schema_version" in entry:
                if self.validator is not None and not self.validator.is_valid(as_floats(entry)):
                    self.dropped.append(entry["id"])
                    continue
                yield key, read_v2(entry)
            elif tier in ("default", "flex", "priority", "ultrafast") and not (key[2] and tier != "default"):
                yield key, read_flat(entry)
            else:
                self.dropped.append(entry["id"])

    def _remove(self, key: Key, endpoint: Endpoint) -> Did:
        endpoint.is_missing = True
        if set(endpoint.modalities[1]) <= STAYS_SHOWN:
            return Did(key, "entry", "detected")
        endpoint.is_hidden = True
        return Did(key, "entry", "hidden")

    def _stage(self, key: Key, offer: Offer) -> Did:
        ends = offer.facts["deprecation_date"]
        if ends is not None and moment(ends) <= datetime.now(UTC):
            return Did(key, "entry", "ignored")
        modalities = (offer.facts["input_modalities"], offer.facts["output_modalities"])
        endpoint = Endpoint(offer, True, modalities, dict(offer.facts), _billed(offer, modalities[1]))
        endpoint.is_hidden = not self._is_shown_by_itself(key, offer)
        self.endpoints[key] = endpoint
        return Did(key, "entry", "staged")

    def _is_shown_by_itself(self, key: Key, offer: Offer) -> bool:
        """Its tests are taken to pass, and each Hugging Face id to match one model."""
        model_id, tier, is_free = key
        author, slash, _ = model_id.partition("/")
        matches = bool(offer.facts["hugging_face_id"]) or (bool(slash) and author not in MATCHED_BY_HAND)
        sold = [
            usd for item, usd in offer.prices.items() if item.type in ("prompt", "completion") and not item.is_conditional
        ]
        return (
            matches
            and offer.is_ready
            and (is_free or any(sold))
            and tier == "default"  # the others wait until the integration forwards service_tier
            and set(offer.facts["output_modalities"]) == {"text"}
            and self.has_launched
        )

    def _update(self, key: Key, known: Endpoint, offer: Offer) -> list[Did]:
        did = [
            *_facts(key, known, offer),
            *_parameters(key, known.offer, offer),
            *_prices(key, known, offer),
        ]
        if not offer.is_ready:
            known.is_hidden = True
        known.offer, known.is_missing = offer, False
        return did


# What is done with a change
APPLIED = {"quantization", "context_length", "max_prompt_length", "max_output_length", "discount_to_user", "capacity"}
INGEST = {
    **dict.fromkeys(APPLIED, "applied"),
    **dict.fromkeys(("input_modalities", "output_modalities", "datacenters", "hugging_face_id"), "detected"),
    **dict.fromkeys(("name", "created", "tokenizer", "slug", "features"), "ignored"),
    "description": "at_staging",
}


def _facts(key: Key, known: Endpoint, offer: Offer) -> Iterator[Did]:
    before = known.offer
    for about, effect in INGEST.items():
        if before.facts[about] != offer.facts[about]:
            if effect == "applied":
                known.applied[about] = offer.facts[about]
            is_stated = effect != "applied" or about == "capacity" or offer.facts[about] is not None
            yield Did(key, about, effect if is_stated else "unstated")
    old, new = before.facts["sampling"], offer.facts["sampling"]
    if old != new:
        has_text = "text" in known.modalities[1]
        if has_text:
            known.applied["sampling"] = new
        yield Did(key, "sampling", "applied" if has_text else "ignored")
    if before.is_ready != offer.is_ready:
        yield Did(key, "is_ready", "applied" if offer.is_ready else "hidden")
    if before.facts["deprecation_date"] != offer.facts["deprecation_date"]:
        known.applied["deprecation_date"] = offer.facts["deprecation_date"]
        yield Did(key, "deprecation_date", "announced" if offer.facts["deprecation_date"] else "unstated")


def _parameters(key: Key, before: Offer, after: Offer) -> Iterator[Did]:
    for name in {**before.parameters, **after.parameters}:
        old, new = before.parameters.get(name), after.parameters.get(name)
        if old == new or (name in SAMPLING | TESTED and (old is None or new is None)):
            continue  # that a name comes or goes is told of the names
        if "text" not in after.facts["output_modalities"] or name in TESTED:
            yield Did(key, "parameters", "ignored")
        else:
            yield Did(key, "parameters", "reviewed")  # of a name's bounds nothing is written: its staff would see
    for name in {**before.passthrough, **after.passthrough}:
        if before.passthrough.get(name) != after.passthrough.get(name):
            yield Did(key, "parameters", "reviewed" if after.passthrough else "ignored")  # absent everywhere: leave


def _prices(key: Key, known: Endpoint, offer: Offer) -> Iterator[Did]:
    old, new = known.offer.prices, offer.prices
    outputs = known.modalities[1]
    was, is_ = _verdicts(known.offer, outputs), _verdicts(offer, outputs)
    billed = dict(known.billed)
    for item in {**old, **new}:
        effect = _price_effect(key, item, old, new, was, is_)
        if effect is None:
            continue
        amounts = (_read(item, prices.get(item)) for prices in (old, new))
        yield Did(key, "prices", effect, *amounts)
        if effect == "applied" and item in new:
            billed[item] = new[item]
        elif effect in ("applied", "base_price"):
            billed.pop(item, None)
    known.billed = billed


def _price_effect(
    key: Key, item: Item, old: dict[Item, Decimal], new: dict[Item, Decimal], was: dict[Item, str], is_: dict[Item, str]
) -> str | None:
    if old.get(item) == new.get(item):
        if was[item] == is_[item]:
            return None
        return "base_price" if is_[item] == "base_price" else "applied"
    if key[2]:
        return "reviewed"  # anything on :free
    verdict = is_[item] if item in new else was[item]
    if verdict != "billed":
        return verdict
    entry = item._replace(above=None)
    if item in old and item in new:
        return "applied"  # a change on an entry already priced
    if "billed" not in was.values():
        return "applied"  # a first price on an unpriced endpoint
    if item.type == "cached_prompt":
        return "applied"  # a cache discount
    if item.above is not None and entry in old and entry in new:
        return "applied"  # an override is part of its entry
    return "reviewed"


def _verdicts(offer: Offer, outputs: tuple[str, ...]) -> dict[Item, str]:
    """What becomes of each price: billed, billed at the base price, or not billed."""
    found = {}
    kept = [item for item in offer.prices if _is_representable(offer, item)]
    tiers = {item.above for item in kept if item.above is not None}
    windows: dict[tuple[int, int], set[tuple[Any, ...]]] = {}
    days = set()
    for item in kept:
        if item.window is not None:
            windows.setdefault(item.window, set()).add((item.scope, item.type, offer.prices[item]))
            days.add(item.days)
    is_mixed = bool(tiers and windows)
    are_windows_one = len(windows) <= 2 and len(days) <= 1 and len(set(map(frozenset, windows.values()))) <= 1
    for item in offer.prices:
        if item not in kept:
            found[item] = "not_billed"
        elif not item.is_conditional:
            found[item] = "billed"
        else:
            is_text = item.scope[1] == "text" and item.type in ("prompt", "completion", "cached_prompt")
            fits = len(tiers) <= 2 if item.above is not None else item.window is not None and are_windows_one
            is_billed = is_text and fits and not is_mixed and "embeddings" not in outputs
            found[item] = "billed" if is_billed else "base_price"
    return found


def _is_representable(offer: Offer, item: Item) -> bool:
    if not offer.is_v2:
        return True  # its keys are all documented
    if item.ttl is not None or item.implicit or item.type == "web_search":
        return False
    return item.unit == "token" or item.type == "request"


def _billed(offer: Offer, outputs: tuple[str, ...]) -> dict[Item, Decimal]:
    verdicts = _verdicts(offer, outputs)
    return {item: usd for item, usd in offer.prices.items() if verdicts[item] == "billed"}


def _read(item: Item, usd: Decimal | None) -> str | None:
    """As people read it: of tokens, per million."""
    if usd is None:
        return None
    text = format(usd * 1_000_000 if item.unit == "token" else usd, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
