"""The admin's dashboard: the state of the catalog, and what has changed."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from catalog import checklist
from catalog.admin.history.feed import feed_addresses
from catalog.admin.labels import NOTHING, ChangedBy, DifferenceText, changed_by_texts, difference_text, time_text
from catalog.admin.models import filters
from catalog.admin.models.filters import ChoiceFilter
from catalog.history import MODEL_ID, RecentStep, recent_steps
from catalog.models import AIModel, Proposal, ProposalStatus, ScheduledSwitch
from catalog.readers import reader_lines
from catalog.review.proposals import proposals_enabled

STEPS_SHOWN = 10
DIFFERENCES_SHOWN = 3

MOST_CHECKED = 1000
"""Models. Checking more takes so long that a process which has not done it yet shows a link instead of the number."""


class Tile(NamedTuple):
    """A number and the address of the rows that it counts. If the number is None, that page counts them."""

    label: str
    number: int | None
    address: str


class Change(NamedTuple):
    """One step of one model, as text. ``address`` is empty if the model was deleted."""

    when: str
    model_id: str
    address: str
    what: str
    """Whether it was added, deleted and so on; empty if it was only changed."""
    differences: list[DifferenceText]
    more: int
    changed_by: ChangedBy


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of the dashboard, without what this user may not view."""
    ScheduledSwitch.objects.apply_due()
    may_see_models = request.user.has_perm("catalog.view_aimodel")
    may_see_changes = may_see_models and request.user.has_perm("catalog.view_price")
    context["tiles"] = list(_tiles(request)) if may_see_models else []
    context["changes"] = list(_changes()) if may_see_changes else None
    context["readers"] = reader_lines() if may_see_models else []
    context["feed_addresses"] = feed_addresses(request) if may_see_models else []
    context["answers"] = _answers(request)
    context["timeline"] = reverse("admin:catalog_aimodel_timeline") if may_see_models else None
    return context


def _answers(request: HttpRequest) -> list[Proposal]:
    """The user's proposals that others have decided this week."""
    mine = Proposal.objects.filter(proposed_by=request.user.pk, decided_at__gte=timezone.now() - filters.WEEK)
    return list(mine.exclude(status=ProposalStatus.WITHDRAWN).select_related("decided_by").order_by("-decided_at"))


def _tiles(request: HttpRequest) -> Iterator[Tile]:
    models = AIModel.objects.all()
    listed = models.filter(is_listed_on_openrouter=True)
    on, ready = {"is_listed_on_openrouter__exact": 1}, {"is_ready__exact": 1}
    yield Tile("Listed on OpenRouter", listed.count(), _models(on))
    yield Tile("Listed and ready", listed.filter(is_ready=True).count(), _models(on | ready))
    judged = checklist.is_cached() or models.count() <= MOST_CHECKED
    yield _question(filters.ReadinessFilter, "warning", is_counted=judged)
    yield _question(filters.ReadinessFilter, "missing", is_counted=judged)
    yield _question(filters.DeprecationFilter, "soon", f"Deprecated within {filters.DEPRECATION_NOTICE.days} days")
    if request.user.has_perm("catalog.view_price"):
        yield _question(filters.ScheduledFilter, "prices", "With prices scheduled")
    if request.user.has_perm("catalog.view_scheduledswitch"):
        yield _question(filters.ScheduledFilter, "switches", "With listing or readiness scheduled")
    yield _question(filters.ChangedFilter, "week", "Changed this week")
    if proposals_enabled() and request.user.has_perm("catalog.view_proposal"):
        proposals = Proposal.objects.filter(status=ProposalStatus.OPEN).count()
        address = reverse("admin:catalog_proposal_changelist")
        yield Tile("Open proposals", proposals, f"{address}?{urlencode({'status__exact': ProposalStatus.OPEN})}")


def _question(filter_: type[ChoiceFilter], word: str, label: str = "", *, is_counted: bool = True) -> Tile:
    own_label, narrowed = filter_.options[word]
    count = narrowed(AIModel.objects.all()).count() if is_counted else None
    return Tile(label or own_label, count, _models({filter_.parameter_name: word}))


def _models(query: dict[str, Any]) -> str:
    return f"{reverse('admin:catalog_aimodel_changelist')}?{urlencode(query)}"


def _changes() -> Iterator[Change]:
    now = timezone.now()
    found = recent_steps(STEPS_SHOWN, now - filters.WEEK, now)
    there = set(AIModel.objects.filter(pk__in=[one.model_pk for one in found]).values_list("pk", flat=True))
    for one, changed_by in zip(found, changed_by_texts(one.step.context for one in found), strict=True):
        address = reverse("admin:catalog_aimodel_change", args=[one.model_pk]) if one.model_pk in there else ""
        what, differences = _what(one)
        changed_by = ChangedBy("", "schedule") if one.step.is_scheduled else changed_by
        yield Change(
            time_text(one.step.at),
            one.model_id,
            address,
            what,
            differences[:DIFFERENCES_SHOWN],
            len(differences[DIFFERENCES_SHOWN:]),
            changed_by._replace(who="") if changed_by.who == NOTHING else changed_by,
        )


def _what(one: RecentStep) -> tuple[str, list[DifferenceText]]:
    """An added or deleted model is not listed field by field."""
    for difference in one.step.differences:
        if difference.path == MODEL_ID and None in (difference.old, difference.new):
            return ("Added" if difference.old is None else "Deleted"), []
    # A change that was applied is no longer scheduled; that is not shown.
    left_out = ("scheduled price", "switch") if one.step.is_scheduled else ()
    return "", [difference_text(difference) for difference in one.step.differences if difference.path[0] not in left_out]
