"""What a change does, before it is made: it is carried out in a transaction, compared, and committed only with agreement.

Whatever writes to the catalog for people does so inside ``reviewed`` (a form, a restored version) or by ``carry_out_rehearsed``
(a bulk action, an import). What it does to the OpenRouter feeds, now and at the times it schedules, is worked out from the rows
themselves, so no way of changing the catalog has its own idea of the consequences. The screens are ``catalog.admin.reviews``.
"""

from catalog.review.compared import Compared
from catalog.review.comparing import review_since
from catalog.review.review import Agreement, Document, ModelChange, Moment, Review
from catalog.review.reviewing import PUBLISH, NotAgreed, NotAllowed, carry_out_rehearsed, rehearse, reviewed

__all__ = [
    "PUBLISH",
    "Agreement",
    "Compared",
    "Document",
    "ModelChange",
    "Moment",
    "NotAgreed",
    "NotAllowed",
    "Review",
    "carry_out_rehearsed",
    "rehearse",
    "review_since",
    "reviewed",
]
