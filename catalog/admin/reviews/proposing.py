"""Storing a change that somebody made on a page as a proposal."""

import logging
from collections.abc import Iterable
from smtplib import SMTPException
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.http import HttpRequest

from catalog.models import Proposal
from catalog.review import ModelChange, keep_proposal
from catalog.review.proposals import proposals_enabled

logger = logging.getLogger(__name__)


def are_shown_to(request: HttpRequest) -> bool:
    """Whether the sidebar has a link to the proposals."""
    return proposals_enabled() and bool(request.user.has_perm("catalog.view_proposal"))


def notify_proposer(proposal: Proposal) -> None:
    """Email the decision to the proposer, if that is possible; the dashboard shows it in any case."""
    to = proposal.proposed_by
    if not (settings.EMAIL_HOST and to.email and proposal.decided_by != to):
        return
    status = proposal.get_status_display().lower()
    comment = f"\n\nComment: {proposal.answer}" if proposal.answer else ""
    text = f"Hello {to.get_username()},\n\n{proposal.decided_by} has {status} your proposal: {proposal}.{comment}\n"
    try:
        EmailMessage(f"[Model catalog] Your proposal was {status}", text, to=[to.email]).send()
    except (OSError, SMTPException, ValueError) as error:
        logger.warning("The decision on a proposal could not be emailed to %s: %s", to, error)


def typed_text(request: HttpRequest, name: str) -> str:
    """The text that somebody typed, without surrounding spaces and without NUL, which PostgreSQL cannot store."""
    return request.POST.get(name, "").replace("\0", "").strip()


def propose(request: HttpRequest, changes: Iterable[ModelChange]) -> Proposal:
    """Store changes for a publisher's decision, with the reason that was given."""
    proposal = keep_proposal(changes, proposed_by=cast(User, request.user), reason=typed_text(request, "_reason"))
    messages.success(request, f"Proposed: {proposal}. The change is made when a publisher accepts it.")
    return proposal
