"""The findings for the whole catalog, cached by each process and updated only for changed models.

Checking ten thousand models takes seconds, and a change touches only a few. So the findings are cached by model, with a position of
the history; a later call checks again only models that have newer records, or a scheduled time that has come since.
"""

import threading
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from catalog.history import Position, changed_since
from catalog.listing import Selection, revision, snapshot
from catalog.models import AIModel, Offer, Price, ScheduledSwitch
from catalog.models.many import one_of
from catalog.openrouter.readiness.checklist import checklist
from catalog.openrouter.readiness.finding import Finding
from catalog.openrouter.readiness.other_models import CASE_TWIN

Found = dict[int, tuple[Finding, ...]]


class _Cached(NamedTuple):
    """The findings by the models' keys, and their time."""

    catalog: UUID | None
    position: Position
    at: datetime
    found: Found


_cached: _Cached | None = None
_one_at_a_time = threading.Lock()


def all_findings() -> Found:
    """Return all findings by the models' keys; models without findings are left out. The number of queries does not depend on the
    number of models."""
    global _cached
    with _one_at_a_time, snapshot():
        state, position = revision(), Position.now()
        cached = _cached
        if cached is None or cached.catalog != state.catalog_id or _is_behind(position, cached.position):
            cached = _Cached(state.catalog_id, position, state.now, _findings_of(None))
        else:
            again = set(changed_since(cached.position)) | _became_due(cached.at, state.now)
            again |= set(AIModel.objects.filter(replacement__in=again).values_list("pk", flat=True))
            if again:  # another model's new id may have ended this finding
                again |= {key for key, found in cached.found.items() if any(one.code == CASE_TWIN for one in found)}
            kept = {key: found for key, found in cached.found.items() if key not in again}
            cached = _Cached(state.catalog_id, position, state.now, kept | (_findings_of(again) if again else {}))
        _cached = cached
        return cached.found


def listed_findings() -> list[Finding]:
    """The findings of the models that are now in the OpenRouter feeds, in the order of their ids."""
    found = all_findings()
    keys = AIModel.objects.listed().filter(pk__in=found).order_by("model_id").values_list("pk", flat=True)
    return [finding for key in keys for finding in found[key]]


def is_cached() -> bool:
    """Whether this process has already checked the catalog, so that checking again takes no time."""
    return _cached is not None


def clear_cache() -> None:
    """Remove the findings from memory, so that the next call checks all models."""
    global _cached
    _cached = None


def _is_behind(position: Position, known: Position) -> bool:
    """Whether records are missing: the database is a different one, or an older copy."""
    return any(position.by_table[table] < number for table, number in known.by_table.items())


def _became_due(since: datetime, until: datetime) -> set[int]:
    """The keys of the models with a scheduled time between these two."""
    come = {"effective_from__gt": since, "effective_from__lte": until}
    prices = Price.objects.filter(**come).values_list("ai_model", flat=True)
    switches = ScheduledSwitch.objects.filter(**come).values_list("ai_model", flat=True)
    ended = {"deprecation_at__gt": since, "deprecation_at__lte": until}
    gone = AIModel.objects.filter(**ended).values_list("pk", flat=True)
    offers = Offer.objects.filter(**ended).values_list("ai_model", flat=True)
    return set(prices.union(switches, gone, offers, all=True))


def _findings_of(keys: set[int] | None) -> Found:
    ids = AIModel.objects.values_list("model_id", "pk")
    by_id = dict(ids if keys is None else ids.filter(pk__in=one_of(keys)))
    _, found = checklist(Selection.EVERY, model_ids=None if keys is None else list(by_id))
    groups = groupby(found, key=lambda finding: finding.model_id)
    return {by_id[model_id]: tuple(group) for model_id, group in groups}
