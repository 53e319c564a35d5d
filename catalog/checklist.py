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


class _Known(NamedTuple):
    """The findings by the models' keys, and their time."""

    catalog: UUID | None
    position: Position
    at: datetime
    found: Found


_known: _Known | None = None
_one_at_a_time = threading.Lock()


def everything() -> Found:
    """All findings, by the models' keys; models without findings are left out. The number of queries does not depend on the number
    of models."""
    global _known
    with _one_at_a_time, snapshot():
        state, position = revision(), Position.now()
        known = _known
        if known is None or known.catalog != state.catalog_id or _is_behind(position, known.position):
            known = _Known(state.catalog_id, position, state.now, _judged(None))
        else:
            again = set(changed_since(known.position)) | _turned(known.at, state.now)
            again |= set(AIModel.objects.filter(replacement__in=again).values_list("pk", flat=True))
            if again:  # another model's new id may have ended this finding
                again |= {key for key, found in known.found.items() if any(one.code == CASE_TWIN for one in found)}
            kept = {key: found for key, found in known.found.items() if key not in again}
            known = _Known(state.catalog_id, position, state.now, kept | (_judged(again) if again else {}))
        _known = known
        return known.found


def listed_findings() -> list[Finding]:
    """The findings of the models that are now in the OpenRouter feeds, in the order of their ids."""
    found = everything()
    keys = AIModel.objects.listed().filter(pk__in=found).order_by("model_id").values_list("pk", flat=True)
    return [finding for key in keys for finding in found[key]]


def is_known() -> bool:
    """Whether this process has already checked the catalog, so that checking again takes no time."""
    return _known is not None


def forget() -> None:
    """Check everything again at the next call."""
    global _known
    _known = None


def _is_behind(position: Position, known: Position) -> bool:
    """Whether records are missing: the database is a different one, or an older copy."""
    return any(position.by_table[table] < number for table, number in known.by_table.items())


def _turned(since: datetime, until: datetime) -> set[int]:
    """The keys of the models with a scheduled time that has come."""
    come = {"effective_from__gt": since, "effective_from__lte": until}
    prices = Price.objects.filter(**come).values_list("ai_model", flat=True)
    switches = ScheduledSwitch.objects.filter(**come).values_list("ai_model", flat=True)
    ended = {"deprecation_at__gt": since, "deprecation_at__lte": until}
    gone = AIModel.objects.filter(**ended).values_list("pk", flat=True)
    offers = Offer.objects.filter(**ended).values_list("ai_model", flat=True)
    return set(prices.union(switches, gone, offers, all=True))


def _judged(keys: set[int] | None) -> Found:
    ids = AIModel.objects.values_list("model_id", "pk")
    by_id = dict(ids if keys is None else ids.filter(pk__in=one_of(keys)))
    _, found = checklist(Selection.EVERY, model_ids=None if keys is None else list(by_id))
    groups = groupby(found, key=lambda finding: finding.model_id)
    return {by_id[model_id]: tuple(group) for model_id, group in groups}
