"""What a change does, before it is made: it is carried out in a transaction, compared, and committed only with agreement.

Whatever writes to the catalog for people (a form, a bulk action, an import, a restored version) does so inside ``reviewed``. What it
does to the OpenRouter feeds, now and at the times it schedules, is worked out from the rows themselves, so no way of changing the
catalog has its own idea of the consequences. The screens are ``catalog.admin.reviews``.
"""

from catalog.review.comparing import review_since
from catalog.review.review import Agreement, Document, ModelChange, Moment, Review
from catalog.review.reviewing import PUBLISH, NotAgreed, NotAllowed, reviewed

__all__ = [
    "PUBLISH",
    "Agreement",
    "Document",
    "ModelChange",
    "Moment",
    "NotAgreed",
    "NotAllowed",
    "Review",
    "review_since",
    "reviewed",
]
