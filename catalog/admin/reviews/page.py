"""The review page: shown between pressing Save and a change of the live feed.

``catalog.review`` finds out what a change does. Every screen that saves calls ``save_with_review``.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from typing import Any

import pghistory
from django.conf import settings
from django.contrib import admin
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from catalog.admin.labels import difference_text, time_text
from catalog.admin.prices.scheduled import CHOICE, PLACES, REVIEWED, UPDATE, follow_up_offer
from catalog.admin.reviews.file import review_file
from catalog.admin.reviews.messages import discard_messages, join_messages, undo_link
from catalog.admin.reviews.overview import overview
from catalog.admin.reviews.proposing import propose, typed_text
from catalog.admin.reviews.tables import by_sentence, groups, summary
from catalog.formats import FORMATS
from catalog.listing import Selection
from catalog.models import AIModel
from catalog.models.many import one_of
from catalog.openrouter.consequences import ENTRY_REMOVED, Effect
from catalog.openrouter.readiness.finding import Level
from catalog.readers import reader_lines, seen_sentence
from catalog.review import (
    PUBLISH,
    Agreement,
    Compared,
    NotAgreed,
    NotAllowed,
    Review,
    apply_rehearsed,
    can_be_proposed,
    reviewed,
    why_not_proposed,
)
from catalog.review.proposals import proposals_enabled

FILE = "_file"
"""The button that asks for the review as a file."""

OWN_FIELDS = (
    *("csrfmiddlewaretoken", "_agreed", "_compared", "_typed", "_propose", "_reason", "_why", "_confirm", "_back", FILE),
    *(CHOICE, PLACES, REVIEWED, UPDATE),
)
"""The fields that the review page adds to the form that it sends again."""

MAX_MODELS = 100
"""How many models a page shows with all their changes. The others are in the file."""

MAX_FINDINGS = 200
"""How many findings a page shows; the worst come first."""

MAX_DANGERS = 200
"""How many reasons to confirm a page shows above the box in which they are confirmed."""

SALT = "catalog.admin.reviews"

LONGEST_REASON = 1000
"""Characters of the reason for a change."""

LOCK_TIMEOUT = 5
"""Seconds that a request waits for another writer."""


def may_publish(request: HttpRequest) -> bool:
    """Whether they may change what the OpenRouter feeds show."""
    return bool(request.user.has_perm(PUBLISH))


def may_list(request: HttpRequest) -> bool:
    """Whether they may list and unlist models, or propose it."""
    return may_publish(request) or proposals_enabled()


def may_change(request: HttpRequest, keys: Collection[int]) -> bool:
    """Whether to offer a change of these models: of those in the feeds, now or scheduled, only to users who may list models."""
    return may_list(request) or not AIModel.objects.filter(pk__in=one_of(keys)).ever_listed().exists()


def save_with_review(
    request: HttpRequest,
    change: Callable[[], HttpResponse],
    *,
    title: str,
    always: bool = False,
    done: Callable[[int], None] = lambda changed: None,
    rehearsed_as: str | None = None,
    is_seconded: bool = False,
    back: str = "Back to the form",
    lacking: Sequence[tuple[str, list[str]]] = (),
) -> HttpResponse:
    """Run ``change`` inside a review and return its response; or roll everything back and return the review page.

    The page sends the same form again with the confirmation, or to get the review as a file, so ``change`` must do the same for the
    same form. ``done`` is called with the number of changed models once the change is committed.

    ``rehearsed_as`` is for a change of many rows: it is compared without the write lock, and not compared again when it is
    confirmed if the catalog has not changed. The text contains everything that the change depends on.

    ``is_seconded``: somebody else has proposed it, so that with ``FOUR_EYES`` too a publisher may make it. ``back`` is the name of the
    button that saves nothing. ``lacking`` are sentences about selected models without what is to change, each with their ids.

    Raises ``write_lock.Busy``, which the middleware ``DatabaseErrors`` answers.
    """
    is_alone = settings.FOUR_EYES and not is_seconded
    is_file = FILE in request.POST
    agreement = Agreement() if is_file else Agreement(request.POST.get("_agreed", ""), request.POST.get("_typed", ""))
    may = may_publish(request) and not is_alone
    rules: Any = {"may_publish": may, "has_perms": request.user.has_perms, "lock_timeout": LOCK_TIMEOUT}
    made, change = change, lambda: with_reason(request, made)
    shown: Any = {"title": title, "back": back, "lacking": lacking}
    try:
        if rehearsed_as is None:
            with reviewed(agreement, always=always or is_file, **rules) as outcome:
                answer = change()
                if (offer := follow_up_offer(request)) is not None:
                    outcome.must_be_agreed_to = True
                    if not offer.was_reviewed:
                        agreement = outcome.agreement = Agreement()
            changed, changes_feed = len(outcome.review.changes), outcome.review.changes_feed
        else:
            answer, changed, changes_feed = apply_rehearsed(
                change, agreement, compared=_compared(request, rehearsed_as), **rules
            )
    except NotAgreed as asked:
        discard_messages(request)
        if is_file:
            return review_file(asked.review)
        compared = "" if asked.compared is None else _signed(request, rehearsed_as, asked.compared)
        more: Any = {"has_changed": asked.has_changed, "is_mistyped": asked.is_mistyped, "compared": compared}
        return review_page(request, asked.review, **shown, **more)
    except NotAllowed as refused:
        discard_messages(request)
        if is_file:
            return review_file(refused.review)
        is_proposed = "_propose" in request.POST and agreement.digest == refused.review.digest
        if is_proposed and can_be_proposed(refused.review):
            return _propose(request, refused.review)
        if is_alone and may_publish(request) and refused.review.is_of_others:
            more = {"always": always, "done": done, "rehearsed_as": rehearsed_as, "is_seconded": True}
            return save_with_review(request, made, **shown, **more)
        return review_page(request, refused.review, is_allowed=False, **shown)
    done(changed)
    join_messages(request, undo_link(request) if changed else "", seen_sentence() if changes_feed else "")
    return answer


def with_reason(request: HttpRequest, change: Callable[[], HttpResponse]) -> HttpResponse:
    """Make a change, with the reason that was typed on its review stored with it."""
    reason = typed_text(request, "_why")[:LONGEST_REASON]
    with pghistory.context(source="form", **({"reason": reason} if reason else {})):
        return change()


def _signed(request: HttpRequest, rehearsed_as: str | None, compared: Compared) -> str:
    """What a change was compared with, for the form that confirms it. Signed for this person and this change only."""
    return signing.dumps([request.user.pk, _hash(rehearsed_as), compared.as_json()], salt=SALT)


def _compared(request: HttpRequest, rehearsed_as: str) -> Compared | None:
    """What the change was compared with when its review was shown; None if that is not known."""
    try:
        user, hashed, content = signing.loads(request.POST.get("_compared", ""), salt=SALT)
    except signing.BadSignature:
        return None
    return Compared.of(content) if (user, hashed) == (request.user.pk, _hash(rehearsed_as)) else None


def _hash(text: str | None) -> str:
    return hashlib.blake2b((text or "").encode(), digest_size=16).hexdigest()


def posted(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of the submitted form, to send again."""
    return [(name, value) for name, values in request.POST.lists() if name not in OWN_FIELDS for value in values]


