"""The page between pressing Save and a change of the live feed; and what becomes of a change that somebody may not make."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from catalog import write_lock
from catalog.admin.words import NOTHING, moment_text, said
from catalog.formats import FORMATS
from catalog.models import Proposal, ProposalStatus
from catalog.openrouter.consequences import Consequence, Effect
from catalog.review import PUBLISH, Agreement, ModelChange, NotAgreed, NotAllowed, Review, reviewed

OURS = ("csrfmiddlewaretoken", "_agreed", "_typed", "_propose", "_reason", "_back")
"""What the review page adds to a form that it sends again."""

EFFECTS = {
    Effect.HIDDEN: ("Hides it on OpenRouter", "visibility_off", "bad"),
    Effect.STAYS_HIDDEN: ("Stays hidden until OpenRouter is asked", "visibility_off", "bad"),
    Effect.STAGED: ("New on OpenRouter", "fiber_new", "good"),
    Effect.APPLIED: ("Applied by OpenRouter", "bolt", "good"),
    Effect.REVIEWED: ("Reviewed by a person at OpenRouter", "person_search", "wait"),
    Effect.ANNOUNCED: ("Announced by OpenRouter", "campaign", "wait"),
    Effect.BASE_PRICE: ("Accepted, billed at the base price", "money_off", "wait"),
    Effect.NOT_BILLED: ("Accepted, not billed", "money_off", "wait"),
    Effect.DETECTED: ("Noticed, not applied", "visibility", "none"),
    Effect.AT_STAGING: ("Read only when the model is new", "hourglass_empty", "none"),
    Effect.UNSTATED: ("Not documented by OpenRouter", "help", "wait"),
    Effect.IGNORED: ("Ignored by OpenRouter", "do_not_disturb_on", "none"),
    Effect.CANCELLED: ("Does not happen any more", "event_busy", "none"),
}
"""Each effect's heading, symbol and look."""


ROWS = 200
MODELS = 100
"""How many consequences of a kind, and how many models, are shown as tables; the others as lines, which a browser still
scrolls through by the ten thousand."""


PATIENCE = 5
"""Seconds that a person waits for who else is writing."""


def may_publish(request: HttpRequest) -> bool:
    """Whether they may change what the OpenRouter feeds show."""
    return bool(request.user.has_perm(PUBLISH))


def may_list(request: HttpRequest) -> bool:
    """Whether they may list models and take them off, or propose that."""
    return may_publish(request) or settings.EDITORS_PROPOSE


def carried_out(
    request: HttpRequest,
    change: Callable[[], HttpResponse],
    *,
    title: str,
    always: bool = False,
    done: Callable[[Review], None] = lambda review: None,
) -> HttpResponse:
    """Let ``change`` do its work inside a review, and answer as it does; or with the review's page, everything undone.

    The page sends the same form again with what was agreed to; so ``change`` must do the same for the same form. ``done`` is
    called with what was changed, once it is kept.
    """
    agreement = Agreement(request.POST.get("_agreed", ""), request.POST.get("_typed", ""))
    has_perms = request.user.has_perms
    try:
        with reviewed(
            agreement, may_publish=may_publish(request), has_perms=has_perms, always=always, lock_timeout=PATIENCE
        ) as outcome:
            answer = change()
    except write_lock.Busy:
        forget_messages(request)
        context = {**admin.site.each_context(request), "title": "Somebody else is writing", "posted": posted(request)}
        return TemplateResponse(request, "admin/catalog/busy.html", context, status=503)
    except NotAgreed as asked:
        forget_messages(request)
        return review_page(request, asked.review, title=title, has_changed=asked.has_changed, is_mistyped=asked.is_mistyped)
    except NotAllowed as refused:
        forget_messages(request)
        is_proposed = "_propose" in request.POST and agreement.digest == refused.review.digest
        if is_proposed and _can_be_proposed(refused.review):
            return _propose(request, refused.review)
        return review_page(request, refused.review, title=title, is_allowed=False)
    done(outcome.review)
    return answer


