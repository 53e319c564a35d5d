"""Changes that somebody wants made and may not make alone."""

from django.conf import settings
from django.db import models
from django.db.models import Q

NAMED = 3
"""Models that a proposal is called by."""


class ProposalStatus(models.TextChoices):
    """What became of a proposal."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Proposal(models.Model):
    """A change to what the OpenRouter feeds show, kept until somebody who may publish decides.

    ``changes`` are those of ``catalog.review.Review``, as JSON: for each model its id, whether it is new, and each path with
    what it was and what it is to be.
    """

    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField(blank=True, help_text="Why, for the one who decides.")
    changes = models.JSONField()
    status = models.CharField(max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, help_text="A word for the one who proposed it.")

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                name="proposal_status_is_known",
                condition=Q(status__in=ProposalStatus.values),
                violation_error_message="The status is not one of the list.",
            ),
            models.CheckConstraint(
                name="proposal_is_decided_by_somebody",
                condition=Q(status=ProposalStatus.OPEN, decided_by=None, decided_at=None)
                | (~Q(status=ProposalStatus.OPEN) & Q(decided_by__isnull=False, decided_at__isnull=False)),
                violation_error_message="A decision has somebody who made it, and a moment.",
            ),
        ]

    def __str__(self) -> str:
        return summary([change["model_id"] for change in self.changes[:NAMED]], len(self.changes))


def summary(first: list[str], count: int) -> str:
    """The first models of several, and how many more there are."""
    named = ", ".join(first[:NAMED])
    return f"{named} and {count - NAMED:,} more" if count > NAMED else named
