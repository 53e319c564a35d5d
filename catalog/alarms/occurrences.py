"""Finds the reasons for alarms. Queries only the database."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q

from catalog import checklist
from catalog.drift import Difference, What, latest
from catalog.history import DELETED, IMMEDIATE_WITHIN, events
from catalog.models import (
    AIModel,
    AlarmKind,
    DriftSide,
    DriftState,
    ListProblem,
    Offer,
    Price,
    Proposal,
    ProposalStatus,
    Reader,
    ScheduledSwitch,
)
from catalog.openrouter.readiness.finding import Level

RECENT = timedelta(minutes=5)
"""An older stale answer or refused list is over."""
QUIET_NO_LONGER_THAN = timedelta(days=7)
"""A watched reader that has been quiet for this long no longer raises an alarm."""
LOOKED_BACK = timedelta(days=1)
"""Scheduled changes that were applied while no watch ran are reported for this long."""
NOTICE = (1, 7, 30)
"""Days before a deprecation."""
NAMED = 10
"""How many models a text names; it says how many more there are."""


class Occurrence(NamedTuple):
    """What happened, as in ``Alarm``."""

    kind: AlarmKind
    subject: str
    text: str


def occurrences(now: datetime) -> Iterator[Occurrence]:
    """All reasons for alarms at this time."""
    yield from quiet_readers(now)
    yield from stale_lists(now)
    yield from refused_losses(now)
    yield from readiness_errors()
    yield from near_deprecations(now)
    yield from scheduled_changes(now)
    yield from open_proposals()
    yield from drift()


def quiet_readers(now: datetime) -> Iterator[Occurrence]:
    """Watched readers without a list for longer than usual."""
    for reader in Reader.objects.filter(is_watched=True, last_success_at__gte=now - QUIET_NO_LONGER_THAN):
        if reader.is_quiet(now):
            last = f"{reader.last_success_at:%Y-%m-%d %H:%M}"
            text = f"{reader} has not fetched the {reader.format_name} list since {last} UTC."
            if reader.last_failure_at is not None and reader.last_failure_at > reader.last_success_at:  # type: ignore[operator]
                text += f" Its last request got status {reader.last_failure_status}."
            yield Occurrence(AlarmKind.READER_QUIET, f"{reader.pk} since {reader.last_success_at}", text)


def stale_lists(now: datetime) -> Iterator[Occurrence]:
    """Lists whose readers got copies."""
    by_list: dict[tuple[str, str], int] = defaultdict(int)
    for reader in Reader.objects.filter(stale_at__gte=now - RECENT):
        by_list[reader.format_name, reader.stale_cause] += 1
    for (name, cause), number in sorted(by_list.items()):
        text = f"The last good copy of the {name} list is sent ({cause}); {number} reader{'s' * (number != 1)} got it."
        yield Occurrence(AlarmKind.STALE, f"{name} {cause}", text)


def refused_losses(now: datetime) -> Iterator[Occurrence]:
    """Lists that are not sent because they would lose entries."""
    for problem in ListProblem.objects.filter(is_loss=True, seen_at__gte=now - RECENT).order_by("format_name"):
        yield Occurrence(
            AlarmKind.LOSSES, problem.format_name, f"The {problem.format_name} list was refused: {problem.text}"
        )


def readiness_errors() -> Iterator[Occurrence]:
    """Listed models with errors."""
    by_model: dict[str, list[str]] = defaultdict(list)
    for finding in checklist.listed_findings():
        if finding.level is Level.ERROR:
            by_model[finding.model_id].append(f"{finding.code}: {finding.sentence}")
    for model_id, sentences in by_model.items():
        yield Occurrence(AlarmKind.READINESS, model_id, f"{model_id} is listed and has errors. {' '.join(sentences)}")


def near_deprecations(now: datetime) -> Iterator[Occurrence]:
    """Models, and offers of models, that end within 30, 7 or 1 days."""
    shown = AIModel.objects.filter(Q(is_public=True) | Q(is_listed_on_openrouter=True))
    near = {"deprecation_at__gt": now, "deprecation_at__lte": now + timedelta(days=max(NOTICE))}
    for model in shown.filter(**near).select_related("replacement").order_by("deprecation_at", "model_id"):
        replaced = f"It is replaced by {model.replacement}." if model.replacement else "It has no replacement."
        yield _near_deprecation(model, model.model_id, f"{model.pk}", now, replaced)
    offers = Offer.objects.filter(ai_model__in=shown, **near).select_related("ai_model")
    for offer in offers.order_by("deprecation_at", "ai_model__model_id", "variant"):
        name = f"{offer.ai_model.model_id} ({offer})"
        yield _near_deprecation(offer, name, f"{offer.ai_model_id} {offer.variant}", now, "The model's other offers stay.")


def _near_deprecation(row: AIModel | Offer, name: str, subject: str, now: datetime, more: str) -> Occurrence:
    at = row.deprecation_at
    assert at is not None
    days = next(days for days in NOTICE if at - now <= timedelta(days=days))
    text = f"{name} will be deprecated at {at:%Y-%m-%d %H:%M} UTC, within {days} days. {more}"
    return Occurrence(AlarmKind.DEPRECATION, f"{subject} {days} {at.isoformat()}", text)


def scheduled_changes(now: datetime) -> Iterator[Occurrence]:
    """Scheduled changes that were applied, grouped by time."""
    span = {"effective_from__gt": now - LOOKED_BACK, "effective_from__lte": now}
    long_before = OuterRef("effective_from") - IMMEDIATE_WITHIN
    prices = Price.objects.filter(
        Exists(events(Price).filter(pgh_obj_id=OuterRef("pk"), pgh_created_at__lt=long_before)), **span
    )
    applied = events(ScheduledSwitch).filter(pgh_label=DELETED, pgh_created_at__gte=F("effective_from"), **span)
    by_moment: dict[datetime, set[str]] = defaultdict(set)
    for rows in (prices, ScheduledSwitch.objects.filter(**span), applied):
        for moment, model_id in rows.values_list("effective_from", "ai_model__model_id"):
            by_moment[moment].add(model_id or "a deleted model")
    gone = {"deprecation_at__gt": now - LOOKED_BACK, "deprecation_at__lte": now}
    for rows, name in ((AIModel.objects.filter(**gone), "model_id"), (Offer.objects.filter(**gone), "ai_model__model_id")):
        for model_id, moment in rows.values_list(name, "deprecation_at"):
            by_moment[moment].add(model_id)
    for moment, model_ids in sorted(by_moment.items()):
        text = f"Scheduled changes came into force at {moment:%Y-%m-%d %H:%M} UTC: {named(sorted(model_ids))}."
        yield Occurrence(AlarmKind.SCHEDULED, moment.isoformat(), text)


def open_proposals() -> Iterator[Occurrence]:
    """Proposals that nobody has decided yet."""
    for proposal in Proposal.objects.filter(status=ProposalStatus.OPEN).select_related("proposed_by"):
        reason = f" Message: {proposal.reason}" if proposal.reason else ""
        text = f"{proposal.proposed_by} proposes a change of what OpenRouter's feed shows: {proposal}.{reason} A publisher decides."
        yield Occurrence(AlarmKind.PROPOSAL, str(proposal.pk), text)


def drift() -> Iterator[Occurrence]:
    """The differences of the latest comparison with each side. Other differences are another occurrence."""
    for side in DriftSide:
        found = latest(side)
        if found is None or found.state != DriftState.DIFFERENT:
            continue
        differences = [Difference(**one) for one in found.differences]
        which = json.dumps(sorted([one.entry, one.what, one.field] for one in differences))
        subject = f"{side.value} {hashlib.sha256(which.encode()).hexdigest()[:16]}"
        lines = [f"{one.entry}: {What(one.what).value}" for one in differences]
        yield Occurrence(
            AlarmKind.DRIFT,
            subject,
            f"{side.label}: {len(differences)} difference{'s' * (len(differences) != 1)}. {named(lines)}.",
        )


def named(names: list[str]) -> str:
    """The first names of many, and the number of the others."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
