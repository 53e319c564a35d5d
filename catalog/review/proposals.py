"""Keeping a change as a proposal, for a publisher to accept or decline."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import User

from catalog.models import Proposal, ProposalStatus
from catalog.review.review import ModelChange, Review


def proposals_enabled() -> bool:
    """Whether changes can be proposed."""
    return bool(settings.EDITORS_PROPOSE or settings.FOUR_EYES)


def can_be_proposed(review: Review) -> bool:
    """Whether it can be: a proposal contains only changes of models, and some."""
    return proposals_enabled() and review.is_of_models and bool(review.changes)


def why_not_proposed(review: Review) -> str:
    """Why a change cannot be proposed, and what to do; empty if it can, or if proposals are off."""
    if not proposals_enabled() or review.is_of_models:
        return ""
    if any(change.is_deletion for change in review.changes):
        return "A proposal cannot delete models. Propose to take them off OpenRouter, and delete them afterwards."
    if review.past:
        return "A proposal cannot contain past prices. Leave them out."
    return "A proposal can contain only changes of models. Save the changes of datacenters or the provider separately first."


def keep_proposal(changes: Iterable[ModelChange], *, proposed_by: User, reason: str) -> Proposal:
    """Store changes for a publisher's decision. Proposed twice, they are one proposal."""
    wanted = [
        {
            "model_id": one.model_id,
            "is_new": one.is_new,
            "pk": one.pk,
            "differences": [list(each) for each in one.differences],
        }
        for one in changes
    ]
    proposal, _ = Proposal.objects.get_or_create(
        proposed_by=proposed_by, status=ProposalStatus.OPEN, changes=wanted, defaults={"reason": reason}
    )
    return proposal
