"""The past of the public catalog: when each model was in it, what its prices were, and what changed.

Staff's history (``catalog.history``) shows everything. This shows only what readers could see at the time: no times when a model
was not public, not who changed it, and removed models only if staff allow it.
"""

from catalog.public_history.changes import DAYS, Change, ChangeKind, PriceChange, chosen
from catalog.public_history.offers import Facts, FactsChange
from catalog.public_history.prices import Period
from catalog.public_history.publicity import Publicity, Shown, Span, Turn, TurnKind
from catalog.public_history.questions import catalog_at, changes_of, entries_of, forget, prices_of, publicity_of, shown_of

__all__ = [
    "DAYS",
    "Change",
    "ChangeKind",
    "Facts",
    "FactsChange",
    "Period",
    "PriceChange",
    "Publicity",
    "Shown",
    "Span",
    "Turn",
    "TurnKind",
    "catalog_at",
    "changes_of",
    "chosen",
    "entries_of",
    "forget",
    "prices_of",
    "publicity_of",
    "shown_of",
]
