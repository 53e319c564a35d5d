"""The past of the public catalog: when each model was in it, what its prices were, and what changed.

Staff's history (``catalog.history``) shows everything. This shows only what readers could see at the time: no times when a model
was not public, not who changed it, and removed models only if staff allow it.
"""

from catalog.public_history.changes import DAYS, Change, ChangeKind, PriceChange, chosen
from catalog.public_history.offers import Facts, FactsChange
from catalog.public_history.prices import Period
from catalog.public_history.publicity import Publicity, PublicityChange, PublicityChangeKind, PublicModel, Span
from catalog.public_history.queries import (
    catalog_at,
    changes_of,
    clear_cache,
    entries_of,
    prices_of,
    public_model_of,
    publicity_of,
)

__all__ = [
    "DAYS",
    "Change",
    "ChangeKind",
    "Facts",
    "FactsChange",
    "Period",
    "PriceChange",
    "PublicModel",
    "Publicity",
    "PublicityChange",
    "PublicityChangeKind",
    "Span",
    "catalog_at",
    "changes_of",
    "chosen",
    "clear_cache",
    "entries_of",
    "prices_of",
    "public_model_of",
    "publicity_of",
]
