"""The effects of a change, before it is made: it is carried out in a transaction, compared, and committed only if confirmed.

Everything that writes to the catalog for people does so inside ``reviewed`` (a form, a restored version) or by
``apply_rehearsed`` (a bulk action, an import). Its effects on the OpenRouter feeds, now and at scheduled times, are computed
from the rows themselves, so they are the same for every way of changing the catalog. The screens are ``catalog.admin.reviews``.
"""

from catalog.review.compared import Compared
from catalog.review.comparing import review_since
from catalog.review.proposals import can_be_proposed, keep_proposal, why_not_proposed
from catalog.review.review import Agreement, Document, ModelChange, Moment, PastPrices, Review
from catalog.review.reviewing import (
    PUBLISH,
    NotAgreed,
    NotAllowed,
    apply_rehearsed,
    rehearse,
    reviewed,
    unless_it_writes,
)

__all__ = [
    "PUBLISH",
    "Agreement",
    "Compared",
    "Document",
    "ModelChange",
    "Moment",
    "NotAgreed",
    "NotAllowed",
    "PastPrices",
    "Review",
    "apply_rehearsed",
    "can_be_proposed",
    "keep_proposal",
    "rehearse",
    "review_since",
    "reviewed",
    "unless_it_writes",
    "why_not_proposed",
]