def review_page(request: HttpRequest, review: Review, *, is_allowed: bool = True, **more: Any) -> HttpResponse:
    """The page that shows what would change, what OpenRouter would do, and what is needed to continue."""
    offer, is_agreed = follow_up_offer(request), "_agreed" in request.POST and UPDATE not in request.POST
    shown, dangers = review_context(review), by_sentence(review.dangers)
    context = {
        **admin.site.each_context(request),
        **shown,
        "is_cut": shown["is_cut"] or len(dangers) > MAX_DANGERS,
        "help_screen": "review",
        "review": review,
        "dangers": dangers[:MAX_DANGERS],
        "more_dangers": max(0, len(dangers) - MAX_DANGERS),
        "typed": request.POST.get("_typed", ""),
        "why": request.POST.get("_why", ""),
        "longest_reason": LONGEST_REASON,
        "takes_off": _only_takes_off(review),
        "deletes": bool(review.changes) and all(change.is_deletion for change in review.changes),
        "readers": [line.text for line in reader_lines()] if review.changes_feed else [],
        "is_allowed": is_allowed,
        "may_propose": not is_allowed and can_be_proposed(review),
        "why_not_proposed": why_not_proposed(review),
        "needs_another": not is_allowed and may_publish(request),
        "posted": posted(request),
        "scheduled_prices": offer,
        "is_other_choice": is_agreed and offer is not None and not (offer.was_reviewed or offer.error),
        **more,
    }
    return TemplateResponse(request, "admin/reviews/review.html", context)


def _only_takes_off(review: Review) -> bool:
    """Whether all that OpenRouter does about a change is to hide entries that leave the feed, and to see nothing of what was scheduled
    for them."""
    found = [one for moment in review.moments for one in moment.consequences]
    consequences = [one for one in found if one.effect is not Effect.CANCELLED]
    return bool(consequences) and all(one.code == ENTRY_REMOVED.code for one in consequences)


def review_context(review: Review) -> dict[str, Any]:
    """What ``parts.html`` shows. ``is_cut``: there is more, which is in the file."""
    moments: list[dict[str, Any]] = [
        {
            "at": moment.at and time_text(moment.at),
            "summary": summary(moment.consequences),
            "overview": overview(moment.consequences),
            "groups": list(groups(moment.consequences)),
        }
        for moment in review.moments
    ]
    is_long = len(review.changes) > MAX_MODELS or len(review.findings) > MAX_FINDINGS
    return {
        "moments": moments,
        "is_cut": is_long or any(group["more"] for moment in moments for group in moment["groups"]),
        "names": review.names,
        "made_public": review.made_public,
        "public_total": len(review.made_public),
        "withdrawn": review.withdrawn,
        "withdrawn_total": len(review.withdrawn),
        "public_lists": [one.title for one in FORMATS.values() if one.selection is Selection.PUBLIC],
        "findings": sorted(review.findings, key=lambda one: one.level is not Level.ERROR)[:MAX_FINDINGS],
        "more_findings": max(0, len(review.findings) - MAX_FINDINGS),
        "changes": [
            (one.model_id, one.is_new, [difference_text(each) for each in one.differences])
            for one in review.changes[:MAX_MODELS]
        ],
        "more_changes": max(0, len(review.changes) - MAX_MODELS),
        "changes_total": len(review.changes),
        "documents": [(one.key.model_id, FORMATS[one.format_name].title, one.lines) for one in review.documents],
        "changes_feed": review.changes_feed,
    }


def _propose(request: HttpRequest, review: Review) -> HttpResponse:
    propose(request, review.changes)
    return HttpResponseRedirect(request.path)
