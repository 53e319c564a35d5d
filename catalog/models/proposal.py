"""Changes that somebody proposes because they may not make them alone."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

NAMED = 3
"""How many models the name of a proposal has."""


class ProposalStatus(models.TextChoices):
    """The state of a proposal."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Proposal(models.Model):
    """A change to what the OpenRouter feeds show, stored until a publisher decides.

    ``changes`` are those of ``catalog.review.Review``, as JSON: for each model its id, whether it is new, and each path with its
    old and new value.
    """

    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField(blank=True, help_text="The reason, for the publisher.")
    changes = models.JSONField()
    status = models.CharField(max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, help_text="A comment for the person who proposed it.")

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                name="proposal_status_is_known",
                condition=Q(status__in=ProposalStatus.values),
                violation_error_message="The status is not in the list.",
            ),
            models.CheckConstraint(
                name="proposal_is_decided_by_somebody",
                condition=Q(status=ProposalStatus.OPEN, decided_by=None, decided_at=None)
                | (~Q(status=ProposalStatus.OPEN) & Q(decided_by__isnull=False, decided_at__isnull=False)),
                violation_error_message="A decision needs a person and a time.",
            ),
            models.CheckConstraint(
                name="proposal_is_accepted_by_somebody_else",
                condition=~Q(status=ProposalStatus.ACCEPTED, decided_by=F("proposed_by")),
                violation_error_message="Somebody else must accept what you have proposed.",
            ),
        ]

    def __str__(self) -> str:
        return summary([change["model_id"] for change in self.changes[:NAMED]], len(self.changes))


def summary(first: list[str], count: int) -> str:
    """The first models of several, and how many more there are."""
    named = ", ".join(first[:NAMED])
    return f"{named} and {count - NAMED:,} more" if count > NAMED else named
