"""Keeping a change as a proposal, for a publisher to accept or decline."""

from collections.abc import Iterable
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest

from catalog.models import Proposal, ProposalStatus
from catalog.review import ModelChange


def typed_text(request: HttpRequest, name: str) -> str:
    """The text that somebody typed, without surrounding spaces and without NUL, which PostgreSQL cannot store."""
    return request.POST.get(name, "").replace("\0", "").strip()


def propose(request: HttpRequest, changes: Iterable[ModelChange]) -> Proposal:
    """Store changes for a publisher's decision, with the reason that was given."""
    wanted = [
        {
            "model_id": one.model_id,
            "is_new": one.is_new,
            "pk": one.pk,
            "differences": [list(each) for each in one.differences],
        }
        for one in changes
    ]
    # A double click makes one proposal.
    proposal, _ = Proposal.objects.get_or_create(
        proposed_by=cast(User, request.user),
        status=ProposalStatus.OPEN,
        changes=wanted,
        defaults={"reason": typed_text(request, "_reason")},
    )
    messages.success(request, f"Proposed: {proposal}. The change is made when a publisher accepts it.")
    return proposal