def _can_be_proposed(review: Review) -> bool:
    return settings.EDITORS_PROPOSE and review.is_of_models


def posted(request: HttpRequest) -> list[tuple[str, str]]:
    """The form that was sent, to be sent again."""
    return [(name, value) for name, values in request.POST.lists() if name not in OURS for value in values]


def review_page(request: HttpRequest, review: Review, *, title: str, is_allowed: bool = True, **more: Any) -> HttpResponse:
    """What would change, what OpenRouter would do, and what it takes to go on."""
    context = {
        **admin.site.each_context(request),
        **review_context(review),
        "title": title,
        "review": review,
        "dangers": review.dangers,
        "is_allowed": is_allowed,
        "may_propose": not is_allowed and _can_be_proposed(review),
        "posted": posted(request),
        **more,
    }
    return TemplateResponse(request, "admin/catalog/review.html", context)


def review_context(review: Review) -> dict[str, Any]:
    """What ``review_parts.html`` shows."""
    return {
        "moments": [
            (moment.at and moment_text(moment.at), list(_by_effect(moment.consequences))) for moment in review.moments
        ],
        "names": review.names,
        "findings": review.findings,
        "changes": [(one.model_id, one.is_new, [said(each) for each in one.differences]) for one in review.changes[:MODELS]],
        "more_changes": "\n".join(_lines_of_changes(review.changes[MODELS:])),
        "changes_total": len(review.changes),
        "documents": [(one.key.model_id, FORMATS[one.format_name].title, one.lines) for one in review.documents],
        "changes_feed": review.changes_feed,
    }


def _lines_of_changes(changes: Iterable[ModelChange]) -> Iterator[str]:
    for change in changes:
        for one in map(said, change.differences):
            yield f"{change.model_id}: {one.label}: {one.old} → {one.new}"


def _by_effect(consequences: Any) -> Iterator[dict[str, Any]]:
    """The consequences, gathered by what OpenRouter does, the gravest first."""
    for effect, (heading, symbol, look) in EFFECTS.items():
        found = [one for one in consequences if one.effect is effect]
        if found:
            yield {
                "heading": heading,
                "symbol": symbol,
                "look": "bad" if any(one.danger for one in found) else look,
                "count": len(found),
                "consequences": found[:ROWS],
                "more": "\n".join(_lines_of_consequences(found[ROWS:])),
            }


def _lines_of_consequences(found: Iterable[Consequence]) -> Iterator[str]:
    """In lines, by what OpenRouter does."""
    for sentence, group in groupby(sorted(found, key=lambda one: one.sentence), key=lambda one: one.sentence):
        yield sentence
        for one in group:
            tier = "free" if one.key.is_free else one.key.service_tier
            yield f"    {one.key.model_id} ({tier}): {one.label}: {one.old or NOTHING} → {one.new or NOTHING}"


def typed_text(request: HttpRequest, name: str) -> str:
    """What somebody typed, without spaces around it and without NUL, which no text in PostgreSQL holds."""
    return request.POST.get(name, "").replace("\0", "").strip()


def forget_messages(request: HttpRequest) -> None:
    """What was undone has not been "changed successfully"."""
    request._messages = default_storage(request)  # type: ignore[attr-defined]


def _propose(request: HttpRequest, review: Review) -> HttpResponse:
    propose(request, review.changes)
    return HttpResponseRedirect(request.path)


def propose(request: HttpRequest, changes: Iterable[ModelChange]) -> Proposal:
    """Keep changes for a publisher's decision, with the reason that was given."""
    wanted = [
        {
            "model_id": one.model_id,
            "is_new": one.is_new,
            "pk": one.pk,
            "differences": [list(each) for each in one.differences],
        }
        for one in changes
    ]
    # The same again is the same proposal: a button pressed twice.
    proposal, _ = Proposal.objects.get_or_create(
        proposed_by=cast(User, request.user),
        status=ProposalStatus.OPEN,
        changes=wanted,
        defaults={"reason": typed_text(request, "_reason")},
    )
    messages.success(request, f"Proposed: {proposal}. It changes once a publisher accepts it.")
    return proposal
