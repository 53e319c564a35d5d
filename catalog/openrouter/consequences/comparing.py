"""Comparing the listed entries before and after a change.

A change is judged by what each feed shows of it; a change that a feed does not show has no effect there.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from catalog.listing import Entry, EntryKey
from catalog.openrouter.consequences.consequence import FEEDS, FLAT, IMPORTANCE, V2, Consequence, Effect
from catalog.openrouter.consequences.entries import entry_added, entry_removed, new_ids, newly_given_away
from catalog.openrouter.consequences.facts import fact_changes, parameter_changes, sampling_changes
from catalog.openrouter.consequences.prices import EntryPrices, price_changes


def consequences(
    before: Iterable[Entry],
    after: Iterable[Entry],
    *,
    at: datetime,
    price_factor: int,
    known: frozenset[EntryKey] = frozenset(),
) -> list[Consequence]:
    """What OpenRouter does when the listed entries ``before`` become ``after``, by entry and by importance.

    ``at`` decides whether a deprecation is past. A price that changes by more than the factor ``price_factor`` is dangerous.
    ``known`` are entries that were in the feed at some time before: one that is added again stays hidden.
    """
    old = {entry.key: entry for entry in before}
    new = {entry.key: entry for entry in after}
    removed = [old[key] for key in old.keys() - new.keys()]
    added = [new[key] for key in new.keys() - old.keys()]
    renamed = new_ids(removed, added)
    found = [entry_removed(entry, renamed.get(entry.key)) for entry in removed]
    for entry in added:
        found += entry_added(entry, at, entry.key in known)
    for key in old.keys() & new.keys():
        if old[key] != new[key] or not _is_same_model(old[key], new[key]):
            found += _entry_changed(old[key], new[key], at, price_factor)
    found.sort(key=lambda one: (one.key, one.effect is not Effect.HIDDEN, not one.danger, IMPORTANCE.index(one.effect)))
    return found


def _is_same_model(old: Entry, new: Entry) -> bool:
    # To Python, True equals 1; as a parameter's default they differ.
    return old.model == new.model and repr(old.model.parameters) == repr(new.model.parameters)


def _entry_changed(old: Entry, new: Entry, at: datetime, price_factor: int) -> list[Consequence]:
    merged: dict[tuple[Any, ...], Consequence] = {}
    shown_in = defaultdict[tuple[Any, ...], list[str]](list)
    old_prices, new_prices = EntryPrices(old), EntryPrices(new)
    is_same_model = _is_same_model(old, new)  # thousands of models may change only their prices
    for feed in FEEDS:
        facts = chain(
            fact_changes(old, new, feed, at, price_factor),
            sampling_changes(old, new, feed),
            parameter_changes(old, new) if feed == V2 else (),
        )
        for one in chain(() if is_same_model else facts, price_changes(old_prices, new_prices, feed, price_factor)):
            same = (one.field, one.label, one.code, one.old is None, one.new is None, one.sentence)
            merged[same] = one  # V2 has more about datacenters, and comes later
            shown_in[same].append(feed)
    found = [one if len(shown_in[same]) > 1 else _in_one_feed(one, *shown_in[same]) for same, one in merged.items()]
    if found and (danger := newly_given_away(old, new)):
        place = next((number for number, one in enumerate(found) if one.field == "prices"), 0)
        found[place] = replace(found[place], danger=f"{found[place].danger} {danger}".strip())
    return found


def _in_one_feed(one: Consequence, feed: str) -> Consequence:
    return replace(one, sentence=f"{one.sentence} {_ONE_FEED_ONLY[feed]}", feeds=(feed,))


_ONE_FEED_ONLY = {
    FLAT: "This applies only to the flat listing.",
    V2: "This applies only to Model Document V2.",
}
