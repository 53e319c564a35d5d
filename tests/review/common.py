"""Changes to review, and what a review says."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.models import AIModel, Price, Proposal
from catalog.review import Agreement, NotAgreed, Review, reviewed
from tests.admin.common import LIST, agree

FEED = "/v1/models?format=openrouter"
PROPOSALS = "/admin/catalog/proposal/"
LATER = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
NOT_YOURS = "only a publisher may change that"

NOBODY = Agreement()


def asked(change: Any, agreement: Agreement = NOBODY, **options: Any) -> Review:
    """The review of a change that nobody has agreed to."""
    with pytest.raises(NotAgreed) as refused, reviewed(agreement, **{"may_publish": True, **options}):
        change()
    return refused.value.review


def effects(review: Review) -> list[tuple[str, str]]:
    return [(one.field, one.effect.value) for moment in review.moments for one in moment.consequences]


def prices(data: dict[str, Any], kind: str, amount: str) -> dict[str, Any]:
    """The form's data with another amount for the first line of a kind."""
    for number in range(int(data["prices-TOTAL_FORMS"])):
        key = data[f"prices-{number}-id"]
        if Price.objects.get(pk=key).kind == kind:
            return data | {f"prices-{number}-amount": amount}
    raise AssertionError(kind)


def proposed(review: Review) -> Proposal:
    """The changes of a review as somebody's proposal."""
    somebody, _ = User.objects.get_or_create(username="somebody")
    return Proposal.objects.create(proposed_by=somebody, changes=[one._asdict() for one in review.changes])


def address_of(proposal: Proposal) -> str:
    return f"{PROPOSALS}{proposal.pk}/change/"


# Many at once


def bulk(client: Client, action: str, *models: AIModel, **said: Any) -> Any:
    data = {"action": action, "_selected_action": [model.pk for model in models], "_described": "1", **said}
    return agree(client, LIST, data)
